/**
 * The fields that can be followed: for each, where it is written at every station. The table only says where to look;
 * what stands there is read.
 */
import type { Path, Step } from './tree.ts';

export type FieldId = keyof typeof FIELDS;

/** What the kernel says of a container's first process. */
export type KernelLook =
  /** Lines of /proc/PID/status. */
  | { readonly status: readonly string[] }
  /** A file of /proc/PID as a whole. */
  | { readonly proc: 'oom_score_adj' | 'uid_map' | 'cmdline' }
  /** One of /proc/PID/environ. */
  | { readonly variable: string }
  /** A link of /proc/PID. */
  | { readonly link: 'cwd' | 'fd/0' }
  /** Lines of /proc/PID/mountinfo. */
  | { readonly mounts: readonly string[] }
  /** A namespace, by its link in /proc/PID/ns. */
  | { readonly namespace: string }
  /** A file as the container sees it. */
  | { readonly file: string }
  /** The kernel itself. */
  | { readonly release: true };

/** Paths begin where the document does; those of the manifest that begin with `container` at the container in it. */
export type Field = {
  /** Undefined: the Pod has no such field. */
  readonly manifest?: readonly Path[];
  /** Filled in by the API server alone. */
  readonly stored?: readonly Path[];
  /** In RunPodSandboxRequest, CreateContainerRequest, UpdateContainerResourcesRequest, StopContainerRequest. */
  readonly sandbox?: readonly Path[];
  readonly create?: readonly Path[];
  readonly update?: readonly Path[];
  readonly stop?: readonly Path[];
  /** In config.json of the container, or of the pod's sandbox. */
  readonly spec?: readonly Path[];
  readonly sandboxSpec?: readonly Path[];
  /** In the record that the CRI runtime announces of the container. */
  readonly record?: readonly Path[];
  /** Properties of the systemd unit. */
  readonly unit?: readonly string[];
  /** A file of the cgroup. */
  readonly cgroup?: string;
  readonly kernel?: KernelLook;
};

const resources = (...path: string[]): Path => ['config', 'linux', 'resources', ...path];
const security = (...path: Step[]): Path => ['config', 'linux', 'security_context', ...path];
const container = (...path: Step[]): Path => ['container', ...path];
const pod = (...path: Step[]): Path => ['spec', ...path];
const eitherSecurity = (...path: Step[]): readonly Path[] => [
  container('securityContext', ...path),
  pod('securityContext', ...path),
];

/** In the order in which they are offered. */
export const FIELDS = {
  memoryLimit: {
    manifest: [container('resources', 'limits', 'memory')],
    create: [resources('memory_limit_in_bytes')],
    update: [['linux', 'memory_limit_in_bytes']],
    spec: [['linux', 'resources', 'memory', 'limit']],
    unit: ['MemoryMax'],
    cgroup: 'memory.max',
  },
  cpuLimit: {
    manifest: [container('resources', 'limits', 'cpu')],
    create: [resources('cpu_quota'), resources('cpu_period')],
    update: [
      ['linux', 'cpu_quota'],
      ['linux', 'cpu_period'],
    ],
    spec: [
      ['linux', 'resources', 'cpu', 'quota'],
      ['linux', 'resources', 'cpu', 'period'],
    ],
    unit: ['CPUQuota', 'CPUQuotaPeriodSec'],
    cgroup: 'cpu.max',
  },
  cpuRequest: {
    manifest: [container('resources', 'requests', 'cpu')],
    create: [resources('cpu_shares')],
    update: [['linux', 'cpu_shares']],
    spec: [['linux', 'resources', 'cpu', 'shares']],
    unit: ['CPUWeight'],
    cgroup: 'cpu.weight',
  },
  // To the runtime it is only what it makes of the OOM score.
  memoryRequest: {
    manifest: [container('resources', 'requests', 'memory')],
    create: [resources('oom_score_adj')],
    update: [['linux', 'oom_score_adj']],
    spec: [['process', 'oomScoreAdj']],
    kernel: { proc: 'oom_score_adj' },
  },
  qosClass: {
    stored: [['status', 'qosClass']],
    sandbox: [['config', 'linux', 'cgroup_parent']],
    create: [resources('oom_score_adj')],
    spec: [
      ['linux', 'cgroupsPath'],
      ['process', 'oomScoreAdj'],
    ],
    kernel: { proc: 'oom_score_adj' },
  },
  memorySwap: {
    create: [resources('memory_swap_limit_in_bytes')],
    update: [['linux', 'memory_swap_limit_in_bytes']],
    spec: [['linux', 'resources', 'memory', 'swap']],
    unit: ['MemorySwapMax'],
    cgroup: 'memory.swap.max',
  },
  pidsLimit: {
    spec: [['linux', 'resources', 'pids', 'limit']],
    unit: ['TasksMax'],
    cgroup: 'pids.max',
  },
  image: {
    manifest: [container('image')],
    create: [['config', 'image']],
    record: [['image']],
    spec: [
      ['annotations', { key: 'io.kubernetes.cri.image-name' }],
      ['annotations', { key: 'io.kubernetes.cri-o.ImageName' }],
    ],
    kernel: { mounts: ['/'] },
  },
  command: {
    manifest: [container({ all: 'command' }), container({ all: 'args' })],
    create: [
      ['config', { all: 'command' }],
      ['config', { all: 'args' }],
    ],
    spec: [['process', { all: 'args' }]],
    kernel: { proc: 'cmdline' },
  },
  workingDir: {
    manifest: [container('workingDir')],
    create: [['config', 'working_dir']],
    spec: [['process', 'cwd']],
    kernel: { link: 'cwd' },
  },
  tty: {
    manifest: [container('tty'), container('stdin')],
    create: [
      ['config', 'tty'],
      ['config', 'stdin'],
    ],
    spec: [['process', 'terminal']],
    kernel: { link: 'fd/0' },
  },
  runAsUser: {
    manifest: eitherSecurity('runAsUser'),
    create: [security('run_as_user'), security('run_as_username')],
    spec: [['process', 'user', 'uid']],
    kernel: { status: ['Uid'] },
  },
  runAsGroup: {
    manifest: eitherSecurity('runAsGroup'),
    create: [security('run_as_group')],
    spec: [['process', 'user', 'gid']],
    kernel: { status: ['Gid'] },
  },
  supplementalGroups: {
    manifest: [pod('securityContext', { all: 'supplementalGroups' }), pod('securityContext', 'fsGroup')],
    create: [security({ all: 'supplemental_groups' })],
    spec: [['process', 'user', { all: 'additionalGids' }]],
    kernel: { status: ['Groups'] },
  },
  capabilities: {
    manifest: [
      container('securityContext', 'capabilities', { all: 'add' }),
      container('securityContext', 'capabilities', { all: 'drop' }),
    ],
    create: [
      security('capabilities', { all: 'add_capabilities' }),
      security('capabilities', { all: 'drop_capabilities' }),
    ],
    spec: [['process', 'capabilities', { all: 'effective' }]],
    kernel: { status: ['CapEff'] },
  },
  privileged: {
    manifest: [container('securityContext', 'privileged')],
    sandbox: [security('privileged')],
    create: [security('privileged')],
    spec: [['process', 'capabilities', { all: 'bounding' }]],
    kernel: { status: ['CapBnd', 'Seccomp'] },
  },
  allowPrivilegeEscalation: {
    manifest: [container('securityContext', 'allowPrivilegeEscalation')],
    create: [security('no_new_privs')],
    spec: [['process', 'noNewPrivileges']],
    kernel: { status: ['NoNewPrivs'] },
  },
  readOnlyRootFilesystem: {
    manifest: [container('securityContext', 'readOnlyRootFilesystem')],
    create: [security('readonly_rootfs')],
    spec: [['root', 'readonly']],
    kernel: { mounts: ['/'] },
  },
  seccompProfile: {
    manifest: [...eitherSecurity('seccompProfile', 'type'), ...eitherSecurity('seccompProfile', 'localhostProfile')],
    create: [security('seccomp')],
    spec: [['linux', 'seccomp', 'defaultAction']],
    kernel: { status: ['Seccomp', 'Seccomp_filters'] },
  },
  procMount: {
    manifest: [container('securityContext', 'procMount')],
    create: [security({ all: 'masked_paths' }), security({ all: 'readonly_paths' })],
    spec: [
      ['linux', { all: 'maskedPaths' }],
      ['linux', { all: 'readonlyPaths' }],
    ],
    kernel: { mounts: ['/proc/kcore', '/proc/keys', '/proc/timer_list', '/proc/sys', '/proc/bus'] },
  },
  hostname: {
    manifest: [pod('hostname'), ['metadata', 'name']],
    sandbox: [['config', 'hostname']],
    sandboxSpec: [['hostname']],
    kernel: { file: '/proc/sys/kernel/hostname' },
  },
  hostNetwork: {
    manifest: [pod('hostNetwork')],
    sandbox: [security('namespace_options', 'network')],
    create: [security('namespace_options', 'network')],
    spec: [['linux', 'namespaces', { where: 'type', is: 'network' }]],
    kernel: { namespace: 'net' },
  },
  pidNamespace: {
    manifest: [pod('hostPID'), pod('shareProcessNamespace')],
    sandbox: [security('namespace_options', 'pid')],
    create: [security('namespace_options', 'pid')],
    spec: [['linux', 'namespaces', { where: 'type', is: 'pid' }]],
    kernel: { namespace: 'pid' },
  },
  hostIPC: {
    manifest: [pod('hostIPC')],
    sandbox: [security('namespace_options', 'ipc')],
    create: [security('namespace_options', 'ipc')],
    spec: [['linux', 'namespaces', { where: 'type', is: 'ipc' }]],
    kernel: { namespace: 'ipc' },
  },
  hostUsers: {
    manifest: [pod('hostUsers')],
    sandbox: [security('namespace_options', 'userns_options')],
    create: [security('namespace_options', 'userns_options')],
    spec: [['linux', 'uidMappings']],
    kernel: { proc: 'uid_map' },
  },
  dns: {
    manifest: [pod('dnsPolicy'), pod('dnsConfig')],
    sandbox: [['config', 'dns_config']],
    spec: [['mounts', { where: 'destination', is: '/etc/resolv.conf' }]],
    kernel: { file: '/etc/resolv.conf' },
  },
  terminationGracePeriod: {
    manifest: [pod('terminationGracePeriodSeconds')],
    create: [['config', 'annotations', { key: 'io.kubernetes.pod.terminationGracePeriod' }]],
    stop: [['timeout']],
  },
  runtimeClass: {
    manifest: [pod('runtimeClassName')],
    sandbox: [['runtime_handler']],
    record: [['runtime']],
    kernel: { release: true },
  },
  labels: {
    manifest: [['metadata', 'labels']],
    sandbox: [['config', 'labels']],
    create: [['config', 'labels']],
    record: [['labels']],
  },
  annotations: {
    manifest: [['metadata', 'annotations']],
    sandbox: [['config', 'annotations']],
    create: [['config', 'annotations']],
    spec: [['annotations']],
  },
  devices: {
    create: [['config', 'devices']],
    spec: [['linux', 'devices']],
  },
} as const satisfies Readonly<Record<string, Field>>;

/** One environment variable. */
export function variableField(name: string): Field {
  return {
    manifest: [container('env', { where: 'name', is: name })],
    create: [['config', 'envs', { where: 'key', is: name }, 'value']],
    spec: [['process', { list: 'env', begins: `${name}=` }]],
    kernel: { variable: name },
  };
}

/** One mount, by where it is in the container. */
export function mountField(at: string): Field {
  return {
    manifest: [container('volumeMounts', { where: 'mountPath', is: at })],
    create: [['config', 'mounts', { where: 'container_path', is: at }]],
    spec: [['mounts', { where: 'destination', is: at }]],
    kernel: { mounts: [at] },
  };
}

/** Where a container leaves its last words, by what kubelet had mounted there. */
export function terminationMessageField(at: string): Field {
  return {
    manifest: [container('terminationMessagePath')],
    create: [
      ['config', 'annotations', { key: 'io.kubernetes.container.terminationMessagePath' }],
      ['config', 'mounts', { where: 'container_path', is: at }],
    ],
    spec: [['mounts', { where: 'destination', is: at }]],
    kernel: { mounts: [at] },
  };
}

export function sysctlField(name: string): Field {
  return {
    manifest: [pod('securityContext', 'sysctls', { where: 'name', is: name }, 'value')],
    sandbox: [['config', 'linux', 'sysctls', { key: name }]],
    sandboxSpec: [['linux', 'sysctl', { key: name }]],
    kernel: { file: `/proc/sys/${name.replaceAll('.', '/')}` },
  };
}
