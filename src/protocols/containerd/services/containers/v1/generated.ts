// Generated from the .proto text in this folder by `npm run build:protocols`. Do not edit.
import { Dictionary } from '../../../../proto/dictionary.ts';
import type { MessageType } from '../../../../proto/message-type.ts';
import { message } from '../../../../proto/message-type.ts';
import { service } from '../../../../proto/service.ts';
import * as google_protobuf from '../../../../google/protobuf/generated.ts';

export interface Container {
  id: string;
  labels: Record<string, string>;
  image: string;
  runtime: Container_Runtime | undefined;
  spec: google_protobuf.Any | undefined;
  snapshotter: string;
  snapshotKey: string;
  createdAt: google_protobuf.Timestamp | undefined;
  updatedAt: google_protobuf.Timestamp | undefined;
  extensions: Record<string, google_protobuf.Any>;
  sandbox: string;
}
export const Container: MessageType<Container> = /* @__PURE__ */ message('containerd.services.containers.v1.Container', () => ({ id: '', labels: new Dictionary(), image: '', runtime: undefined, spec: undefined, snapshotter: '', snapshotKey: '', createdAt: undefined, updatedAt: undefined, extensions: new Dictionary(), sandbox: '' }), () => [
  [1, 'id', 'string'],
  [2, 'labels', 'string', 'map'],
  [3, 'image', 'string'],
  [4, 'runtime', Container_Runtime],
  [5, 'spec', google_protobuf.Any],
  [6, 'snapshotter', 'string'],
  [7, 'snapshot_key', 'string'],
  [8, 'created_at', google_protobuf.Timestamp],
  [9, 'updated_at', google_protobuf.Timestamp],
  [10, 'extensions', google_protobuf.Any, 'map'],
  [11, 'sandbox', 'string'],
]);

export interface Container_Runtime {
  name: string;
  options: google_protobuf.Any | undefined;
}
export const Container_Runtime: MessageType<Container_Runtime> = /* @__PURE__ */ message('containerd.services.containers.v1.Container.Runtime', () => ({ name: '', options: undefined }), () => [
  [1, 'name', 'string'],
  [2, 'options', google_protobuf.Any],
]);

export interface GetContainerRequest {
  id: string;
}
export const GetContainerRequest: MessageType<GetContainerRequest> = /* @__PURE__ */ message('containerd.services.containers.v1.GetContainerRequest', () => ({ id: '' }), () => [
  [1, 'id', 'string'],
]);

export interface GetContainerResponse {
  container: Container | undefined;
}
export const GetContainerResponse: MessageType<GetContainerResponse> = /* @__PURE__ */ message('containerd.services.containers.v1.GetContainerResponse', () => ({ container: undefined }), () => [
  [1, 'container', Container],
]);

export interface ListContainersRequest {
  filters: string[];
}
export const ListContainersRequest: MessageType<ListContainersRequest> = /* @__PURE__ */ message('containerd.services.containers.v1.ListContainersRequest', () => ({ filters: [] }), () => [
  [1, 'filters', 'string', 'repeated'],
]);

export interface ListContainersResponse {
  containers: Container[];
}
export const ListContainersResponse: MessageType<ListContainersResponse> = /* @__PURE__ */ message('containerd.services.containers.v1.ListContainersResponse', () => ({ containers: [] }), () => [
  [1, 'containers', Container, 'repeated'],
]);

export interface CreateContainerRequest {
  container: Container | undefined;
}
export const CreateContainerRequest: MessageType<CreateContainerRequest> = /* @__PURE__ */ message('containerd.services.containers.v1.CreateContainerRequest', () => ({ container: undefined }), () => [
  [1, 'container', Container],
]);

export interface CreateContainerResponse {
  container: Container | undefined;
}
export const CreateContainerResponse: MessageType<CreateContainerResponse> = /* @__PURE__ */ message('containerd.services.containers.v1.CreateContainerResponse', () => ({ container: undefined }), () => [
  [1, 'container', Container],
]);

export interface UpdateContainerRequest {
  container: Container | undefined;
  updateMask: google_protobuf.FieldMask | undefined;
}
export const UpdateContainerRequest: MessageType<UpdateContainerRequest> = /* @__PURE__ */ message('containerd.services.containers.v1.UpdateContainerRequest', () => ({ container: undefined, updateMask: undefined }), () => [
  [1, 'container', Container],
  [2, 'update_mask', google_protobuf.FieldMask],
]);

export interface UpdateContainerResponse {
  container: Container | undefined;
}
export const UpdateContainerResponse: MessageType<UpdateContainerResponse> = /* @__PURE__ */ message('containerd.services.containers.v1.UpdateContainerResponse', () => ({ container: undefined }), () => [
  [1, 'container', Container],
]);

export interface DeleteContainerRequest {
  id: string;
}
export const DeleteContainerRequest: MessageType<DeleteContainerRequest> = /* @__PURE__ */ message('containerd.services.containers.v1.DeleteContainerRequest', () => ({ id: '' }), () => [
  [1, 'id', 'string'],
]);

export interface ListContainerMessage {
  container: Container | undefined;
}
export const ListContainerMessage: MessageType<ListContainerMessage> = /* @__PURE__ */ message('containerd.services.containers.v1.ListContainerMessage', () => ({ container: undefined }), () => [
  [1, 'container', Container],
]);

export const ContainersService = /* @__PURE__ */ service('containerd.services.containers.v1.Containers', {
  Get: [GetContainerRequest, GetContainerResponse],
  List: [ListContainersRequest, ListContainersResponse],
  ListStream: [ListContainersRequest, ListContainerMessage, 'server'],
  Create: [CreateContainerRequest, CreateContainerResponse],
  Update: [UpdateContainerRequest, UpdateContainerResponse],
  Delete: [DeleteContainerRequest, google_protobuf.Empty],
});
