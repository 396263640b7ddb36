/** Labels by which nerdctl knows its containers; they become annotations, which its hooks read. @models nerdctl v2.3.5 pkg/labels */
export const PREFIX = 'nerdctl/';

export const LABELS = {
  namespace: 'nerdctl/namespace',
  name: 'nerdctl/name',
  hostname: 'nerdctl/hostname',
  domainname: 'nerdctl/domainname',
  extraHosts: 'nerdctl/extraHosts',
  stateDir: 'nerdctl/state-dir',
  networks: 'nerdctl/networks',
  ip: 'nerdctl/ip',
  logUri: 'nerdctl/log-uri',
  logConfig: 'nerdctl/log-config',
  pidFile: 'nerdctl/pid-file',
  anonymousVolumes: 'nerdctl/anonymous-volumes',
  platform: 'nerdctl/platform',
  mounts: 'nerdctl/mounts',
  stopTimeout: 'nerdctl/stop-timeout',
  macAddress: 'nerdctl/mac-address',
  pidContainer: 'nerdctl/pid-container',
  ipc: 'nerdctl/ipc',
  error: 'nerdctl/error',
  defaultNetwork: 'nerdctl/default-network',
  autoRemove: 'nerdctl/auto-remove',
  hostConfig: 'nerdctl/host-config',
  dns: 'nerdctl/dns',
  user: 'nerdctl/user',
  privileged: 'nerdctl/privileged',
  healthCheck: 'nerdctl/healthcheck',
  healthState: 'nerdctl/healthstate',
  restartPolicy: 'containerd.io/restart.policy',
  restartStatus: 'containerd.io/restart.status',
  restartLogUri: 'containerd.io/restart.loguri',
  restartCount: 'containerd.io/restart.count',
  explicitlyStopped: 'containerd.io/restart.explicitly-stopped',
  podNamespace: 'io.kubernetes.pod.namespace',
  podName: 'io.kubernetes.pod.name',
  podContainer: 'io.kubernetes.container.name',
  criKind: 'io.cri-containerd.kind',
  composeProject: 'com.docker.compose.project',
  composeService: 'com.docker.compose.service',
  composeNetwork: 'com.docker.compose.network',
  composeVolume: 'com.docker.compose.volume',
  composeConfigHash: 'com.docker.compose.config-hash',
} as const;

export type Labels = Readonly<Record<string, string>>;

/** What nerdctl named it, or where the kubelet has put it. */
export function containerName(labels: Labels): string {
  const name = labels[LABELS.name];
  if (name !== undefined) return name;
  const namespace = labels[LABELS.podNamespace];
  const pod = labels[LABELS.podName];
  if (namespace === undefined || pod === undefined) return '';
  const container = labels[LABELS.podContainer];
  return `k8s://${namespace}/${pod}${container === undefined ? '' : `/${container}`}`;
}

export function networksOf(labels: Labels): string[] {
  return jsonLabel<string[]>(labels, LABELS.networks) ?? [];
}

export function jsonLabel<T>(labels: Labels, key: string): T | null {
  const text = labels[key];
  if (text === undefined || text === '') return null;
  try {
    return JSON.parse(text) as T;
  } catch {
    return null;
  }
}

/** In the order of the keys; Go would print them in a random one. */
export function labelText(labels: Labels): string {
  return Object.keys(labels)
    .sort()
    .map((key) => `${key}=${labels[key]}`)
    .join(',');
}
