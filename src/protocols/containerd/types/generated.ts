// Generated from the .proto text in this folder by `npm run build:protocols`. Do not edit.
import { Dictionary } from '../../proto/dictionary.ts';
import type { MessageType } from '../../proto/message-type.ts';
import { message } from '../../proto/message-type.ts';
import * as google_protobuf from '../../google/protobuf/generated.ts';

export interface Descriptor {
  mediaType: string;
  digest: string;
  size: bigint;
  annotations: Record<string, string>;
}
export const Descriptor: MessageType<Descriptor> = /* @__PURE__ */ message('containerd.types.Descriptor', () => ({ mediaType: '', digest: '', size: 0n, annotations: new Dictionary() }), () => [
  [1, 'media_type', 'string'],
  [2, 'digest', 'string'],
  [3, 'size', 'int64'],
  [5, 'annotations', 'string', 'map'],
]);

export interface Envelope {
  timestamp: google_protobuf.Timestamp | undefined;
  namespace: string;
  topic: string;
  event: google_protobuf.Any | undefined;
}
export const Envelope: MessageType<Envelope> = /* @__PURE__ */ message('containerd.types.Envelope', () => ({ timestamp: undefined, namespace: '', topic: '', event: undefined }), () => [
  [1, 'timestamp', google_protobuf.Timestamp],
  [2, 'namespace', 'string'],
  [3, 'topic', 'string'],
  [4, 'event', google_protobuf.Any],
]);

export interface RuntimeRequest {
  runtimePath: string;
  options: google_protobuf.Any | undefined;
}
export const RuntimeRequest: MessageType<RuntimeRequest> = /* @__PURE__ */ message('containerd.types.RuntimeRequest', () => ({ runtimePath: '', options: undefined }), () => [
  [1, 'runtime_path', 'string'],
  [2, 'options', google_protobuf.Any],
]);

export interface RuntimeVersion {
  version: string;
  revision: string;
}
export const RuntimeVersion: MessageType<RuntimeVersion> = /* @__PURE__ */ message('containerd.types.RuntimeVersion', () => ({ version: '', revision: '' }), () => [
  [1, 'version', 'string'],
  [2, 'revision', 'string'],
]);

export interface RuntimeInfo {
  name: string;
  version: RuntimeVersion | undefined;
  options: google_protobuf.Any | undefined;
  features: google_protobuf.Any | undefined;
  annotations: Record<string, string>;
}
export const RuntimeInfo: MessageType<RuntimeInfo> = /* @__PURE__ */ message('containerd.types.RuntimeInfo', () => ({ name: '', version: undefined, options: undefined, features: undefined, annotations: new Dictionary() }), () => [
  [1, 'name', 'string'],
  [2, 'version', RuntimeVersion],
  [3, 'options', google_protobuf.Any],
  [4, 'features', google_protobuf.Any],
  [5, 'annotations', 'string', 'map'],
]);

export interface Metric {
  timestamp: google_protobuf.Timestamp | undefined;
  id: string;
  data: google_protobuf.Any | undefined;
}
export const Metric: MessageType<Metric> = /* @__PURE__ */ message('containerd.types.Metric', () => ({ timestamp: undefined, id: '', data: undefined }), () => [
  [1, 'timestamp', google_protobuf.Timestamp],
  [2, 'id', 'string'],
  [3, 'data', google_protobuf.Any],
]);

export interface Mount {
  type: string;
  source: string;
  target: string;
  options: string[];
}
export const Mount: MessageType<Mount> = /* @__PURE__ */ message('containerd.types.Mount', () => ({ type: '', source: '', target: '', options: [] }), () => [
  [1, 'type', 'string'],
  [2, 'source', 'string'],
  [3, 'target', 'string'],
  [4, 'options', 'string', 'repeated'],
]);

export interface Platform {
  os: string;
  architecture: string;
  variant: string;
  osVersion: string;
}
export const Platform: MessageType<Platform> = /* @__PURE__ */ message('containerd.types.Platform', () => ({ os: '', architecture: '', variant: '', osVersion: '' }), () => [
  [1, 'os', 'string'],
  [2, 'architecture', 'string'],
  [3, 'variant', 'string'],
  [4, 'os_version', 'string'],
]);

export interface Sandbox {
  sandboxId: string;
  runtime: Sandbox_Runtime | undefined;
  spec: google_protobuf.Any | undefined;
  labels: Record<string, string>;
  createdAt: google_protobuf.Timestamp | undefined;
  updatedAt: google_protobuf.Timestamp | undefined;
  extensions: Record<string, google_protobuf.Any>;
  sandboxer: string;
}
export const Sandbox: MessageType<Sandbox> = /* @__PURE__ */ message('containerd.types.Sandbox', () => ({ sandboxId: '', runtime: undefined, spec: undefined, labels: new Dictionary(), createdAt: undefined, updatedAt: undefined, extensions: new Dictionary(), sandboxer: '' }), () => [
  [1, 'sandbox_id', 'string'],
  [2, 'runtime', Sandbox_Runtime],
  [3, 'spec', google_protobuf.Any],
  [4, 'labels', 'string', 'map'],
  [5, 'created_at', google_protobuf.Timestamp],
  [6, 'updated_at', google_protobuf.Timestamp],
  [7, 'extensions', google_protobuf.Any, 'map'],
  [10, 'sandboxer', 'string'],
]);

export interface Sandbox_Runtime {
  name: string;
  options: google_protobuf.Any | undefined;
}
export const Sandbox_Runtime: MessageType<Sandbox_Runtime> = /* @__PURE__ */ message('containerd.types.Sandbox.Runtime', () => ({ name: '', options: undefined }), () => [
  [1, 'name', 'string'],
  [2, 'options', google_protobuf.Any],
]);
