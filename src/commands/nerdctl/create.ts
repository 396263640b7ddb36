/**
 * A new container: snapshot, spec, labels, state directory, name.
 * @models nerdctl v2.3.5 pkg/cmd/container/create.go
 * @fidelity partial: health checks without timers; no systemd mode, CDI devices, user namespaces, image verification
 */
import type { CobraContext } from '../../go/cobra-types.ts';
import { quote } from '../../go/quote.ts';
import type { Context } from '../../linux/context.ts';
import { exists, lookPath, mkdirAll, printRefusal, removeAll, writeFile } from '../../linux/io.ts';
import { ContainersService } from '../../protocols/containerd/services/containers/v1/generated.ts';
import { IntrospectionService } from '../../protocols/containerd/services/introspection/v1/generated.ts';
import { SnapshotsService } from '../../protocols/containerd/services/snapshots/v1/generated.ts';
import { Options } from '../../protocols/containerd/types/runc/options/generated.ts';
import type { Any } from '../../protocols/google/protobuf/generated.ts';
import { formatPlatform } from '../../protocols/oci/platform.ts';
import { mergeEnv } from '../../protocols/oci-runtime/default-spec.ts';
import type { Client } from '../common/containerd/client.ts';
import { SPEC_TYPE_URL, STOP_SIGNAL_LABEL } from '../common/containerd/container.ts';
import type { ResolvedImage } from '../common/containerd/image.ts';
import type { MountSpec } from '../common/containerd/mounts.ts';
import {
  allowUnixDevices,
  appendGroups,
  applyGroups,
  applyImageConfig,
  applyUser,
  defaultSpec,
  type FullSpec,
  setTerminal,
} from '../common/containerd/spec.ts';
import { applyNetwork, type ContainerNetwork, extraHosts, networkKind } from './container-network.ts';
import { NOT_MODELLED } from './create-flags.ts';
import { acquireName, dataStore, releaseName, stateDirectory, storePorts } from './data-store.ts';
import { type HealthCheck, healthLabel, isChecked } from './health.ts';
import { deleteHosts } from './hosts-store.ts';
import { ensureImage, platformsOf } from './images.ts';
import { checkLogOptions, isDriver } from './internal/log-drivers/drivers.ts';
import { jsonLabel, LABELS, PREFIX } from './labels.ts';
import { mountPoint, type Processed, processMounts } from './mounts.ts';
import { fail, hookEnvironment, keyValues, newId, notSimulated } from './run.ts';
import { applyFlags, environment, linesOf, openLowPorts } from './spec-flags.ts';
import { refuseUnmodelled, UNMODELLED_CREATE } from './unmodelled-flags.ts';
import { parsedReference } from './walker.ts';

const SELF = '/proc/self/exe';
export const LOGGING_ARGUMENT = '_NERDCTL_INTERNAL_LOGGING';
const NAME_SUFFIX_LENGTH = 5;

/** Returns the id. What a failure leaves behind is removed. */
export async function createContainer(
  ctx: Context,
  cli: CobraContext,
  client: Client,
  args: readonly string[],
): Promise<string> {
  for (const flag of NOT_MODELLED) if (cli.isSet(flag)) notSimulated(`--${flag}`);
  if (cli.string('verify') !== 'none') notSimulated('--verify');
  refuseUnmodelled(cli, UNMODELLED_CREATE);
  if (cli.bool('interactive') && cli.has('detach') && cli.bool('detach') && !cli.bool('tty'))
    fail('combination of flags -i and -d can only be specified together with -t');
  const id = newId(ctx);
  const store = await dataStore(ctx, cli);
  const state = stateDirectory(store, client.namespace, id);
  const cidFile = cli.string('cidfile');
  if (cidFile !== '') {
    if (await exists(ctx, cidFile))
      fail(`container ID file found, make sure the other container isn't running or delete ${cidFile}`);
    await writeFile(ctx, cidFile, id);
  }
  await mkdirAll(ctx, state, 0o700);
  const named: { name: string } = { name: '' };
  try {
    await client.withLease(ctx, (leased) => make(ctx, cli, leased, args, { id, store, state, named }));
    return id;
  } catch (error) {
    await removeAll(ctx, state);
    await deleteHosts(ctx, store, client.namespace, id);
    await releaseName(ctx, store, client.namespace, named.name, id);
    throw error;
  }
}

type Place = { id: string; store: string; state: string; named: { name: string } };

async function make(
  ctx: Context,
  cli: CobraContext,
  client: Client,
  [ref = '', ...given]: readonly string[],
  { id, store, state, named }: Place,
): Promise<void> {
  // A double dash after the image belongs to nobody.
  const args = given[0] === '--' ? given.slice(1) : given;
  const spec = defaultSpec(client.namespace, id);
  allowUnixDevices(spec);
  const { pidContainer, ipc } = await applyFlags(ctx, cli, client, spec, id);
  const platformText = cli.string('platform');
  const isRootfs = cli.bool('rootfs');
  let image: ResolvedImage | null = null;
  let rootMounts: MountSpec[] = [];
  const snapshotter = await client.snapshotter(ctx, cli.string('snapshotter'));
  if (isRootfs) {
    spec.root.path = ref.startsWith('/') ? ref : `${await ctx.sys.getcwd(ctx)}/${ref}`;
    spec.process.args = [...args];
    if (args.length === 0) fail('no process args specified');
  } else {
    const platforms = platformsOf(platformText === '' ? [] : [platformText]);
    const options = { platforms, quiet: cli.bool('quiet'), unpack: true, fd: 2 };
    image = await ensureImage(ctx, cli, client, ref, cli.string('pull'), options);
    const { mounts } = await client.call(ctx, SnapshotsService.methods.Prepare, {
      snapshotter,
      key: id,
      parent: image.chainId,
    });
    rootMounts = mounts;
    await applyImage(ctx, cli, spec, image, args, rootMounts);
  }
  if (cli.string('workdir') !== '') spec.process.cwd = cli.string('workdir');
  if (cli.bool('tty')) setTerminal(spec);
  const volumes = Object.keys(image?.config.config?.Volumes ?? {});
  const request = { store, namespace: client.namespace, imageVolumes: volumes, rootMounts };
  const mounts = await processMounts(ctx, cli, request);
  for (const { mount } of mounts)
    spec.mounts = [...spec.mounts.filter(({ destination }) => destination !== mount.destination), mount];
  const logConfig = await makeLogConfig(ctx, cli, store, state);
  const restart = await restartLabels(ctx, cli, client, logConfig.uri);
  const network = await applyNetwork(ctx, cli, client, spec, store, id);
  const envs = await environment(ctx, cli);
  spec.process.env = mergeEnv(spec.process.env ?? [], [...envs, `HOSTNAME=${network.hostname}`]);
  addHooks(ctx, cli, spec);
  if (cli.string('user') !== '') {
    await applyUser(ctx, spec, cli.string('user'), rootMounts);
    await applyGroups(ctx, spec, cli.string('user').split(':')[0] ?? '', rootMounts);
  }
  await appendGroups(ctx, spec, cli.strings('group-add'), rootMounts);
  const umask = cli.string('umask');
  if (umask !== '') {
    if (!/^[0-7]+$/.test(umask)) fail(`invalid umask: strconv.ParseUint: parsing ${quote(umask)}: invalid syntax`);
    spec.process.user = { ...spec.process.user, umask: Number.parseInt(umask, 8) };
  }
  if (networkKind(network.names) !== 'host') openLowPorts(spec);
  await addInit(ctx, cli, spec);
  const runtime = await runtimeOf(ctx, cli);
  const own = await ownLabels(ctx, cli);
  const name = cli.string('name') === '' ? suggestedName(ref, id, isRootfs) : cli.string('name');
  await acquireName(ctx, store, client.namespace, name, id);
  named.name = name;
  const labels: Record<string, string> = {
    ...(image?.config.config?.Labels ?? {}),
    ...restart,
    ...own,
    ...internalLabels({
      cli,
      client,
      name,
      state,
      network,
      mounts,
      logConfig,
      pidContainer,
      ipc,
      platform: formatPlatform({ os: 'linux', architecture: image?.config.architecture ?? 'amd64' }),
      user: cli.string('user') === '' ? (image?.config.config?.User ?? '') : cli.string('user'),
    }),
    [STOP_SIGNAL_LABEL]: cli.isSet('stop-signal')
      ? cli.string('stop-signal')
      : (image?.config.config?.StopSignal ?? 'SIGTERM'),
  };
  const health = healthLabel(cli, image?.config.config?.Labels ?? {});
  if (health !== '') labels[LABELS.healthCheck] = health;
  if (isChecked(jsonLabel<HealthCheck>(labels, LABELS.healthCheck) ?? {}))
    await printRefusal(
      ctx,
      'nerdctl: not simulated: timers of systemd; `nerdctl container healthcheck` runs the check\n',
    );
  if (cli.number('stop-timeout') !== 0) labels[LABELS.stopTimeout] = String(cli.number('stop-timeout'));
  await storePorts(ctx, state, network.ports);
  const annotations = Object.fromEntries(Object.entries(labels).filter(([key]) => key.startsWith(PREFIX)));
  spec.annotations = { ...annotations, ...keyValues(cli.strings('annotation')) };
  await client.call(ctx, ContainersService.methods.Create, {
    container: {
      id,
      labels,
      image: image?.name ?? '',
      runtime,
      spec: { typeUrl: SPEC_TYPE_URL, value: new TextEncoder().encode(JSON.stringify(spec)) },
      snapshotter: isRootfs ? '' : snapshotter,
      snapshotKey: isRootfs ? '' : id,
    },
  });
}

async function applyImage(
  ctx: Context,
  cli: CobraContext,
  spec: FullSpec,
  image: ResolvedImage,
  args: readonly string[],
  mounts: readonly MountSpec[],
): Promise<void> {
  if (!cli.isSet('entrypoint')) {
    await applyImageConfig(ctx, spec, image.config, args, mounts);
  } else {
    const config = { ...image.config.config, Entrypoint: [], Cmd: [] };
    await applyImageConfig(ctx, spec, { ...image.config, config }, args, mounts);
    spec.process.args = [...cli.strings('entrypoint').filter((word) => word !== ''), ...args];
  }
  if ((spec.process.args ?? []).length === 0) fail('no command specified');
}

export function logUri(store: string, program: string): string {
  return `binary://${program}?${LOGGING_ARGUMENT}=${encodeURIComponent(store)}`;
}

type LogConfig = { uri: string; driver: string; opts: Record<string, string>; address: string };

async function makeLogConfig(ctx: Context, cli: CobraContext, store: string, state: string): Promise<LogConfig> {
  const driver = cli.string('log-driver');
  const address = cli.string('address');
  // A URI is the task's own, and `none` no log at all.
  if (/^[a-z][a-z0-9+.-]*:/i.test(driver) || driver === 'none')
    return { uri: driver, driver: '', opts: {}, address: '' };
  const opts = keyValues(cli.strings('log-opt'));
  if (driver === 'json-file' && opts['max-size'] === undefined) delete opts['max-file'];
  await checkLogOptions(ctx, driver, opts);
  if (!isDriver(driver)) fail(`unknown logging driver ${quote(driver)}: not found`);
  const config = { driver, ...(Object.keys(opts).length === 0 ? {} : { opts }), address };
  await writeFile(ctx, `${state}/log-config.json`, JSON.stringify(config), { mode: 0o600 });
  const program = await ctx.sys.readlink(ctx, SELF);
  return { uri: logUri(store, program), driver, opts, address };
}

async function restartLabels(
  ctx: Context,
  cli: CobraContext,
  client: Client,
  uri: string,
): Promise<Record<string, string>> {
  const policy = cli.string('restart');
  if (policy === '' || policy === 'no') return {};
  await checkRestartPolicy(ctx, client, policy);
  // nerdctl only leaves labels: who acts on them is a plugin of the daemon.
  return { [LABELS.restartPolicy]: policy, [LABELS.restartLogUri]: uri };
}

export async function checkRestartPolicy(ctx: Context, client: Client, policy: string): Promise<void> {
  if (policy === 'no') return;
  const { plugins } = await client.call(ctx, IntrospectionService.methods.Plugins, { filters: ['id==restart'] });
  const plugin = plugins[0] ?? fail('no restart plugin found');
  const supported = plugin.capabilities.length === 0 ? ['always'] : plugin.capabilities;
  const [kind = '', count] = policy.split(':');
  if (!supported.includes(kind))
    fail(`unsupported restart policy ${quote(kind)}, supported policies are: [${supported.map(quote).join(' ')}]`);
  if (count !== undefined && (kind !== 'on-failure' || !/^\d+$/.test(count)))
    fail(
      kind === 'on-failure'
        ? `maximum retry count must be an integer`
        : `restart policy ${quote(policy)} not supported`,
    );
}

/** runc calls us at both ends of the container's life. */
function addHooks(ctx: Context, cli: CobraContext, spec: FullSpec): void {
  const globals = ['address', 'namespace', 'data-root', 'cni-path', 'cni-netconfpath', 'bridge-ip']
    .filter((name) => cli.isSet(name))
    .map((name) => `--${name}=${cli.string(name)}`);
  const path = '/usr/local/bin/nerdctl';
  const hook = (event: string): { path: string; args: string[]; env: string[] } => ({
    path,
    args: [path, ...globals, 'internal', 'oci-hook', event],
    env: hookEnvironment(ctx),
  });
  spec.hooks = { createRuntime: [hook('createRuntime')], poststop: [hook('postStop')] };
}

async function addInit(ctx: Context, cli: CobraContext, spec: FullSpec): Promise<void> {
  if (!cli.bool('init') && !cli.isSet('init-binary')) return;
  const binary = cli.string('init-binary');
  const source = (await lookPath(ctx, binary)) ?? fail(`init binary ${quote(binary)} not found`);
  const inside = `/sbin/${binary.split('/').at(-1)}`;
  spec.process.args = [inside, '--', ...(spec.process.args ?? [])];
  spec.mounts = [{ destination: inside, type: 'bind', source, options: ['bind', 'ro'] }, ...spec.mounts];
}

async function runtimeOf(ctx: Context, cli: CobraContext): Promise<{ name: string; options?: Any }> {
  const text = cli.string('runtime');
  const systemdCgroup = cli.string('cgroup-manager') === 'systemd';
  const runc = (binaryName: string): Any => ({
    typeUrl: Options.typeName,
    value: Options.encode({ binaryName, systemdCgroup }).slice(),
  });
  const usual = 'io.containerd.runc.v2';
  if (text === '') return { name: usual, options: runc('') };
  if (text.startsWith('io.containerd.'))
    return text.startsWith('io.containerd.runc.') ? { name: text, options: runc('') } : { name: text };
  const binary = await lookPath(ctx, text);
  return binary === null ? { name: text, options: runc('') } : { name: usual, options: runc(binary) };
}

async function ownLabels(ctx: Context, cli: CobraContext): Promise<Record<string, string>> {
  const words: string[] = [];
  for (const path of cli.strings('label-file')) words.push(...(await linesOf(ctx, path)));
  const labels = keyValues([...words, ...cli.strings('label')]);
  for (const key of Object.keys(labels))
    if (key.startsWith(PREFIX)) fail(`internal label ${quote(key)} must not be specified manually`);
  return labels;
}

/** `nginx-3f2a1` */
function suggestedName(ref: string, id: string, isRootfs: boolean): string {
  const path = isRootfs ? null : parsedReference(ref)?.path;
  return `${path?.split('/').at(-1) ?? 'untitled'}-${id.slice(0, NAME_SUFFIX_LENGTH)}`;
}

type LabelSources = {
  cli: CobraContext;
  client: Client;
  name: string;
  state: string;
  network: ContainerNetwork;
  mounts: readonly Processed[];
  logConfig: LogConfig;
  pidContainer: string;
  ipc: string;
  platform: string;
  user: string;
};

function internalLabels(from: LabelSources): Record<string, string> {
  const { cli, network, mounts, logConfig } = from;
  const anonymous = mounts.flatMap(({ anonymous: name }) => (name === '' ? [] : [name]));
  const optional: readonly (readonly [string, string])[] = [
    [LABELS.anonymousVolumes, anonymous.length === 0 ? '' : JSON.stringify(anonymous)],
    [LABELS.pidFile, cli.string('pidfile')],
    [LABELS.ip, network.ip],
    [LABELS.macAddress, network.mac],
    [LABELS.mounts, mounts.length === 0 ? '' : JSON.stringify(mounts.map(mountPoint))],
    [LABELS.pidContainer, from.pidContainer],
    [LABELS.ipc, from.ipc],
    [LABELS.privileged, cli.bool('privileged') ? 'true' : ''],
    [LABELS.user, from.user],
  ];
  const { uri, driver, opts, address } = logConfig;
  const config = { driver, ...(Object.keys(opts).length === 0 ? {} : { opts }), address };
  const hosts = extraHosts(cli);
  return {
    [LABELS.namespace]: from.client.namespace,
    [LABELS.name]: from.name,
    [LABELS.hostname]: network.hostname,
    [LABELS.domainname]: network.domainname,
    [LABELS.extraHosts]: JSON.stringify(hosts),
    [LABELS.stateDir]: from.state,
    [LABELS.networks]: JSON.stringify(network.names),
    [LABELS.logUri]: uri,
    [LABELS.logConfig]: JSON.stringify(config),
    [LABELS.platform]: from.platform,
    [LABELS.autoRemove]: String(cli.bool('rm')),
    [LABELS.hostConfig]: JSON.stringify({
      BlkioWeight: 0,
      CidFile: cli.string('cidfile'),
      Devices: cli.strings('device').length === 0 ? null : cli.strings('device').map(deviceMapping),
    }),
    [LABELS.dns]: JSON.stringify(network.dns),
    ...Object.fromEntries(optional.filter(([, value]) => value !== '')),
  };
}

function deviceMapping(text: string): Record<string, string> {
  const [host = '', inside = host, mode = 'rwm'] = text.split(':');
  return { PathOnHost: host, PathInContainer: inside, CgroupPermissions: mode };
}
