// Generated from the .proto text in this folder by `npm run build:protocols`. Do not edit.
import { noBytes } from '../../../../proto/dictionary.ts';
import type { MessageType } from '../../../../proto/message-type.ts';
import { message } from '../../../../proto/message-type.ts';

export interface Options {
  typeUrl: string;
  configPath: string;
  configBody: Uint8Array;
}
export const Options: MessageType<Options> = /* @__PURE__ */ message('runtimeoptions.v1.Options', () => ({ typeUrl: '', configPath: '', configBody: noBytes }), () => [
  [1, 'type_url', 'string'],
  [2, 'config_path', 'string'],
  [3, 'config_body', 'bytes'],
]);
