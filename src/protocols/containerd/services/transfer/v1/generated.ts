// Generated from the .proto text in this folder by `npm run build:protocols`. Do not edit.
import type { MessageType } from '../../../../proto/message-type.ts';
import { message } from '../../../../proto/message-type.ts';
import { service } from '../../../../proto/service.ts';
import * as google_protobuf from '../../../../google/protobuf/generated.ts';

export interface TransferRequest {
  source: google_protobuf.Any | undefined;
  destination: google_protobuf.Any | undefined;
  options: TransferOptions | undefined;
}
export const TransferRequest: MessageType<TransferRequest> = /* @__PURE__ */ message('containerd.services.transfer.v1.TransferRequest', () => ({ source: undefined, destination: undefined, options: undefined }), () => [
  [1, 'source', google_protobuf.Any],
  [2, 'destination', google_protobuf.Any],
  [3, 'options', TransferOptions],
]);

export interface TransferOptions {
  progressStream: string;
}
export const TransferOptions: MessageType<TransferOptions> = /* @__PURE__ */ message('containerd.services.transfer.v1.TransferOptions', () => ({ progressStream: '' }), () => [
  [1, 'progress_stream', 'string'],
]);

export const TransferService = /* @__PURE__ */ service('containerd.services.transfer.v1.Transfer', {
  Transfer: [TransferRequest, google_protobuf.Empty],
});
