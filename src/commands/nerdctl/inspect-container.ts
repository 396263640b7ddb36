/**
 * A container as `docker inspect` would show it, or as containerd has it.
 * @models nerdctl v2.3.5 pkg/inspecttypes/dockercompat/dockercompat.go, pkg/containerinspector
 * @fidelity full
 */
import type { CobraContext } from '../../go/cobra-types.ts';
import { base64 } from '../../go/json.ts';
import { rfc3339Nano } from '../../go/time.ts';
import type { Context } from '../../linux/context.ts';
import { exists } from '../../linux/io.ts';
import type { NetLink } from '../../linux/syscalls.ts';
import type { Container } from '../../protocols/containerd/services/containers/v1/generated.ts';
import { type Process, Status } from '../../protocols/containerd/types/task/generated.ts';
import { DEFAULT_CAPABILITIES } from '../../protocols/oci-runtime/default-spec.ts';
import type { Mount, Spec } from '../../protocols/oci-runtime/types.ts';
import type { Client } from '../common/containerd/client.ts';
import { loadTask, specOf, statusName } from '../common/containerd/container.ts';
import { unlessMissing } from '../common/containerd/errors.ts';
import { snapshotSizes, willRestart } from './commands/ps.ts';
import { dataStore, loadLifecycle, loadPorts, type PortMapping, stateDirectory } from './data-store.ts';
import { withFields } from './format.ts';
import { healthOf } from './health.ts';
import { jsonLabel, LABELS, networksOf, PREFIX } from './labels.ts';
import { linksOf } from './netns.ts';
import { nonEmpty, timestampNs, timeText } from './run.ts';
import { ramInBytes } from './sizes.ts';

export type Native = {
  container: Container;
  spec: Spec;
  task: Process | null;
  links: NetLink[];
  ports: PortMapping[];
  stateDir: string;
};

export async function nativeContainer(
  ctx: Context,
  cli: CobraContext,
  client: Client,
  container: Container,
): Promise<Native> {
  const task = await unlessMissing(() => loadTask(ctx, client, container.id));
  const isLive = task?.status === Status.RUNNING || task?.status === Status.PAUSED;
  const store = await dataStore(ctx, cli);
  const stateDir = container.labels[LABELS.stateDir] ?? stateDirectory(store, client.namespace, container.id);
  return {
    container,
    spec: specOf(container),
    task,
    links: isLive ? await linksOf(ctx, task.pid) : [],
    ports: await loadPorts(ctx, stateDir),
    stateDir,
  };
}

/** --mode=native. */
export function nativeJson({ container, spec, task, links, ports }: Native): Record<string, unknown> {
  const { id, labels, image, runtime, snapshotter, snapshotKey, createdAt, updatedAt, extensions, sandbox } = container;
  const primary = links.find(({ name, up }) => up && !name.startsWith('lo'));
  const extension =
    Object.keys(extensions).length === 0
      ? null
      : Object.fromEntries(
          Object.entries(extensions).map(([key, value]) => [
            key,
            { type_url: value.typeUrl, value: base64(value.value) },
          ]),
        );
  return {
    ID: id,
    Labels: sorted(labels),
    Image: image,
    Runtime: {
      Name: runtime?.name ?? '',
      Options:
        runtime?.options === undefined
          ? null
          : { type_url: runtime.options.typeUrl, value: base64(runtime.options.value) },
    },
    Spec: spec,
    SnapshotKey: snapshotKey,
    Snapshotter: snapshotter,
    CreatedAt: timeText(createdAt),
    UpdatedAt: timeText(updatedAt),
    Extensions: extension,
    SandboxID: sandbox,
    ...(task === null
      ? {}
      : {
          Process: {
            ...(task.status === Status.STOPPED ? {} : { Pid: task.pid }),
            Status: {
              Status: statusName(task.status),
              ExitStatus: task.exitStatus,
              ExitTime: timeText(task.exitedAt),
            },
            ...(links.length === 0
              ? {}
              : {
                  NetNS: {
                    ...(primary === undefined ? {} : { PrimaryInterface: primary.index }),
                    Interfaces: links.map(nativeInterface),
                    PortMappings: ports.length === 0 ? null : ports,
                  },
                }),
          },
        }),
  };
}

function nativeInterface(link: NetLink): Record<string, unknown> {
  const isLoopback = link.kind === 'loopback';
  const flags = [
    ...(link.up ? ['up'] : []),
    ...(isLoopback ? ['loopback'] : ['broadcast', 'multicast']),
    ...(link.up ? ['running'] : []),
  ];
  return {
    Index: link.index,
    MTU: link.mtu,
    Name: link.name,
    HardwareAddr: isLoopback ? '' : link.mac,
    Flags: flags,
    Addrs: link.addresses.map(({ address, prefix }) => `${address}/${prefix}`),
  };
}

function sorted(map: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** --mode=dockercompat. */
export async function dockerContainer(
  ctx: Context,
  client: Client,
  native: Native,
  withSize: boolean,
): Promise<object> {
  const { container, spec, task, stateDir } = native;
  const { labels } = container;
  const mounts = (spec.mounts ?? []).filter(({ type }) => type === 'bind').map(bindMount);
  const sourceOf = (path: string): string =>
    String(mounts.find(({ Destination }) => Destination === path)?.Source ?? '');
  const own = jsonLabel<Record<string, unknown>[]>(labels, LABELS.mounts);
  const logPath = `${stateDir}/${container.id}-json.log`;
  const [path = '', ...args] = spec.process?.args ?? [];
  const sizes = withSize ? await snapshotSizes(ctx, client, container.snapshotter, container.snapshotKey) : null;
  const result = {
    Id: container.id,
    Created: timeText(container.createdAt),
    Path: path,
    Args: args.length === 0 ? null : args,
    State: await stateOf(ctx, native),
    Image: container.image,
    ResolvConfPath: (await exists(ctx, `${stateDir}/resolv.conf`))
      ? `${stateDir}/resolv.conf`
      : sourceOf('/etc/resolv.conf'),
    HostnamePath: (await exists(ctx, `${stateDir}/hostname`)) ? `${stateDir}/hostname` : sourceOf('/etc/hostname'),
    HostsPath: sourceOf('/etc/hosts'),
    LogPath: (await exists(ctx, logPath)) ? logPath : '',
    Name: labels[LABELS.name] ?? '',
    RestartCount: labels[LABELS.restartStatus] === 'running' ? Number(labels[LABELS.restartCount] ?? '0') : 0,
    Driver: container.snapshotter,
    Platform: 'linux',
    AppArmorProfile: spec.process?.apparmorProfile ?? '',
    HostConfig: hostConfig(native),
    ...(sizes === null ? {} : { SizeRw: sizes[0], SizeRootFs: sizes[1] }),
    Mounts: own ?? mounts,
    Config: {
      ...((labels[LABELS.hostname] ?? spec.hostname ?? '') === ''
        ? {}
        : { Hostname: labels[LABELS.hostname] ?? spec.hostname }),
      ...((labels[LABELS.domainname] ?? '') === '' ? {} : { Domainname: labels[LABELS.domainname] }),
      ...((labels[LABELS.user] ?? '') === '' ? {} : { User: labels[LABELS.user] }),
      AttachStdin: false,
      Env: nonEmpty(spec.process?.env),
      Image: container.image,
      Labels: sorted(labels),
      ...(labels[LABELS.healthCheck] === undefined ? {} : { Healthcheck: jsonLabel(labels, LABELS.healthCheck) }),
    },
    NetworkSettings: networkSettings(native),
  };
  if (task === null) (result.HostConfig as Record<string, unknown>)['PortBindings'] = null;
  return withFields(result, { ID: container.id });
}

async function stateOf(ctx: Context, { container, task, stateDir }: Native): Promise<Record<string, unknown>> {
  const { labels } = container;
  const restarting = labels[LABELS.restartStatus] === 'running';
  const health = await healthOf(ctx, labels);
  const started = (await loadLifecycle(ctx, stateDir)).startedAt ?? '';
  const isOver = task?.status === Status.STOPPED;
  const word = (process: Process): string => {
    if (process.status !== Status.STOPPED) return statusName(process.status);
    return willRestart(labels, process.exitStatus) ? 'restarting' : 'exited';
  };
  const finishedNs = timestampNs(task?.exitedAt);
  return {
    Status: task === null ? '' : word(task),
    Running: task?.status === Status.RUNNING,
    Paused: task?.status === Status.PAUSED,
    Restarting: restarting,
    Pid: task === null || isOver ? 0 : task.pid,
    ExitCode: task?.exitStatus ?? 0,
    Error: labels[LABELS.error] ?? '',
    StartedAt: task === null ? '' : started,
    FinishedAt: task !== null && isOver && finishedNs > 0n ? rfc3339Nano(finishedNs) : '',
    ...(health === null ? {} : { Health: health }),
  };
}

const PROPAGATION = ['private', 'rprivate', 'shared', 'rshared', 'slave', 'rslave'];

function bindMount({ source = '', destination, options = [] }: Mount): Record<string, unknown> {
  return {
    Type: 'bind',
    Source: source,
    Destination: destination,
    Mode: options.join(','),
    RW: !options.includes('ro') && !options.includes('rro'),
    Propagation: options.find((option) => PROPAGATION.includes(option)) ?? '',
  };
}

function hostConfig({ container, spec, ports }: Native): Record<string, unknown> {
  const { labels } = container;
  const { cpu = {}, memory = {}, pids } = spec.linux?.resources ?? {};
  const bounding = spec.process?.capabilities?.bounding ?? [];
  const host =
    jsonLabel<{ CidFile?: string; Devices?: unknown; BlkioWeight?: number }>(labels, LABELS.hostConfig) ?? {};
  const dns = jsonLabel<Record<string, string[] | null>>(labels, LABELS.dns) ?? {};
  const ipc = jsonLabel<{ mode?: string; shmSize?: string }>(labels, LABELS.ipc) ?? {};
  const namespaces = (spec.linux?.namespaces ?? []).map(({ type }) => type);
  const [policy = '', retries] = (labels[LABELS.restartPolicy] ?? '').split(':');
  const annotations = Object.entries(spec.annotations ?? {}).filter(([key]) => !key.startsWith(PREFIX));
  return {
    ContainerIDFile: host.CidFile ?? '',
    LogConfig: jsonLabel<Record<string, unknown>>(labels, LABELS.logConfig) ?? { driver: 'json-file', address: '' },
    NetworkMode: networksOf(labels)[0] ?? '',
    PortBindings: natPorts(ports),
    RestartPolicy: { Name: policy, MaximumRetryCount: Number(retries ?? '0') },
    AutoRemove: labels[LABELS.autoRemove] === 'true',
    CapAdd: bounding.filter((name) => !DEFAULT_CAPABILITIES.includes(name)),
    CapDrop: DEFAULT_CAPABILITIES.filter((name) => !bounding.includes(name)),
    CgroupnsMode: namespaces.includes('cgroup') ? 'private' : '',
    Dns: dns['DNSServers'] ?? null,
    DnsOptions: dns['DNSResolvConfOptions'] ?? null,
    DnsSearch: dns['DNSSearchDomains'] ?? null,
    ExtraHosts: jsonLabel<string[]>(labels, LABELS.extraHosts) ?? [],
    GroupAdd: (spec.process?.user.additionalGids ?? []).filter((gid) => gid !== 0).map(String),
    IpcMode: ipc.mode ?? '',
    ...(annotations.length === 0 ? {} : { Annotations: Object.fromEntries(annotations) }),
    OomScoreAdj: spec.process?.oomScoreAdj ?? 0,
    PidMode: labels[LABELS.pidContainer] ?? '',
    Privileged: labels[LABELS.privileged] === 'true',
    ReadonlyRootfs: spec.root?.readonly === true,
    UTSMode: namespaces.includes('uts') ? '' : 'host',
    ShmSize: ipc.shmSize === undefined ? 0 : (ramInBytes(ipc.shmSize) ?? 0),
    Sysctls: spec.linux?.sysctl ?? null,
    Runtime: container.runtime?.name ?? '',
    CpusetMems: cpu.mems ?? '',
    CpusetCpus: cpu.cpus ?? '',
    CpuQuota: Math.max(0, cpu.quota ?? 0),
    CpuShares: cpu.shares ?? 0,
    CpuPeriod: cpu.period ?? 0,
    CpuRealtimePeriod: 0,
    CpuRealtimeRuntime: 0,
    Memory: memory.limit ?? 0,
    MemorySwap: memory.swap ?? 0,
    MemoryReservation: memory.reservation ?? 0,
    MemorySwappiness: memory.swappiness ?? null,
    PidsLimit: pids?.limit ?? 0,
    Ulimits:
      (spec.process?.rlimits ?? []).length === 0
        ? null
        : (spec.process?.rlimits ?? []).map(({ type, hard, soft }) => ({
            Name: type.replace(/^RLIMIT_/, '').toLowerCase(),
            Hard: hard,
            Soft: soft,
          })),
    OomKillDisable: memory.disableOOMKiller === true,
    Devices: host.Devices ?? null,
    BlkioWeight: host.BlkioWeight ?? 0,
    BlkioWeightDevice: [],
    BlkioDeviceReadBps: [],
    BlkioDeviceWriteBps: [],
    BlkioDeviceReadIOps: [],
    BlkioDeviceWriteIOps: [],
  };
}

function natPorts(ports: readonly PortMapping[]): Record<string, { HostIp: string; HostPort: string }[]> {
  const map: Record<string, { HostIp: string; HostPort: string }[]> = {};
  for (const { ContainerPort, Protocol, HostIP, HostPort } of ports)
    (map[`${ContainerPort}/${Protocol}`] ??= []).push({ HostIp: HostIP, HostPort: String(HostPort) });
  return map;
}

function networkSettings({ links, ports }: Native): Record<string, unknown> {
  const usable = links.filter(({ kind, up }) => kind !== 'loopback' && up);
  const endpoint = (link: NetLink | undefined): Record<string, unknown> => ({
    IPAddress: link?.addresses[0]?.address ?? '',
    IPPrefixLen: link?.addresses[0]?.prefix ?? 0,
    GlobalIPv6Address: '',
    GlobalIPv6PrefixLen: 0,
    MacAddress: link?.mac ?? '',
  });
  const first = endpoint(usable[0]);
  return {
    Ports: usable.length === 0 ? {} : natPorts(ports),
    GlobalIPv6Address: '',
    GlobalIPv6PrefixLen: 0,
    IPAddress: first['IPAddress'],
    IPPrefixLen: first['IPPrefixLen'],
    MacAddress: first['MacAddress'],
    Networks: Object.fromEntries(usable.map((link) => [`unknown-${link.name}`, endpoint(link)])),
  };
}
