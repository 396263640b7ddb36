/**
 * The pod's cgroup on the host. With sandbox_cgroup_only whatever the pod costs there is charged to it, the shim included:
 * it goes in first, so that the helpers it starts are born there.
 * @models kata-containers 4.1.0 src/runtime-rs/crates/resource/src/cgroups, kata-containers/cgroups-rs 0.5 src/manager
 * @fidelity partial: no cpuset of the containers on it
 */
import { newError } from '../../../go/errors.ts';
import type { Context } from '../../../linux/context.ts';
import { askToStopScope, startScope } from '../../../protocols/systemd/scope.ts';
import { cgroupPids, createCgroup, joinCgroup, removeCgroup } from '../../oci-runtimes/shared/cgroup.ts';
import { CGROUP_ROOT, cgroupConfig, cgroupDirectory, unitName } from '../../oci-runtimes/shared/cgroup-path.ts';

/** How long the shim may take to end once its scope is being stopped. */
const TIMEOUT_STOP_S = 300;

/** `slice:prefix:name`, or a path without its first slash; empty, which is the root, if the spec names none. */
export function sandboxCgroupPath(cgroupsPath: string | undefined): string {
  return (cgroupsPath ?? '').replace(/^\/+/, '');
}

/** Where the shim and its helpers go that are not to be charged to the pod. */
export function overheadCgroupPath(path: string, id: string): string {
  return isScope(path) ? `kata-overhead.slice:runtime-rs:${id}` : `kata_overhead/${id}`;
}

/** The hypervisor, when the shim is not where it belongs. */
export async function moveIntoSandboxCgroup(ctx: Context, path: string, pid: number): Promise<void> {
  const { directory, unit, slice } = placeOf(path);
  if (unit === null) {
    if (path !== '') await createCgroup(ctx, directory);
    await joinCgroup(ctx, directory, pid);
  } else await enterScope(ctx, unit, slice, pid);
}

async function enterScope(ctx: Context, unit: string, slice: string, pid: number): Promise<void> {
  const refused = await startScope(ctx, {
    unit,
    slice,
    description: 'kata-containers unit',
    pid,
    properties: [`TimeoutStopSec=${TIMEOUT_STOP_S}`],
  });
  if (refused !== null) throw newError(`add runtime to sandbox cgroup: ${refused}`);
}

export async function enterSandboxCgroup(ctx: Context, path: string): Promise<void> {
  const pid = ctx.sys.getpid(ctx);
  const { directory, unit, slice } = placeOf(path);
  if (unit === null) {
    if (path !== '') await createCgroup(ctx, directory);
  } else await enterScope(ctx, unit, slice, pid);
  await joinCgroup(ctx, directory, pid);
}

/**
 * A scope is asked to stop: systemd takes it away when the shim, which does not mind SIGTERM, has ended. A plain cgroup is
 * emptied into the root and removed.
 */
export async function destroySandboxCgroup(ctx: Context, path: string): Promise<void> {
  const { directory, unit } = placeOf(path);
  if (unit !== null) return askToStopScope(ctx, unit);
  if (path === '') return;
  for (const pid of await cgroupPids(ctx, directory)) await joinCgroup(ctx, CGROUP_ROOT, pid);
  await removeCgroup(ctx, directory);
}

const isScope = (path: string): boolean => path.split(':').length === 3;

function placeOf(path: string): { directory: string; unit: string | null; slice: string } {
  if (!isScope(path)) return { directory: path === '' ? CGROUP_ROOT : `${CGROUP_ROOT}/${path}`, unit: null, slice: '' };
  const config = cgroupConfig(path, '', true);
  const slice = config.parent === '' ? 'system.slice' : config.parent;
  return { directory: cgroupDirectory({ ...config, parent: slice }, '/'), unit: unitName(config), slice };
}
