/**
 * crun's cgroups: what runc makes, and with systemd a sub-cgroup below the scope that holds the processes, so that a scope
 * given to the container by delegation has no process of its own.
 * @models crun src/libcrun/cgroup.c cgroup-systemd.c @fidelity full
 */
import type { Context } from '../../../linux/context.ts';
import { exists } from '../../../linux/io.ts';
import type { Resources, Spec } from '../../../protocols/oci-runtime/types.ts';
import { SYSTEM_SLICE, startScope, stopScope } from '../../../protocols/systemd/scope.ts';
import { createCgroup, joinCgroup, killAll, ownCgroup, removeCgroup, setLimits } from '../shared/cgroup.ts';
import { CGROUP_ROOT, cgroupConfig, cgroupDirectory, unitName } from '../shared/cgroup-path.ts';
import { systemdProperties } from '../shared/systemd-properties.ts';
import { attempt, failure } from './failure.ts';

const SUBGROUP_ANNOTATION = 'run.oci.systemd.subgroup';
const DEFAULT_SUBGROUP = 'container';

export type ContainerCgroup = {
  /** Where the processes are. */
  directory: string;
  /** The unit, or empty. */
  scope: string;
  /** Its slice, or empty. */
  slice: string;
  /** Directories whose files get the limits. */
  limited: readonly string[];
};

export async function planCgroup(ctx: Context, spec: Spec, id: string, systemd: boolean): Promise<ContainerCgroup> {
  const path = spec.linux?.cgroupsPath ?? '';
  if (!systemd) {
    const directory = `${CGROUP_ROOT}/${path === '' ? id : path.replace(/^\/+/, '')}`;
    return { directory, scope: '', slice: '', limited: [directory] };
  }
  const config = cgroupConfig(path === '' ? `:crun:${id}` : path, id, true);
  const unit = cgroupDirectory(config, await ownCgroup(ctx));
  const sub = spec.annotations?.[SUBGROUP_ANNOTATION] ?? DEFAULT_SUBGROUP;
  const directory = sub === '' ? unit : `${unit}/${sub}`;
  const slice = config.parent === '' ? SYSTEM_SLICE : config.parent;
  return { directory, scope: unitName(config), slice, limited: sub === '' ? [unit] : [unit, directory] };
}

/** Without systemd: the process is born in it. */
export async function makeCgroup(ctx: Context, cgroup: ContainerCgroup, resources: Resources): Promise<void> {
  await createCgroup(ctx, cgroup.directory);
  await limitCgroup(ctx, cgroup.limited, resources);
}

/** With systemd: a scope is made around a process, which then goes below. */
export async function enterScope(
  ctx: Context,
  cgroup: ContainerCgroup,
  resources: Resources,
  pid: number,
): Promise<void> {
  let refused: string | null;
  try {
    refused = await startScope(ctx, {
      unit: cgroup.scope,
      slice: cgroup.slice,
      description: 'libcrun container',
      pid,
      properties: systemdProperties(resources),
    });
  } catch (error) {
    throw failure('cannot open sd-bus', error);
  }
  if (refused !== null) throw failure(`sd-bus call: ${refused}`);
  if (cgroup.limited.length > 1) {
    // First the process, then the controllers: they can be handed down only by a cgroup without processes of its own.
    await attempt(`mkdir \`${cgroup.directory}\``, ctx.sys.mkdir(ctx, cgroup.directory, 0o755));
    await joinCgroup(ctx, cgroup.directory, pid);
  }
  await createCgroup(ctx, cgroup.directory);
  await limitCgroup(ctx, cgroup.limited, resources);
}

/** Takes all of it away, and what still runs in it. */
export async function destroyCgroup(ctx: Context, top: string, scope: string): Promise<void> {
  await killAll(ctx, top);
  if (scope !== '') await stopScope(ctx, scope);
  await removeCgroup(ctx, top);
}

/** A sub-cgroup has the files of those controllers only that its parent hands down. */
export async function limitCgroup(ctx: Context, directories: readonly string[], resources: Resources): Promise<void> {
  for (const directory of directories) if (await exists(ctx, directory)) await setLimits(ctx, directory, resources);
}
