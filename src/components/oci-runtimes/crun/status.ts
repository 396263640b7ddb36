/**
 * A container as crun keeps it between commands: <root>/<id>/{status,config.json,exec.fifo}.
 * @models crun src/libcrun/status.c @fidelity full
 */
import type { Context } from '../../../linux/context.ts';
import { Errno, isErrno } from '../../../linux/errno.ts';
import { exists, mkdirAll, readFile, removeAll, writeFileAtomic } from '../../../linux/io.ts';
import { isFrozen } from '../shared/cgroup.ts';
import { CGROUP_ROOT } from '../shared/cgroup-path.ts';
import { type CrunCall, writeLog } from './call.ts';
import { attempt, errnoOf, failure, printJson } from './failure.ts';

/** The status file. `cgroup-path` is below /sys/fs/cgroup. */
export type Status = {
  pid: number;
  'process-start-time': number;
  'cgroup-path': string;
  scope: string;
  rootfs: string;
  'systemd-cgroup': boolean;
  bundle: string;
  created: string;
  owner: string;
  detached: boolean;
  external_descriptors: string;
};

export type State = 'created' | 'running' | 'paused' | 'stopped';

export const EXEC_FIFO = 'exec.fifo';

export function directoryOf(root: string, id: string): string {
  return `${root}/${id}`;
}

export function cgroupOf(status: Status): string {
  return `${CGROUP_ROOT}${status['cgroup-path']}`;
}

/** The directory to remove in the end: with systemd the scope, above the sub-cgroup that holds the processes. */
export function cgroupTop(status: Status): string {
  const directory = cgroupOf(status);
  const at = status.scope === '' ? -1 : directory.indexOf(`/${status.scope}`);
  return at < 0 ? directory : directory.slice(0, at + status.scope.length + 1);
}

export function validateId(id: string): void {
  if (id === '') throw failure('empty container ID');
  if (id === '.' || id === '..') throw failure(`invalid container ID \`${id}\``);
  const odd = /[^\w.+-]/.exec(id);
  if (odd !== null) throw failure(`invalid character \`${odd[0]}\` in the container ID \`${id}\``);
}

export async function createDirectory(ctx: Context, root: string, id: string): Promise<void> {
  validateId(id);
  if (await exists(ctx, directoryOf(root, id))) throw failure(`container \`${id}\` already exists`);
  await mkdirAll(ctx, root, 0o700);
  try {
    await ctx.sys.mkdir(ctx, directoryOf(root, id), 0o700);
  } catch (error) {
    if (isErrno(error)) throw failure(`cannot create state directory for \`${id}\``);
    throw error;
  }
}

export async function readStatus(ctx: Context, root: string, id: string): Promise<Status> {
  validateId(id);
  const path = `${directoryOf(root, id)}/status`;
  try {
    return JSON.parse(await readFile(ctx, path)) as Status;
  } catch (error) {
    if (!isErrno(error)) throw error;
    const words = failure(`open \`${path}\``, error);
    if (isErrno(error, 'ENOENT') && !(await exists(ctx, directoryOf(root, id))))
      throw failure(`container \`${id}\` does not exist: open \`${path}\``, error);
    throw words;
  }
}

/** Read without complaint: null if there is none. */
export async function tryStatus(ctx: Context, root: string, id: string): Promise<Status | null> {
  return (await exists(ctx, `${directoryOf(root, id)}/status`)) ? readStatus(ctx, root, id) : null;
}

export async function writeStatus(ctx: Context, root: string, id: string, status: Status): Promise<void> {
  await writeFileAtomic(ctx, `${directoryOf(root, id)}/status`, `${printJson(status)}\n`, 0o700);
}

export async function deleteDirectory(ctx: Context, root: string, id: string): Promise<void> {
  const path = directoryOf(root, id);
  await attempt(`cannot open directory \`${path}\``, ctx.sys.stat(ctx, path));
  await removeAll(ctx, path);
}

/** Directories that hold no container are named in the log. */
export async function listContainers(ctx: Context, call: Pick<CrunCall, 'root' | 'log'>): Promise<string[]> {
  const { root } = call;
  try {
    const names = (await ctx.sys.readDirectory(ctx, root))
      .map(({ name }) => name)
      .filter((name) => !/^\.\.?$/.test(name));
    const known: string[] = [];
    for (const name of names.sort()) {
      if (await exists(ctx, `${root}/${name}/status`)) known.push(name);
      else
        await writeLog(
          ctx,
          call.log,
          'error',
          failure(`error opening file \`${root}/${name}/status\``, new Errno('ENOENT')).message,
        );
    }
    return known;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    throw failure(`cannot opendir \`${root}\``, error);
  }
}

/** State and start time of a process, from /proc/PID/stat. */
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

export async function isRunning(ctx: Context, status: Status): Promise<boolean> {
  const stat = await processStat(ctx, status.pid);
  return stat !== null && stat.state !== 'Z' && stat.state !== 'X' && stat.startTicks === status['process-start-time'];
}

export function hasFifo(ctx: Context, root: string, id: string): Promise<boolean> {
  return exists(ctx, `${directoryOf(root, id)}/${EXEC_FIFO}`);
}

export async function stateOf(ctx: Context, root: string, id: string, status: Status): Promise<State> {
  if (!(await isRunning(ctx, status))) return 'stopped';
  if (await hasFifo(ctx, root, id)) return 'created';
  return (await isFrozen(ctx, cgroupOf(status))) ? 'paused' : 'running';
}
