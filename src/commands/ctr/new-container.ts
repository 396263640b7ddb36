/**
 * A container record with its snapshot and its spec, as `run` and `containers create` make it.
 * @models containerd 2.1 cmd/ctr/commands/run/run_unix.go
 * @fidelity partial: no user namespaces, GPUs, block I/O and RDT classes, seccomp and AppArmor profiles
 */
import type { Context } from '../../linux/context.ts';
import { readFile } from '../../linux/io.ts';
import { ContainersService } from '../../protocols/containerd/services/containers/v1/generated.ts';
import { SnapshotsService } from '../../protocols/containerd/services/snapshots/v1/generated.ts';
import { mergeEnv } from '../../protocols/oci-runtime/default-spec.ts';
import type { NamespaceType, Spec } from '../../protocols/oci-runtime/types.ts';
import type { Client } from '../common/containerd/client.ts';
import { SPEC_TYPE_URL, STOP_SIGNAL_LABEL } from '../common/containerd/container.ts';
import { onPath, wrapping } from '../common/containerd/errors.ts';
import { getImage, isUnpacked, type ResolvedImage, resolveImage, unpackImage } from '../common/containerd/image.ts';
import type { MountSpec } from '../common/containerd/mounts.ts';
import {
  addDevices,
  addHostDevices,
  addMounts,
  allowUnixDevices,
  applyImageConfig,
  applyUser,
  defaultSpec,
  type FullSpec,
  hostNetworkFiles,
  joinNamespace,
  makePrivileged,
  parseMountFlag,
  parseSpec,
  setCapabilities,
  setTerminal,
  stayInHostNamespace,
} from '../common/containerd/spec.ts';
import { fail, labelArgs, type Run, refuse } from './run.ts';
import { runtimeOptions } from './runtime-options.ts';

const NOT_MODELLED = [
  'gpus',
  'blockio-config-file',
  'blockio-class',
  'rdt-class',
  'apparmor-profile',
  'apparmor-default-profile',
  'uidmap',
  'gidmap',
  'seccomp',
  'seccomp-profile',
];
const CPU_PERIOD = 100_000;
const NAMESPACES: Readonly<Record<string, NamespaceType>> = {
  pid: 'pid',
  network: 'network',
  net: 'network',
  ipc: 'ipc',
  uts: 'uts',
  mount: 'mount',
  user: 'user',
  cgroup: 'cgroup',
};

/** Returns the container's id. A lease keeps the snapshot until the record refers to it. */
export function newContainer(ctx: Context, run: Run, client: Client): Promise<string> {
  return client.withLease(ctx, (leased) => create(ctx, run, leased));
}

async function create(ctx: Context, run: Run, client: Client): Promise<string> {
  const { cli } = run;
  for (const flag of NOT_MODELLED) if (cli.isSet(flag)) refuse(`--${flag}: not simulated`);
  const fromConfig = cli.string('config') !== '';
  const [ref, id, ...args] = fromConfig ? ['', ...cli.args] : cli.args;
  if (!fromConfig && (ref === undefined || ref === '')) fail('image ref must be provided');
  if (id === undefined || id === '') fail('container id must be provided');
  const labels: Record<string, string> = { ...labelArgs(cli.strings('label')) };
  let spec: Spec;
  let snapshot = { snapshotter: '', key: '', image: '' };
  if (fromConfig) {
    const path = cli.string('config');
    spec = parseSpec(
      await wrapping('cannot load spec config file', () => onPath('open', path, () => readFile(ctx, path))),
    );
  } else {
    const full = defaultSpec(client.namespace, id);
    allowUnixDevices(full);
    let mounts: MountSpec[] = [];
    if (cli.bool('rootfs')) {
      const path = ref as string;
      full.root.path = path.startsWith('/') ? path : `${await ctx.sys.getcwd(ctx)}/${path}`;
      full.process.args = args;
    } else {
      const { image, snapshotter, mounts: made } = await prepare(ctx, run, client, ref as string, id);
      mounts = made;
      snapshot = { snapshotter, key: id, image: image.name };
      await applyImageConfig(ctx, full, image.config, args, mounts);
      labels[STOP_SIGNAL_LABEL] = image.config.config?.StopSignal ?? 'SIGTERM';
    }
    await applyFlags(ctx, run, full, mounts);
    spec = full;
  }
  const options = runtimeOptions(cli);
  await client.call(ctx, ContainersService.methods.Create, {
    container: {
      id,
      labels,
      image: snapshot.image,
      runtime: { name: cli.string('runtime'), ...(options === null ? {} : { options }) },
      spec: { typeUrl: SPEC_TYPE_URL, value: new TextEncoder().encode(JSON.stringify(spec)) },
      snapshotter: snapshot.snapshotter,
      snapshotKey: snapshot.key,
      sandbox: cli.string('sandbox'),
    },
  });
  return id;
}

async function prepare(
  ctx: Context,
  run: Run,
  client: Client,
  ref: string,
  key: string,
): Promise<{ image: ResolvedImage; snapshotter: string; mounts: MountSpec[] }> {
  const { cli } = run;
  const image = await resolveImage(ctx, client, await getImage(ctx, client, ref));
  const snapshotter = await client.snapshotter(ctx, cli.string('snapshotter'));
  if (!(await isUnpacked(ctx, client, image, snapshotter))) await unpackImage(ctx, client, image, snapshotter);
  const labels = labelArgs(cli.strings('snapshotter-label'));
  const { mounts } = await client.call(ctx, SnapshotsService.methods.Prepare, {
    snapshotter,
    key,
    parent: image.chainId,
    labels,
  });
  return { image, snapshotter, mounts };
}

async function applyFlags(ctx: Context, run: Run, spec: FullSpec, mounts: readonly MountSpec[]): Promise<void> {
  const { cli } = run;
  const text = (name: string): string => cli.string(name);
  const env = [...cli.strings('env')];
  if (text('env-file') !== '') {
    const path = text('env-file');
    env.unshift(
      ...(await onPath('open', path, () => readFile(ctx, path)))
        .split('\n')
        .filter((line) => line !== '' && !line.startsWith('#')),
    );
  }
  if (env.length > 0) spec.process.env = mergeEnv(spec.process.env ?? [], env);
  if (text('cwd') !== '') spec.process.cwd = text('cwd');
  if (text('user') !== '') await applyUser(ctx, spec, text('user'), mounts);
  if (cli.bool('tty')) setTerminal(spec);
  if (text('hostname') !== '') spec.hostname = text('hostname');
  else spec.hostname = (await ctx.sys.uname(ctx)).nodename;
  if (cli.bool('net-host')) {
    stayInHostNamespace(spec, 'network');
    addMounts(spec, hostNetworkFiles());
  }
  if (cli.bool('privileged')) {
    makePrivileged(spec);
    if (!cli.bool('privileged-without-host-devices')) await addHostDevices(ctx, spec);
  }
  for (const device of cli.strings('device')) await addDevices(ctx, spec, device);
  if (cli.bool('read-only')) spec.root.readonly = true;
  if (cli.bool('allow-new-privs')) spec.process.noNewPrivileges = false;
  const added = cli.strings('cap-add');
  if (added.length > 0) setCapabilities(spec, (list) => [...list, ...added.filter((c) => !list.includes(c))]);
  const dropped = cli.strings('cap-drop');
  if (dropped.length > 0) setCapabilities(spec, (list) => list.filter((c) => !dropped.includes(c)));
  for (const entry of cli.strings('with-ns')) {
    const at = entry.indexOf(':');
    const type = NAMESPACES[entry.slice(0, at)];
    if (at < 0) fail('joining a Linux namespace using --with-ns requires the format <nstype>:<path>');
    if (type === undefined) fail(`the Linux namespace type specified in --with-ns is not valid: ${entry.slice(0, at)}`);
    joinNamespace(spec, type, entry.slice(at + 1));
  }
  const own = cli.strings('mount').map(parseMountFlag);
  if (own.length > 0) addMounts(spec, own);
  const annotations = cli.strings('annotation');
  if (annotations.length > 0) spec.annotations = { ...spec.annotations, ...labelArgs(annotations) };
  if (text('rootfs-propagation') !== '') spec.linux.rootfsPropagation = text('rootfs-propagation') as never;
  if (text('cgroup') !== '') spec.linux.cgroupsPath = text('cgroup');
  resources(run, spec);
}

function resources(run: Run, spec: FullSpec): void {
  const { cli } = run;
  const cpu: Record<string, number | string> = {};
  if (cli.isSet('cpus') && cli.number('cpus') > 0)
    Object.assign(cpu, { quota: Math.floor(cli.number('cpus') * CPU_PERIOD), period: CPU_PERIOD });
  if (cli.number('cpu-quota') !== -1) cpu['quota'] = cli.number('cpu-quota');
  if (cli.number('cpu-period') !== 0) cpu['period'] = cli.number('cpu-period');
  if (cli.isSet('cpu-shares')) cpu['shares'] = cli.number('cpu-shares');
  if (cli.string('cpuset-cpus') !== '') cpu['cpus'] = cli.string('cpuset-cpus');
  if (cli.string('cpuset-mems') !== '') cpu['mems'] = cli.string('cpuset-mems');
  const memory = cli.number('memory-limit');
  spec.linux.resources = {
    ...spec.linux.resources,
    ...(Object.keys(cpu).length > 0 ? { cpu } : {}),
    ...(memory > 0 ? { memory: { limit: memory } } : {}),
  };
}
