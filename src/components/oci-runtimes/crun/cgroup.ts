/**
 * crun's cgroups: what runc makes, and with systemd a sub-cgroup below the scope that holds the processes, so that a scope
 * given to the container by delegation has no process of its own.
 * @models crun src/libcrun/cgroup.c cgroup-systemd.c @fidelity partial: the scope is made here, where the real one asks systemd over D-Bus
 */
import type { Context } from '../../../linux/context.ts';
import { exists } from '../../../linux/io.ts';
import type { Resources, Spec } from '../../../protocols/oci-runtime/types.ts';
import { createCgroup, ownCgroup, setLimits } from '../shared/cgroup.ts';
import { CGROUP_ROOT, cgroupConfig, cgroupDirectory, unitName } from '../shared/cgroup-path.ts';

const SUBGROUP_ANNOTATION = 'run.oci.systemd.subgroup';
const DEFAULT_SUBGROUP = 'container';

export type ContainerCgroup = {
  /** Where the processes are. */
  directory: string;
  /** The unit, or empty. */
  scope: string;
  /** Directories whose files get the limits. */
  limited: readonly string[];
};

export async function planCgroup(ctx: Context, spec: Spec, id: string, systemd: boolean): Promise<ContainerCgroup> {
  const path = spec.linux?.cgroupsPath ?? '';
  if (!systemd) {
    const directory = `${CGROUP_ROOT}/${path === '' ? id : path.replace(/^\/+/, '')}`;
    return { directory, scope: '', limited: [directory] };
  }
  const config = cgroupConfig(path === '' ? `:crun:${id}` : path, id, true);
  const unit = cgroupDirectory(config, await ownCgroup(ctx));
  const sub = spec.annotations?.[SUBGROUP_ANNOTATION] ?? DEFAULT_SUBGROUP;
  const directory = sub === '' ? unit : `${unit}/${sub}`;
  return { directory, scope: unitName(config), limited: sub === '' ? [unit] : [unit, directory] };
}

export async function makeCgroup(ctx: Context, cgroup: ContainerCgroup, resources: Resources): Promise<void> {
  await createCgroup(ctx, cgroup.directory);
  await limitCgroup(ctx, cgroup.limited, resources);
}

/** A sub-cgroup has the files of those controllers only that its parent hands down. */
export async function limitCgroup(ctx: Context, directories: readonly string[], resources: Resources): Promise<void> {
  for (const directory of directories) if (await exists(ctx, directory)) await setLimits(ctx, directory, resources);
}
