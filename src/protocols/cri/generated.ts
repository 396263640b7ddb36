// Generated from the .proto text in this folder by `npm run build:protocols`. Do not edit.
import { Dictionary, noBytes } from '../proto/dictionary.ts';
import type { EnumType, MessageType } from '../proto/message-type.ts';
import { message } from '../proto/message-type.ts';
import { service } from '../proto/service.ts';

export interface VersionRequest {
  version: string;
}
export const VersionRequest: MessageType<VersionRequest> = /* @__PURE__ */ message('runtime.v1.VersionRequest', () => ({ version: '' }), () => [
  [1, 'version', 'string'],
]);

export interface VersionResponse {
  version: string;
  runtimeName: string;
  runtimeVersion: string;
  runtimeApiVersion: string;
}
export const VersionResponse: MessageType<VersionResponse> = /* @__PURE__ */ message('runtime.v1.VersionResponse', () => ({ version: '', runtimeName: '', runtimeVersion: '', runtimeApiVersion: '' }), () => [
  [1, 'version', 'string'],
  [2, 'runtime_name', 'string'],
  [3, 'runtime_version', 'string'],
  [4, 'runtime_api_version', 'string'],
]);

export interface DNSConfig {
  servers: string[];
  searches: string[];
  options: string[];
}
export const DNSConfig: MessageType<DNSConfig> = /* @__PURE__ */ message('runtime.v1.DNSConfig', () => ({ servers: [], searches: [], options: [] }), () => [
  [1, 'servers', 'string', 'repeated'],
  [2, 'searches', 'string', 'repeated'],
  [3, 'options', 'string', 'repeated'],
]);

export const Protocol = { TCP: 0, UDP: 1, SCTP: 2 } as const;
export type Protocol = (typeof Protocol)[keyof typeof Protocol];
export const ProtocolEnum: EnumType = { typeName: 'runtime.v1.Protocol', values: Protocol };

export interface PortMapping {
  protocol: Protocol;
  containerPort: number;
  hostPort: number;
  hostIp: string;
}
export const PortMapping: MessageType<PortMapping> = /* @__PURE__ */ message('runtime.v1.PortMapping', () => ({ protocol: 0, containerPort: 0, hostPort: 0, hostIp: '' }), () => [
  [1, 'protocol', ProtocolEnum],
  [2, 'container_port', 'int32'],
  [3, 'host_port', 'int32'],
  [4, 'host_ip', 'string'],
]);

export const MountPropagation = { PROPAGATION_PRIVATE: 0, PROPAGATION_HOST_TO_CONTAINER: 1, PROPAGATION_BIDIRECTIONAL: 2 } as const;
export type MountPropagation = (typeof MountPropagation)[keyof typeof MountPropagation];
export const MountPropagationEnum: EnumType = { typeName: 'runtime.v1.MountPropagation', values: MountPropagation };

export interface Mount {
  containerPath: string;
  hostPath: string;
  readonly: boolean;
  selinuxRelabel: boolean;
  propagation: MountPropagation;
  uidMappings: IDMapping[];
  gidMappings: IDMapping[];
  recursiveReadOnly: boolean;
  image: ImageSpec | undefined;
  imageSubPath: string;
}
export const Mount: MessageType<Mount> = /* @__PURE__ */ message('runtime.v1.Mount', () => ({ containerPath: '', hostPath: '', readonly: false, selinuxRelabel: false, propagation: 0, uidMappings: [], gidMappings: [], recursiveReadOnly: false, image: undefined, imageSubPath: '' }), () => [
  [1, 'container_path', 'string'],
  [2, 'host_path', 'string'],
  [3, 'readonly', 'bool'],
  [4, 'selinux_relabel', 'bool'],
  [5, 'propagation', MountPropagationEnum],
  [6, 'uidMappings', IDMapping, 'repeated'],
  [7, 'gidMappings', IDMapping, 'repeated'],
  [8, 'recursive_read_only', 'bool'],
  [9, 'image', ImageSpec],
  [10, 'image_sub_path', 'string'],
]);

export interface IDMapping {
  hostId: number;
  containerId: number;
  length: number;
}
export const IDMapping: MessageType<IDMapping> = /* @__PURE__ */ message('runtime.v1.IDMapping', () => ({ hostId: 0, containerId: 0, length: 0 }), () => [
  [1, 'host_id', 'uint32'],
  [2, 'container_id', 'uint32'],
  [3, 'length', 'uint32'],
]);

export const NamespaceMode = { POD: 0, CONTAINER: 1, NODE: 2, TARGET: 3 } as const;
export type NamespaceMode = (typeof NamespaceMode)[keyof typeof NamespaceMode];
export const NamespaceModeEnum: EnumType = { typeName: 'runtime.v1.NamespaceMode', values: NamespaceMode };

export interface UserNamespace {
  mode: NamespaceMode;
  uids: IDMapping[];
  gids: IDMapping[];
}
export const UserNamespace: MessageType<UserNamespace> = /* @__PURE__ */ message('runtime.v1.UserNamespace', () => ({ mode: 0, uids: [], gids: [] }), () => [
  [1, 'mode', NamespaceModeEnum],
  [2, 'uids', IDMapping, 'repeated'],
  [3, 'gids', IDMapping, 'repeated'],
]);

export interface NamespaceOption {
  network: NamespaceMode;
  pid: NamespaceMode;
  ipc: NamespaceMode;
  targetId: string;
  usernsOptions: UserNamespace | undefined;
}
export const NamespaceOption: MessageType<NamespaceOption> = /* @__PURE__ */ message('runtime.v1.NamespaceOption', () => ({ network: 0, pid: 0, ipc: 0, targetId: '', usernsOptions: undefined }), () => [
  [1, 'network', NamespaceModeEnum],
  [2, 'pid', NamespaceModeEnum],
  [3, 'ipc', NamespaceModeEnum],
  [4, 'target_id', 'string'],
  [5, 'userns_options', UserNamespace],
]);

export const SupplementalGroupsPolicy = { Merge: 0, Strict: 1 } as const;
export type SupplementalGroupsPolicy = (typeof SupplementalGroupsPolicy)[keyof typeof SupplementalGroupsPolicy];
export const SupplementalGroupsPolicyEnum: EnumType = { typeName: 'runtime.v1.SupplementalGroupsPolicy', values: SupplementalGroupsPolicy };

export interface Int64Value {
  value: bigint;
}
export const Int64Value: MessageType<Int64Value> = /* @__PURE__ */ message('runtime.v1.Int64Value', () => ({ value: 0n }), () => [
  [1, 'value', 'int64'],
]);

export interface LinuxSandboxSecurityContext {
  namespaceOptions: NamespaceOption | undefined;
  selinuxOptions: SELinuxOption | undefined;
  runAsUser: Int64Value | undefined;
  runAsGroup: Int64Value | undefined;
  readonlyRootfs: boolean;
  supplementalGroups: bigint[];
  supplementalGroupsPolicy: SupplementalGroupsPolicy;
  privileged: boolean;
  seccomp: SecurityProfile | undefined;
  apparmor: SecurityProfile | undefined;
  seccompProfilePath: string;
}
export const LinuxSandboxSecurityContext: MessageType<LinuxSandboxSecurityContext> = /* @__PURE__ */ message('runtime.v1.LinuxSandboxSecurityContext', () => ({ namespaceOptions: undefined, selinuxOptions: undefined, runAsUser: undefined, runAsGroup: undefined, readonlyRootfs: false, supplementalGroups: [], supplementalGroupsPolicy: 0, privileged: false, seccomp: undefined, apparmor: undefined, seccompProfilePath: '' }), () => [
  [1, 'namespace_options', NamespaceOption],
  [2, 'selinux_options', SELinuxOption],
  [3, 'run_as_user', Int64Value],
  [8, 'run_as_group', Int64Value],
  [4, 'readonly_rootfs', 'bool'],
  [5, 'supplemental_groups', 'int64', 'repeated'],
  [11, 'supplemental_groups_policy', SupplementalGroupsPolicyEnum],
  [6, 'privileged', 'bool'],
  [9, 'seccomp', SecurityProfile],
  [10, 'apparmor', SecurityProfile],
  [7, 'seccomp_profile_path', 'string'],
]);

export interface SecurityProfile {
  profileType: SecurityProfile_ProfileType;
  localhostRef: string;
}
export const SecurityProfile: MessageType<SecurityProfile> = /* @__PURE__ */ message('runtime.v1.SecurityProfile', () => ({ profileType: 0, localhostRef: '' }), () => [
  [1, 'profile_type', SecurityProfile_ProfileTypeEnum],
  [2, 'localhost_ref', 'string'],
]);

export const SecurityProfile_ProfileType = { RuntimeDefault: 0, Unconfined: 1, Localhost: 2 } as const;
export type SecurityProfile_ProfileType = (typeof SecurityProfile_ProfileType)[keyof typeof SecurityProfile_ProfileType];
export const SecurityProfile_ProfileTypeEnum: EnumType = { typeName: 'runtime.v1.SecurityProfile.ProfileType', values: SecurityProfile_ProfileType };

export interface LinuxPodSandboxConfig {
  cgroupParent: string;
  securityContext: LinuxSandboxSecurityContext | undefined;
  sysctls: Record<string, string>;
  overhead: LinuxContainerResources | undefined;
  resources: LinuxContainerResources | undefined;
}
export const LinuxPodSandboxConfig: MessageType<LinuxPodSandboxConfig> = /* @__PURE__ */ message('runtime.v1.LinuxPodSandboxConfig', () => ({ cgroupParent: '', securityContext: undefined, sysctls: new Dictionary(), overhead: undefined, resources: undefined }), () => [
  [1, 'cgroup_parent', 'string'],
  [2, 'security_context', LinuxSandboxSecurityContext],
  [3, 'sysctls', 'string', 'map'],
  [4, 'overhead', LinuxContainerResources],
  [5, 'resources', LinuxContainerResources],
]);

export interface PodSandboxMetadata {
  name: string;
  uid: string;
  namespace: string;
  attempt: number;
}
export const PodSandboxMetadata: MessageType<PodSandboxMetadata> = /* @__PURE__ */ message('runtime.v1.PodSandboxMetadata', () => ({ name: '', uid: '', namespace: '', attempt: 0 }), () => [
  [1, 'name', 'string'],
  [2, 'uid', 'string'],
  [3, 'namespace', 'string'],
  [4, 'attempt', 'uint32'],
]);

export interface PodSandboxConfig {
  metadata: PodSandboxMetadata | undefined;
  hostname: string;
  logDirectory: string;
  dnsConfig: DNSConfig | undefined;
  portMappings: PortMapping[];
  labels: Record<string, string>;
  annotations: Record<string, string>;
  linux: LinuxPodSandboxConfig | undefined;
  windows: WindowsPodSandboxConfig | undefined;
}
export const PodSandboxConfig: MessageType<PodSandboxConfig> = /* @__PURE__ */ message('runtime.v1.PodSandboxConfig', () => ({ metadata: undefined, hostname: '', logDirectory: '', dnsConfig: undefined, portMappings: [], labels: new Dictionary(), annotations: new Dictionary(), linux: undefined, windows: undefined }), () => [
  [1, 'metadata', PodSandboxMetadata],
  [2, 'hostname', 'string'],
  [3, 'log_directory', 'string'],
  [4, 'dns_config', DNSConfig],
  [5, 'port_mappings', PortMapping, 'repeated'],
  [6, 'labels', 'string', 'map'],
  [7, 'annotations', 'string', 'map'],
  [8, 'linux', LinuxPodSandboxConfig],
  [9, 'windows', WindowsPodSandboxConfig],
]);

export interface RunPodSandboxRequest {
  config: PodSandboxConfig | undefined;
  runtimeHandler: string;
}
export const RunPodSandboxRequest: MessageType<RunPodSandboxRequest> = /* @__PURE__ */ message('runtime.v1.RunPodSandboxRequest', () => ({ config: undefined, runtimeHandler: '' }), () => [
  [1, 'config', PodSandboxConfig],
  [2, 'runtime_handler', 'string'],
]);

export interface RunPodSandboxResponse {
  podSandboxId: string;
}
export const RunPodSandboxResponse: MessageType<RunPodSandboxResponse> = /* @__PURE__ */ message('runtime.v1.RunPodSandboxResponse', () => ({ podSandboxId: '' }), () => [
  [1, 'pod_sandbox_id', 'string'],
]);

export interface StopPodSandboxRequest {
  podSandboxId: string;
}
export const StopPodSandboxRequest: MessageType<StopPodSandboxRequest> = /* @__PURE__ */ message('runtime.v1.StopPodSandboxRequest', () => ({ podSandboxId: '' }), () => [
  [1, 'pod_sandbox_id', 'string'],
]);

export type StopPodSandboxResponse = Record<never, never>;
export const StopPodSandboxResponse: MessageType<StopPodSandboxResponse> = /* @__PURE__ */ message('runtime.v1.StopPodSandboxResponse', () => ({}), () => []);

export interface RemovePodSandboxRequest {
  podSandboxId: string;
}
export const RemovePodSandboxRequest: MessageType<RemovePodSandboxRequest> = /* @__PURE__ */ message('runtime.v1.RemovePodSandboxRequest', () => ({ podSandboxId: '' }), () => [
  [1, 'pod_sandbox_id', 'string'],
]);

export type RemovePodSandboxResponse = Record<never, never>;
export const RemovePodSandboxResponse: MessageType<RemovePodSandboxResponse> = /* @__PURE__ */ message('runtime.v1.RemovePodSandboxResponse', () => ({}), () => []);

export interface PodSandboxStatusRequest {
  podSandboxId: string;
  verbose: boolean;
}
export const PodSandboxStatusRequest: MessageType<PodSandboxStatusRequest> = /* @__PURE__ */ message('runtime.v1.PodSandboxStatusRequest', () => ({ podSandboxId: '', verbose: false }), () => [
  [1, 'pod_sandbox_id', 'string'],
  [2, 'verbose', 'bool'],
]);

export interface PodIP {
  ip: string;
}
export const PodIP: MessageType<PodIP> = /* @__PURE__ */ message('runtime.v1.PodIP', () => ({ ip: '' }), () => [
  [1, 'ip', 'string'],
]);

export interface PodSandboxNetworkStatus {
  ip: string;
  additionalIps: PodIP[];
}
export const PodSandboxNetworkStatus: MessageType<PodSandboxNetworkStatus> = /* @__PURE__ */ message('runtime.v1.PodSandboxNetworkStatus', () => ({ ip: '', additionalIps: [] }), () => [
  [1, 'ip', 'string'],
  [2, 'additional_ips', PodIP, 'repeated'],
]);

export interface Namespace {
  options: NamespaceOption | undefined;
}
export const Namespace: MessageType<Namespace> = /* @__PURE__ */ message('runtime.v1.Namespace', () => ({ options: undefined }), () => [
  [2, 'options', NamespaceOption],
]);

export interface LinuxPodSandboxStatus {
  namespaces: Namespace | undefined;
}
export const LinuxPodSandboxStatus: MessageType<LinuxPodSandboxStatus> = /* @__PURE__ */ message('runtime.v1.LinuxPodSandboxStatus', () => ({ namespaces: undefined }), () => [
  [1, 'namespaces', Namespace],
]);

export const PodSandboxState = { SANDBOX_READY: 0, SANDBOX_NOTREADY: 1 } as const;
export type PodSandboxState = (typeof PodSandboxState)[keyof typeof PodSandboxState];
export const PodSandboxStateEnum: EnumType = { typeName: 'runtime.v1.PodSandboxState', values: PodSandboxState };

export interface PodSandboxStatus {
  id: string;
  metadata: PodSandboxMetadata | undefined;
  state: PodSandboxState;
  createdAt: bigint;
  network: PodSandboxNetworkStatus | undefined;
  linux: LinuxPodSandboxStatus | undefined;
  labels: Record<string, string>;
  annotations: Record<string, string>;
  runtimeHandler: string;
}
export const PodSandboxStatus: MessageType<PodSandboxStatus> = /* @__PURE__ */ message('runtime.v1.PodSandboxStatus', () => ({ id: '', metadata: undefined, state: 0, createdAt: 0n, network: undefined, linux: undefined, labels: new Dictionary(), annotations: new Dictionary(), runtimeHandler: '' }), () => [
  [1, 'id', 'string'],
  [2, 'metadata', PodSandboxMetadata],
  [3, 'state', PodSandboxStateEnum],
  [4, 'created_at', 'int64'],
  [5, 'network', PodSandboxNetworkStatus],
  [6, 'linux', LinuxPodSandboxStatus],
  [7, 'labels', 'string', 'map'],
  [8, 'annotations', 'string', 'map'],
  [9, 'runtime_handler', 'string'],
]);

export interface PodSandboxStatusResponse {
  status: PodSandboxStatus | undefined;
  info: Record<string, string>;
  containersStatuses: ContainerStatus[];
  timestamp: bigint;
}
export const PodSandboxStatusResponse: MessageType<PodSandboxStatusResponse> = /* @__PURE__ */ message('runtime.v1.PodSandboxStatusResponse', () => ({ status: undefined, info: new Dictionary(), containersStatuses: [], timestamp: 0n }), () => [
  [1, 'status', PodSandboxStatus],
  [2, 'info', 'string', 'map'],
  [3, 'containers_statuses', ContainerStatus, 'repeated'],
  [4, 'timestamp', 'int64'],
]);

export interface PodSandboxStateValue {
  state: PodSandboxState;
}
export const PodSandboxStateValue: MessageType<PodSandboxStateValue> = /* @__PURE__ */ message('runtime.v1.PodSandboxStateValue', () => ({ state: 0 }), () => [
  [1, 'state', PodSandboxStateEnum],
]);

export interface PodSandboxFilter {
  id: string;
  state: PodSandboxStateValue | undefined;
  labelSelector: Record<string, string>;
}
export const PodSandboxFilter: MessageType<PodSandboxFilter> = /* @__PURE__ */ message('runtime.v1.PodSandboxFilter', () => ({ id: '', state: undefined, labelSelector: new Dictionary() }), () => [
  [1, 'id', 'string'],
  [2, 'state', PodSandboxStateValue],
  [3, 'label_selector', 'string', 'map'],
]);

export interface ListPodSandboxRequest {
  filter: PodSandboxFilter | undefined;
}
export const ListPodSandboxRequest: MessageType<ListPodSandboxRequest> = /* @__PURE__ */ message('runtime.v1.ListPodSandboxRequest', () => ({ filter: undefined }), () => [
  [1, 'filter', PodSandboxFilter],
]);

export interface PodSandbox {
  id: string;
  metadata: PodSandboxMetadata | undefined;
  state: PodSandboxState;
  createdAt: bigint;
  labels: Record<string, string>;
  annotations: Record<string, string>;
  runtimeHandler: string;
}
export const PodSandbox: MessageType<PodSandbox> = /* @__PURE__ */ message('runtime.v1.PodSandbox', () => ({ id: '', metadata: undefined, state: 0, createdAt: 0n, labels: new Dictionary(), annotations: new Dictionary(), runtimeHandler: '' }), () => [
  [1, 'id', 'string'],
  [2, 'metadata', PodSandboxMetadata],
  [3, 'state', PodSandboxStateEnum],
  [4, 'created_at', 'int64'],
  [5, 'labels', 'string', 'map'],
  [6, 'annotations', 'string', 'map'],
  [7, 'runtime_handler', 'string'],
]);

export interface ListPodSandboxResponse {
  items: PodSandbox[];
}
export const ListPodSandboxResponse: MessageType<ListPodSandboxResponse> = /* @__PURE__ */ message('runtime.v1.ListPodSandboxResponse', () => ({ items: [] }), () => [
  [1, 'items', PodSandbox, 'repeated'],
]);

export interface StreamPodSandboxesRequest {
  filter: PodSandboxFilter | undefined;
}
export const StreamPodSandboxesRequest: MessageType<StreamPodSandboxesRequest> = /* @__PURE__ */ message('runtime.v1.StreamPodSandboxesRequest', () => ({ filter: undefined }), () => [
  [1, 'filter', PodSandboxFilter],
]);

export interface StreamPodSandboxesResponse {
  podSandboxes: PodSandbox[];
}
export const StreamPodSandboxesResponse: MessageType<StreamPodSandboxesResponse> = /* @__PURE__ */ message('runtime.v1.StreamPodSandboxesResponse', () => ({ podSandboxes: [] }), () => [
  [1, 'pod_sandboxes', PodSandbox, 'repeated'],
]);

export interface PodSandboxStatsRequest {
  podSandboxId: string;
}
export const PodSandboxStatsRequest: MessageType<PodSandboxStatsRequest> = /* @__PURE__ */ message('runtime.v1.PodSandboxStatsRequest', () => ({ podSandboxId: '' }), () => [
  [1, 'pod_sandbox_id', 'string'],
]);

export interface PodSandboxStatsResponse {
  stats: PodSandboxStats | undefined;
}
export const PodSandboxStatsResponse: MessageType<PodSandboxStatsResponse> = /* @__PURE__ */ message('runtime.v1.PodSandboxStatsResponse', () => ({ stats: undefined }), () => [
  [1, 'stats', PodSandboxStats],
]);

export interface PodSandboxStatsFilter {
  id: string;
  labelSelector: Record<string, string>;
}
export const PodSandboxStatsFilter: MessageType<PodSandboxStatsFilter> = /* @__PURE__ */ message('runtime.v1.PodSandboxStatsFilter', () => ({ id: '', labelSelector: new Dictionary() }), () => [
  [1, 'id', 'string'],
  [2, 'label_selector', 'string', 'map'],
]);

export interface ListPodSandboxStatsRequest {
  filter: PodSandboxStatsFilter | undefined;
}
export const ListPodSandboxStatsRequest: MessageType<ListPodSandboxStatsRequest> = /* @__PURE__ */ message('runtime.v1.ListPodSandboxStatsRequest', () => ({ filter: undefined }), () => [
  [1, 'filter', PodSandboxStatsFilter],
]);

export interface ListPodSandboxStatsResponse {
  stats: PodSandboxStats[];
}
export const ListPodSandboxStatsResponse: MessageType<ListPodSandboxStatsResponse> = /* @__PURE__ */ message('runtime.v1.ListPodSandboxStatsResponse', () => ({ stats: [] }), () => [
  [1, 'stats', PodSandboxStats, 'repeated'],
]);

export interface StreamPodSandboxStatsRequest {
  filter: PodSandboxStatsFilter | undefined;
}
export const StreamPodSandboxStatsRequest: MessageType<StreamPodSandboxStatsRequest> = /* @__PURE__ */ message('runtime.v1.StreamPodSandboxStatsRequest', () => ({ filter: undefined }), () => [
  [1, 'filter', PodSandboxStatsFilter],
]);

export interface StreamPodSandboxStatsResponse {
  podSandboxStats: PodSandboxStats[];
}
export const StreamPodSandboxStatsResponse: MessageType<StreamPodSandboxStatsResponse> = /* @__PURE__ */ message('runtime.v1.StreamPodSandboxStatsResponse', () => ({ podSandboxStats: [] }), () => [
  [1, 'pod_sandbox_stats', PodSandboxStats, 'repeated'],
]);

export interface PodSandboxAttributes {
  id: string;
  metadata: PodSandboxMetadata | undefined;
  labels: Record<string, string>;
  annotations: Record<string, string>;
}
export const PodSandboxAttributes: MessageType<PodSandboxAttributes> = /* @__PURE__ */ message('runtime.v1.PodSandboxAttributes', () => ({ id: '', metadata: undefined, labels: new Dictionary(), annotations: new Dictionary() }), () => [
  [1, 'id', 'string'],
  [2, 'metadata', PodSandboxMetadata],
  [3, 'labels', 'string', 'map'],
  [4, 'annotations', 'string', 'map'],
]);

export interface PodSandboxStats {
  attributes: PodSandboxAttributes | undefined;
  linux: LinuxPodSandboxStats | undefined;
  windows: WindowsPodSandboxStats | undefined;
}
export const PodSandboxStats: MessageType<PodSandboxStats> = /* @__PURE__ */ message('runtime.v1.PodSandboxStats', () => ({ attributes: undefined, linux: undefined, windows: undefined }), () => [
  [1, 'attributes', PodSandboxAttributes],
  [2, 'linux', LinuxPodSandboxStats],
  [3, 'windows', WindowsPodSandboxStats],
]);

export interface LinuxPodSandboxStats {
  cpu: CpuUsage | undefined;
  memory: MemoryUsage | undefined;
  network: NetworkUsage | undefined;
  process: ProcessUsage | undefined;
  containers: ContainerStats[];
  io: IoUsage | undefined;
}
export const LinuxPodSandboxStats: MessageType<LinuxPodSandboxStats> = /* @__PURE__ */ message('runtime.v1.LinuxPodSandboxStats', () => ({ cpu: undefined, memory: undefined, network: undefined, process: undefined, containers: [], io: undefined }), () => [
  [1, 'cpu', CpuUsage],
  [2, 'memory', MemoryUsage],
  [3, 'network', NetworkUsage],
  [4, 'process', ProcessUsage],
  [5, 'containers', ContainerStats, 'repeated'],
  [6, 'io', IoUsage],
]);

export interface WindowsPodSandboxStats {
  cpu: WindowsCpuUsage | undefined;
  memory: WindowsMemoryUsage | undefined;
  network: WindowsNetworkUsage | undefined;
  process: WindowsProcessUsage | undefined;
  containers: WindowsContainerStats[];
}
export const WindowsPodSandboxStats: MessageType<WindowsPodSandboxStats> = /* @__PURE__ */ message('runtime.v1.WindowsPodSandboxStats', () => ({ cpu: undefined, memory: undefined, network: undefined, process: undefined, containers: [] }), () => [
  [1, 'cpu', WindowsCpuUsage],
  [2, 'memory', WindowsMemoryUsage],
  [3, 'network', WindowsNetworkUsage],
  [4, 'process', WindowsProcessUsage],
  [5, 'containers', WindowsContainerStats, 'repeated'],
]);

export interface NetworkUsage {
  timestamp: bigint;
  defaultInterface: NetworkInterfaceUsage | undefined;
  interfaces: NetworkInterfaceUsage[];
}
export const NetworkUsage: MessageType<NetworkUsage> = /* @__PURE__ */ message('runtime.v1.NetworkUsage', () => ({ timestamp: 0n, defaultInterface: undefined, interfaces: [] }), () => [
  [1, 'timestamp', 'int64'],
  [2, 'default_interface', NetworkInterfaceUsage],
  [3, 'interfaces', NetworkInterfaceUsage, 'repeated'],
]);

export interface WindowsNetworkUsage {
  timestamp: bigint;
  defaultInterface: WindowsNetworkInterfaceUsage | undefined;
  interfaces: WindowsNetworkInterfaceUsage[];
}
export const WindowsNetworkUsage: MessageType<WindowsNetworkUsage> = /* @__PURE__ */ message('runtime.v1.WindowsNetworkUsage', () => ({ timestamp: 0n, defaultInterface: undefined, interfaces: [] }), () => [
  [1, 'timestamp', 'int64'],
  [2, 'default_interface', WindowsNetworkInterfaceUsage],
  [3, 'interfaces', WindowsNetworkInterfaceUsage, 'repeated'],
]);

export interface NetworkInterfaceUsage {
  name: string;
  rxBytes: UInt64Value | undefined;
  rxErrors: UInt64Value | undefined;
  txBytes: UInt64Value | undefined;
  txErrors: UInt64Value | undefined;
}
export const NetworkInterfaceUsage: MessageType<NetworkInterfaceUsage> = /* @__PURE__ */ message('runtime.v1.NetworkInterfaceUsage', () => ({ name: '', rxBytes: undefined, rxErrors: undefined, txBytes: undefined, txErrors: undefined }), () => [
  [1, 'name', 'string'],
  [2, 'rx_bytes', UInt64Value],
  [3, 'rx_errors', UInt64Value],
  [4, 'tx_bytes', UInt64Value],
  [5, 'tx_errors', UInt64Value],
]);

export interface WindowsNetworkInterfaceUsage {
  name: string;
  rxBytes: UInt64Value | undefined;
  rxPacketsDropped: UInt64Value | undefined;
  txBytes: UInt64Value | undefined;
  txPacketsDropped: UInt64Value | undefined;
}
export const WindowsNetworkInterfaceUsage: MessageType<WindowsNetworkInterfaceUsage> = /* @__PURE__ */ message('runtime.v1.WindowsNetworkInterfaceUsage', () => ({ name: '', rxBytes: undefined, rxPacketsDropped: undefined, txBytes: undefined, txPacketsDropped: undefined }), () => [
  [1, 'name', 'string'],
  [2, 'rx_bytes', UInt64Value],
  [3, 'rx_packets_dropped', UInt64Value],
  [4, 'tx_bytes', UInt64Value],
  [5, 'tx_packets_dropped', UInt64Value],
]);

export interface ProcessUsage {
  timestamp: bigint;
  processCount: UInt64Value | undefined;
}
export const ProcessUsage: MessageType<ProcessUsage> = /* @__PURE__ */ message('runtime.v1.ProcessUsage', () => ({ timestamp: 0n, processCount: undefined }), () => [
  [1, 'timestamp', 'int64'],
  [2, 'process_count', UInt64Value],
]);

export interface WindowsProcessUsage {
  timestamp: bigint;
  processCount: UInt64Value | undefined;
}
export const WindowsProcessUsage: MessageType<WindowsProcessUsage> = /* @__PURE__ */ message('runtime.v1.WindowsProcessUsage', () => ({ timestamp: 0n, processCount: undefined }), () => [
  [1, 'timestamp', 'int64'],
  [2, 'process_count', UInt64Value],
]);

export interface ImageSpec {
  image: string;
  annotations: Record<string, string>;
  userSpecifiedImage: string;
  runtimeHandler: string;
  imageRef: string;
}
export const ImageSpec: MessageType<ImageSpec> = /* @__PURE__ */ message('runtime.v1.ImageSpec', () => ({ image: '', annotations: new Dictionary(), userSpecifiedImage: '', runtimeHandler: '', imageRef: '' }), () => [
  [1, 'image', 'string'],
  [2, 'annotations', 'string', 'map'],
  [18, 'user_specified_image', 'string'],
  [19, 'runtime_handler', 'string'],
  [20, 'image_ref', 'string'],
]);

export interface KeyValue {
  key: string;
  value: Uint8Array;
}
export const KeyValue: MessageType<KeyValue> = /* @__PURE__ */ message('runtime.v1.KeyValue', () => ({ key: '', value: noBytes }), () => [
  [1, 'key', 'string'],
  [2, 'value', 'bytes'],
]);

export interface LinuxContainerResources {
  cpuPeriod: bigint;
  cpuQuota: bigint;
  cpuShares: bigint;
  memoryLimitInBytes: bigint;
  oomScoreAdj: bigint;
  cpusetCpus: string;
  cpusetMems: string;
  hugepageLimits: HugepageLimit[];
  unified: Record<string, string>;
  memorySwapLimitInBytes: bigint;
}
export const LinuxContainerResources: MessageType<LinuxContainerResources> = /* @__PURE__ */ message('runtime.v1.LinuxContainerResources', () => ({ cpuPeriod: 0n, cpuQuota: 0n, cpuShares: 0n, memoryLimitInBytes: 0n, oomScoreAdj: 0n, cpusetCpus: '', cpusetMems: '', hugepageLimits: [], unified: new Dictionary(), memorySwapLimitInBytes: 0n }), () => [
  [1, 'cpu_period', 'int64'],
  [2, 'cpu_quota', 'int64'],
  [3, 'cpu_shares', 'int64'],
  [4, 'memory_limit_in_bytes', 'int64'],
  [5, 'oom_score_adj', 'int64'],
  [6, 'cpuset_cpus', 'string'],
  [7, 'cpuset_mems', 'string'],
  [8, 'hugepage_limits', HugepageLimit, 'repeated'],
  [9, 'unified', 'string', 'map'],
  [10, 'memory_swap_limit_in_bytes', 'int64'],
]);

export interface HugepageLimit {
  pageSize: string;
  limit: bigint;
}
export const HugepageLimit: MessageType<HugepageLimit> = /* @__PURE__ */ message('runtime.v1.HugepageLimit', () => ({ pageSize: '', limit: 0n }), () => [
  [1, 'page_size', 'string'],
  [2, 'limit', 'uint64'],
]);

export interface SELinuxOption {
  user: string;
  role: string;
  type: string;
  level: string;
}
export const SELinuxOption: MessageType<SELinuxOption> = /* @__PURE__ */ message('runtime.v1.SELinuxOption', () => ({ user: '', role: '', type: '', level: '' }), () => [
  [1, 'user', 'string'],
  [2, 'role', 'string'],
  [3, 'type', 'string'],
  [4, 'level', 'string'],
]);

export interface Capability {
  addCapabilities: string[];
  dropCapabilities: string[];
  addAmbientCapabilities: string[];
}
export const Capability: MessageType<Capability> = /* @__PURE__ */ message('runtime.v1.Capability', () => ({ addCapabilities: [], dropCapabilities: [], addAmbientCapabilities: [] }), () => [
  [1, 'add_capabilities', 'string', 'repeated'],
  [2, 'drop_capabilities', 'string', 'repeated'],
  [3, 'add_ambient_capabilities', 'string', 'repeated'],
]);

export interface LinuxContainerSecurityContext {
  capabilities: Capability | undefined;
  privileged: boolean;
  namespaceOptions: NamespaceOption | undefined;
  selinuxOptions: SELinuxOption | undefined;
  runAsUser: Int64Value | undefined;
  runAsGroup: Int64Value | undefined;
  runAsUsername: string;
  readonlyRootfs: boolean;
  supplementalGroups: bigint[];
  supplementalGroupsPolicy: SupplementalGroupsPolicy;
  noNewPrivs: boolean;
  maskedPaths: string[];
  readonlyPaths: string[];
  seccomp: SecurityProfile | undefined;
  apparmor: SecurityProfile | undefined;
  apparmorProfile: string;
  seccompProfilePath: string;
}
export const LinuxContainerSecurityContext: MessageType<LinuxContainerSecurityContext> = /* @__PURE__ */ message('runtime.v1.LinuxContainerSecurityContext', () => ({ capabilities: undefined, privileged: false, namespaceOptions: undefined, selinuxOptions: undefined, runAsUser: undefined, runAsGroup: undefined, runAsUsername: '', readonlyRootfs: false, supplementalGroups: [], supplementalGroupsPolicy: 0, noNewPrivs: false, maskedPaths: [], readonlyPaths: [], seccomp: undefined, apparmor: undefined, apparmorProfile: '', seccompProfilePath: '' }), () => [
  [1, 'capabilities', Capability],
  [2, 'privileged', 'bool'],
  [3, 'namespace_options', NamespaceOption],
  [4, 'selinux_options', SELinuxOption],
  [5, 'run_as_user', Int64Value],
  [12, 'run_as_group', Int64Value],
  [6, 'run_as_username', 'string'],
  [7, 'readonly_rootfs', 'bool'],
  [8, 'supplemental_groups', 'int64', 'repeated'],
  [17, 'supplemental_groups_policy', SupplementalGroupsPolicyEnum],
  [11, 'no_new_privs', 'bool'],
  [13, 'masked_paths', 'string', 'repeated'],
  [14, 'readonly_paths', 'string', 'repeated'],
  [15, 'seccomp', SecurityProfile],
  [16, 'apparmor', SecurityProfile],
  [9, 'apparmor_profile', 'string'],
  [10, 'seccomp_profile_path', 'string'],
]);

export interface LinuxContainerConfig {
  resources: LinuxContainerResources | undefined;
  securityContext: LinuxContainerSecurityContext | undefined;
}
export const LinuxContainerConfig: MessageType<LinuxContainerConfig> = /* @__PURE__ */ message('runtime.v1.LinuxContainerConfig', () => ({ resources: undefined, securityContext: undefined }), () => [
  [1, 'resources', LinuxContainerResources],
  [2, 'security_context', LinuxContainerSecurityContext],
]);

export interface LinuxContainerUser {
  uid: bigint;
  gid: bigint;
  supplementalGroups: bigint[];
}
export const LinuxContainerUser: MessageType<LinuxContainerUser> = /* @__PURE__ */ message('runtime.v1.LinuxContainerUser', () => ({ uid: 0n, gid: 0n, supplementalGroups: [] }), () => [
  [1, 'uid', 'int64'],
  [2, 'gid', 'int64'],
  [3, 'supplemental_groups', 'int64', 'repeated'],
]);

export interface WindowsNamespaceOption {
  network: NamespaceMode;
}
export const WindowsNamespaceOption: MessageType<WindowsNamespaceOption> = /* @__PURE__ */ message('runtime.v1.WindowsNamespaceOption', () => ({ network: 0 }), () => [
  [1, 'network', NamespaceModeEnum],
]);

export interface WindowsSandboxSecurityContext {
  runAsUsername: string;
  credentialSpec: string;
  hostProcess: boolean;
  namespaceOptions: WindowsNamespaceOption | undefined;
}
export const WindowsSandboxSecurityContext: MessageType<WindowsSandboxSecurityContext> = /* @__PURE__ */ message('runtime.v1.WindowsSandboxSecurityContext', () => ({ runAsUsername: '', credentialSpec: '', hostProcess: false, namespaceOptions: undefined }), () => [
  [1, 'run_as_username', 'string'],
  [2, 'credential_spec', 'string'],
  [3, 'host_process', 'bool'],
  [4, 'namespace_options', WindowsNamespaceOption],
]);

export interface WindowsPodSandboxConfig {
  securityContext: WindowsSandboxSecurityContext | undefined;
}
export const WindowsPodSandboxConfig: MessageType<WindowsPodSandboxConfig> = /* @__PURE__ */ message('runtime.v1.WindowsPodSandboxConfig', () => ({ securityContext: undefined }), () => [
  [1, 'security_context', WindowsSandboxSecurityContext],
]);

export interface WindowsContainerSecurityContext {
  runAsUsername: string;
  credentialSpec: string;
  hostProcess: boolean;
}
export const WindowsContainerSecurityContext: MessageType<WindowsContainerSecurityContext> = /* @__PURE__ */ message('runtime.v1.WindowsContainerSecurityContext', () => ({ runAsUsername: '', credentialSpec: '', hostProcess: false }), () => [
  [1, 'run_as_username', 'string'],
  [2, 'credential_spec', 'string'],
  [3, 'host_process', 'bool'],
]);

export interface WindowsContainerConfig {
  resources: WindowsContainerResources | undefined;
  securityContext: WindowsContainerSecurityContext | undefined;
}
export const WindowsContainerConfig: MessageType<WindowsContainerConfig> = /* @__PURE__ */ message('runtime.v1.WindowsContainerConfig', () => ({ resources: undefined, securityContext: undefined }), () => [
  [1, 'resources', WindowsContainerResources],
  [2, 'security_context', WindowsContainerSecurityContext],
]);

export interface WindowsContainerResources {
  cpuShares: bigint;
  cpuCount: bigint;
  cpuMaximum: bigint;
  memoryLimitInBytes: bigint;
  rootfsSizeInBytes: bigint;
  affinityCpus: WindowsCpuGroupAffinity[];
}
export const WindowsContainerResources: MessageType<WindowsContainerResources> = /* @__PURE__ */ message('runtime.v1.WindowsContainerResources', () => ({ cpuShares: 0n, cpuCount: 0n, cpuMaximum: 0n, memoryLimitInBytes: 0n, rootfsSizeInBytes: 0n, affinityCpus: [] }), () => [
  [1, 'cpu_shares', 'int64'],
  [2, 'cpu_count', 'int64'],
  [3, 'cpu_maximum', 'int64'],
  [4, 'memory_limit_in_bytes', 'int64'],
  [5, 'rootfs_size_in_bytes', 'int64'],
  [6, 'affinity_cpus', WindowsCpuGroupAffinity, 'repeated'],
]);

export interface WindowsCpuGroupAffinity {
  cpuMask: bigint;
  cpuGroup: number;
}
export const WindowsCpuGroupAffinity: MessageType<WindowsCpuGroupAffinity> = /* @__PURE__ */ message('runtime.v1.WindowsCpuGroupAffinity', () => ({ cpuMask: 0n, cpuGroup: 0 }), () => [
  [1, 'cpu_mask', 'uint64'],
  [2, 'cpu_group', 'uint32'],
]);

export interface ContainerMetadata {
  name: string;
  attempt: number;
}
export const ContainerMetadata: MessageType<ContainerMetadata> = /* @__PURE__ */ message('runtime.v1.ContainerMetadata', () => ({ name: '', attempt: 0 }), () => [
  [1, 'name', 'string'],
  [2, 'attempt', 'uint32'],
]);

export interface Device {
  containerPath: string;
  hostPath: string;
  permissions: string;
}
export const Device: MessageType<Device> = /* @__PURE__ */ message('runtime.v1.Device', () => ({ containerPath: '', hostPath: '', permissions: '' }), () => [
  [1, 'container_path', 'string'],
  [2, 'host_path', 'string'],
  [3, 'permissions', 'string'],
]);

export interface CDIDevice {
  name: string;
}
export const CDIDevice: MessageType<CDIDevice> = /* @__PURE__ */ message('runtime.v1.CDIDevice', () => ({ name: '' }), () => [
  [1, 'name', 'string'],
]);

export interface ContainerConfig {
  metadata: ContainerMetadata | undefined;
  image: ImageSpec | undefined;
  command: string[];
  args: string[];
  workingDir: string;
  envs: KeyValue[];
  mounts: Mount[];
  devices: Device[];
  labels: Record<string, string>;
  annotations: Record<string, string>;
  logPath: string;
  stdin: boolean;
  stdinOnce: boolean;
  tty: boolean;
  linux: LinuxContainerConfig | undefined;
  windows: WindowsContainerConfig | undefined;
  CDIDevices: CDIDevice[];
  stopSignal: Signal;
}
export const ContainerConfig: MessageType<ContainerConfig> = /* @__PURE__ */ message('runtime.v1.ContainerConfig', () => ({ metadata: undefined, image: undefined, command: [], args: [], workingDir: '', envs: [], mounts: [], devices: [], labels: new Dictionary(), annotations: new Dictionary(), logPath: '', stdin: false, stdinOnce: false, tty: false, linux: undefined, windows: undefined, CDIDevices: [], stopSignal: 0 }), () => [
  [1, 'metadata', ContainerMetadata],
  [2, 'image', ImageSpec],
  [3, 'command', 'string', 'repeated'],
  [4, 'args', 'string', 'repeated'],
  [5, 'working_dir', 'string'],
  [6, 'envs', KeyValue, 'repeated'],
  [7, 'mounts', Mount, 'repeated'],
  [8, 'devices', Device, 'repeated'],
  [9, 'labels', 'string', 'map'],
  [10, 'annotations', 'string', 'map'],
  [11, 'log_path', 'string'],
  [12, 'stdin', 'bool'],
  [13, 'stdin_once', 'bool'],
  [14, 'tty', 'bool'],
  [15, 'linux', LinuxContainerConfig],
  [16, 'windows', WindowsContainerConfig],
  [17, 'CDI_devices', CDIDevice, 'repeated'],
  [18, 'stop_signal', SignalEnum],
]);

export const Signal = { RUNTIME_DEFAULT: 0, SIGABRT: 1, SIGALRM: 2, SIGBUS: 3, SIGCHLD: 4, SIGCLD: 5, SIGCONT: 6, SIGFPE: 7, SIGHUP: 8, SIGILL: 9, SIGINT: 10, SIGIO: 11, SIGIOT: 12, SIGKILL: 13, SIGPIPE: 14, SIGPOLL: 15, SIGPROF: 16, SIGPWR: 17, SIGQUIT: 18, SIGSEGV: 19, SIGSTKFLT: 20, SIGSTOP: 21, SIGSYS: 22, SIGTERM: 23, SIGTRAP: 24, SIGTSTP: 25, SIGTTIN: 26, SIGTTOU: 27, SIGURG: 28, SIGUSR1: 29, SIGUSR2: 30, SIGVTALRM: 31, SIGWINCH: 32, SIGXCPU: 33, SIGXFSZ: 34, SIGRTMIN: 35, SIGRTMINPLUS1: 36, SIGRTMINPLUS2: 37, SIGRTMINPLUS3: 38, SIGRTMINPLUS4: 39, SIGRTMINPLUS5: 40, SIGRTMINPLUS6: 41, SIGRTMINPLUS7: 42, SIGRTMINPLUS8: 43, SIGRTMINPLUS9: 44, SIGRTMINPLUS10: 45, SIGRTMINPLUS11: 46, SIGRTMINPLUS12: 47, SIGRTMINPLUS13: 48, SIGRTMINPLUS14: 49, SIGRTMINPLUS15: 50, SIGRTMAXMINUS14: 51, SIGRTMAXMINUS13: 52, SIGRTMAXMINUS12: 53, SIGRTMAXMINUS11: 54, SIGRTMAXMINUS10: 55, SIGRTMAXMINUS9: 56, SIGRTMAXMINUS8: 57, SIGRTMAXMINUS7: 58, SIGRTMAXMINUS6: 59, SIGRTMAXMINUS5: 60, SIGRTMAXMINUS4: 61, SIGRTMAXMINUS3: 62, SIGRTMAXMINUS2: 63, SIGRTMAXMINUS1: 64, SIGRTMAX: 65 } as const;
export type Signal = (typeof Signal)[keyof typeof Signal];
export const SignalEnum: EnumType = { typeName: 'runtime.v1.Signal', values: Signal };

export interface CreateContainerRequest {
  podSandboxId: string;
  config: ContainerConfig | undefined;
  sandboxConfig: PodSandboxConfig | undefined;
}
export const CreateContainerRequest: MessageType<CreateContainerRequest> = /* @__PURE__ */ message('runtime.v1.CreateContainerRequest', () => ({ podSandboxId: '', config: undefined, sandboxConfig: undefined }), () => [
  [1, 'pod_sandbox_id', 'string'],
  [2, 'config', ContainerConfig],
  [3, 'sandbox_config', PodSandboxConfig],
]);

export interface CreateContainerResponse {
  containerId: string;
}
export const CreateContainerResponse: MessageType<CreateContainerResponse> = /* @__PURE__ */ message('runtime.v1.CreateContainerResponse', () => ({ containerId: '' }), () => [
  [1, 'container_id', 'string'],
]);

export interface StartContainerRequest {
  containerId: string;
}
export const StartContainerRequest: MessageType<StartContainerRequest> = /* @__PURE__ */ message('runtime.v1.StartContainerRequest', () => ({ containerId: '' }), () => [
  [1, 'container_id', 'string'],
]);

export type StartContainerResponse = Record<never, never>;
export const StartContainerResponse: MessageType<StartContainerResponse> = /* @__PURE__ */ message('runtime.v1.StartContainerResponse', () => ({}), () => []);

export interface StopContainerRequest {
  containerId: string;
  timeout: bigint;
}
export const StopContainerRequest: MessageType<StopContainerRequest> = /* @__PURE__ */ message('runtime.v1.StopContainerRequest', () => ({ containerId: '', timeout: 0n }), () => [
  [1, 'container_id', 'string'],
  [2, 'timeout', 'int64'],
]);

export type StopContainerResponse = Record<never, never>;
export const StopContainerResponse: MessageType<StopContainerResponse> = /* @__PURE__ */ message('runtime.v1.StopContainerResponse', () => ({}), () => []);

export interface RemoveContainerRequest {
  containerId: string;
}
export const RemoveContainerRequest: MessageType<RemoveContainerRequest> = /* @__PURE__ */ message('runtime.v1.RemoveContainerRequest', () => ({ containerId: '' }), () => [
  [1, 'container_id', 'string'],
]);

export type RemoveContainerResponse = Record<never, never>;
export const RemoveContainerResponse: MessageType<RemoveContainerResponse> = /* @__PURE__ */ message('runtime.v1.RemoveContainerResponse', () => ({}), () => []);

export const ContainerState = { CONTAINER_CREATED: 0, CONTAINER_RUNNING: 1, CONTAINER_EXITED: 2, CONTAINER_UNKNOWN: 3 } as const;
export type ContainerState = (typeof ContainerState)[keyof typeof ContainerState];
export const ContainerStateEnum: EnumType = { typeName: 'runtime.v1.ContainerState', values: ContainerState };

export interface ContainerStateValue {
  state: ContainerState;
}
export const ContainerStateValue: MessageType<ContainerStateValue> = /* @__PURE__ */ message('runtime.v1.ContainerStateValue', () => ({ state: 0 }), () => [
  [1, 'state', ContainerStateEnum],
]);

export interface ContainerFilter {
  id: string;
  state: ContainerStateValue | undefined;
  podSandboxId: string;
  labelSelector: Record<string, string>;
}
export const ContainerFilter: MessageType<ContainerFilter> = /* @__PURE__ */ message('runtime.v1.ContainerFilter', () => ({ id: '', state: undefined, podSandboxId: '', labelSelector: new Dictionary() }), () => [
  [1, 'id', 'string'],
  [2, 'state', ContainerStateValue],
  [3, 'pod_sandbox_id', 'string'],
  [4, 'label_selector', 'string', 'map'],
]);

export interface ListContainersRequest {
  filter: ContainerFilter | undefined;
}
export const ListContainersRequest: MessageType<ListContainersRequest> = /* @__PURE__ */ message('runtime.v1.ListContainersRequest', () => ({ filter: undefined }), () => [
  [1, 'filter', ContainerFilter],
]);

export interface Container {
  id: string;
  podSandboxId: string;
  metadata: ContainerMetadata | undefined;
  image: ImageSpec | undefined;
  imageRef: string;
  state: ContainerState;
  createdAt: bigint;
  labels: Record<string, string>;
  annotations: Record<string, string>;
  imageId: string;
}
export const Container: MessageType<Container> = /* @__PURE__ */ message('runtime.v1.Container', () => ({ id: '', podSandboxId: '', metadata: undefined, image: undefined, imageRef: '', state: 0, createdAt: 0n, labels: new Dictionary(), annotations: new Dictionary(), imageId: '' }), () => [
  [1, 'id', 'string'],
  [2, 'pod_sandbox_id', 'string'],
  [3, 'metadata', ContainerMetadata],
  [4, 'image', ImageSpec],
  [5, 'image_ref', 'string'],
  [6, 'state', ContainerStateEnum],
  [7, 'created_at', 'int64'],
  [8, 'labels', 'string', 'map'],
  [9, 'annotations', 'string', 'map'],
  [10, 'image_id', 'string'],
]);

export interface ListContainersResponse {
  containers: Container[];
}
export const ListContainersResponse: MessageType<ListContainersResponse> = /* @__PURE__ */ message('runtime.v1.ListContainersResponse', () => ({ containers: [] }), () => [
  [1, 'containers', Container, 'repeated'],
]);

export interface StreamContainersRequest {
  filter: ContainerFilter | undefined;
}
export const StreamContainersRequest: MessageType<StreamContainersRequest> = /* @__PURE__ */ message('runtime.v1.StreamContainersRequest', () => ({ filter: undefined }), () => [
  [1, 'filter', ContainerFilter],
]);

export interface StreamContainersResponse {
  containers: Container[];
}
export const StreamContainersResponse: MessageType<StreamContainersResponse> = /* @__PURE__ */ message('runtime.v1.StreamContainersResponse', () => ({ containers: [] }), () => [
  [1, 'containers', Container, 'repeated'],
]);

export interface ContainerStatusRequest {
  containerId: string;
  verbose: boolean;
}
export const ContainerStatusRequest: MessageType<ContainerStatusRequest> = /* @__PURE__ */ message('runtime.v1.ContainerStatusRequest', () => ({ containerId: '', verbose: false }), () => [
  [1, 'container_id', 'string'],
  [2, 'verbose', 'bool'],
]);

export interface ContainerStatus {
  id: string;
  metadata: ContainerMetadata | undefined;
  state: ContainerState;
  createdAt: bigint;
  startedAt: bigint;
  finishedAt: bigint;
  exitCode: number;
  image: ImageSpec | undefined;
  imageRef: string;
  reason: string;
  message: string;
  labels: Record<string, string>;
  annotations: Record<string, string>;
  mounts: Mount[];
  logPath: string;
  resources: ContainerResources | undefined;
  imageId: string;
  user: ContainerUser | undefined;
  stopSignal: Signal;
}
export const ContainerStatus: MessageType<ContainerStatus> = /* @__PURE__ */ message('runtime.v1.ContainerStatus', () => ({ id: '', metadata: undefined, state: 0, createdAt: 0n, startedAt: 0n, finishedAt: 0n, exitCode: 0, image: undefined, imageRef: '', reason: '', message: '', labels: new Dictionary(), annotations: new Dictionary(), mounts: [], logPath: '', resources: undefined, imageId: '', user: undefined, stopSignal: 0 }), () => [
  [1, 'id', 'string'],
  [2, 'metadata', ContainerMetadata],
  [3, 'state', ContainerStateEnum],
  [4, 'created_at', 'int64'],
  [5, 'started_at', 'int64'],
  [6, 'finished_at', 'int64'],
  [7, 'exit_code', 'int32'],
  [8, 'image', ImageSpec],
  [9, 'image_ref', 'string'],
  [10, 'reason', 'string'],
  [11, 'message', 'string'],
  [12, 'labels', 'string', 'map'],
  [13, 'annotations', 'string', 'map'],
  [14, 'mounts', Mount, 'repeated'],
  [15, 'log_path', 'string'],
  [16, 'resources', ContainerResources],
  [17, 'image_id', 'string'],
  [18, 'user', ContainerUser],
  [19, 'stop_signal', SignalEnum],
]);

export interface ContainerStatusResponse {
  status: ContainerStatus | undefined;
  info: Record<string, string>;
}
export const ContainerStatusResponse: MessageType<ContainerStatusResponse> = /* @__PURE__ */ message('runtime.v1.ContainerStatusResponse', () => ({ status: undefined, info: new Dictionary() }), () => [
  [1, 'status', ContainerStatus],
  [2, 'info', 'string', 'map'],
]);

export interface ContainerResources {
  linux: LinuxContainerResources | undefined;
  windows: WindowsContainerResources | undefined;
}
export const ContainerResources: MessageType<ContainerResources> = /* @__PURE__ */ message('runtime.v1.ContainerResources', () => ({ linux: undefined, windows: undefined }), () => [
  [1, 'linux', LinuxContainerResources],
  [2, 'windows', WindowsContainerResources],
]);

export interface ContainerUser {
  linux: LinuxContainerUser | undefined;
}
export const ContainerUser: MessageType<ContainerUser> = /* @__PURE__ */ message('runtime.v1.ContainerUser', () => ({ linux: undefined }), () => [
  [1, 'linux', LinuxContainerUser],
]);

export interface UpdateContainerResourcesRequest {
  containerId: string;
  linux: LinuxContainerResources | undefined;
  windows: WindowsContainerResources | undefined;
  annotations: Record<string, string>;
}
export const UpdateContainerResourcesRequest: MessageType<UpdateContainerResourcesRequest> = /* @__PURE__ */ message('runtime.v1.UpdateContainerResourcesRequest', () => ({ containerId: '', linux: undefined, windows: undefined, annotations: new Dictionary() }), () => [
  [1, 'container_id', 'string'],
  [2, 'linux', LinuxContainerResources],
  [3, 'windows', WindowsContainerResources],
  [4, 'annotations', 'string', 'map'],
]);

export type UpdateContainerResourcesResponse = Record<never, never>;
export const UpdateContainerResourcesResponse: MessageType<UpdateContainerResourcesResponse> = /* @__PURE__ */ message('runtime.v1.UpdateContainerResourcesResponse', () => ({}), () => []);

export interface ExecSyncRequest {
  containerId: string;
  cmd: string[];
  timeout: bigint;
}
export const ExecSyncRequest: MessageType<ExecSyncRequest> = /* @__PURE__ */ message('runtime.v1.ExecSyncRequest', () => ({ containerId: '', cmd: [], timeout: 0n }), () => [
  [1, 'container_id', 'string'],
  [2, 'cmd', 'string', 'repeated'],
  [3, 'timeout', 'int64'],
]);

export interface ExecSyncResponse {
  stdout: Uint8Array;
  stderr: Uint8Array;
  exitCode: number;
}
export const ExecSyncResponse: MessageType<ExecSyncResponse> = /* @__PURE__ */ message('runtime.v1.ExecSyncResponse', () => ({ stdout: noBytes, stderr: noBytes, exitCode: 0 }), () => [
  [1, 'stdout', 'bytes'],
  [2, 'stderr', 'bytes'],
  [3, 'exit_code', 'int32'],
]);

export interface ExecRequest {
  containerId: string;
  cmd: string[];
  tty: boolean;
  stdin: boolean;
  stdout: boolean;
  stderr: boolean;
}
export const ExecRequest: MessageType<ExecRequest> = /* @__PURE__ */ message('runtime.v1.ExecRequest', () => ({ containerId: '', cmd: [], tty: false, stdin: false, stdout: false, stderr: false }), () => [
  [1, 'container_id', 'string'],
  [2, 'cmd', 'string', 'repeated'],
  [3, 'tty', 'bool'],
  [4, 'stdin', 'bool'],
  [5, 'stdout', 'bool'],
  [6, 'stderr', 'bool'],
]);

export interface ExecResponse {
  url: string;
}
export const ExecResponse: MessageType<ExecResponse> = /* @__PURE__ */ message('runtime.v1.ExecResponse', () => ({ url: '' }), () => [
  [1, 'url', 'string'],
]);

export interface AttachRequest {
  containerId: string;
  stdin: boolean;
  tty: boolean;
  stdout: boolean;
  stderr: boolean;
}
export const AttachRequest: MessageType<AttachRequest> = /* @__PURE__ */ message('runtime.v1.AttachRequest', () => ({ containerId: '', stdin: false, tty: false, stdout: false, stderr: false }), () => [
  [1, 'container_id', 'string'],
  [2, 'stdin', 'bool'],
  [3, 'tty', 'bool'],
  [4, 'stdout', 'bool'],
  [5, 'stderr', 'bool'],
]);

export interface AttachResponse {
  url: string;
}
export const AttachResponse: MessageType<AttachResponse> = /* @__PURE__ */ message('runtime.v1.AttachResponse', () => ({ url: '' }), () => [
  [1, 'url', 'string'],
]);

export interface PortForwardRequest {
  podSandboxId: string;
  port: number[];
}
export const PortForwardRequest: MessageType<PortForwardRequest> = /* @__PURE__ */ message('runtime.v1.PortForwardRequest', () => ({ podSandboxId: '', port: [] }), () => [
  [1, 'pod_sandbox_id', 'string'],
  [2, 'port', 'int32', 'repeated'],
]);

export interface PortForwardResponse {
  url: string;
}
export const PortForwardResponse: MessageType<PortForwardResponse> = /* @__PURE__ */ message('runtime.v1.PortForwardResponse', () => ({ url: '' }), () => [
  [1, 'url', 'string'],
]);

export interface ImageFilter {
  image: ImageSpec | undefined;
}
export const ImageFilter: MessageType<ImageFilter> = /* @__PURE__ */ message('runtime.v1.ImageFilter', () => ({ image: undefined }), () => [
  [1, 'image', ImageSpec],
]);

export interface ListImagesRequest {
  filter: ImageFilter | undefined;
}
export const ListImagesRequest: MessageType<ListImagesRequest> = /* @__PURE__ */ message('runtime.v1.ListImagesRequest', () => ({ filter: undefined }), () => [
  [1, 'filter', ImageFilter],
]);

export interface Image {
  id: string;
  repoTags: string[];
  repoDigests: string[];
  size: bigint;
  uid: Int64Value | undefined;
  username: string;
  spec: ImageSpec | undefined;
  pinned: boolean;
}
export const Image: MessageType<Image> = /* @__PURE__ */ message('runtime.v1.Image', () => ({ id: '', repoTags: [], repoDigests: [], size: 0n, uid: undefined, username: '', spec: undefined, pinned: false }), () => [
  [1, 'id', 'string'],
  [2, 'repo_tags', 'string', 'repeated'],
  [3, 'repo_digests', 'string', 'repeated'],
  [4, 'size', 'uint64'],
  [5, 'uid', Int64Value],
  [6, 'username', 'string'],
  [7, 'spec', ImageSpec],
  [8, 'pinned', 'bool'],
]);

export interface ListImagesResponse {
  images: Image[];
}
export const ListImagesResponse: MessageType<ListImagesResponse> = /* @__PURE__ */ message('runtime.v1.ListImagesResponse', () => ({ images: [] }), () => [
  [1, 'images', Image, 'repeated'],
]);

export interface StreamImagesRequest {
  filter: ImageFilter | undefined;
}
export const StreamImagesRequest: MessageType<StreamImagesRequest> = /* @__PURE__ */ message('runtime.v1.StreamImagesRequest', () => ({ filter: undefined }), () => [
  [1, 'filter', ImageFilter],
]);

export interface StreamImagesResponse {
  images: Image[];
}
export const StreamImagesResponse: MessageType<StreamImagesResponse> = /* @__PURE__ */ message('runtime.v1.StreamImagesResponse', () => ({ images: [] }), () => [
  [1, 'images', Image, 'repeated'],
]);

export interface ImageStatusRequest {
  image: ImageSpec | undefined;
  verbose: boolean;
}
export const ImageStatusRequest: MessageType<ImageStatusRequest> = /* @__PURE__ */ message('runtime.v1.ImageStatusRequest', () => ({ image: undefined, verbose: false }), () => [
  [1, 'image', ImageSpec],
  [2, 'verbose', 'bool'],
]);

export interface ImageStatusResponse {
  image: Image | undefined;
  info: Record<string, string>;
}
export const ImageStatusResponse: MessageType<ImageStatusResponse> = /* @__PURE__ */ message('runtime.v1.ImageStatusResponse', () => ({ image: undefined, info: new Dictionary() }), () => [
  [1, 'image', Image],
  [2, 'info', 'string', 'map'],
]);

export interface AuthConfig {
  username: string;
  password: string;
  auth: string;
  serverAddress: string;
  identityToken: string;
  registryToken: string;
}
export const AuthConfig: MessageType<AuthConfig> = /* @__PURE__ */ message('runtime.v1.AuthConfig', () => ({ username: '', password: '', auth: '', serverAddress: '', identityToken: '', registryToken: '' }), () => [
  [1, 'username', 'string'],
  [2, 'password', 'string'],
  [3, 'auth', 'string'],
  [4, 'server_address', 'string'],
  [5, 'identity_token', 'string'],
  [6, 'registry_token', 'string'],
]);

export interface PullImageRequest {
  image: ImageSpec | undefined;
  auth: AuthConfig | undefined;
  sandboxConfig: PodSandboxConfig | undefined;
}
export const PullImageRequest: MessageType<PullImageRequest> = /* @__PURE__ */ message('runtime.v1.PullImageRequest', () => ({ image: undefined, auth: undefined, sandboxConfig: undefined }), () => [
  [1, 'image', ImageSpec],
  [2, 'auth', AuthConfig],
  [3, 'sandbox_config', PodSandboxConfig],
]);

export interface PullImageResponse {
  imageRef: string;
}
export const PullImageResponse: MessageType<PullImageResponse> = /* @__PURE__ */ message('runtime.v1.PullImageResponse', () => ({ imageRef: '' }), () => [
  [1, 'image_ref', 'string'],
]);

export interface RemoveImageRequest {
  image: ImageSpec | undefined;
}
export const RemoveImageRequest: MessageType<RemoveImageRequest> = /* @__PURE__ */ message('runtime.v1.RemoveImageRequest', () => ({ image: undefined }), () => [
  [1, 'image', ImageSpec],
]);

export type RemoveImageResponse = Record<never, never>;
export const RemoveImageResponse: MessageType<RemoveImageResponse> = /* @__PURE__ */ message('runtime.v1.RemoveImageResponse', () => ({}), () => []);

export interface NetworkConfig {
  podCidr: string;
}
export const NetworkConfig: MessageType<NetworkConfig> = /* @__PURE__ */ message('runtime.v1.NetworkConfig', () => ({ podCidr: '' }), () => [
  [1, 'pod_cidr', 'string'],
]);

export interface RuntimeConfig {
  networkConfig: NetworkConfig | undefined;
}
export const RuntimeConfig: MessageType<RuntimeConfig> = /* @__PURE__ */ message('runtime.v1.RuntimeConfig', () => ({ networkConfig: undefined }), () => [
  [1, 'network_config', NetworkConfig],
]);

export interface UpdateRuntimeConfigRequest {
  runtimeConfig: RuntimeConfig | undefined;
}
export const UpdateRuntimeConfigRequest: MessageType<UpdateRuntimeConfigRequest> = /* @__PURE__ */ message('runtime.v1.UpdateRuntimeConfigRequest', () => ({ runtimeConfig: undefined }), () => [
  [1, 'runtime_config', RuntimeConfig],
]);

export type UpdateRuntimeConfigResponse = Record<never, never>;
export const UpdateRuntimeConfigResponse: MessageType<UpdateRuntimeConfigResponse> = /* @__PURE__ */ message('runtime.v1.UpdateRuntimeConfigResponse', () => ({}), () => []);

export interface RuntimeCondition {
  type: string;
  status: boolean;
  reason: string;
  message: string;
}
export const RuntimeCondition: MessageType<RuntimeCondition> = /* @__PURE__ */ message('runtime.v1.RuntimeCondition', () => ({ type: '', status: false, reason: '', message: '' }), () => [
  [1, 'type', 'string'],
  [2, 'status', 'bool'],
  [3, 'reason', 'string'],
  [4, 'message', 'string'],
]);

export interface RuntimeStatus {
  conditions: RuntimeCondition[];
}
export const RuntimeStatus: MessageType<RuntimeStatus> = /* @__PURE__ */ message('runtime.v1.RuntimeStatus', () => ({ conditions: [] }), () => [
  [1, 'conditions', RuntimeCondition, 'repeated'],
]);

export interface StatusRequest {
  verbose: boolean;
}
export const StatusRequest: MessageType<StatusRequest> = /* @__PURE__ */ message('runtime.v1.StatusRequest', () => ({ verbose: false }), () => [
  [1, 'verbose', 'bool'],
]);

export interface RuntimeHandlerFeatures {
  recursiveReadOnlyMounts: boolean;
  userNamespaces: boolean;
}
export const RuntimeHandlerFeatures: MessageType<RuntimeHandlerFeatures> = /* @__PURE__ */ message('runtime.v1.RuntimeHandlerFeatures', () => ({ recursiveReadOnlyMounts: false, userNamespaces: false }), () => [
  [1, 'recursive_read_only_mounts', 'bool'],
  [2, 'user_namespaces', 'bool'],
]);

export interface RuntimeHandler {
  name: string;
  features: RuntimeHandlerFeatures | undefined;
}
export const RuntimeHandler: MessageType<RuntimeHandler> = /* @__PURE__ */ message('runtime.v1.RuntimeHandler', () => ({ name: '', features: undefined }), () => [
  [1, 'name', 'string'],
  [2, 'features', RuntimeHandlerFeatures],
]);

export interface RuntimeFeatures {
  supplementalGroupsPolicy: boolean;
  userNamespacesHostNetwork: boolean;
}
export const RuntimeFeatures: MessageType<RuntimeFeatures> = /* @__PURE__ */ message('runtime.v1.RuntimeFeatures', () => ({ supplementalGroupsPolicy: false, userNamespacesHostNetwork: false }), () => [
  [1, 'supplemental_groups_policy', 'bool'],
  [2, 'user_namespaces_host_network', 'bool'],
]);

export interface StatusResponse {
  status: RuntimeStatus | undefined;
  info: Record<string, string>;
  runtimeHandlers: RuntimeHandler[];
  features: RuntimeFeatures | undefined;
}
export const StatusResponse: MessageType<StatusResponse> = /* @__PURE__ */ message('runtime.v1.StatusResponse', () => ({ status: undefined, info: new Dictionary(), runtimeHandlers: [], features: undefined }), () => [
  [1, 'status', RuntimeStatus],
  [2, 'info', 'string', 'map'],
  [3, 'runtime_handlers', RuntimeHandler, 'repeated'],
  [4, 'features', RuntimeFeatures],
]);

export type ImageFsInfoRequest = Record<never, never>;
export const ImageFsInfoRequest: MessageType<ImageFsInfoRequest> = /* @__PURE__ */ message('runtime.v1.ImageFsInfoRequest', () => ({}), () => []);

export interface UInt64Value {
  value: bigint;
}
export const UInt64Value: MessageType<UInt64Value> = /* @__PURE__ */ message('runtime.v1.UInt64Value', () => ({ value: 0n }), () => [
  [1, 'value', 'uint64'],
]);

export interface FilesystemIdentifier {
  mountpoint: string;
}
export const FilesystemIdentifier: MessageType<FilesystemIdentifier> = /* @__PURE__ */ message('runtime.v1.FilesystemIdentifier', () => ({ mountpoint: '' }), () => [
  [1, 'mountpoint', 'string'],
]);

export interface FilesystemUsage {
  timestamp: bigint;
  fsId: FilesystemIdentifier | undefined;
  usedBytes: UInt64Value | undefined;
  inodesUsed: UInt64Value | undefined;
}
export const FilesystemUsage: MessageType<FilesystemUsage> = /* @__PURE__ */ message('runtime.v1.FilesystemUsage', () => ({ timestamp: 0n, fsId: undefined, usedBytes: undefined, inodesUsed: undefined }), () => [
  [1, 'timestamp', 'int64'],
  [2, 'fs_id', FilesystemIdentifier],
  [3, 'used_bytes', UInt64Value],
  [4, 'inodes_used', UInt64Value],
]);

export interface WindowsFilesystemUsage {
  timestamp: bigint;
  fsId: FilesystemIdentifier | undefined;
  usedBytes: UInt64Value | undefined;
}
export const WindowsFilesystemUsage: MessageType<WindowsFilesystemUsage> = /* @__PURE__ */ message('runtime.v1.WindowsFilesystemUsage', () => ({ timestamp: 0n, fsId: undefined, usedBytes: undefined }), () => [
  [1, 'timestamp', 'int64'],
  [2, 'fs_id', FilesystemIdentifier],
  [3, 'used_bytes', UInt64Value],
]);

export interface ImageFsInfoResponse {
  imageFilesystems: FilesystemUsage[];
  containerFilesystems: FilesystemUsage[];
}
export const ImageFsInfoResponse: MessageType<ImageFsInfoResponse> = /* @__PURE__ */ message('runtime.v1.ImageFsInfoResponse', () => ({ imageFilesystems: [], containerFilesystems: [] }), () => [
  [1, 'image_filesystems', FilesystemUsage, 'repeated'],
  [2, 'container_filesystems', FilesystemUsage, 'repeated'],
]);

export interface ContainerStatsRequest {
  containerId: string;
}
export const ContainerStatsRequest: MessageType<ContainerStatsRequest> = /* @__PURE__ */ message('runtime.v1.ContainerStatsRequest', () => ({ containerId: '' }), () => [
  [1, 'container_id', 'string'],
]);

export interface ContainerStatsResponse {
  stats: ContainerStats | undefined;
}
export const ContainerStatsResponse: MessageType<ContainerStatsResponse> = /* @__PURE__ */ message('runtime.v1.ContainerStatsResponse', () => ({ stats: undefined }), () => [
  [1, 'stats', ContainerStats],
]);

export interface ListContainerStatsRequest {
  filter: ContainerStatsFilter | undefined;
}
export const ListContainerStatsRequest: MessageType<ListContainerStatsRequest> = /* @__PURE__ */ message('runtime.v1.ListContainerStatsRequest', () => ({ filter: undefined }), () => [
  [1, 'filter', ContainerStatsFilter],
]);

export interface ContainerStatsFilter {
  id: string;
  podSandboxId: string;
  labelSelector: Record<string, string>;
}
export const ContainerStatsFilter: MessageType<ContainerStatsFilter> = /* @__PURE__ */ message('runtime.v1.ContainerStatsFilter', () => ({ id: '', podSandboxId: '', labelSelector: new Dictionary() }), () => [
  [1, 'id', 'string'],
  [2, 'pod_sandbox_id', 'string'],
  [3, 'label_selector', 'string', 'map'],
]);

export interface ListContainerStatsResponse {
  stats: ContainerStats[];
}
export const ListContainerStatsResponse: MessageType<ListContainerStatsResponse> = /* @__PURE__ */ message('runtime.v1.ListContainerStatsResponse', () => ({ stats: [] }), () => [
  [1, 'stats', ContainerStats, 'repeated'],
]);

export interface StreamContainerStatsRequest {
  filter: ContainerStatsFilter | undefined;
}
export const StreamContainerStatsRequest: MessageType<StreamContainerStatsRequest> = /* @__PURE__ */ message('runtime.v1.StreamContainerStatsRequest', () => ({ filter: undefined }), () => [
  [1, 'filter', ContainerStatsFilter],
]);

export interface StreamContainerStatsResponse {
  containerStats: ContainerStats[];
}
export const StreamContainerStatsResponse: MessageType<StreamContainerStatsResponse> = /* @__PURE__ */ message('runtime.v1.StreamContainerStatsResponse', () => ({ containerStats: [] }), () => [
  [1, 'container_stats', ContainerStats, 'repeated'],
]);

export interface ContainerAttributes {
  id: string;
  metadata: ContainerMetadata | undefined;
  labels: Record<string, string>;
  annotations: Record<string, string>;
}
export const ContainerAttributes: MessageType<ContainerAttributes> = /* @__PURE__ */ message('runtime.v1.ContainerAttributes', () => ({ id: '', metadata: undefined, labels: new Dictionary(), annotations: new Dictionary() }), () => [
  [1, 'id', 'string'],
  [2, 'metadata', ContainerMetadata],
  [3, 'labels', 'string', 'map'],
  [4, 'annotations', 'string', 'map'],
]);

export interface ContainerStats {
  attributes: ContainerAttributes | undefined;
  cpu: CpuUsage | undefined;
  memory: MemoryUsage | undefined;
  writableLayer: FilesystemUsage | undefined;
  swap: SwapUsage | undefined;
  io: IoUsage | undefined;
}
export const ContainerStats: MessageType<ContainerStats> = /* @__PURE__ */ message('runtime.v1.ContainerStats', () => ({ attributes: undefined, cpu: undefined, memory: undefined, writableLayer: undefined, swap: undefined, io: undefined }), () => [
  [1, 'attributes', ContainerAttributes],
  [2, 'cpu', CpuUsage],
  [3, 'memory', MemoryUsage],
  [4, 'writable_layer', FilesystemUsage],
  [5, 'swap', SwapUsage],
  [6, 'io', IoUsage],
]);

export interface WindowsContainerStats {
  attributes: ContainerAttributes | undefined;
  cpu: WindowsCpuUsage | undefined;
  memory: WindowsMemoryUsage | undefined;
  writableLayer: WindowsFilesystemUsage | undefined;
}
export const WindowsContainerStats: MessageType<WindowsContainerStats> = /* @__PURE__ */ message('runtime.v1.WindowsContainerStats', () => ({ attributes: undefined, cpu: undefined, memory: undefined, writableLayer: undefined }), () => [
  [1, 'attributes', ContainerAttributes],
  [2, 'cpu', WindowsCpuUsage],
  [3, 'memory', WindowsMemoryUsage],
  [4, 'writable_layer', WindowsFilesystemUsage],
]);

export interface PsiStats {
  Full: PsiData | undefined;
  Some: PsiData | undefined;
}
export const PsiStats: MessageType<PsiStats> = /* @__PURE__ */ message('runtime.v1.PsiStats', () => ({ Full: undefined, Some: undefined }), () => [
  [1, 'Full', PsiData],
  [2, 'Some', PsiData],
]);

export interface PsiData {
  Total: bigint;
  Avg10: number;
  Avg60: number;
  Avg300: number;
}
export const PsiData: MessageType<PsiData> = /* @__PURE__ */ message('runtime.v1.PsiData', () => ({ Total: 0n, Avg10: 0, Avg60: 0, Avg300: 0 }), () => [
  [1, 'Total', 'uint64'],
  [2, 'Avg10', 'double'],
  [3, 'Avg60', 'double'],
  [4, 'Avg300', 'double'],
]);

export interface CpuUsage {
  timestamp: bigint;
  usageCoreNanoSeconds: UInt64Value | undefined;
  usageNanoCores: UInt64Value | undefined;
  psi: PsiStats | undefined;
}
export const CpuUsage: MessageType<CpuUsage> = /* @__PURE__ */ message('runtime.v1.CpuUsage', () => ({ timestamp: 0n, usageCoreNanoSeconds: undefined, usageNanoCores: undefined, psi: undefined }), () => [
  [1, 'timestamp', 'int64'],
  [2, 'usage_core_nano_seconds', UInt64Value],
  [3, 'usage_nano_cores', UInt64Value],
  [4, 'psi', PsiStats],
]);

export interface WindowsCpuUsage {
  timestamp: bigint;
  usageCoreNanoSeconds: UInt64Value | undefined;
  usageNanoCores: UInt64Value | undefined;
}
export const WindowsCpuUsage: MessageType<WindowsCpuUsage> = /* @__PURE__ */ message('runtime.v1.WindowsCpuUsage', () => ({ timestamp: 0n, usageCoreNanoSeconds: undefined, usageNanoCores: undefined }), () => [
  [1, 'timestamp', 'int64'],
  [2, 'usage_core_nano_seconds', UInt64Value],
  [3, 'usage_nano_cores', UInt64Value],
]);

export interface MemoryUsage {
  timestamp: bigint;
  workingSetBytes: UInt64Value | undefined;
  availableBytes: UInt64Value | undefined;
  usageBytes: UInt64Value | undefined;
  rssBytes: UInt64Value | undefined;
  pageFaults: UInt64Value | undefined;
  majorPageFaults: UInt64Value | undefined;
  psi: PsiStats | undefined;
}
export const MemoryUsage: MessageType<MemoryUsage> = /* @__PURE__ */ message('runtime.v1.MemoryUsage', () => ({ timestamp: 0n, workingSetBytes: undefined, availableBytes: undefined, usageBytes: undefined, rssBytes: undefined, pageFaults: undefined, majorPageFaults: undefined, psi: undefined }), () => [
  [1, 'timestamp', 'int64'],
  [2, 'working_set_bytes', UInt64Value],
  [3, 'available_bytes', UInt64Value],
  [4, 'usage_bytes', UInt64Value],
  [5, 'rss_bytes', UInt64Value],
  [6, 'page_faults', UInt64Value],
  [7, 'major_page_faults', UInt64Value],
  [8, 'psi', PsiStats],
]);

export interface IoUsage {
  timestamp: bigint;
  psi: PsiStats | undefined;
}
export const IoUsage: MessageType<IoUsage> = /* @__PURE__ */ message('runtime.v1.IoUsage', () => ({ timestamp: 0n, psi: undefined }), () => [
  [1, 'timestamp', 'int64'],
  [2, 'psi', PsiStats],
]);

export interface SwapUsage {
  timestamp: bigint;
  swapAvailableBytes: UInt64Value | undefined;
  swapUsageBytes: UInt64Value | undefined;
}
export const SwapUsage: MessageType<SwapUsage> = /* @__PURE__ */ message('runtime.v1.SwapUsage', () => ({ timestamp: 0n, swapAvailableBytes: undefined, swapUsageBytes: undefined }), () => [
  [1, 'timestamp', 'int64'],
  [2, 'swap_available_bytes', UInt64Value],
  [3, 'swap_usage_bytes', UInt64Value],
]);

export interface WindowsMemoryUsage {
  timestamp: bigint;
  workingSetBytes: UInt64Value | undefined;
  availableBytes: UInt64Value | undefined;
  pageFaults: UInt64Value | undefined;
  commitMemoryBytes: UInt64Value | undefined;
}
export const WindowsMemoryUsage: MessageType<WindowsMemoryUsage> = /* @__PURE__ */ message('runtime.v1.WindowsMemoryUsage', () => ({ timestamp: 0n, workingSetBytes: undefined, availableBytes: undefined, pageFaults: undefined, commitMemoryBytes: undefined }), () => [
  [1, 'timestamp', 'int64'],
  [2, 'working_set_bytes', UInt64Value],
  [3, 'available_bytes', UInt64Value],
  [4, 'page_faults', UInt64Value],
  [5, 'commit_memory_bytes', UInt64Value],
]);

export interface ReopenContainerLogRequest {
  containerId: string;
}
export const ReopenContainerLogRequest: MessageType<ReopenContainerLogRequest> = /* @__PURE__ */ message('runtime.v1.ReopenContainerLogRequest', () => ({ containerId: '' }), () => [
  [1, 'container_id', 'string'],
]);

export type ReopenContainerLogResponse = Record<never, never>;
export const ReopenContainerLogResponse: MessageType<ReopenContainerLogResponse> = /* @__PURE__ */ message('runtime.v1.ReopenContainerLogResponse', () => ({}), () => []);

export interface CheckpointContainerRequest {
  containerId: string;
  location: string;
  timeout: bigint;
}
export const CheckpointContainerRequest: MessageType<CheckpointContainerRequest> = /* @__PURE__ */ message('runtime.v1.CheckpointContainerRequest', () => ({ containerId: '', location: '', timeout: 0n }), () => [
  [1, 'container_id', 'string'],
  [2, 'location', 'string'],
  [3, 'timeout', 'int64'],
]);

export type CheckpointContainerResponse = Record<never, never>;
export const CheckpointContainerResponse: MessageType<CheckpointContainerResponse> = /* @__PURE__ */ message('runtime.v1.CheckpointContainerResponse', () => ({}), () => []);

export type GetEventsRequest = Record<never, never>;
export const GetEventsRequest: MessageType<GetEventsRequest> = /* @__PURE__ */ message('runtime.v1.GetEventsRequest', () => ({}), () => []);

export interface ContainerEventResponse {
  containerId: string;
  containerEventType: ContainerEventType;
  createdAt: bigint;
  podSandboxStatus: PodSandboxStatus | undefined;
  containersStatuses: ContainerStatus[];
}
export const ContainerEventResponse: MessageType<ContainerEventResponse> = /* @__PURE__ */ message('runtime.v1.ContainerEventResponse', () => ({ containerId: '', containerEventType: 0, createdAt: 0n, podSandboxStatus: undefined, containersStatuses: [] }), () => [
  [1, 'container_id', 'string'],
  [2, 'container_event_type', ContainerEventTypeEnum],
  [3, 'created_at', 'int64'],
  [4, 'pod_sandbox_status', PodSandboxStatus],
  [5, 'containers_statuses', ContainerStatus, 'repeated'],
]);

export const ContainerEventType = { CONTAINER_CREATED_EVENT: 0, CONTAINER_STARTED_EVENT: 1, CONTAINER_STOPPED_EVENT: 2, CONTAINER_DELETED_EVENT: 3 } as const;
export type ContainerEventType = (typeof ContainerEventType)[keyof typeof ContainerEventType];
export const ContainerEventTypeEnum: EnumType = { typeName: 'runtime.v1.ContainerEventType', values: ContainerEventType };

export type ListMetricDescriptorsRequest = Record<never, never>;
export const ListMetricDescriptorsRequest: MessageType<ListMetricDescriptorsRequest> = /* @__PURE__ */ message('runtime.v1.ListMetricDescriptorsRequest', () => ({}), () => []);

export interface ListMetricDescriptorsResponse {
  descriptors: MetricDescriptor[];
}
export const ListMetricDescriptorsResponse: MessageType<ListMetricDescriptorsResponse> = /* @__PURE__ */ message('runtime.v1.ListMetricDescriptorsResponse', () => ({ descriptors: [] }), () => [
  [1, 'descriptors', MetricDescriptor, 'repeated'],
]);

export interface MetricDescriptor {
  name: string;
  help: string;
  labelKeys: string[];
}
export const MetricDescriptor: MessageType<MetricDescriptor> = /* @__PURE__ */ message('runtime.v1.MetricDescriptor', () => ({ name: '', help: '', labelKeys: [] }), () => [
  [1, 'name', 'string'],
  [2, 'help', 'string'],
  [3, 'label_keys', 'string', 'repeated'],
]);

export type ListPodSandboxMetricsRequest = Record<never, never>;
export const ListPodSandboxMetricsRequest: MessageType<ListPodSandboxMetricsRequest> = /* @__PURE__ */ message('runtime.v1.ListPodSandboxMetricsRequest', () => ({}), () => []);

export interface ListPodSandboxMetricsResponse {
  podMetrics: PodSandboxMetrics[];
}
export const ListPodSandboxMetricsResponse: MessageType<ListPodSandboxMetricsResponse> = /* @__PURE__ */ message('runtime.v1.ListPodSandboxMetricsResponse', () => ({ podMetrics: [] }), () => [
  [1, 'pod_metrics', PodSandboxMetrics, 'repeated'],
]);

export type StreamPodSandboxMetricsRequest = Record<never, never>;
export const StreamPodSandboxMetricsRequest: MessageType<StreamPodSandboxMetricsRequest> = /* @__PURE__ */ message('runtime.v1.StreamPodSandboxMetricsRequest', () => ({}), () => []);

export interface StreamPodSandboxMetricsResponse {
  podSandboxMetrics: PodSandboxMetrics[];
}
export const StreamPodSandboxMetricsResponse: MessageType<StreamPodSandboxMetricsResponse> = /* @__PURE__ */ message('runtime.v1.StreamPodSandboxMetricsResponse', () => ({ podSandboxMetrics: [] }), () => [
  [1, 'pod_sandbox_metrics', PodSandboxMetrics, 'repeated'],
]);

export interface PodSandboxMetrics {
  podSandboxId: string;
  metrics: Metric[];
  containerMetrics: ContainerMetrics[];
}
export const PodSandboxMetrics: MessageType<PodSandboxMetrics> = /* @__PURE__ */ message('runtime.v1.PodSandboxMetrics', () => ({ podSandboxId: '', metrics: [], containerMetrics: [] }), () => [
  [1, 'pod_sandbox_id', 'string'],
  [2, 'metrics', Metric, 'repeated'],
  [3, 'container_metrics', ContainerMetrics, 'repeated'],
]);

export interface ContainerMetrics {
  containerId: string;
  metrics: Metric[];
}
export const ContainerMetrics: MessageType<ContainerMetrics> = /* @__PURE__ */ message('runtime.v1.ContainerMetrics', () => ({ containerId: '', metrics: [] }), () => [
  [1, 'container_id', 'string'],
  [2, 'metrics', Metric, 'repeated'],
]);

export interface Metric {
  name: string;
  timestamp: bigint;
  metricType: MetricType;
  labelValues: string[];
  value: UInt64Value | undefined;
}
export const Metric: MessageType<Metric> = /* @__PURE__ */ message('runtime.v1.Metric', () => ({ name: '', timestamp: 0n, metricType: 0, labelValues: [], value: undefined }), () => [
  [1, 'name', 'string'],
  [2, 'timestamp', 'int64'],
  [3, 'metric_type', MetricTypeEnum],
  [4, 'label_values', 'string', 'repeated'],
  [5, 'value', UInt64Value],
]);

export const MetricType = { COUNTER: 0, GAUGE: 1 } as const;
export type MetricType = (typeof MetricType)[keyof typeof MetricType];
export const MetricTypeEnum: EnumType = { typeName: 'runtime.v1.MetricType', values: MetricType };

export type RuntimeConfigRequest = Record<never, never>;
export const RuntimeConfigRequest: MessageType<RuntimeConfigRequest> = /* @__PURE__ */ message('runtime.v1.RuntimeConfigRequest', () => ({}), () => []);

export interface RuntimeConfigResponse {
  linux: LinuxRuntimeConfiguration | undefined;
}
export const RuntimeConfigResponse: MessageType<RuntimeConfigResponse> = /* @__PURE__ */ message('runtime.v1.RuntimeConfigResponse', () => ({ linux: undefined }), () => [
  [1, 'linux', LinuxRuntimeConfiguration],
]);

export interface LinuxRuntimeConfiguration {
  cgroupDriver: CgroupDriver;
}
export const LinuxRuntimeConfiguration: MessageType<LinuxRuntimeConfiguration> = /* @__PURE__ */ message('runtime.v1.LinuxRuntimeConfiguration', () => ({ cgroupDriver: 0 }), () => [
  [1, 'cgroup_driver', CgroupDriverEnum],
]);

export const CgroupDriver = { SYSTEMD: 0, CGROUPFS: 1 } as const;
export type CgroupDriver = (typeof CgroupDriver)[keyof typeof CgroupDriver];
export const CgroupDriverEnum: EnumType = { typeName: 'runtime.v1.CgroupDriver', values: CgroupDriver };

export interface UpdatePodSandboxResourcesRequest {
  podSandboxId: string;
  overhead: LinuxContainerResources | undefined;
  resources: LinuxContainerResources | undefined;
}
export const UpdatePodSandboxResourcesRequest: MessageType<UpdatePodSandboxResourcesRequest> = /* @__PURE__ */ message('runtime.v1.UpdatePodSandboxResourcesRequest', () => ({ podSandboxId: '', overhead: undefined, resources: undefined }), () => [
  [1, 'pod_sandbox_id', 'string'],
  [2, 'overhead', LinuxContainerResources],
  [3, 'resources', LinuxContainerResources],
]);

export type UpdatePodSandboxResourcesResponse = Record<never, never>;
export const UpdatePodSandboxResourcesResponse: MessageType<UpdatePodSandboxResourcesResponse> = /* @__PURE__ */ message('runtime.v1.UpdatePodSandboxResourcesResponse', () => ({}), () => []);

export const RuntimeService = /* @__PURE__ */ service('runtime.v1.RuntimeService', {
  Version: [VersionRequest, VersionResponse],
  RunPodSandbox: [RunPodSandboxRequest, RunPodSandboxResponse],
  StopPodSandbox: [StopPodSandboxRequest, StopPodSandboxResponse],
  RemovePodSandbox: [RemovePodSandboxRequest, RemovePodSandboxResponse],
  PodSandboxStatus: [PodSandboxStatusRequest, PodSandboxStatusResponse],
  ListPodSandbox: [ListPodSandboxRequest, ListPodSandboxResponse],
  StreamPodSandboxes: [StreamPodSandboxesRequest, StreamPodSandboxesResponse, 'server'],
  CreateContainer: [CreateContainerRequest, CreateContainerResponse],
  StartContainer: [StartContainerRequest, StartContainerResponse],
  StopContainer: [StopContainerRequest, StopContainerResponse],
  RemoveContainer: [RemoveContainerRequest, RemoveContainerResponse],
  ListContainers: [ListContainersRequest, ListContainersResponse],
  StreamContainers: [StreamContainersRequest, StreamContainersResponse, 'server'],
  ContainerStatus: [ContainerStatusRequest, ContainerStatusResponse],
  UpdateContainerResources: [UpdateContainerResourcesRequest, UpdateContainerResourcesResponse],
  ReopenContainerLog: [ReopenContainerLogRequest, ReopenContainerLogResponse],
  ExecSync: [ExecSyncRequest, ExecSyncResponse],
  Exec: [ExecRequest, ExecResponse],
  Attach: [AttachRequest, AttachResponse],
  PortForward: [PortForwardRequest, PortForwardResponse],
  ContainerStats: [ContainerStatsRequest, ContainerStatsResponse],
  ListContainerStats: [ListContainerStatsRequest, ListContainerStatsResponse],
  StreamContainerStats: [StreamContainerStatsRequest, StreamContainerStatsResponse, 'server'],
  PodSandboxStats: [PodSandboxStatsRequest, PodSandboxStatsResponse],
  ListPodSandboxStats: [ListPodSandboxStatsRequest, ListPodSandboxStatsResponse],
  StreamPodSandboxStats: [StreamPodSandboxStatsRequest, StreamPodSandboxStatsResponse, 'server'],
  UpdateRuntimeConfig: [UpdateRuntimeConfigRequest, UpdateRuntimeConfigResponse],
  Status: [StatusRequest, StatusResponse],
  CheckpointContainer: [CheckpointContainerRequest, CheckpointContainerResponse],
  GetContainerEvents: [GetEventsRequest, ContainerEventResponse, 'server'],
  ListMetricDescriptors: [ListMetricDescriptorsRequest, ListMetricDescriptorsResponse],
  ListPodSandboxMetrics: [ListPodSandboxMetricsRequest, ListPodSandboxMetricsResponse],
  StreamPodSandboxMetrics: [StreamPodSandboxMetricsRequest, StreamPodSandboxMetricsResponse, 'server'],
  RuntimeConfig: [RuntimeConfigRequest, RuntimeConfigResponse],
  UpdatePodSandboxResources: [UpdatePodSandboxResourcesRequest, UpdatePodSandboxResourcesResponse],
});

export const ImageService = /* @__PURE__ */ service('runtime.v1.ImageService', {
  ListImages: [ListImagesRequest, ListImagesResponse],
  StreamImages: [StreamImagesRequest, StreamImagesResponse, 'server'],
  ImageStatus: [ImageStatusRequest, ImageStatusResponse],
  PullImage: [PullImageRequest, PullImageResponse],
  RemoveImage: [RemoveImageRequest, RemoveImageResponse],
  ImageFsInfo: [ImageFsInfoRequest, ImageFsInfoResponse],
});
