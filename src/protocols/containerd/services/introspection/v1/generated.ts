// Generated from the .proto text in this folder by `npm run build:protocols`. Do not edit.
import { Dictionary } from '../../../../proto/dictionary.ts';
import type { MessageType } from '../../../../proto/message-type.ts';
import { message } from '../../../../proto/message-type.ts';
import { service } from '../../../../proto/service.ts';
import * as containerd_types from '../../../types/generated.ts';
import * as google_protobuf from '../../../../google/protobuf/generated.ts';
import * as google_rpc from '../../../../google/rpc/generated.ts';

export interface Plugin {
  type: string;
  id: string;
  requires: string[];
  platforms: containerd_types.Platform[];
  exports: Record<string, string>;
  capabilities: string[];
  initErr: google_rpc.Status | undefined;
}
export const Plugin: MessageType<Plugin> = /* @__PURE__ */ message('containerd.services.introspection.v1.Plugin', () => ({ type: '', id: '', requires: [], platforms: [], exports: new Dictionary(), capabilities: [], initErr: undefined }), () => [
  [1, 'type', 'string'],
  [2, 'id', 'string'],
  [3, 'requires', 'string', 'repeated'],
  [4, 'platforms', containerd_types.Platform, 'repeated'],
  [5, 'exports', 'string', 'map'],
  [6, 'capabilities', 'string', 'repeated'],
  [7, 'init_err', google_rpc.Status],
]);

export interface PluginsRequest {
  filters: string[];
}
export const PluginsRequest: MessageType<PluginsRequest> = /* @__PURE__ */ message('containerd.services.introspection.v1.PluginsRequest', () => ({ filters: [] }), () => [
  [1, 'filters', 'string', 'repeated'],
]);

export interface PluginsResponse {
  plugins: Plugin[];
}
export const PluginsResponse: MessageType<PluginsResponse> = /* @__PURE__ */ message('containerd.services.introspection.v1.PluginsResponse', () => ({ plugins: [] }), () => [
  [1, 'plugins', Plugin, 'repeated'],
]);

export interface ServerResponse {
  uuid: string;
  pid: bigint;
  pidns: bigint;
  deprecations: DeprecationWarning[];
}
export const ServerResponse: MessageType<ServerResponse> = /* @__PURE__ */ message('containerd.services.introspection.v1.ServerResponse', () => ({ uuid: '', pid: 0n, pidns: 0n, deprecations: [] }), () => [
  [1, 'uuid', 'string'],
  [2, 'pid', 'uint64'],
  [3, 'pidns', 'uint64'],
  [4, 'deprecations', DeprecationWarning, 'repeated'],
]);

export interface DeprecationWarning {
  id: string;
  message: string;
  lastOccurrence: google_protobuf.Timestamp | undefined;
}
export const DeprecationWarning: MessageType<DeprecationWarning> = /* @__PURE__ */ message('containerd.services.introspection.v1.DeprecationWarning', () => ({ id: '', message: '', lastOccurrence: undefined }), () => [
  [1, 'id', 'string'],
  [2, 'message', 'string'],
  [3, 'last_occurrence', google_protobuf.Timestamp],
]);

export interface PluginInfoRequest {
  type: string;
  id: string;
  options: google_protobuf.Any | undefined;
}
export const PluginInfoRequest: MessageType<PluginInfoRequest> = /* @__PURE__ */ message('containerd.services.introspection.v1.PluginInfoRequest', () => ({ type: '', id: '', options: undefined }), () => [
  [1, 'type', 'string'],
  [2, 'id', 'string'],
  [3, 'options', google_protobuf.Any],
]);

export interface PluginInfoResponse {
  plugin: Plugin | undefined;
  extra: google_protobuf.Any | undefined;
}
export const PluginInfoResponse: MessageType<PluginInfoResponse> = /* @__PURE__ */ message('containerd.services.introspection.v1.PluginInfoResponse', () => ({ plugin: undefined, extra: undefined }), () => [
  [1, 'plugin', Plugin],
  [2, 'extra', google_protobuf.Any],
]);

export const IntrospectionService = /* @__PURE__ */ service('containerd.services.introspection.v1.Introspection', {
  Plugins: [PluginsRequest, PluginsResponse],
  Server: [google_protobuf.Empty, ServerResponse],
  PluginInfo: [PluginInfoRequest, PluginInfoResponse],
});
