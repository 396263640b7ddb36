// Generated from the .proto text in this folder by `npm run build:protocols`. Do not edit.
import type { MessageType } from '../../../../../proto/message-type.ts';
import { message } from '../../../../../proto/message-type.ts';
import { service } from '../../../../../proto/service.ts';
import * as containerd_types from '../../../../types/generated.ts';
import * as google_protobuf from '../../../../../google/protobuf/generated.ts';

export interface ForwardRequest {
  envelope: containerd_types.Envelope | undefined;
}
export const ForwardRequest: MessageType<ForwardRequest> = /* @__PURE__ */ message('containerd.services.events.ttrpc.v1.ForwardRequest', () => ({ envelope: undefined }), () => [
  [1, 'envelope', containerd_types.Envelope],
]);

export const EventsService = /* @__PURE__ */ service('containerd.services.events.ttrpc.v1.Events', {
  Forward: [ForwardRequest, google_protobuf.Empty],
});
