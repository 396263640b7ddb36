// Generated from the .proto text in this folder by `npm run build:protocols`. Do not edit.
import type { MessageType } from '../../../../proto/message-type.ts';
import { message } from '../../../../proto/message-type.ts';
import { service } from '../../../../proto/service.ts';
import * as google_protobuf from '../../../../google/protobuf/generated.ts';

export interface VersionResponse {
  version: string;
  revision: string;
}
export const VersionResponse: MessageType<VersionResponse> = /* @__PURE__ */ message('containerd.services.version.v1.VersionResponse', () => ({ version: '', revision: '' }), () => [
  [1, 'version', 'string'],
  [2, 'revision', 'string'],
]);

export const VersionService = /* @__PURE__ */ service('containerd.services.version.v1.Version', {
  Version: [google_protobuf.Empty, VersionResponse],
});
