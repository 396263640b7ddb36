/** JSON that a cri-runtime and CNI plugins exchange: configuration on stdin, result or error on stdout. CNI 1.0.0. */

export type CniCommand = 'ADD' | 'DEL' | 'CHECK' | 'VERSION';

/** A .conflist file. */
export interface CniNetworkConfigList {
  cniVersion?: string;
  name: string;
  disableCheck?: boolean;
  plugins: CniPluginConfig[];
}

/** One plugin's part of a list. Each type has fields of its own. */
export interface CniPluginConfig {
  type: string;
  capabilities?: Record<string, boolean>;
  ipMasq?: boolean;
  ipam?: CniIpamConfig;
  dns?: CniDns;
  [pluginField: string]: unknown;
}

/** What a plugin reads on stdin: its part, with the list's name and version and what the runtime adds. */
export interface CniStdin extends CniPluginConfig {
  cniVersion: string;
  name: string;
  runtimeConfig?: CniRuntimeConfig;
  prevResult?: CniResult;
}

/** Values for capabilities that the plugin declared. */
export interface CniRuntimeConfig {
  portMappings?: CniPortMapping[];
  bandwidth?: { ingressRate: number; ingressBurst: number; egressRate: number; egressBurst: number };
  dns?: { servers?: string[]; searches?: string[]; options?: string[] };
  ips?: string[];
  mac?: string;
  cgroupPath?: string;
  'io.kubernetes.cri.pod-annotations'?: Record<string, string>;
}

export interface CniPortMapping {
  hostPort: number;
  containerPort: number;
  protocol: string;
  hostIP?: string;
}

export interface CniBridgeConfig extends CniPluginConfig {
  type: 'bridge';
  bridge?: string;
  isGateway?: boolean;
  isDefaultGateway?: boolean;
  forceAddress?: boolean;
  hairpinMode?: boolean;
  promiscMode?: boolean;
  mtu?: number;
  vlan?: number;
}

export interface CniIpamConfig {
  type: string;
  /** host-local: alternatives for each address that a pod gets. */
  ranges?: CniRange[][];
  subnet?: string;
  rangeStart?: string;
  rangeEnd?: string;
  gateway?: string;
  routes?: CniRoute[];
  dataDir?: string;
  resolvConf?: string;
}

export interface CniRange {
  subnet: string;
  rangeStart?: string;
  rangeEnd?: string;
  gateway?: string;
}

export interface CniRoute {
  /** CIDR */
  dst: string;
  gw?: string;
}

export interface CniDns {
  nameservers?: string[];
  domain?: string;
  search?: string[];
  options?: string[];
}

/** The success of ADD. IPAM plugins answer without interfaces. */
export interface CniResult {
  cniVersion: string;
  interfaces?: CniInterface[];
  ips?: CniIp[];
  routes?: CniRoute[];
  dns?: CniDns;
}

export interface CniInterface {
  name: string;
  mac?: string;
  /** Path of the network namespace; absent for interfaces on the host. */
  sandbox?: string;
}

export interface CniIp {
  /** CIDR */
  address: string;
  gateway?: string;
  /** Index into the interfaces of the result. */
  interface?: number;
}

/** Printed on stdout together with a non-zero exit. */
export interface CniError {
  cniVersion: string;
  code: number;
  msg: string;
  details?: string;
}

/** Codes of the specification; plugins use 100 and above for their own. */
export const cniErrorCode = {
  incompatibleVersion: 1,
  unsupportedField: 2,
  unknownContainer: 3,
  invalidEnvironment: 4,
  ioFailure: 5,
  decodingFailure: 6,
  invalidNetworkConfig: 7,
  tryAgainLater: 11,
  internal: 999,
} as const;

/** The reply to VERSION. */
export interface CniVersionResult {
  cniVersion: string;
  supportedVersions: string[];
}

/** How containerd keeps the result for later DELs: /var/lib/cni/results/NETWORK-CONTAINERID-IFNAME. */
export interface CniCachedResult {
  kind: 'cniCacheV1';
  containerId: string;
  /** base64 of the list that was in use */
  config: string;
  ifName: string;
  networkName: string;
  netns?: string;
  cniArgs?: [string, string][];
  capabilityArgs?: Record<string, unknown>;
  result: CniResult;
}
