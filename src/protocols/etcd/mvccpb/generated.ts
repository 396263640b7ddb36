// Generated from the .proto text in this folder by `npm run build:protocols`. Do not edit.
import { noBytes } from '../../proto/dictionary.ts';
import type { EnumType, MessageType } from '../../proto/message-type.ts';
import { message } from '../../proto/message-type.ts';

export interface KeyValue {
  key: Uint8Array;
  createRevision: bigint;
  modRevision: bigint;
  version: bigint;
  value: Uint8Array;
  lease: bigint;
}
export const KeyValue: MessageType<KeyValue> = /* @__PURE__ */ message('mvccpb.KeyValue', () => ({ key: noBytes, createRevision: 0n, modRevision: 0n, version: 0n, value: noBytes, lease: 0n }), () => [
  [1, 'key', 'bytes'],
  [2, 'create_revision', 'int64'],
  [3, 'mod_revision', 'int64'],
  [4, 'version', 'int64'],
  [5, 'value', 'bytes'],
  [6, 'lease', 'int64'],
]);

export interface Event {
  type: Event_EventType;
  kv: KeyValue | undefined;
  prevKv: KeyValue | undefined;
}
export const Event: MessageType<Event> = /* @__PURE__ */ message('mvccpb.Event', () => ({ type: 0, kv: undefined, prevKv: undefined }), () => [
  [1, 'type', Event_EventTypeEnum],
  [2, 'kv', KeyValue],
  [3, 'prev_kv', KeyValue],
]);

export const Event_EventType = { PUT: 0, DELETE: 1 } as const;
export type Event_EventType = (typeof Event_EventType)[keyof typeof Event_EventType];
export const Event_EventTypeEnum: EnumType = { typeName: 'mvccpb.Event.EventType', values: Event_EventType };
