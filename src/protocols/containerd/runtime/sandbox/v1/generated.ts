// Generated from the .proto text in this folder by `npm run build:protocols`. Do not edit.
import { Dictionary } from '../../../../proto/dictionary.ts';
import type { MessageType } from '../../../../proto/message-type.ts';
import { message } from '../../../../proto/message-type.ts';
import { service } from '../../../../proto/service.ts';
import * as containerd_types from '../../../types/generated.ts';
import * as google_protobuf from '../../../../google/protobuf/generated.ts';

export interface CreateSandboxRequest {
  sandboxId: string;
  bundlePath: string;
  rootfs: containerd_types.Mount[];
  options: google_protobuf.Any | undefined;
  netnsPath: string;
  annotations: Record<string, string>;
}
export const CreateSandboxRequest: MessageType<CreateSandboxRequest> = /* @__PURE__ */ message('containerd.runtime.sandbox.v1.CreateSandboxRequest', () => ({ sandboxId: '', bundlePath: '', rootfs: [], options: undefined, netnsPath: '', annotations: new Dictionary() }), () => [
  [1, 'sandbox_id', 'string'],
  [2, 'bundle_path', 'string'],
  [3, 'rootfs', containerd_types.Mount, 'repeated'],
  [4, 'options', google_protobuf.Any],
  [5, 'netns_path', 'string'],
  [6, 'annotations', 'string', 'map'],
]);

export type CreateSandboxResponse = Record<never, never>;
export const CreateSandboxResponse: MessageType<CreateSandboxResponse> = /* @__PURE__ */ message('containerd.runtime.sandbox.v1.CreateSandboxResponse', () => ({}), () => []);

export interface StartSandboxRequest {
  sandboxId: string;
}
export const StartSandboxRequest: MessageType<StartSandboxRequest> = /* @__PURE__ */ message('containerd.runtime.sandbox.v1.StartSandboxRequest', () => ({ sandboxId: '' }), () => [
  [1, 'sandbox_id', 'string'],
]);

export interface StartSandboxResponse {
  pid: number;
  createdAt: google_protobuf.Timestamp | undefined;
}
export const StartSandboxResponse: MessageType<StartSandboxResponse> = /* @__PURE__ */ message('containerd.runtime.sandbox.v1.StartSandboxResponse', () => ({ pid: 0, createdAt: undefined }), () => [
  [1, 'pid', 'uint32'],
  [2, 'created_at', google_protobuf.Timestamp],
]);

export interface PlatformRequest {
  sandboxId: string;
}
export const PlatformRequest: MessageType<PlatformRequest> = /* @__PURE__ */ message('containerd.runtime.sandbox.v1.PlatformRequest', () => ({ sandboxId: '' }), () => [
  [1, 'sandbox_id', 'string'],
]);

export interface PlatformResponse {
  platform: containerd_types.Platform | undefined;
}
export const PlatformResponse: MessageType<PlatformResponse> = /* @__PURE__ */ message('containerd.runtime.sandbox.v1.PlatformResponse', () => ({ platform: undefined }), () => [
  [1, 'platform', containerd_types.Platform],
]);

export interface StopSandboxRequest {
  sandboxId: string;
  timeoutSecs: number;
}
export const StopSandboxRequest: MessageType<StopSandboxRequest> = /* @__PURE__ */ message('containerd.runtime.sandbox.v1.StopSandboxRequest', () => ({ sandboxId: '', timeoutSecs: 0 }), () => [
  [1, 'sandbox_id', 'string'],
  [2, 'timeout_secs', 'uint32'],
]);

export type StopSandboxResponse = Record<never, never>;
export const StopSandboxResponse: MessageType<StopSandboxResponse> = /* @__PURE__ */ message('containerd.runtime.sandbox.v1.StopSandboxResponse', () => ({}), () => []);

export interface UpdateSandboxRequest {
  sandboxId: string;
  resources: google_protobuf.Any | undefined;
  annotations: Record<string, string>;
}
export const UpdateSandboxRequest: MessageType<UpdateSandboxRequest> = /* @__PURE__ */ message('containerd.runtime.sandbox.v1.UpdateSandboxRequest', () => ({ sandboxId: '', resources: undefined, annotations: new Dictionary() }), () => [
  [1, 'sandbox_id', 'string'],
  [2, 'resources', google_protobuf.Any],
  [3, 'annotations', 'string', 'map'],
]);

export interface WaitSandboxRequest {
  sandboxId: string;
}
export const WaitSandboxRequest: MessageType<WaitSandboxRequest> = /* @__PURE__ */ message('containerd.runtime.sandbox.v1.WaitSandboxRequest', () => ({ sandboxId: '' }), () => [
  [1, 'sandbox_id', 'string'],
]);

export interface WaitSandboxResponse {
  exitStatus: number;
  exitedAt: google_protobuf.Timestamp | undefined;
}
export const WaitSandboxResponse: MessageType<WaitSandboxResponse> = /* @__PURE__ */ message('containerd.runtime.sandbox.v1.WaitSandboxResponse', () => ({ exitStatus: 0, exitedAt: undefined }), () => [
  [1, 'exit_status', 'uint32'],
  [2, 'exited_at', google_protobuf.Timestamp],
]);

export type UpdateSandboxResponse = Record<never, never>;
export const UpdateSandboxResponse: MessageType<UpdateSandboxResponse> = /* @__PURE__ */ message('containerd.runtime.sandbox.v1.UpdateSandboxResponse', () => ({}), () => []);

export interface SandboxStatusRequest {
  sandboxId: string;
  verbose: boolean;
}
export const SandboxStatusRequest: MessageType<SandboxStatusRequest> = /* @__PURE__ */ message('containerd.runtime.sandbox.v1.SandboxStatusRequest', () => ({ sandboxId: '', verbose: false }), () => [
  [1, 'sandbox_id', 'string'],
  [2, 'verbose', 'bool'],
]);

export interface SandboxStatusResponse {
  sandboxId: string;
  pid: number;
  state: string;
  info: Record<string, string>;
  createdAt: google_protobuf.Timestamp | undefined;
  exitedAt: google_protobuf.Timestamp | undefined;
  extra: google_protobuf.Any | undefined;
}
export const SandboxStatusResponse: MessageType<SandboxStatusResponse> = /* @__PURE__ */ message('containerd.runtime.sandbox.v1.SandboxStatusResponse', () => ({ sandboxId: '', pid: 0, state: '', info: new Dictionary(), createdAt: undefined, exitedAt: undefined, extra: undefined }), () => [
  [1, 'sandbox_id', 'string'],
  [2, 'pid', 'uint32'],
  [3, 'state', 'string'],
  [4, 'info', 'string', 'map'],
  [5, 'created_at', google_protobuf.Timestamp],
  [6, 'exited_at', google_protobuf.Timestamp],
  [7, 'extra', google_protobuf.Any],
]);

export interface PingRequest {
  sandboxId: string;
}
export const PingRequest: MessageType<PingRequest> = /* @__PURE__ */ message('containerd.runtime.sandbox.v1.PingRequest', () => ({ sandboxId: '' }), () => [
  [1, 'sandbox_id', 'string'],
]);

export type PingResponse = Record<never, never>;
export const PingResponse: MessageType<PingResponse> = /* @__PURE__ */ message('containerd.runtime.sandbox.v1.PingResponse', () => ({}), () => []);

export interface ShutdownSandboxRequest {
  sandboxId: string;
}
export const ShutdownSandboxRequest: MessageType<ShutdownSandboxRequest> = /* @__PURE__ */ message('containerd.runtime.sandbox.v1.ShutdownSandboxRequest', () => ({ sandboxId: '' }), () => [
  [1, 'sandbox_id', 'string'],
]);

export type ShutdownSandboxResponse = Record<never, never>;
export const ShutdownSandboxResponse: MessageType<ShutdownSandboxResponse> = /* @__PURE__ */ message('containerd.runtime.sandbox.v1.ShutdownSandboxResponse', () => ({}), () => []);

export interface SandboxMetricsRequest {
  sandboxId: string;
}
export const SandboxMetricsRequest: MessageType<SandboxMetricsRequest> = /* @__PURE__ */ message('containerd.runtime.sandbox.v1.SandboxMetricsRequest', () => ({ sandboxId: '' }), () => [
  [1, 'sandbox_id', 'string'],
]);

export interface SandboxMetricsResponse {
  metrics: containerd_types.Metric | undefined;
}
export const SandboxMetricsResponse: MessageType<SandboxMetricsResponse> = /* @__PURE__ */ message('containerd.runtime.sandbox.v1.SandboxMetricsResponse', () => ({ metrics: undefined }), () => [
  [1, 'metrics', containerd_types.Metric],
]);

export const SandboxService = /* @__PURE__ */ service('containerd.runtime.sandbox.v1.Sandbox', {
  CreateSandbox: [CreateSandboxRequest, CreateSandboxResponse],
  StartSandbox: [StartSandboxRequest, StartSandboxResponse],
  Platform: [PlatformRequest, PlatformResponse],
  StopSandbox: [StopSandboxRequest, StopSandboxResponse],
  WaitSandbox: [WaitSandboxRequest, WaitSandboxResponse],
  SandboxStatus: [SandboxStatusRequest, SandboxStatusResponse],
  PingSandbox: [PingRequest, PingResponse],
  ShutdownSandbox: [ShutdownSandboxRequest, ShutdownSandboxResponse],
  SandboxMetrics: [SandboxMetricsRequest, SandboxMetricsResponse],
});
