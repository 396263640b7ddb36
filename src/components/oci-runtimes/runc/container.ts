/**
 * A container as runc keeps it between commands: <root>/<id>/state.json and exec.fifo. There is no daemon, so every command
 * reads the file and looks at /proc to learn what is so.
 * @models runc libcontainer/{factory_linux,container_linux,state_linux}.go @fidelity partial: no checkpoints
 */
import { newError } from '../../../go/errors.ts';
import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import { exists, readFile, removeAll, writeFileAtomic } from '../../../linux/io.ts';
import { stopScope } from '../../../protocols/systemd/scope.ts';
import { freeze, isFrozen, killAll, removeCgroup } from '../shared/cgroup.ts';
import { unitName } from '../shared/cgroup-path.ts';
import { type Config, isPrivate, type NamespaceName } from '../shared/config.ts';
import { pathError, wrapped } from '../shared/fault.ts';
import { validateId } from './spec.ts';

/** state.json. */
export type StateFile = {
  id: string;
  init_process_pid: number;
  init_process_start: number;
  created: string;
  config: Config;
  rootless: boolean;
  /** v2 has one entry, under the empty name. */
  cgroup_paths: Record<string, string>;
  namespace_paths: Partial<Record<NamespaceName, string>>;
  external_descriptors: string[];
  intel_rdt_path: string;
};

export type Container = { root: string; id: string; state: StateFile };

export type Status = 'created' | 'running' | 'paused' | 'stopped';

export const EXEC_FIFO = 'exec.fifo';

export function stateDirectory(root: string, id: string): string {
  return `${root}/${id}`;
}

export function cgroupOf(container: Container): string {
  return container.state.cgroup_paths[''] ?? '';
}

export async function loadContainer(ctx: Context, root: string, id: string): Promise<Container> {
  validateId(id);
  const path = `${stateDirectory(root, id)}/state.json`;
  let text: string;
  try {
    text = await readFile(ctx, path);
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) throw newError('container does not exist', { code: 'not found' });
    throw pathError('open', path, error);
  }
  return { root, id, state: JSON.parse(text) as StateFile };
}

export async function saveState(ctx: Context, container: Container): Promise<void> {
  await writeFileAtomic(
    ctx,
    `${stateDirectory(container.root, container.id)}/state.json`,
    JSON.stringify(container.state),
    0o600,
  );
}

export async function statusOf(ctx: Context, container: Container): Promise<Status> {
  if (await isFrozen(ctx, cgroupOf(container))) return 'paused';
  if (!(await hasInit(ctx, container))) return 'stopped';
  return (await exists(ctx, `${stateDirectory(container.root, container.id)}/${EXEC_FIFO}`)) ? 'created' : 'running';
}

/** The init process lives, and is not another one that got the same pid. */
export async function hasInit(ctx: Context, container: Container): Promise<boolean> {
  const { init_process_pid: pid, init_process_start: start } = container.state;
  if (pid === 0) return false;
  const stat = await processStat(ctx, pid);
  return stat !== null && stat.startTicks === start && stat.state !== 'Z' && stat.state !== 'X';
}

/** state and starttime of /proc/PID/stat; the name in parentheses may hold anything. */
export async function processStat(ctx: Context, pid: number): Promise<{ state: string; startTicks: number } | null> {
  try {
    const text = await readFile(ctx, `/proc/${pid}/stat`);
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { state: fields[0] ?? '', startTicks: Number(fields[19]) };
  } catch (error) {
    if (isErrno(error)) return null;
    throw error;
  }
}

const NOT_RUNNING = 'container not running';

export async function signalInit(
  ctx: Context,
  container: Container,
  signal: Parameters<Context['sys']['kill']>[2],
): Promise<void> {
  const { config, init_process_pid: pid } = container.state;
  const privatePids = isPrivate(config, 'NEWPID');
  if (signal === 'SIGKILL' && !privatePids) {
    // Without a pid namespace of its own the container's other processes would outlive init.
    if (!(await hasInit(ctx, container)) && (await exists(ctx, cgroupOf(container))) === false)
      throw newError(NOT_RUNNING);
    return await killAll(ctx, cgroupOf(container));
  }
  if (!(await hasInit(ctx, container))) throw newError(NOT_RUNNING);
  try {
    await ctx.sys.kill(ctx, pid, signal);
  } catch (error) {
    if (isErrno(error, 'ESRCH')) throw newError(NOT_RUNNING);
    throw wrapped('unable to signal init', error);
  }
  // A frozen process cannot die.
  if (signal === 'SIGKILL' && (await isFrozen(ctx, cgroupOf(container)))) await freeze(ctx, cgroupOf(container), false);
}

/** Removes what is left of a container: its processes, cgroup and state directory. The poststop hooks are the caller's. */
export async function destroyContainer(ctx: Context, container: Container): Promise<void> {
  const directory = cgroupOf(container);
  if (!isPrivate(container.state.config, 'NEWPID')) await killAll(ctx, directory);
  const { cgroups } = container.state.config;
  if (cgroups.systemd) await stopScope(ctx, unitName(cgroups));
  if (directory !== '') await removeCgroup(ctx, directory);
  await removeAll(ctx, stateDirectory(container.root, container.id));
}

/** The bundle is kept among the labels. */
export function bundleOf(container: Container): string {
  return container.state.config.labels.find((label) => label.startsWith('bundle='))?.slice('bundle='.length) ?? '';
}

export function annotationsOf(container: Container): Record<string, string> {
  const out: Record<string, string> = {};
  for (const label of container.state.config.labels) {
    const at = label.indexOf('=');
    if (!label.startsWith('bundle=')) out[label.slice(0, at)] = label.slice(at + 1);
  }
  return out;
}
