// Generated from the .proto text in this folder by `npm run build:protocols`. Do not edit.
import type { MessageType } from '../../../../proto/message-type.ts';
import { message } from '../../../../proto/message-type.ts';
import { service } from '../../../../proto/service.ts';
import * as google_protobuf from '../../../../google/protobuf/generated.ts';

export interface StreamInit {
  id: string;
}
export const StreamInit: MessageType<StreamInit> = /* @__PURE__ */ message('containerd.services.streaming.v1.StreamInit', () => ({ id: '' }), () => [
  [1, 'id', 'string'],
]);

export const StreamingService = /* @__PURE__ */ service('containerd.services.streaming.v1.Streaming', {
  Stream: [google_protobuf.Any, google_protobuf.Any, 'both'],
});
