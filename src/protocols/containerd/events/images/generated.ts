// Generated from the .proto text in this folder by `npm run build:protocols`. Do not edit.
import { Dictionary } from '../../../proto/dictionary.ts';
import type { MessageType } from '../../../proto/message-type.ts';
import { message } from '../../../proto/message-type.ts';

export interface ImageCreate {
  name: string;
  labels: Record<string, string>;
}
export const ImageCreate: MessageType<ImageCreate> = /* @__PURE__ */ message('containerd.services.images.v1.ImageCreate', () => ({ name: '', labels: new Dictionary() }), () => [
  [1, 'name', 'string'],
  [2, 'labels', 'string', 'map'],
]);

export interface ImageUpdate {
  name: string;
  labels: Record<string, string>;
}
export const ImageUpdate: MessageType<ImageUpdate> = /* @__PURE__ */ message('containerd.services.images.v1.ImageUpdate', () => ({ name: '', labels: new Dictionary() }), () => [
  [1, 'name', 'string'],
  [2, 'labels', 'string', 'map'],
]);

export interface ImageDelete {
  name: string;
}
export const ImageDelete: MessageType<ImageDelete> = /* @__PURE__ */ message('containerd.services.images.v1.ImageDelete', () => ({ name: '' }), () => [
  [1, 'name', 'string'],
]);
