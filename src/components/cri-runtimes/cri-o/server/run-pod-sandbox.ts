/**
 * RunPodSandbox: storage, pinned namespaces, the network, and a process only if the pod shares its PID namespace.
 * @models CRI-O 1.36 server/sandbox_run_linux.go
 * @fidelity partial: no SELinux, log linking or stored progress of requests that time out
 */
import { rfc3339Nano } from '../../../../go/time.ts';
import type { Context } from '../../../../linux/context.ts';
import { Errno, isErrno } from '../../../../linux/errno.ts';
import { mkdirAll, readFile, writeFile } from '../../../../linux/io.ts';
import type { CniResult } from '../../../../protocols/cni/types.ts';
import {
  NamespaceMode,
  type PodSandboxConfig,
  Protocol,
  type RunPodSandboxRequest,
  type RunPodSandboxResponse,
} from '../../../../protocols/cri/generated.ts';
import { LATENCY } from '../../../../sim/latency.ts';
import { Mutex } from '../../../../sim/primitives.ts';
import { parseName } from '../../shared/containers-image/names.ts';
import type { ImageRecord, RuntimeMetadata } from '../../shared/containers-storage/records.ts';
import { failure, messageOf, pathFailure, wrap } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log.ts';
import { ANNOTATIONS } from '../config/annotations.ts';
import { addHostPorts, type PortMapping, removeHostPorts } from '../network/host-ports.ts';
import { description, newContainer } from '../oci/container.ts';
import { INFRA_NAME } from '../parts.ts';
import { makePodCgroup, podCgroup, removePodCgroup } from './cgroup-paths.ts';
import { Cleaner } from './cleaner.ts';
import { findImage, pullByReference } from './images.ts';
import { pinNamespaces, removeNamespaces } from './namespaces.ts';
import { podNetworkOf, type Sandbox } from './sandbox.ts';
import { prefixed, sandboxSpec } from './sandbox-spec.ts';
import { setupSeccomp } from './seccomp.ts';
import type { Server } from './server.ts';
import { specText } from './spec-base.ts';
import { stopNetwork } from './stop-pod-sandbox.ts';
import { fitPingRange, giveToRoot, makeAccessible } from './user-namespace.ts';
import { sandboxMaps, usernsMode } from './userns-mode.ts';

const SHM_BYTES = 67_108_864;

export async function runPodSandbox(
  ctx: Context,
  server: Server,
  request: RunPodSandboxRequest,
  log: Logger,
): Promise<RunPodSandboxResponse> {
  const config = request.config;
  if (config === undefined) throw failure('setting sandbox config: config is nil');
  if (config.metadata === undefined) throw failure('setting sandbox config: metadata is nil');
  const { name: kubeName, namespace, uid, attempt } = config.metadata;
  if (kubeName === '') throw failure('setting sandbox config: PodSandboxConfig.Metadata.Name should not be empty');
  if (namespace === '') throw failure('setting pod sandbox name and id: cannot generate pod name without namespace');
  const labels: Record<string, string> = {
    'io.kubernetes.pod.name': kubeName,
    'io.kubernetes.pod.namespace': namespace,
    'io.kubernetes.pod.uid': uid,
    ...config.labels,
  };
  const shown = description({ ...labels, 'io.kubernetes.container.name': INFRA_NAME });
  await log.info(ctx, `Running pod sandbox: ${shown}`);
  const name = ['k8s', kubeName, namespace, uid, attempt].join('_');
  const id = ctx.random.hex(64);
  const holder = server.podNames.get(name);
  if (holder !== undefined) return { podSandboxId: await existingPod(server, holder, name) };
  const cleaner = new Cleaner();
  server.podNames.set(name, id);
  cleaner.add(`runSandbox: releasing pod sandbox name: ${name}`, async () => void server.podNames.delete(name));
  try {
    await create(ctx, server, { id, name, config, labels, handler: request.runtimeHandler }, cleaner, log);
  } catch (error) {
    await cleaner.run(ctx.withDeadline(null), log);
    throw error;
  }
  await log.info(ctx, `Ran pod sandbox ${id} with infra container: ${shown}`);
  return { podSandboxId: id };
}

/** The same request again gets the same pod. */
async function existingPod(server: Server, id: string, name: string): Promise<string> {
  const sandbox = server.sandboxes.get(id);
  if (sandbox?.created === true) return id;
  throw failure(
    `Kubelet may be retrying requests that are timing out in CRI-O due to system load. Currently at stage sandbox creating: error reserving pod name ${name} for id ${id}: name is reserved`,
  );
}

type Pod = { id: string; name: string; config: PodSandboxConfig; labels: Record<string, string>; handler: string };

async function create(ctx: Context, server: Server, pod: Pod, cleaner: Cleaner, log: Logger): Promise<void> {
  const { id, name, config } = pod;
  const metadata = config.metadata as NonNullable<PodSandboxConfig['metadata']>;
  const { crio } = server.config;
  const options = config.linux?.securityContext?.namespaceOptions;
  const hostNetwork = options?.network === NamespaceMode.NODE;
  const hostIpc = options?.ipc === NamespaceMode.NODE;
  const hostPid = options?.pid === NamespaceMode.NODE;
  if (!hostNetwork) await server.network.ready();
  const handler = server.handler(pod.handler);
  await filterAnnotations(ctx, server, config.annotations, pod.handler);
  const maps = await sandboxMaps(ctx, server, name, usernsMode(config.annotations), config.linux?.securityContext);
  const containerName = ['k8s', INFRA_NAME, metadata.name, metadata.namespace, metadata.uid, metadata.attempt].join(
    '_',
  );
  server.containerNames.set(containerName, id);
  cleaner.add(
    `runSandbox: releasing container name: ${containerName}`,
    async () => void server.containerNames.delete(containerName),
  );
  const image = await pauseImage(ctx, server, log);
  const createdAt = ctx.wallTime;
  const record: RuntimeMetadata = {
    pod: true,
    'pod-name': name,
    'pod-id': id,
    'image-name': crio.image.pause_image,
    'image-id': image.id,
    'metadata-name': metadata.name,
    uid: metadata.uid,
    namespace: metadata.namespace,
    attempt: metadata.attempt,
    'created-at': Number(createdAt / 1_000_000_000n),
  };
  await server.store.createContainer(ctx, id, [containerName], image, record, maps);
  cleaner.add(`runSandbox: removing pod sandbox from storage: ${id}`, (inner) =>
    server.store.removeContainer(inner, id),
  );
  const logDir = config.logDirectory === '' ? `${crio.log_dir}/${id}` : config.logDirectory;
  if (!logDir.startsWith('/')) throw failure(`requested logDir for sbox ID ${id} is a relative path: ${logDir}`);
  await mkdirAll(ctx, logDir, 0o700).catch((error: unknown) => {
    throw pathFailure('mkdir', logDir, error);
  });
  const runDirectory = server.store.runDirectory(id);
  await writeResolvConf(ctx, config, `${runDirectory}/resolv.conf`);
  await giveToRoot(ctx, `${runDirectory}/resolv.conf`, maps);
  const shmPath = hostIpc ? '/dev/shm' : await mountShm(ctx, runDirectory);
  if (!hostIpc) cleaner.add(`runSandbox: unmounting shmPath for sandbox ${id}`, (inner) => unmountShm(inner, shmPath));
  if (!hostIpc) await giveToRoot(ctx, shmPath, maps);
  const hostname = await hostnameOf(ctx, id, config.hostname, hostNetwork);
  const systemd = crio.runtime.cgroup_manager === 'systemd';
  const cgroup = podCgroup(config.linux?.cgroupParent ?? '', id, systemd);
  const sysctls = sysctlsOf(server, config, hostNetwork);
  fitPingRange(sysctls, maps);
  await ctx.cpu(LATENCY.crioSpecNs);

  const namespaces = await pinNamespaces(
    ctx,
    server,
    [
      { type: 'ipc', host: hostIpc },
      { type: 'net', host: hostNetwork },
      { type: 'uts', host: hostNetwork },
      ...(maps === null ? [] : [{ type: 'user' as const, host: false }]),
    ],
    sysctls,
    maps,
  ).catch((error: unknown) => {
    throw failure(messageOf(error));
  });
  cleaner.add(`runSandbox: cleaning up namespaces after failing to run sandbox ${id}`, (inner) =>
    removeNamespaces(inner, namespaces),
  );

  const portMappings = portMappingsOf(config);
  const spoofed =
    crio.runtime.drop_infra_ctr && !handler.vm && (options?.pid ?? NamespaceMode.POD) !== NamespaceMode.POD;
  const logPath = `${logDir}/${id}.log`;
  const partial: Sandbox = {
    id,
    name,
    metadata,
    labels: { ...pod.labels, 'io.kubernetes.container.name': INFRA_NAME },
    annotations: config.annotations,
    createdAt,
    logDir,
    handler: pod.handler,
    hostname,
    hostnamePath: `${runDirectory}/hostname`,
    resolvPath: `${runDirectory}/resolv.conf`,
    shmPath,
    containerEnvPath: `${spoofed ? runDirectory : server.store.workDirectory(id)}/.containerenv`,
    privileged: config.linux?.securityContext?.privileged === true,
    hostNetwork,
    namespaceOptions: options ?? {},
    portMappings,
    cgroupParent: cgroup.parent,
    namespaces,
    maps,
    ips: [],
    cniResult: null,
    infra: null as unknown as Sandbox['infra'],
    containers: new Map(),
    created: false,
    stopped: false,
    networkStopped: false,
    stopLock: new Mutex(ctx.scheduler),
  };
  server.sandboxes.set(id, partial);
  cleaner.add(`runSandbox: removing pod sandbox ${id}`, async () => void server.sandboxes.delete(id));
  if (!hostNetwork) {
    cleaner.add(`runSandbox: stopping network for sandbox ${id}`, (inner) => stopNetwork(inner, server, partial, log));
    await startNetwork(ctx, server, partial);
  }

  const mountPoint = await server.store.mount(ctx, id).catch((error: unknown) => {
    throw wrap(`failed to mount container ${containerName} in pod sandbox ${name}(${id})`, error);
  });
  cleaner.add(`runSandbox: stopping storage container for sandbox ${id}`, (inner) => server.store.unmount(inner, id));
  await writeFile(ctx, `${runDirectory}/hostname`, `${hostname}\n`);
  await giveToRoot(ctx, `${runDirectory}/hostname`, maps);
  await writeFile(ctx, partial.containerEnvPath, '');
  const spec = sandboxSpec({
    id,
    name,
    containerName,
    config,
    labels: partial.labels,
    created: rfc3339Nano(createdAt),
    handler: pod.handler,
    hostname,
    runDirectory,
    shmPath,
    mountPoint,
    logPath,
    cgroup,
    hostNetwork,
    hostPid,
    hostIpc,
    maps,
    portMappings,
    namespaces,
    cniResult: partial.cniResult,
    args: [crio.image.pause_command],
    spoofed,
    sysctls,
    crio: server.config,
  });
  const security = config.linux?.securityContext;
  const seccomp = await setupSeccomp(ctx, server, spec, security, security?.privileged === true);
  Object.assign(spec.annotations, prefixed({ SeccompProfilePath: seccomp }));
  const text = specText(spec);
  await writeFile(ctx, `${server.store.workDirectory(id)}/config.json`, text);
  await writeFile(ctx, `${runDirectory}/config.json`, text);
  const infra = newContainer(ctx, {
    id,
    name: containerName,
    bundle: runDirectory,
    directory: server.store.workDirectory(id),
    logPath,
    labels: partial.labels,
    annotations: config.annotations,
    userImage: crio.image.pause_image,
    imageName: crio.image.pause_image,
    imageId: image.id,
    imageRef: image.id,
    metadata: { name: metadata.name, attempt: metadata.attempt },
    sandboxId: id,
    terminal: false,
    stdin: false,
    stdinOnce: false,
    handler: pod.handler,
    createdAt,
    stopSignal: 'SIGTERM',
    volumes: [],
    privileged: false,
    spoofed,
    spec,
    mountPoint,
  });
  partial.infra = infra;
  if (spoofed) {
    await makePodCgroup(ctx, cgroup.parent, id, systemd);
    cleaner.add(`runSandbox: removing cgroup of sandbox ${id}`, (inner) =>
      removePodCgroup(inner, cgroup.parent, id, systemd),
    );
    await handler.runtime.create(ctx, infra, log);
    cleaner.add(`runSandbox: deleting container ${id} from runtime`, (inner) => handler.runtime.delete(inner, infra));
    infra.state.status = 'running';
  } else {
    for (const path of [runDirectory, mountPoint]) await makeAccessible(ctx, path, maps);
    await handler.runtime.create(ctx, infra, log);
    cleaner.add(`runSandbox: deleting container ${id} from runtime`, (inner) => handler.runtime.delete(inner, infra));
    await handler.runtime.start(ctx, infra);
  }
  infra.created = true;
  await server.stateToDisk(ctx, infra, log);
  for (const [at, ip] of partial.ips.entries()) spec.annotations[`io.kubernetes.cri-o.IP.${at}`] = ip;
  partial.created = true;
  await server.events.send(ctx, server, infra, 'started');
}

/** Takes away what the handler does not allow. Its line is the daemon's own, not the request's. */
export async function filterAnnotations(
  ctx: Context,
  server: Server,
  annotations: Record<string, string>,
  name: string,
): Promise<void> {
  const { runtimes, default_runtime: standard } = server.config.crio.runtime;
  const allowed = runtimes[name === '' ? standard : name]?.allowed_annotations ?? [];
  await server.log.info(ctx, `Allowed annotations are specified for workload [${allowed.join(' ')}]`);
  const refused = ANNOTATIONS.filter((annotation) => !allowed.includes(annotation));
  for (const key of Object.keys(annotations))
    if (refused.some((annotation) => key.startsWith(annotation))) delete annotations[key];
}

async function pauseImage(ctx: Context, server: Server, log: Logger): Promise<ImageRecord> {
  const name = server.config.crio.image.pause_image;
  const reference = parseName(name);
  const known = findImage(server, reference);
  if (known !== undefined) return known;
  await log.info(ctx, `Image ${name} not found`);
  const id = await pullByReference(ctx, server, reference, null).catch((error: unknown) => {
    throw wrap(`creating pod sandbox with name`, error);
  });
  return server.store.findImage(id) as ImageRecord;
}

async function startNetwork(ctx: Context, server: Server, sandbox: Sandbox): Promise<void> {
  const pod = podNetworkOf(sandbox);
  const slow = ctx.withDeadline(null);
  let result: CniResult;
  try {
    await server.network.setUp(slow, pod);
    result = (await server.network.check(slow, pod)) ?? { cniVersion: '1.0.0' };
  } catch (error) {
    throw wrap(`failed to create pod network sandbox ${sandbox.name}(${sandbox.id})`, error);
  }
  sandbox.cniResult = result;
  sandbox.ips = (result.ips ?? []).map(({ address }) => address.split('/')[0] ?? '');
  const [ip] = sandbox.ips;
  if (ip === undefined || server.config.crio.runtime.disable_hostport_mapping) return;
  try {
    await addHostPorts(ctx, sandbox.id, ip, sandbox.portMappings);
  } catch (error) {
    await removeHostPorts(ctx, sandbox.id);
    throw wrap(`failed to add hostport mapping for sandbox ${sandbox.name}(${sandbox.id})`, error);
  }
}

async function writeResolvConf(ctx: Context, config: PodSandboxConfig, path: string): Promise<void> {
  const dns = config.dnsConfig;
  const asked = dns !== undefined && dns.servers.length + dns.searches.length + dns.options.length > 0;
  if (dns === undefined || !asked) {
    let text = '';
    try {
      text = await readFile(ctx, '/etc/resolv.conf');
    } catch (error) {
      if (!isErrno(error, 'ENOENT')) throw pathFailure('open', '/etc/resolv.conf', error);
    }
    await writeFile(ctx, path, text);
    return;
  }
  const lines = [
    ...(dns.searches.length > 0 ? [`search ${dns.searches.join(' ')}\n`] : []),
    ...dns.servers.map((server) => `nameserver ${server}\n`),
    ...(dns.options.length > 0 ? [`options ${dns.options.join(' ')}\n`] : []),
  ];
  await writeFile(ctx, path, lines.join(''));
}

async function mountShm(ctx: Context, runDirectory: string): Promise<string> {
  const path = `${runDirectory}/shm`;
  await mkdirAll(ctx, path, 0o700);
  try {
    await ctx.sys.mount(
      ctx,
      'shm',
      path,
      'tmpfs',
      { noExec: true, noSuid: true, noDev: true },
      `mode=1777,size=${SHM_BYTES}`,
    );
  } catch (error) {
    if (!(error instanceof Errno)) throw error;
    throw failure(`failed to mount shm tmpfs for pod: ${error.go}`);
  }
  return path;
}

export async function unmountShm(ctx: Context, path: string): Promise<void> {
  if (path === '/dev/shm') return;
  try {
    await ctx.sys.umount(ctx, path, { detach: true });
  } catch (error) {
    if (!isErrno(error, 'EINVAL', 'ENOENT')) throw error;
  }
}

/** Without a name of its own a pod is called by the beginning of its id. */
async function hostnameOf(ctx: Context, id: string, asked: string, hostNetwork: boolean): Promise<string> {
  if (hostNetwork) return asked === '' ? (await ctx.sys.uname(ctx)).nodename : asked;
  return asked === '' ? id.slice(0, 12) : asked;
}

function sysctlsOf(server: Server, config: PodSandboxConfig, hostNetwork: boolean): Record<string, string> {
  const out: Record<string, string> = {};
  const add = (key: string, value: string): void => {
    if (hostNetwork && key.startsWith('net.')) return;
    out[key] = value;
  };
  for (const entry of server.config.crio.runtime.default_sysctls) {
    const [key = '', value = ''] = entry.split('=');
    add(key, value);
  }
  for (const [key, value] of Object.entries(config.linux?.sysctls ?? {})) add(key, value);
  return out;
}

const PROTOCOLS: Readonly<Record<number, string>> = {
  [Protocol.TCP]: 'TCP',
  [Protocol.UDP]: 'UDP',
  [Protocol.SCTP]: 'SCTP',
};

function portMappingsOf(config: PodSandboxConfig): PortMapping[] {
  return config.portMappings
    .filter(({ hostPort }) => hostPort > 0)
    .map(({ hostPort, containerPort, protocol, hostIp }) => ({
      HostPort: hostPort,
      ContainerPort: containerPort,
      Protocol: PROTOCOLS[protocol] ?? 'TCP',
      HostIP: hostIp,
    }));
}
