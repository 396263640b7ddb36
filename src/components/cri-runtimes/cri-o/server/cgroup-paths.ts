/**
 * Where CRI-O puts containers: below the pod's slice or directory, under a name of its own.
 * @models CRI-O 1.36 internal/config/cgmgr/{systemd_linux,cgroupfs_linux}.go
 * @fidelity full
 */
import type { Context } from '../../../../linux/context.ts';
import { isErrno } from '../../../../linux/errno.ts';
import { mkdirAll } from '../../../../linux/io.ts';
import { failure, pathFailure } from '../../shared/errors.ts';

const ROOT = '/sys/fs/cgroup';
const PREFIX = 'crio';
const SYSTEMD_PARENT = 'system.slice';
const CGROUPFS_PARENT = '/crio';

export type PodCgroup = { parent: string; path: string };

export function podCgroup(parent: string, id: string, systemd: boolean): PodCgroup {
  if (systemd) {
    if (parent === '') return { parent: '', path: '' };
    const base = parent.split('/').at(-1) ?? '';
    if (!base.endsWith('.slice'))
      throw failure(`cri-o configured with systemd cgroup manager, but did not receive slice as parent: ${parent}`);
    return { parent: base, path: `${base}:${PREFIX}:${id}` };
  }
  if (parent.endsWith('.slice'))
    throw failure(`cri-o configured with cgroupfs cgroup manager, but received systemd slice as parent: ${parent}`);
  if (parent === '') return { parent, path: `${PREFIX}-${id}` };
  return { parent, path: `${parent === '/' ? '' : parent}/${PREFIX}-${id}` };
}

export function containerCgroup(parent: string, id: string, systemd: boolean): string {
  if (systemd) return `${parent === '' ? SYSTEMD_PARENT : parent}:${PREFIX}:${id}`;
  return `${parent === '' ? CGROUPFS_PARENT : parent}/${PREFIX}-${id}`;
}

/** `a-b.slice` lies in a.slice. */
export function sliceDirectory(slice: string): string {
  const parts = slice.replace(/\.slice$/, '').split('-');
  return parts.map((_, at) => `${parts.slice(0, at + 1).join('-')}.slice`).join('/');
}

/** The directory of a container's cgroup. */
export function cgroupDirectory(parent: string, id: string, systemd: boolean): string {
  if (!systemd) return `${ROOT}${containerCgroup(parent, id, false)}`;
  return `${ROOT}/${sliceDirectory(parent === '' ? SYSTEMD_PARENT : parent)}/${PREFIX}-${id}.scope`;
}

/** The pod's own. */
export function podDirectory(parent: string, systemd: boolean): string {
  return systemd ? `${ROOT}/${sliceDirectory(parent)}` : `${ROOT}${parent}`;
}

/**
 * A pod without a process still has a cgroup: for those who look for it to find its network. systemd takes no scope
 * without a process, so that it is a plain directory with either driver.
 */
export async function makePodCgroup(ctx: Context, parent: string, id: string, systemd: boolean): Promise<void> {
  if (parent === '') return;
  const directory = `${podDirectory(parent, systemd)}/${PREFIX}-${id}`;
  try {
    await mkdirAll(ctx, directory, 0o755);
  } catch (error) {
    throw pathFailure('mkdir', directory, error);
  }
}

export async function removePodCgroup(ctx: Context, parent: string, id: string, systemd: boolean): Promise<void> {
  if (parent === '') return;
  try {
    await ctx.sys.rmdir(ctx, `${podDirectory(parent, systemd)}/${PREFIX}-${id}`);
  } catch (error) {
    if (!isErrno(error)) throw error;
  }
}
