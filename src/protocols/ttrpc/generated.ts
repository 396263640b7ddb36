// Generated from the .proto text in this folder by `npm run build:protocols`. Do not edit.
import { noBytes } from '../proto/dictionary.ts';
import type { MessageType } from '../proto/message-type.ts';
import { message } from '../proto/message-type.ts';
import * as google_rpc from '../google/rpc/generated.ts';

export interface Request {
  service: string;
  method: string;
  payload: Uint8Array;
  timeoutNano: bigint;
  metadata: KeyValue[];
}
export const Request: MessageType<Request> = /* @__PURE__ */ message('ttrpc.Request', () => ({ service: '', method: '', payload: noBytes, timeoutNano: 0n, metadata: [] }), () => [
  [1, 'service', 'string'],
  [2, 'method', 'string'],
  [3, 'payload', 'bytes'],
  [4, 'timeout_nano', 'int64'],
  [5, 'metadata', KeyValue, 'repeated'],
]);

export interface Response {
  status: google_rpc.Status | undefined;
  payload: Uint8Array;
}
export const Response: MessageType<Response> = /* @__PURE__ */ message('ttrpc.Response', () => ({ status: undefined, payload: noBytes }), () => [
  [1, 'status', google_rpc.Status],
  [2, 'payload', 'bytes'],
]);

export interface StringList {
  list: string[];
}
export const StringList: MessageType<StringList> = /* @__PURE__ */ message('ttrpc.StringList', () => ({ list: [] }), () => [
  [1, 'list', 'string', 'repeated'],
]);

export interface KeyValue {
  key: string;
  value: string;
}
export const KeyValue: MessageType<KeyValue> = /* @__PURE__ */ message('ttrpc.KeyValue', () => ({ key: '', value: '' }), () => [
  [1, 'key', 'string'],
  [2, 'value', 'string'],
]);
