// Generated from the .proto text in this folder by `npm run build:protocols`. Do not edit.
import type { MessageType } from '../../proto/message-type.ts';
import { message } from '../../proto/message-type.ts';
import * as google_protobuf from '../protobuf/generated.ts';

export interface Status {
  code: number;
  message: string;
  details: google_protobuf.Any[];
}
export const Status: MessageType<Status> = /* @__PURE__ */ message('google.rpc.Status', () => ({ code: 0, message: '', details: [] }), () => [
  [1, 'code', 'int32'],
  [2, 'message', 'string'],
  [3, 'details', google_protobuf.Any, 'repeated'],
]);
