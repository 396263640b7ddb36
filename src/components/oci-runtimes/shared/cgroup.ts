/**
 * A container's cgroup v2 directory: made, filled, frozen, emptied and removed through its files.
 * @models opencontainers/cgroups fs2 manager, systemd/v2.go
 * @fidelity partial: device rules are not enforced
 */
import { newError } from '../../../go/errors.ts';
import { quote } from '../../../go/quote.ts';
import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import { exists, readFile, writeFile } from '../../../linux/io.ts';
import type { Resources } from '../../../protocols/oci-runtime/types.ts';
import { cgroupFiles } from './cgroup-limits.ts';
import { CGROUP_ROOT } from './cgroup-path.ts';
import { pathError, wrapped } from './fault.ts';

const RMDIR_TRIES_MAX = 10;
const RMDIR_FIRST_DELAY_NS = 1_000_000;

/** The `0::` line of /proc/self/cgroup. */
export async function ownCgroup(ctx: Context): Promise<string> {
  const text = await readFile(ctx, '/proc/self/cgroup');
  return (
    text
      .split('\n')
      .find((line) => line.startsWith('0::'))
      ?.slice(3) ?? '/'
  );
}

/** Makes the directory and hands every controller down to it. */
export async function createCgroup(ctx: Context, directory: string): Promise<void> {
  const controllers = (await readFile(ctx, `${CGROUP_ROOT}/cgroup.controllers`))
    .trim()
    .split(' ')
    .filter((name) => name !== '');
  const parts = directory
    .slice(CGROUP_ROOT.length)
    .split('/')
    .filter((part) => part !== '');
  let at = CGROUP_ROOT;
  for (const part of parts) {
    at += `/${part}`;
    try {
      await ctx.sys.mkdir(ctx, at, 0o755);
    } catch (error) {
      if (!isErrno(error, 'EEXIST')) throw pathError('mkdir', at, error);
    }
  }
  await enableControllers(ctx, directory, controllers);
}

async function enableControllers(ctx: Context, directory: string, controllers: readonly string[]): Promise<void> {
  const parts = directory
    .slice(CGROUP_ROOT.length)
    .split('/')
    .filter((part) => part !== '');
  let at = CGROUP_ROOT;
  for (const part of parts) {
    const file = `${at}/cgroup.subtree_control`;
    const enabled = new Set((await readFile(ctx, file)).trim().split(' '));
    const missing = controllers.filter((name) => !enabled.has(name));
    if (missing.length > 0) await enableAtOnceOrOneByOne(ctx, file, missing);
    at += `/${part}`;
  }
}

async function enableAtOnceOrOneByOne(ctx: Context, file: string, names: readonly string[]): Promise<void> {
  try {
    await writeFile(ctx, file, names.map((name) => `+${name}`).join(' '));
  } catch (error) {
    if (!isErrno(error)) throw error;
    for (const name of names) {
      try {
        await writeFile(ctx, file, `+${name}`);
      } catch (inner) {
        // A controller that cannot be had shows later, when a limit of it is set.
        if (!isErrno(inner)) throw inner;
      }
    }
  }
}

export async function joinCgroup(ctx: Context, directory: string, pid: number): Promise<void> {
  try {
    await writeFile(ctx, `${directory}/cgroup.procs`, String(pid));
  } catch (error) {
    throw wrapped(`failed to write ${pid}`, pathError('write', `${directory}/cgroup.procs`, error));
  }
}

export async function setLimits(ctx: Context, directory: string, resources: Resources): Promise<void> {
  for (const [file, value] of cgroupFiles(resources)) {
    try {
      await writeFile(ctx, `${directory}/${file}`, value);
    } catch (error) {
      // Swap accounting may be compiled out; a limit that says "none" is then met.
      if (isErrno(error, 'ENOENT') && file === 'memory.swap.max') continue;
      if (isErrno(error, 'ENOENT')) throw newError(`cannot set ${file}: container could not join or create cgroup`);
      throw wrapped(`failed to write ${quote(value)}`, pathError('write', `${directory}/${file}`, error));
    }
  }
}

export async function cgroupPids(ctx: Context, directory: string): Promise<number[]> {
  let text: string;
  try {
    text = await readFile(ctx, `${directory}/cgroup.procs`);
  } catch (error) {
    if (isErrno(error)) return [];
    throw error;
  }
  const own = text
    .split('\n')
    .filter((line) => line !== '')
    .map(Number);
  const below: number[] = [];
  for (const entry of await ctx.sys.readDirectory(ctx, directory)) {
    if (entry.type === 'directory' && entry.name !== '.' && entry.name !== '..') {
      below.push(...(await cgroupPids(ctx, `${directory}/${entry.name}`)));
    }
  }
  return [...own, ...below];
}

export async function isFrozen(ctx: Context, directory: string): Promise<boolean> {
  try {
    return (await readFile(ctx, `${directory}/cgroup.freeze`)).trim() === '1';
  } catch (error) {
    if (isErrno(error)) return false;
    throw error;
  }
}

export async function freeze(ctx: Context, directory: string, frozen: boolean): Promise<void> {
  await writeFile(ctx, `${directory}/cgroup.freeze`, frozen ? '1' : '0');
}

export async function killAll(ctx: Context, directory: string): Promise<void> {
  try {
    await writeFile(ctx, `${directory}/cgroup.kill`, '1');
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
  }
}

/** A value of a flat keyed file such as memory.events; 0 if it is not there. */
export async function keyedValue(ctx: Context, path: string, key: string): Promise<number> {
  try {
    for (const line of (await readFile(ctx, path)).split('\n')) {
      const [name, value] = line.split(' ');
      if (name === key) return Number(value);
    }
    return 0;
  } catch (error) {
    if (isErrno(error)) return 0;
    throw error;
  }
}

/** Removes the directory and those below it; waits for processes that are about to be gone. */
export async function removeCgroup(ctx: Context, directory: string): Promise<void> {
  if (!(await exists(ctx, directory))) return;
  for (const entry of await ctx.sys.readDirectory(ctx, directory)) {
    if (entry.type === 'directory' && entry.name !== '.' && entry.name !== '..')
      await removeCgroup(ctx, `${directory}/${entry.name}`);
  }
  let delayNs = RMDIR_FIRST_DELAY_NS;
  for (let tries = 0; ; tries++) {
    try {
      return await ctx.sys.rmdir(ctx, directory);
    } catch (error) {
      if (isErrno(error, 'ENOENT')) return;
      if (!isErrno(error, 'EBUSY') || tries >= RMDIR_TRIES_MAX)
        throw wrapped("unable to remove container's cgroup", pathError('unlinkat', directory, error));
    }
    await ctx.sleep(delayNs);
    delayNs *= 2;
  }
}
