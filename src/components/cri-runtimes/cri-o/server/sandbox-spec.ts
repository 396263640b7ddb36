/**
 * config.json of a pod's own container, whether it gets a process or not. Its annotations are what a restarted daemon
 * finds the pod by.
 * @models CRI-O 1.36 server/sandbox_run_linux.go, internal/lib/sandbox/infra_linux.go
 * @fidelity partial: no SELinux
 */
import type { NamespaceOption, PodSandboxConfig } from '../../../../protocols/cri/generated.ts';
import type { Input } from '../../../../protocols/proto/message-type.ts';
import type { PodMaps } from '../../shared/containers-storage/id-maps.ts';
import { marshal } from '../../shared/go-json.ts';
import type { CrioConfig } from '../config/defaults.ts';
import type { PortMapping } from '../network/host-ports.ts';
import type { PodCgroup } from './cgroup-paths.ts';
import type { Pinned } from './sandbox.ts';
import { baseSpec, capabilitySets, removeNamespace, setNamespacePath, type WorkSpec } from './spec-base.ts';
import { setMaps, usernsJson } from './user-namespace.ts';

const OOM_SCORE = -998;
const CPU_SHARES = 2;
const PREFIX = 'io.kubernetes.cri-o.';

export type SandboxSpecInput = {
  id: string;
  name: string;
  containerName: string;
  config: PodSandboxConfig;
  labels: Record<string, string>;
  created: string;
  handler: string;
  hostname: string;
  runDirectory: string;
  shmPath: string;
  mountPoint: string;
  logPath: string;
  cgroup: PodCgroup;
  hostNetwork: boolean;
  hostPid: boolean;
  hostIpc: boolean;
  maps: PodMaps | null;
  portMappings: readonly PortMapping[];
  namespaces: Partial<Record<Pinned, string>>;
  cniResult: unknown;
  args: string[];
  spoofed: boolean;
  sysctls: Record<string, string>;
  crio: CrioConfig;
};

export function sandboxSpec(input: SandboxSpecInput): WorkSpec {
  const { crio, config } = input;
  const { runtime, image } = crio.crio;
  const spec = baseSpec();
  spec.process.args = input.args;
  const capabilities = capabilitySets(
    runtime.default_capabilities.map((name) => `CAP_${name}`),
    runtime.add_inheritable_capabilities,
  );
  if (capabilities !== undefined) spec.process.capabilities = capabilities;
  spec.process.oomScoreAdj = OOM_SCORE;
  spec.root = { path: input.mountPoint, readonly: true };
  spec.hostname = input.hostname;
  const bind = (destination: string, source: string, ...options: string[]): void => {
    spec.mounts.push({ destination, type: 'bind', source, options });
  };
  const resolvPath = `${input.runDirectory}/resolv.conf`;
  bind('/etc/resolv.conf', resolvPath, 'ro', 'bind', 'nodev', 'nosuid', 'noexec');
  bind('/dev/shm', input.shmPath, 'rw', 'bind');
  const hostnamePath = `${input.runDirectory}/hostname`;
  bind('/etc/hostname', hostnamePath, 'ro', 'bind', 'nodev', 'nosuid', 'noexec');
  spec.linux.resources = { ...spec.linux.resources, cpu: { shares: CPU_SHARES } };
  if (input.cgroup.path !== '') spec.linux.cgroupsPath = input.cgroup.path;
  if (Object.keys(input.sysctls).length > 0) spec.linux.sysctl = input.sysctls;
  if (input.hostPid) removeNamespace(spec, 'pid');
  setMaps(spec, input.maps);
  for (const [kind, type] of [
    ['net', 'network'] as const,
    ['ipc', 'ipc'] as const,
    ['uts', 'uts'] as const,
    ['user', 'user'] as const,
  ]) {
    const path = input.namespaces[kind];
    if (path !== undefined) setNamespacePath(spec, type, path);
  }
  if (input.maps !== null) bindHostKernel(spec, input);
  const metadata = config.metadata;
  const security = config.linux?.securityContext;
  spec.annotations = {
    ...config.annotations,
    ...input.labels,
    'io.container.manager': 'cri-o',
    'pod-linux-overhead.crio.io':
      config.linux?.overhead === undefined ? 'null' : marshal(resourcesOf(config.linux.overhead)),
    'pod-linux-resources.crio.io':
      config.linux?.resources === undefined ? 'null' : marshal(resourcesOf(config.linux.resources)),
    ...(input.spoofed ? { 'spoofed.crio.io': 'true' } : {}),
    ...prefixed({
      Annotations: marshal(config.annotations),
      CNIResult: input.cniResult === null ? '' : marshal(input.cniResult),
      CgroupParent: input.cgroup.parent,
      ContainerID: input.id,
      ContainerName: input.containerName,
      ContainerType: 'sandbox',
      Created: input.created,
      HostName: input.hostname,
      HostNetwork: String(input.hostNetwork),
      HostnamePath: hostnamePath,
      Image: image.pause_image,
      ImageName: image.pause_image,
      KubeName: metadata?.name ?? '',
      Labels: marshal(input.labels),
      LogPath: input.logPath,
      Metadata: marshal(metadataJson(metadata)),
      MountPoint: input.mountPoint,
      Name: input.name,
      Namespace: metadata?.namespace ?? '',
      NamespaceOptions: marshal(namespaceOptionsJson(security?.namespaceOptions)),
      PortMappings: marshal(input.portMappings),
      PrivilegedRuntime: String(security?.privileged === true),
      ResolvPath: resolvPath,
      RuntimeHandler: input.handler,
      SandboxID: input.id,
      SandboxName: input.name,
      SeccompProfilePath: '',
      ShmPath: input.shmPath,
    }),
  };
  if (input.cniResult === null) delete spec.annotations[`${PREFIX}CNIResult`];
  return spec;
}

/** What is the node's cannot be mounted by a root that is not the node's: it is bound. */
function bindHostKernel(spec: WorkSpec, { hostIpc, hostNetwork, hostPid }: SandboxSpecInput): void {
  const instead = (path: string, ...options: string[]): void => {
    spec.mounts = spec.mounts.filter(({ destination }) => destination !== path);
    spec.mounts.push({ destination: path, type: 'bind', source: path, options });
  };
  if (hostIpc) instead('/dev/mqueue', 'rw', 'rbind', 'nodev', 'nosuid', 'noexec');
  if (hostNetwork) instead('/sys', 'nosuid', 'noexec', 'nodev', 'ro', 'rbind');
  if (hostPid) instead('/proc', 'rw', 'rbind', 'nodev', 'nosuid', 'noexec');
}

export function prefixed(values: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [`${PREFIX}${key}`, value]));
}

export function metadataJson(
  metadata: { name: string; uid?: string; namespace?: string; attempt: number } | undefined,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries({
      name: metadata?.name,
      uid: metadata?.uid,
      namespace: metadata?.namespace,
      attempt: metadata?.attempt,
    }).filter(([, value]) => value !== undefined && value !== '' && value !== 0),
  );
}

function namespaceOptionsJson(options: Input<NamespaceOption> | undefined): Record<string, unknown> {
  const { network = 0, pid = 0, ipc = 0, targetId = '', usernsOptions } = options ?? {};
  return Object.fromEntries(
    Object.entries({ network, pid, ipc, target_id: targetId, userns_options: usernsJson(usernsOptions) }).filter(
      ([, value]) => value !== 0 && value !== '' && value !== undefined,
    ),
  );
}

function resourcesOf(resources: object): Record<string, unknown> {
  const snake = (key: string): string => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return Object.fromEntries(
    Object.entries(resources)
      .filter(([, value]) => value !== 0n && value !== '' && !(Array.isArray(value) && value.length === 0))
      .filter(([, value]) => !(typeof value === 'object' && value !== null && Object.keys(value).length === 0))
      .map(([key, value]) => [snake(key), typeof value === 'bigint' ? Number(value) : value]),
  );
}
