// Generated from the .proto text in this folder by `npm run build:protocols`. Do not edit.
import { Dictionary, noBytes } from '../../../proto/dictionary.ts';
import type { EnumType, MessageType } from '../../../proto/message-type.ts';
import { message } from '../../../proto/message-type.ts';
import * as containerd_types from '../generated.ts';
import * as google_protobuf from '../../../google/protobuf/generated.ts';

export interface ImageStore {
  name: string;
  labels: Record<string, string>;
  platforms: containerd_types.Platform[];
  allMetadata: boolean;
  manifestLimit: number;
  extraReferences: ImageReference[];
  unpacks: UnpackConfiguration[];
}
export const ImageStore: MessageType<ImageStore> = /* @__PURE__ */ message('containerd.types.transfer.ImageStore', () => ({ name: '', labels: new Dictionary(), platforms: [], allMetadata: false, manifestLimit: 0, extraReferences: [], unpacks: [] }), () => [
  [1, 'name', 'string'],
  [2, 'labels', 'string', 'map'],
  [3, 'platforms', containerd_types.Platform, 'repeated'],
  [4, 'all_metadata', 'bool'],
  [5, 'manifest_limit', 'uint32'],
  [6, 'extra_references', ImageReference, 'repeated'],
  [10, 'unpacks', UnpackConfiguration, 'repeated'],
]);

export interface UnpackConfiguration {
  platform: containerd_types.Platform | undefined;
  snapshotter: string;
}
export const UnpackConfiguration: MessageType<UnpackConfiguration> = /* @__PURE__ */ message('containerd.types.transfer.UnpackConfiguration', () => ({ platform: undefined, snapshotter: '' }), () => [
  [1, 'platform', containerd_types.Platform],
  [2, 'snapshotter', 'string'],
]);

export interface ImageReference {
  name: string;
  isPrefix: boolean;
  allowOverwrite: boolean;
  addDigest: boolean;
  skipNamedDigest: boolean;
}
export const ImageReference: MessageType<ImageReference> = /* @__PURE__ */ message('containerd.types.transfer.ImageReference', () => ({ name: '', isPrefix: false, allowOverwrite: false, addDigest: false, skipNamedDigest: false }), () => [
  [1, 'name', 'string'],
  [2, 'is_prefix', 'bool'],
  [3, 'allow_overwrite', 'bool'],
  [4, 'add_digest', 'bool'],
  [5, 'skip_named_digest', 'bool'],
]);

export interface ImageImportStream {
  stream: string;
  mediaType: string;
  forceCompress: boolean;
}
export const ImageImportStream: MessageType<ImageImportStream> = /* @__PURE__ */ message('containerd.types.transfer.ImageImportStream', () => ({ stream: '', mediaType: '', forceCompress: false }), () => [
  [1, 'stream', 'string'],
  [2, 'media_type', 'string'],
  [3, 'force_compress', 'bool'],
]);

export interface ImageExportStream {
  stream: string;
  mediaType: string;
  platforms: containerd_types.Platform[];
  allPlatforms: boolean;
  skipCompatibilityManifest: boolean;
  skipNonDistributable: boolean;
}
export const ImageExportStream: MessageType<ImageExportStream> = /* @__PURE__ */ message('containerd.types.transfer.ImageExportStream', () => ({ stream: '', mediaType: '', platforms: [], allPlatforms: false, skipCompatibilityManifest: false, skipNonDistributable: false }), () => [
  [1, 'stream', 'string'],
  [2, 'media_type', 'string'],
  [3, 'platforms', containerd_types.Platform, 'repeated'],
  [4, 'all_platforms', 'bool'],
  [5, 'skip_compatibility_manifest', 'bool'],
  [6, 'skip_non_distributable', 'bool'],
]);

export interface Progress {
  event: string;
  name: string;
  parents: string[];
  progress: bigint;
  total: bigint;
  desc: containerd_types.Descriptor | undefined;
}
export const Progress: MessageType<Progress> = /* @__PURE__ */ message('containerd.types.transfer.Progress', () => ({ event: '', name: '', parents: [], progress: 0n, total: 0n, desc: undefined }), () => [
  [1, 'event', 'string'],
  [2, 'name', 'string'],
  [3, 'parents', 'string', 'repeated'],
  [4, 'progress', 'int64'],
  [5, 'total', 'int64'],
  [6, 'desc', containerd_types.Descriptor],
]);

export interface OCIRegistry {
  reference: string;
  resolver: RegistryResolver | undefined;
}
export const OCIRegistry: MessageType<OCIRegistry> = /* @__PURE__ */ message('containerd.types.transfer.OCIRegistry', () => ({ reference: '', resolver: undefined }), () => [
  [1, 'reference', 'string'],
  [2, 'resolver', RegistryResolver],
]);

export const HTTPDebug = { DISABLED: 0, DEBUG: 1, TRACE: 2, BOTH: 3 } as const;
export type HTTPDebug = (typeof HTTPDebug)[keyof typeof HTTPDebug];
export const HTTPDebugEnum: EnumType = { typeName: 'containerd.types.transfer.HTTPDebug', values: HTTPDebug };

export interface RegistryResolver {
  authStream: string;
  headers: Record<string, string>;
  hostDir: string;
  defaultScheme: string;
  httpDebug: HTTPDebug;
  logsStream: string;
}
export const RegistryResolver: MessageType<RegistryResolver> = /* @__PURE__ */ message('containerd.types.transfer.RegistryResolver', () => ({ authStream: '', headers: new Dictionary(), hostDir: '', defaultScheme: '', httpDebug: 0, logsStream: '' }), () => [
  [1, 'auth_stream', 'string'],
  [2, 'headers', 'string', 'map'],
  [3, 'host_dir', 'string'],
  [4, 'default_scheme', 'string'],
  [5, 'http_debug', HTTPDebugEnum],
  [6, 'logs_stream', 'string'],
]);

export interface AuthRequest {
  host: string;
  reference: string;
  wwwauthenticate: string[];
}
export const AuthRequest: MessageType<AuthRequest> = /* @__PURE__ */ message('containerd.types.transfer.AuthRequest', () => ({ host: '', reference: '', wwwauthenticate: [] }), () => [
  [1, 'host', 'string'],
  [2, 'reference', 'string'],
  [3, 'wwwauthenticate', 'string', 'repeated'],
]);

export const AuthType = { NONE: 0, CREDENTIALS: 1, REFRESH: 2, HEADER: 3 } as const;
export type AuthType = (typeof AuthType)[keyof typeof AuthType];
export const AuthTypeEnum: EnumType = { typeName: 'containerd.types.transfer.AuthType', values: AuthType };

export interface AuthResponse {
  authType: AuthType;
  secret: string;
  username: string;
  expireAt: google_protobuf.Timestamp | undefined;
}
export const AuthResponse: MessageType<AuthResponse> = /* @__PURE__ */ message('containerd.types.transfer.AuthResponse', () => ({ authType: 0, secret: '', username: '', expireAt: undefined }), () => [
  [1, 'authType', AuthTypeEnum],
  [2, 'secret', 'string'],
  [3, 'username', 'string'],
  [4, 'expire_at', google_protobuf.Timestamp],
]);

export interface Data {
  data: Uint8Array;
}
export const Data: MessageType<Data> = /* @__PURE__ */ message('containerd.types.transfer.Data', () => ({ data: noBytes }), () => [
  [1, 'data', 'bytes'],
]);

export interface WindowUpdate {
  update: number;
}
export const WindowUpdate: MessageType<WindowUpdate> = /* @__PURE__ */ message('containerd.types.transfer.WindowUpdate', () => ({ update: 0 }), () => [
  [1, 'update', 'int32'],
]);
