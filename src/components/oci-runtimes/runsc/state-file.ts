/**
 * What runsc keeps of a container between two commands: `ID_sandbox:SANDBOX.state` and its lock, in --root.
 * @models gVisor runsc/container/{container,state_file}.go @fidelity partial: the fields used here
 */
import { newError } from '../../../go/errors.ts';
import { quote } from '../../../go/quote.ts';
import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import { exists, mkdirAll, readFile, writeFile, writeFileAtomic } from '../../../linux/io.ts';
import type { Spec } from '../../../protocols/oci-runtime/types.ts';

export type ContainerStatus = 'creating' | 'created' | 'running' | 'paused' | 'stopped';

export type ContainerState = {
  id: string;
  spec: Spec;
  bundleDir: string;
  createdAt: string;
  owner: string;
  consoleSocket: string;
  status: ContainerStatus;
  goferPid: number;
  goferIsChild: boolean;
  sandbox: { id: string; pid: number; controlSocketPath: string; cgroup: string; rootCid: string };
  /** The container's own cgroup: of a container that is not the first, made and left empty. */
  cgroup: string;
};

const SUFFIX = '.state';

export function statePath(root: string, id: string, sandbox: string): string {
  return `${root}/${id}_sandbox:${sandbox}${SUFFIX}`;
}

export function lockPath(root: string, id: string, sandbox: string): string {
  return `${root}/${id}_sandbox:${sandbox}.lock`;
}

export async function stateNames(ctx: Context, root: string): Promise<{ id: string; sandbox: string }[]> {
  let names: string[];
  try {
    names = (await ctx.sys.readDirectory(ctx, root)).map((entry) => entry.name);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return [];
    throw error;
  }
  const found: { id: string; sandbox: string }[] = [];
  for (const name of names.sort()) {
    const match = /^(.+)_sandbox:(.+)\.state$/.exec(name);
    if (match !== null) found.push({ id: match[1] as string, sandbox: match[2] as string });
  }
  return found;
}

/** By id, or by a prefix of it that is the only one. */
export async function loadState(ctx: Context, root: string, id: string): Promise<ContainerState> {
  const names = await stateNames(ctx, root);
  const exact = names.filter((name) => name.id === id);
  const found = exact.length > 0 ? exact : names.filter((name) => name.id.startsWith(id));
  const [one, other] = found;
  // The first is printed by its own method, the second as a structure.
  if (one !== undefined && other !== undefined)
    throw newError(
      `id ${quote(id)} is ambiguous and could refer to multiple containers: ${quote(`${one.sandbox}/${one.id}`)}, {${quote(other.sandbox)} ${quote(other.id)}}`,
    );
  const only = found[0];
  if (only === undefined) throw newError('file does not exist', { code: 'ENOENT' });
  const state = JSON.parse(await readFile(ctx, statePath(root, only.id, only.sandbox))) as ContainerState;
  if (state.status !== 'stopped' && !(await isAlive(ctx, state.sandbox.pid))) state.status = 'stopped';
  return state;
}

async function isAlive(ctx: Context, pid: number): Promise<boolean> {
  try {
    await ctx.sys.kill(ctx, pid, 0);
    const stat = await readFile(ctx, `/proc/${pid}/stat`);
    return !/\) Z /.test(stat);
  } catch (error) {
    if (isErrno(error)) return false;
    throw error;
  }
}

export async function lockNew(ctx: Context, root: string, id: string, sandbox: string): Promise<void> {
  await mkdirAll(ctx, root, 0o711);
  if (await exists(ctx, statePath(root, id, sandbox)))
    throw newError('cannot lock container metadata file: container already exists');
  await writeFile(ctx, lockPath(root, id, sandbox), '', { mode: 0o600 });
}

export async function saveState(ctx: Context, root: string, state: ContainerState): Promise<void> {
  await writeFileAtomic(ctx, statePath(root, state.id, state.sandbox.id), JSON.stringify(state), 0o640);
}

export async function removeState(ctx: Context, root: string, id: string, sandbox: string): Promise<void> {
  for (const path of [statePath(root, id, sandbox), lockPath(root, id, sandbox)]) {
    try {
      await ctx.sys.unlink(ctx, path);
    } catch (error) {
      if (!isErrno(error, 'ENOENT')) throw error;
    }
  }
}
