// Generated from the .proto text in this folder by `npm run build:protocols`. Do not edit.
import { Dictionary } from '../../../../proto/dictionary.ts';
import type { MessageType } from '../../../../proto/message-type.ts';
import { message } from '../../../../proto/message-type.ts';
import { service } from '../../../../proto/service.ts';
import * as containerd_types from '../../../types/generated.ts';
import * as google_protobuf from '../../../../google/protobuf/generated.ts';

export interface ApplyRequest {
  diff: containerd_types.Descriptor | undefined;
  mounts: containerd_types.Mount[];
  payloads: Record<string, google_protobuf.Any>;
  syncFs: boolean;
}
export const ApplyRequest: MessageType<ApplyRequest> = /* @__PURE__ */ message('containerd.services.diff.v1.ApplyRequest', () => ({ diff: undefined, mounts: [], payloads: new Dictionary(), syncFs: false }), () => [
  [1, 'diff', containerd_types.Descriptor],
  [2, 'mounts', containerd_types.Mount, 'repeated'],
  [3, 'payloads', google_protobuf.Any, 'map'],
  [4, 'sync_fs', 'bool'],
]);

export interface ApplyResponse {
  applied: containerd_types.Descriptor | undefined;
}
export const ApplyResponse: MessageType<ApplyResponse> = /* @__PURE__ */ message('containerd.services.diff.v1.ApplyResponse', () => ({ applied: undefined }), () => [
  [1, 'applied', containerd_types.Descriptor],
]);

export interface DiffRequest {
  left: containerd_types.Mount[];
  right: containerd_types.Mount[];
  mediaType: string;
  ref: string;
  labels: Record<string, string>;
  sourceDateEpoch: google_protobuf.Timestamp | undefined;
}
export const DiffRequest: MessageType<DiffRequest> = /* @__PURE__ */ message('containerd.services.diff.v1.DiffRequest', () => ({ left: [], right: [], mediaType: '', ref: '', labels: new Dictionary(), sourceDateEpoch: undefined }), () => [
  [1, 'left', containerd_types.Mount, 'repeated'],
  [2, 'right', containerd_types.Mount, 'repeated'],
  [3, 'media_type', 'string'],
  [4, 'ref', 'string'],
  [5, 'labels', 'string', 'map'],
  [6, 'source_date_epoch', google_protobuf.Timestamp],
]);

export interface DiffResponse {
  diff: containerd_types.Descriptor | undefined;
}
export const DiffResponse: MessageType<DiffResponse> = /* @__PURE__ */ message('containerd.services.diff.v1.DiffResponse', () => ({ diff: undefined }), () => [
  [3, 'diff', containerd_types.Descriptor],
]);

export const DiffService = /* @__PURE__ */ service('containerd.services.diff.v1.Diff', {
  Apply: [ApplyRequest, ApplyResponse],
  Diff: [DiffRequest, DiffResponse],
});
