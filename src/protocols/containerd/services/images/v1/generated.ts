// Generated from the .proto text in this folder by `npm run build:protocols`. Do not edit.
import { Dictionary } from '../../../../proto/dictionary.ts';
import type { MessageType } from '../../../../proto/message-type.ts';
import { message } from '../../../../proto/message-type.ts';
import { service } from '../../../../proto/service.ts';
import * as containerd_types from '../../../types/generated.ts';
import * as google_protobuf from '../../../../google/protobuf/generated.ts';

export interface Image {
  name: string;
  labels: Record<string, string>;
  target: containerd_types.Descriptor | undefined;
  createdAt: google_protobuf.Timestamp | undefined;
  updatedAt: google_protobuf.Timestamp | undefined;
}
export const Image: MessageType<Image> = /* @__PURE__ */ message('containerd.services.images.v1.Image', () => ({ name: '', labels: new Dictionary(), target: undefined, createdAt: undefined, updatedAt: undefined }), () => [
  [1, 'name', 'string'],
  [2, 'labels', 'string', 'map'],
  [3, 'target', containerd_types.Descriptor],
  [7, 'created_at', google_protobuf.Timestamp],
  [8, 'updated_at', google_protobuf.Timestamp],
]);

export interface GetImageRequest {
  name: string;
}
export const GetImageRequest: MessageType<GetImageRequest> = /* @__PURE__ */ message('containerd.services.images.v1.GetImageRequest', () => ({ name: '' }), () => [
  [1, 'name', 'string'],
]);

export interface GetImageResponse {
  image: Image | undefined;
}
export const GetImageResponse: MessageType<GetImageResponse> = /* @__PURE__ */ message('containerd.services.images.v1.GetImageResponse', () => ({ image: undefined }), () => [
  [1, 'image', Image],
]);

export interface CreateImageRequest {
  image: Image | undefined;
  sourceDateEpoch: google_protobuf.Timestamp | undefined;
}
export const CreateImageRequest: MessageType<CreateImageRequest> = /* @__PURE__ */ message('containerd.services.images.v1.CreateImageRequest', () => ({ image: undefined, sourceDateEpoch: undefined }), () => [
  [1, 'image', Image],
  [2, 'source_date_epoch', google_protobuf.Timestamp],
]);

export interface CreateImageResponse {
  image: Image | undefined;
}
export const CreateImageResponse: MessageType<CreateImageResponse> = /* @__PURE__ */ message('containerd.services.images.v1.CreateImageResponse', () => ({ image: undefined }), () => [
  [1, 'image', Image],
]);

export interface UpdateImageRequest {
  image: Image | undefined;
  updateMask: google_protobuf.FieldMask | undefined;
  sourceDateEpoch: google_protobuf.Timestamp | undefined;
}
export const UpdateImageRequest: MessageType<UpdateImageRequest> = /* @__PURE__ */ message('containerd.services.images.v1.UpdateImageRequest', () => ({ image: undefined, updateMask: undefined, sourceDateEpoch: undefined }), () => [
  [1, 'image', Image],
  [2, 'update_mask', google_protobuf.FieldMask],
  [3, 'source_date_epoch', google_protobuf.Timestamp],
]);

export interface UpdateImageResponse {
  image: Image | undefined;
}
export const UpdateImageResponse: MessageType<UpdateImageResponse> = /* @__PURE__ */ message('containerd.services.images.v1.UpdateImageResponse', () => ({ image: undefined }), () => [
  [1, 'image', Image],
]);

export interface ListImagesRequest {
  filters: string[];
}
export const ListImagesRequest: MessageType<ListImagesRequest> = /* @__PURE__ */ message('containerd.services.images.v1.ListImagesRequest', () => ({ filters: [] }), () => [
  [1, 'filters', 'string', 'repeated'],
]);

export interface ListImagesResponse {
  images: Image[];
}
export const ListImagesResponse: MessageType<ListImagesResponse> = /* @__PURE__ */ message('containerd.services.images.v1.ListImagesResponse', () => ({ images: [] }), () => [
  [1, 'images', Image, 'repeated'],
]);

export interface DeleteImageRequest {
  name: string;
  sync: boolean;
  target: containerd_types.Descriptor | undefined;
}
export const DeleteImageRequest: MessageType<DeleteImageRequest> = /* @__PURE__ */ message('containerd.services.images.v1.DeleteImageRequest', () => ({ name: '', sync: false, target: undefined }), () => [
  [1, 'name', 'string'],
  [2, 'sync', 'bool'],
  [3, 'target', containerd_types.Descriptor],
]);

export const ImagesService = /* @__PURE__ */ service('containerd.services.images.v1.Images', {
  Get: [GetImageRequest, GetImageResponse],
  List: [ListImagesRequest, ListImagesResponse],
  Create: [CreateImageRequest, CreateImageResponse],
  Update: [UpdateImageRequest, UpdateImageResponse],
  Delete: [DeleteImageRequest, google_protobuf.Empty],
});
