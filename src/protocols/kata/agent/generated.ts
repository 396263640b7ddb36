// Generated from the .proto text in this folder by `npm run build:protocols`. Do not edit.
import { noBytes } from '../../proto/dictionary.ts';
import type { MessageType } from '../../proto/message-type.ts';
import { message } from '../../proto/message-type.ts';
import { service } from '../../proto/service.ts';
import * as google_protobuf from '../../google/protobuf/generated.ts';

export interface Storage {
  driver: string;
  driverOptions: string[];
  source: string;
  fstype: string;
  options: string[];
  mountPoint: string;
}
export const Storage: MessageType<Storage> = /* @__PURE__ */ message('grpc.Storage', () => ({ driver: '', driverOptions: [], source: '', fstype: '', options: [], mountPoint: '' }), () => [
  [1, 'driver', 'string'],
  [2, 'driver_options', 'string', 'repeated'],
  [3, 'source', 'string'],
  [4, 'fstype', 'string'],
  [5, 'options', 'string', 'repeated'],
  [6, 'mount_point', 'string'],
]);

export interface CreateContainerRequest {
  containerId: string;
  execId: string;
  storages: Storage[];
  OCI: Uint8Array;
  sandboxPidns: boolean;
}
export const CreateContainerRequest: MessageType<CreateContainerRequest> = /* @__PURE__ */ message('grpc.CreateContainerRequest', () => ({ containerId: '', execId: '', storages: [], OCI: noBytes, sandboxPidns: false }), () => [
  [1, 'container_id', 'string'],
  [2, 'exec_id', 'string'],
  [5, 'storages', Storage, 'repeated'],
  [6, 'OCI', 'bytes'],
  [7, 'sandbox_pidns', 'bool'],
]);

export interface StartContainerRequest {
  containerId: string;
}
export const StartContainerRequest: MessageType<StartContainerRequest> = /* @__PURE__ */ message('grpc.StartContainerRequest', () => ({ containerId: '' }), () => [
  [1, 'container_id', 'string'],
]);

export interface RemoveContainerRequest {
  containerId: string;
  timeout: number;
}
export const RemoveContainerRequest: MessageType<RemoveContainerRequest> = /* @__PURE__ */ message('grpc.RemoveContainerRequest', () => ({ containerId: '', timeout: 0 }), () => [
  [1, 'container_id', 'string'],
  [2, 'timeout', 'uint32'],
]);

export interface ExecProcessRequest {
  containerId: string;
  execId: string;
  process: Uint8Array;
}
export const ExecProcessRequest: MessageType<ExecProcessRequest> = /* @__PURE__ */ message('grpc.ExecProcessRequest', () => ({ containerId: '', execId: '', process: noBytes }), () => [
  [1, 'container_id', 'string'],
  [2, 'exec_id', 'string'],
  [4, 'process', 'bytes'],
]);

export interface SignalProcessRequest {
  containerId: string;
  execId: string;
  signal: number;
}
export const SignalProcessRequest: MessageType<SignalProcessRequest> = /* @__PURE__ */ message('grpc.SignalProcessRequest', () => ({ containerId: '', execId: '', signal: 0 }), () => [
  [1, 'container_id', 'string'],
  [2, 'exec_id', 'string'],
  [3, 'signal', 'uint32'],
]);

export interface WaitProcessRequest {
  containerId: string;
  execId: string;
}
export const WaitProcessRequest: MessageType<WaitProcessRequest> = /* @__PURE__ */ message('grpc.WaitProcessRequest', () => ({ containerId: '', execId: '' }), () => [
  [1, 'container_id', 'string'],
  [2, 'exec_id', 'string'],
]);

export interface WaitProcessResponse {
  status: number;
}
export const WaitProcessResponse: MessageType<WaitProcessResponse> = /* @__PURE__ */ message('grpc.WaitProcessResponse', () => ({ status: 0 }), () => [
  [1, 'status', 'int32'],
]);

export interface UpdateContainerRequest {
  containerId: string;
  resources: Uint8Array;
}
export const UpdateContainerRequest: MessageType<UpdateContainerRequest> = /* @__PURE__ */ message('grpc.UpdateContainerRequest', () => ({ containerId: '', resources: noBytes }), () => [
  [1, 'container_id', 'string'],
  [2, 'resources', 'bytes'],
]);

export interface StatsContainerRequest {
  containerId: string;
}
export const StatsContainerRequest: MessageType<StatsContainerRequest> = /* @__PURE__ */ message('grpc.StatsContainerRequest', () => ({ containerId: '' }), () => [
  [1, 'container_id', 'string'],
]);

export interface CpuUsage {
  totalUsage: bigint;
}
export const CpuUsage: MessageType<CpuUsage> = /* @__PURE__ */ message('grpc.CpuUsage', () => ({ totalUsage: 0n }), () => [
  [1, 'total_usage', 'uint64'],
]);

export interface CpuStats {
  cpuUsage: CpuUsage | undefined;
}
export const CpuStats: MessageType<CpuStats> = /* @__PURE__ */ message('grpc.CpuStats', () => ({ cpuUsage: undefined }), () => [
  [1, 'cpu_usage', CpuUsage],
]);

export interface MemoryData {
  usage: bigint;
  maxUsage: bigint;
  limit: bigint;
}
export const MemoryData: MessageType<MemoryData> = /* @__PURE__ */ message('grpc.MemoryData', () => ({ usage: 0n, maxUsage: 0n, limit: 0n }), () => [
  [1, 'usage', 'uint64'],
  [2, 'max_usage', 'uint64'],
  [4, 'limit', 'uint64'],
]);

export interface MemoryStats {
  usage: MemoryData | undefined;
}
export const MemoryStats: MessageType<MemoryStats> = /* @__PURE__ */ message('grpc.MemoryStats', () => ({ usage: undefined }), () => [
  [2, 'usage', MemoryData],
]);

export interface PidsStats {
  current: bigint;
  limit: bigint;
}
export const PidsStats: MessageType<PidsStats> = /* @__PURE__ */ message('grpc.PidsStats', () => ({ current: 0n, limit: 0n }), () => [
  [1, 'current', 'uint64'],
  [2, 'limit', 'uint64'],
]);

export interface CgroupStats {
  cpuStats: CpuStats | undefined;
  memoryStats: MemoryStats | undefined;
  pidsStats: PidsStats | undefined;
}
export const CgroupStats: MessageType<CgroupStats> = /* @__PURE__ */ message('grpc.CgroupStats', () => ({ cpuStats: undefined, memoryStats: undefined, pidsStats: undefined }), () => [
  [1, 'cpu_stats', CpuStats],
  [2, 'memory_stats', MemoryStats],
  [3, 'pids_stats', PidsStats],
]);

export interface StatsContainerResponse {
  cgroupStats: CgroupStats | undefined;
}
export const StatsContainerResponse: MessageType<StatsContainerResponse> = /* @__PURE__ */ message('grpc.StatsContainerResponse', () => ({ cgroupStats: undefined }), () => [
  [1, 'cgroup_stats', CgroupStats],
]);

export interface PauseContainerRequest {
  containerId: string;
}
export const PauseContainerRequest: MessageType<PauseContainerRequest> = /* @__PURE__ */ message('grpc.PauseContainerRequest', () => ({ containerId: '' }), () => [
  [1, 'container_id', 'string'],
]);

export interface ResumeContainerRequest {
  containerId: string;
}
export const ResumeContainerRequest: MessageType<ResumeContainerRequest> = /* @__PURE__ */ message('grpc.ResumeContainerRequest', () => ({ containerId: '' }), () => [
  [1, 'container_id', 'string'],
]);

export interface WriteStreamRequest {
  containerId: string;
  execId: string;
  data: Uint8Array;
}
export const WriteStreamRequest: MessageType<WriteStreamRequest> = /* @__PURE__ */ message('grpc.WriteStreamRequest', () => ({ containerId: '', execId: '', data: noBytes }), () => [
  [1, 'container_id', 'string'],
  [2, 'exec_id', 'string'],
  [3, 'data', 'bytes'],
]);

export interface WriteStreamResponse {
  len: number;
}
export const WriteStreamResponse: MessageType<WriteStreamResponse> = /* @__PURE__ */ message('grpc.WriteStreamResponse', () => ({ len: 0 }), () => [
  [1, 'len', 'uint32'],
]);

export interface ReadStreamRequest {
  containerId: string;
  execId: string;
  len: number;
}
export const ReadStreamRequest: MessageType<ReadStreamRequest> = /* @__PURE__ */ message('grpc.ReadStreamRequest', () => ({ containerId: '', execId: '', len: 0 }), () => [
  [1, 'container_id', 'string'],
  [2, 'exec_id', 'string'],
  [3, 'len', 'uint32'],
]);

export interface ReadStreamResponse {
  data: Uint8Array;
}
export const ReadStreamResponse: MessageType<ReadStreamResponse> = /* @__PURE__ */ message('grpc.ReadStreamResponse', () => ({ data: noBytes }), () => [
  [1, 'data', 'bytes'],
]);

export interface CloseStdinRequest {
  containerId: string;
  execId: string;
}
export const CloseStdinRequest: MessageType<CloseStdinRequest> = /* @__PURE__ */ message('grpc.CloseStdinRequest', () => ({ containerId: '', execId: '' }), () => [
  [1, 'container_id', 'string'],
  [2, 'exec_id', 'string'],
]);

export interface TtyWinResizeRequest {
  containerId: string;
  execId: string;
  row: number;
  column: number;
}
export const TtyWinResizeRequest: MessageType<TtyWinResizeRequest> = /* @__PURE__ */ message('grpc.TtyWinResizeRequest', () => ({ containerId: '', execId: '', row: 0, column: 0 }), () => [
  [1, 'container_id', 'string'],
  [2, 'exec_id', 'string'],
  [3, 'row', 'uint32'],
  [4, 'column', 'uint32'],
]);

export interface IPAddress {
  family: number;
  address: string;
  mask: string;
}
export const IPAddress: MessageType<IPAddress> = /* @__PURE__ */ message('grpc.IPAddress', () => ({ family: 0, address: '', mask: '' }), () => [
  [1, 'family', 'int32'],
  [2, 'address', 'string'],
  [3, 'mask', 'string'],
]);

export interface Interface {
  device: string;
  name: string;
  IPAddresses: IPAddress[];
  mtu: bigint;
  hwAddr: string;
}
export const Interface: MessageType<Interface> = /* @__PURE__ */ message('grpc.Interface', () => ({ device: '', name: '', IPAddresses: [], mtu: 0n, hwAddr: '' }), () => [
  [1, 'device', 'string'],
  [2, 'name', 'string'],
  [3, 'IPAddresses', IPAddress, 'repeated'],
  [4, 'mtu', 'uint64'],
  [5, 'hwAddr', 'string'],
]);

export interface Route {
  dest: string;
  gateway: string;
  device: string;
  source: string;
  scope: number;
}
export const Route: MessageType<Route> = /* @__PURE__ */ message('grpc.Route', () => ({ dest: '', gateway: '', device: '', source: '', scope: 0 }), () => [
  [1, 'dest', 'string'],
  [2, 'gateway', 'string'],
  [3, 'device', 'string'],
  [4, 'source', 'string'],
  [5, 'scope', 'uint32'],
]);

export interface Routes {
  Routes: Route[];
}
export const Routes: MessageType<Routes> = /* @__PURE__ */ message('grpc.Routes', () => ({ Routes: [] }), () => [
  [1, 'Routes', Route, 'repeated'],
]);

export interface UpdateInterfaceRequest {
  interface: Interface | undefined;
}
export const UpdateInterfaceRequest: MessageType<UpdateInterfaceRequest> = /* @__PURE__ */ message('grpc.UpdateInterfaceRequest', () => ({ interface: undefined }), () => [
  [1, 'interface', Interface],
]);

export interface UpdateRoutesRequest {
  routes: Routes | undefined;
}
export const UpdateRoutesRequest: MessageType<UpdateRoutesRequest> = /* @__PURE__ */ message('grpc.UpdateRoutesRequest', () => ({ routes: undefined }), () => [
  [1, 'routes', Routes],
]);

export interface CreateSandboxRequest {
  hostname: string;
  dns: string[];
  storages: Storage[];
  sandboxPidns: boolean;
  sandboxId: string;
}
export const CreateSandboxRequest: MessageType<CreateSandboxRequest> = /* @__PURE__ */ message('grpc.CreateSandboxRequest', () => ({ hostname: '', dns: [], storages: [], sandboxPidns: false, sandboxId: '' }), () => [
  [1, 'hostname', 'string'],
  [2, 'dns', 'string', 'repeated'],
  [3, 'storages', Storage, 'repeated'],
  [4, 'sandbox_pidns', 'bool'],
  [5, 'sandbox_id', 'string'],
]);

export type DestroySandboxRequest = Record<never, never>;
export const DestroySandboxRequest: MessageType<DestroySandboxRequest> = /* @__PURE__ */ message('grpc.DestroySandboxRequest', () => ({}), () => []);

export type GetOOMEventRequest = Record<never, never>;
export const GetOOMEventRequest: MessageType<GetOOMEventRequest> = /* @__PURE__ */ message('grpc.GetOOMEventRequest', () => ({}), () => []);

export interface OOMEvent {
  containerId: string;
}
export const OOMEvent: MessageType<OOMEvent> = /* @__PURE__ */ message('grpc.OOMEvent', () => ({ containerId: '' }), () => [
  [1, 'container_id', 'string'],
]);

export interface OnlineCPUMemRequest {
  wait: boolean;
  nbCpus: number;
  cpuOnly: boolean;
}
export const OnlineCPUMemRequest: MessageType<OnlineCPUMemRequest> = /* @__PURE__ */ message('grpc.OnlineCPUMemRequest', () => ({ wait: false, nbCpus: 0, cpuOnly: false }), () => [
  [1, 'wait', 'bool'],
  [2, 'nb_cpus', 'uint32'],
  [3, 'cpu_only', 'bool'],
]);

export interface GuestDetailsRequest {
  memBlockSize: boolean;
}
export const GuestDetailsRequest: MessageType<GuestDetailsRequest> = /* @__PURE__ */ message('grpc.GuestDetailsRequest', () => ({ memBlockSize: false }), () => [
  [1, 'mem_block_size', 'bool'],
]);

export interface GuestDetailsResponse {
  memBlockSizeBytes: bigint;
}
export const GuestDetailsResponse: MessageType<GuestDetailsResponse> = /* @__PURE__ */ message('grpc.GuestDetailsResponse', () => ({ memBlockSizeBytes: 0n }), () => [
  [1, 'mem_block_size_bytes', 'uint64'],
]);

export interface CopyFileRequest {
  path: string;
  fileSize: bigint;
  fileMode: number;
  dirMode: number;
  uid: number;
  gid: number;
  offset: bigint;
  data: Uint8Array;
}
export const CopyFileRequest: MessageType<CopyFileRequest> = /* @__PURE__ */ message('grpc.CopyFileRequest', () => ({ path: '', fileSize: 0n, fileMode: 0, dirMode: 0, uid: 0, gid: 0, offset: 0n, data: noBytes }), () => [
  [1, 'path', 'string'],
  [2, 'file_size', 'int64'],
  [3, 'file_mode', 'uint32'],
  [4, 'dir_mode', 'uint32'],
  [5, 'uid', 'int32'],
  [6, 'gid', 'int32'],
  [7, 'offset', 'int64'],
  [8, 'data', 'bytes'],
]);

export const AgentService = /* @__PURE__ */ service('grpc.AgentService', {
  CreateContainer: [CreateContainerRequest, google_protobuf.Empty],
  StartContainer: [StartContainerRequest, google_protobuf.Empty],
  RemoveContainer: [RemoveContainerRequest, google_protobuf.Empty],
  ExecProcess: [ExecProcessRequest, google_protobuf.Empty],
  SignalProcess: [SignalProcessRequest, google_protobuf.Empty],
  WaitProcess: [WaitProcessRequest, WaitProcessResponse],
  UpdateContainer: [UpdateContainerRequest, google_protobuf.Empty],
  StatsContainer: [StatsContainerRequest, StatsContainerResponse],
  PauseContainer: [PauseContainerRequest, google_protobuf.Empty],
  ResumeContainer: [ResumeContainerRequest, google_protobuf.Empty],
  WriteStdin: [WriteStreamRequest, WriteStreamResponse],
  ReadStdout: [ReadStreamRequest, ReadStreamResponse],
  ReadStderr: [ReadStreamRequest, ReadStreamResponse],
  CloseStdin: [CloseStdinRequest, google_protobuf.Empty],
  TtyWinResize: [TtyWinResizeRequest, google_protobuf.Empty],
  UpdateInterface: [UpdateInterfaceRequest, Interface],
  UpdateRoutes: [UpdateRoutesRequest, Routes],
  OnlineCPUMem: [OnlineCPUMemRequest, google_protobuf.Empty],
  GetGuestDetails: [GuestDetailsRequest, GuestDetailsResponse],
  CopyFile: [CopyFileRequest, google_protobuf.Empty],
  CreateSandbox: [CreateSandboxRequest, google_protobuf.Empty],
  GetOOMEvent: [GetOOMEventRequest, OOMEvent],
  DestroySandbox: [DestroySandboxRequest, google_protobuf.Empty],
});
