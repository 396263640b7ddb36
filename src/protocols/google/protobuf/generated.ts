// Generated from the .proto text in this folder by `npm run build:protocols`. Do not edit.
import { noBytes } from '../../proto/dictionary.ts';
import type { MessageType } from '../../proto/message-type.ts';
import { message } from '../../proto/message-type.ts';

export interface Any {
  typeUrl: string;
  value: Uint8Array;
}
export const Any: MessageType<Any> = /* @__PURE__ */ message('google.protobuf.Any', () => ({ typeUrl: '', value: noBytes }), () => [
  [1, 'type_url', 'string'],
  [2, 'value', 'bytes'],
]);

export interface Duration {
  seconds: bigint;
  nanos: number;
}
export const Duration: MessageType<Duration> = /* @__PURE__ */ message('google.protobuf.Duration', () => ({ seconds: 0n, nanos: 0 }), () => [
  [1, 'seconds', 'int64'],
  [2, 'nanos', 'int32'],
]);

export type Empty = Record<never, never>;
export const Empty: MessageType<Empty> = /* @__PURE__ */ message('google.protobuf.Empty', () => ({}), () => []);

export interface FieldMask {
  paths: string[];
}
export const FieldMask: MessageType<FieldMask> = /* @__PURE__ */ message('google.protobuf.FieldMask', () => ({ paths: [] }), () => [
  [1, 'paths', 'string', 'repeated'],
]);

export interface Timestamp {
  seconds: bigint;
  nanos: number;
}
export const Timestamp: MessageType<Timestamp> = /* @__PURE__ */ message('google.protobuf.Timestamp', () => ({ seconds: 0n, nanos: 0 }), () => [
  [1, 'seconds', 'int64'],
  [2, 'nanos', 'int32'],
]);
