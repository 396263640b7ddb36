/**
 * KubeletConfiguration: the file, its defaults, and what flags override.
 * @models kubernetes 1.36 pkg/kubelet/apis/config/v1beta1 defaults.go, kubeletconfig/configfiles
 * @fidelity partial: the fields below; others are accepted when the real type has them
 */
import { parseDuration } from '../../go/duration.ts';
import type { ParsedJson } from '../../go/json-parse.ts';
import { quote } from '../../go/quote.ts';
import { parseYaml } from '../../go/yaml-in.ts';
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { readFile } from '../../linux/io.ts';
import { isSignal } from './eviction/thresholds.ts';
import { Failure } from './failures.ts';
import type { Flags } from './flags.ts';

const SECOND = 1_000_000_000;

export type KubeletConfig = {
  address: string;
  port: number;
  healthzBindAddress: string;
  healthzPort: number;
  staticPodPath: string;
  clusterDNS: readonly string[];
  clusterDomain: string;
  cgroupDriver: string;
  cgroupsPerQOS: boolean;
  containerRuntimeEndpoint: string;
  imageServiceEndpoint: string;
  syncFrequencyNs: number;
  fileCheckFrequencyNs: number;
  nodeStatusUpdateFrequencyNs: number;
  nodeStatusReportFrequencyNs: number;
  nodeLeaseDurationSeconds: number;
  runtimeRequestTimeoutNs: number;
  imageMinimumGCAgeNs: number;
  /** 0: however old they are. */
  imageMaximumGCAgeNs: number;
  imageGCHighThresholdPercent: number;
  imageGCLowThresholdPercent: number;
  maxPods: number;
  registerNode: boolean;
  registryPullQPS: number;
  registryBurst: number;
  serializeImagePulls: boolean;
  imagePullCredentialsVerificationPolicy: string;
  preloadedImagesVerificationAllowlist: readonly string[];
  resolvConf: string;
  crashLoopBackOffMaxNs: number;
  enableServer: boolean;
  providerID: string;
  kubeReserved: Readonly<Record<string, string>>;
  systemReserved: Readonly<Record<string, string>>;
  evictionHard: Readonly<Record<string, string>>;
  evictionSoft: Readonly<Record<string, string>>;
  evictionSoftGracePeriod: Readonly<Record<string, string>>;
  evictionMinimumReclaim: Readonly<Record<string, string>>;
  evictionPressureTransitionPeriodNs: number;
  evictionMaxPodGracePeriod: number;
  mergeDefaultEvictionSettings: boolean;
  containerLogMaxSize: string;
  containerLogMaxFiles: number;
  containerLogMonitorIntervalNs: number;
  verbosity: number;
  /** Features switched on or off by name. */
  featureGates: Readonly<Record<string, boolean>>;
};

const EVICTION_HARD: Readonly<Record<string, string>> = {
  'memory.available': '100Mi',
  'nodefs.available': '10%',
  'nodefs.inodesFree': '5%',
  'imagefs.available': '15%',
  'imagefs.inodesFree': '5%',
};

function defaults(): KubeletConfig {
  return {
    address: '0.0.0.0',
    port: 10250,
    healthzBindAddress: '127.0.0.1',
    healthzPort: 10248,
    staticPodPath: '',
    clusterDNS: [],
    clusterDomain: '',
    cgroupDriver: 'cgroupfs',
    cgroupsPerQOS: true,
    containerRuntimeEndpoint: 'unix:///run/containerd/containerd.sock',
    imageServiceEndpoint: '',
    syncFrequencyNs: 60 * SECOND,
    fileCheckFrequencyNs: 20 * SECOND,
    nodeStatusUpdateFrequencyNs: 10 * SECOND,
    nodeStatusReportFrequencyNs: 300 * SECOND,
    nodeLeaseDurationSeconds: 40,
    runtimeRequestTimeoutNs: 120 * SECOND,
    imageMinimumGCAgeNs: 120 * SECOND,
    imageMaximumGCAgeNs: 0,
    imageGCHighThresholdPercent: 85,
    imageGCLowThresholdPercent: 80,
    maxPods: 110,
    registerNode: true,
    registryPullQPS: 5,
    registryBurst: 10,
    serializeImagePulls: true,
    imagePullCredentialsVerificationPolicy: 'NeverVerifyPreloadedImages',
    preloadedImagesVerificationAllowlist: [],
    resolvConf: '/etc/resolv.conf',
    crashLoopBackOffMaxNs: 300 * SECOND,
    featureGates: {},
    enableServer: true,
    providerID: '',
    kubeReserved: {},
    systemReserved: {},
    evictionHard: EVICTION_HARD,
    evictionSoft: {},
    evictionSoftGracePeriod: {},
    evictionMinimumReclaim: {},
    evictionPressureTransitionPeriodNs: 300 * SECOND,
    evictionMaxPodGracePeriod: 0,
    mergeDefaultEvictionSettings: false,
    containerLogMaxSize: '10Mi',
    containerLogMaxFiles: 5,
    containerLogMonitorIntervalNs: 10 * SECOND,
    verbosity: 0,
  };
}

type Kind = 'string' | 'number' | 'bool' | 'duration' | 'strings' | 'map' | 'any';

/** Fields of the real type by the kind of their value. */
const FIELDS: Readonly<Record<string, Kind>> = {
  address: 'string',
  port: 'number',
  readOnlyPort: 'number',
  tlsCertFile: 'string',
  tlsPrivateKeyFile: 'string',
  tlsCipherSuites: 'strings',
  rotateCertificates: 'bool',
  serverTLSBootstrap: 'bool',
  authentication: 'any',
  authorization: 'any',
  enableServer: 'bool',
  healthzPort: 'number',
  healthzBindAddress: 'string',
  oomScoreAdj: 'number',
  clusterDomain: 'string',
  clusterDNS: 'strings',
  streamingConnectionIdleTimeout: 'duration',
  nodeStatusUpdateFrequency: 'duration',
  nodeStatusReportFrequency: 'duration',
  nodeLeaseDurationSeconds: 'number',
  imageMinimumGCAge: 'duration',
  imageMaximumGCAge: 'duration',
  imageGCHighThresholdPercent: 'number',
  imageGCLowThresholdPercent: 'number',
  volumeStatsAggPeriod: 'duration',
  kubeletCgroups: 'string',
  systemCgroups: 'string',
  cgroupRoot: 'string',
  cgroupsPerQOS: 'bool',
  cgroupDriver: 'string',
  cpuManagerPolicy: 'string',
  cpuManagerReconcilePeriod: 'duration',
  memoryManagerPolicy: 'string',
  topologyManagerPolicy: 'string',
  runtimeRequestTimeout: 'duration',
  hairpinMode: 'string',
  maxPods: 'number',
  podCIDR: 'string',
  podPidsLimit: 'number',
  resolvConf: 'string',
  cpuCFSQuota: 'bool',
  maxOpenFiles: 'number',
  contentType: 'string',
  kubeAPIQPS: 'number',
  kubeAPIBurst: 'number',
  serializeImagePulls: 'bool',
  maxParallelImagePulls: 'number',
  registryPullQPS: 'number',
  registryBurst: 'number',
  eventRecordQPS: 'number',
  eventBurst: 'number',
  evictionHard: 'map',
  evictionSoft: 'map',
  evictionSoftGracePeriod: 'map',
  evictionPressureTransitionPeriod: 'duration',
  evictionMinimumReclaim: 'map',
  evictionMaxPodGracePeriod: 'number',
  podsPerCore: 'number',
  enableControllerAttachDetach: 'bool',
  protectKernelDefaults: 'bool',
  makeIPTablesUtilChains: 'bool',
  featureGates: 'any',
  failSwapOn: 'bool',
  memorySwap: 'any',
  containerLogMaxSize: 'string',
  containerLogMaxFiles: 'number',
  containerLogMaxWorkers: 'number',
  containerLogMonitorInterval: 'duration',
  systemReserved: 'map',
  kubeReserved: 'map',
  systemReservedCgroup: 'string',
  kubeReservedCgroup: 'string',
  enforceNodeAllocatable: 'strings',
  staticPodPath: 'string',
  staticPodURL: 'string',
  syncFrequency: 'duration',
  fileCheckFrequency: 'duration',
  httpCheckFrequency: 'duration',
  shutdownGracePeriod: 'duration',
  shutdownGracePeriodCriticalPods: 'duration',
  crashLoopBackOff: 'any',
  enableProfilingHandler: 'bool',
  enableDebuggingHandlers: 'bool',
  enableSystemLogHandler: 'bool',
  registerNode: 'bool',
  registerWithTaints: 'any',
  providerID: 'string',
  seccompDefault: 'bool',
  localStorageCapacityIsolation: 'bool',
  containerRuntimeEndpoint: 'string',
  imageServiceEndpoint: 'string',
  failCgroupV1: 'bool',
  logging: 'any',
  singleProcessOOMKill: 'bool',
  userNamespaces: 'any',
  imagePullCredentialsVerificationPolicy: 'string',
  preloadedImagesVerificationAllowlist: 'strings',
  mergeDefaultEvictionSettings: 'bool',
};

const GO_TYPES: Readonly<Record<Kind, string>> = {
  string: 'string',
  number: 'int32',
  bool: 'bool',
  duration: 'time.Duration',
  strings: '[]string',
  map: 'map[string]string',
  any: '',
};

export type LoadedConfig = { readonly config: KubeletConfig; readonly lenient: string | null };

/** Reads `--config` and applies the flags; throws a Failure in the words of "command failed". */
export async function loadConfig(ctx: Context, flags: Flags): Promise<LoadedConfig> {
  const config = defaults();
  const path = flags.text('config');
  const lenient = path === '' ? null : await applyFile(ctx, config, path);
  if (config.mergeDefaultEvictionSettings) config.evictionHard = { ...EVICTION_HARD, ...config.evictionHard };
  const fault = evictionFault(config);
  if (fault !== null) throw new Failure(fault);
  applyFlags(config, flags);
  if (config.clusterDomain === '') config.clusterDomain = 'cluster.local';
  return { config, lenient };
}

/** What the kubelet refuses to start with. @models kubernetes 1.36 eviction/helpers.go (parseThresholdStatements) @fidelity partial: signals and grace periods */
function evictionFault({ evictionHard, evictionSoft, evictionSoftGracePeriod }: KubeletConfig): string | null {
  for (const signal of [...Object.keys(evictionHard), ...Object.keys(evictionSoft)])
    if (!isSignal(signal)) return `failed to run Kubelet: unsupported eviction signal ${signal}`;
  for (const signal of Object.keys(evictionSoft))
    if (evictionSoftGracePeriod[signal] === undefined)
      return `failed to run Kubelet: grace period must be specified for the soft eviction threshold ${signal}`;
  return null;
}

async function applyFile(ctx: Context, config: KubeletConfig, path: string): Promise<string | null> {
  const fail = (text: string): Failure =>
    new Failure(
      `failed to load kubelet config file, path: ${path}, error: failed to load Kubelet config file ${path}, error ${text}`,
    );
  let text: string;
  try {
    text = await readFile(ctx, path);
  } catch (error) {
    if (!isErrno(error)) throw error;
    throw fail(`failed to read kubelet config file ${quote(path)}, error: open ${path}: ${error.go}`);
  }
  const parsed = parseYaml(text);
  if (!parsed.ok) throw fail(`failed to decode: error converting YAML to JSON: ${parsed.error}`);
  const { value } = parsed;
  if (!isObject(value)) throw fail(`failed to decode: couldn't get version/kind; json parse error`);
  const { kind, apiVersion } = value;
  if (typeof kind !== 'string' || kind === '')
    throw fail(`failed to decode: Object 'Kind' is missing in '${text.trim()}'`);
  if (kind !== 'KubeletConfiguration' || apiVersion !== 'kubelet.config.k8s.io/v1beta1')
    throw fail(
      `failed to decode: no kind ${quote(kind)} is registered for version ${quote(String(apiVersion ?? ''))} in scheme "pkg/kubelet/apis/config/scheme/scheme.go:33"`,
    );
  const unknown: string[] = [];
  for (const [name, field] of Object.entries(value)) {
    if (name === 'kind' || name === 'apiVersion' || field === null) continue;
    const expected = Object.hasOwn(FIELDS, name) ? FIELDS[name] : undefined;
    if (expected === undefined) {
      unknown.push(`unknown field ${quote(name)}`);
      continue;
    }
    const fault = applyField(config, name, expected, field);
    if (fault !== null) throw fail(`failed to decode: ${fault}`);
  }
  return unknown.length === 0 ? null : `strict decoding error: ${unknown.join(', ')}`;
}

function applyField(config: KubeletConfig, name: string, kind: Kind, value: ParsedJson): string | null {
  const wrong = (): string =>
    `json: cannot unmarshal ${typeName(value)} into Go struct field KubeletConfiguration.${name} of type ${GO_TYPES[kind]}`;
  const target = config as unknown as Record<string, unknown>;
  switch (kind) {
    case 'string':
      if (typeof value !== 'string') return wrong();
      break;
    case 'bool':
      if (typeof value !== 'boolean') return wrong();
      break;
    case 'number':
      if (typeof value !== 'number') return wrong();
      break;
    case 'strings':
      if (!Array.isArray(value)) return wrong();
      break;
    case 'map':
      if (!isObject(value)) return wrong();
      break;
    case 'duration': {
      if (typeof value !== 'string') return wrong();
      const duration = parseDuration(value);
      if (!duration.ok) return duration.error;
      // Zero means: the default.
      if (duration.ns !== 0 && Object.hasOwn(config, `${name}Ns`)) target[`${name}Ns`] = duration.ns;
      return null;
    }
    case 'any':
      applyNested(config, name, value);
      return null;
  }
  if (Object.hasOwn(config, name)) target[name] = kind === 'map' && isObject(value) ? strings(value) : value;
  return null;
}

function applyNested(config: KubeletConfig, name: string, value: ParsedJson): void {
  if (!isObject(value)) return;
  if (name === 'logging' && typeof value.verbosity === 'number') config.verbosity = value.verbosity;
  if (name === 'featureGates')
    config.featureGates = Object.fromEntries(Object.entries(value).map(([gate, on]) => [gate, on === true]));
  if (name === 'crashLoopBackOff' && typeof value.maxContainerRestartPeriod === 'string') {
    const duration = parseDuration(value.maxContainerRestartPeriod);
    if (duration.ok) config.crashLoopBackOffMaxNs = duration.ns;
  }
}

function applyFlags(config: KubeletConfig, flags: Flags): void {
  const text = (flag: string, field: 'address' | 'cgroupDriver' | 'clusterDomain' | 'resolvConf'): void => {
    if (flags.changed.has(flag)) config[field] = flags.text(flag);
  };
  text('address', 'address');
  text('cgroup-driver', 'cgroupDriver');
  text('cluster-domain', 'clusterDomain');
  text('resolv-conf', 'resolvConf');
  if (flags.changed.has('container-runtime-endpoint'))
    config.containerRuntimeEndpoint = flags.text('container-runtime-endpoint');
  if (flags.changed.has('image-service-endpoint')) config.imageServiceEndpoint = flags.text('image-service-endpoint');
  if (flags.changed.has('pod-manifest-path')) config.staticPodPath = flags.text('pod-manifest-path');
  if (flags.changed.has('cluster-dns')) config.clusterDNS = flags.list('cluster-dns');
  if (flags.changed.has('max-pods')) config.maxPods = flags.number('max-pods');
  if (flags.changed.has('port')) config.port = flags.number('port');
  if (flags.changed.has('register-node')) config.registerNode = flags.bool('register-node');
  if (flags.changed.has('runtime-request-timeout'))
    config.runtimeRequestTimeoutNs = flags.number('runtime-request-timeout');
  if (flags.changed.has('feature-gates'))
    config.featureGates = {
      ...config.featureGates,
      ...Object.fromEntries(
        flags.list('feature-gates').map((one) => [one.split('=')[0] ?? '', /=(true|t|1)$/i.test(one)]),
      ),
    };
  if (flags.changed.has('v')) config.verbosity = flags.number('v');
}

function isObject(value: ParsedJson | undefined): value is { [key: string]: ParsedJson } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function strings(value: { [key: string]: ParsedJson }): Record<string, string> {
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, String(item)]));
}

function typeName(value: ParsedJson): string {
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'boolean') return 'bool';
  return typeof value === 'bigint' ? 'number' : typeof value;
}
