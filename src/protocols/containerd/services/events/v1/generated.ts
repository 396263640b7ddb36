// Generated from the .proto text in this folder by `npm run build:protocols`. Do not edit.
import type { MessageType } from '../../../../proto/message-type.ts';
import { message } from '../../../../proto/message-type.ts';
import { service } from '../../../../proto/service.ts';
import * as containerd_types from '../../../types/generated.ts';
import * as google_protobuf from '../../../../google/protobuf/generated.ts';

export interface PublishRequest {
  topic: string;
  event: google_protobuf.Any | undefined;
}
export const PublishRequest: MessageType<PublishRequest> = /* @__PURE__ */ message('containerd.services.events.v1.PublishRequest', () => ({ topic: '', event: undefined }), () => [
  [1, 'topic', 'string'],
  [2, 'event', google_protobuf.Any],
]);

export interface ForwardRequest {
  envelope: containerd_types.Envelope | undefined;
}
export const ForwardRequest: MessageType<ForwardRequest> = /* @__PURE__ */ message('containerd.services.events.v1.ForwardRequest', () => ({ envelope: undefined }), () => [
  [1, 'envelope', containerd_types.Envelope],
]);

export interface SubscribeRequest {
  filters: string[];
}
export const SubscribeRequest: MessageType<SubscribeRequest> = /* @__PURE__ */ message('containerd.services.events.v1.SubscribeRequest', () => ({ filters: [] }), () => [
  [1, 'filters', 'string', 'repeated'],
]);

export const EventsService = /* @__PURE__ */ service('containerd.services.events.v1.Events', {
  Publish: [PublishRequest, google_protobuf.Empty],
  Forward: [ForwardRequest, google_protobuf.Empty],
  Subscribe: [SubscribeRequest, containerd_types.Envelope, 'server'],
});
