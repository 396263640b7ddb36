// Generated from the .proto text in this folder by `npm run build:protocols`. Do not edit.
import { Dictionary } from '../../../../proto/dictionary.ts';
import type { MessageType } from '../../../../proto/message-type.ts';
import { message } from '../../../../proto/message-type.ts';
import { service } from '../../../../proto/service.ts';
import * as google_protobuf from '../../../../google/protobuf/generated.ts';

export interface Namespace {
  name: string;
  labels: Record<string, string>;
}
export const Namespace: MessageType<Namespace> = /* @__PURE__ */ message('containerd.services.namespaces.v1.Namespace', () => ({ name: '', labels: new Dictionary() }), () => [
  [1, 'name', 'string'],
  [2, 'labels', 'string', 'map'],
]);

export interface GetNamespaceRequest {
  name: string;
}
export const GetNamespaceRequest: MessageType<GetNamespaceRequest> = /* @__PURE__ */ message('containerd.services.namespaces.v1.GetNamespaceRequest', () => ({ name: '' }), () => [
  [1, 'name', 'string'],
]);

export interface GetNamespaceResponse {
  namespace: Namespace | undefined;
}
export const GetNamespaceResponse: MessageType<GetNamespaceResponse> = /* @__PURE__ */ message('containerd.services.namespaces.v1.GetNamespaceResponse', () => ({ namespace: undefined }), () => [
  [1, 'namespace', Namespace],
]);

export interface ListNamespacesRequest {
  filter: string;
}
export const ListNamespacesRequest: MessageType<ListNamespacesRequest> = /* @__PURE__ */ message('containerd.services.namespaces.v1.ListNamespacesRequest', () => ({ filter: '' }), () => [
  [1, 'filter', 'string'],
]);

export interface ListNamespacesResponse {
  namespaces: Namespace[];
}
export const ListNamespacesResponse: MessageType<ListNamespacesResponse> = /* @__PURE__ */ message('containerd.services.namespaces.v1.ListNamespacesResponse', () => ({ namespaces: [] }), () => [
  [1, 'namespaces', Namespace, 'repeated'],
]);

export interface CreateNamespaceRequest {
  namespace: Namespace | undefined;
}
export const CreateNamespaceRequest: MessageType<CreateNamespaceRequest> = /* @__PURE__ */ message('containerd.services.namespaces.v1.CreateNamespaceRequest', () => ({ namespace: undefined }), () => [
  [1, 'namespace', Namespace],
]);

export interface CreateNamespaceResponse {
  namespace: Namespace | undefined;
}
export const CreateNamespaceResponse: MessageType<CreateNamespaceResponse> = /* @__PURE__ */ message('containerd.services.namespaces.v1.CreateNamespaceResponse', () => ({ namespace: undefined }), () => [
  [1, 'namespace', Namespace],
]);

export interface UpdateNamespaceRequest {
  namespace: Namespace | undefined;
  updateMask: google_protobuf.FieldMask | undefined;
}
export const UpdateNamespaceRequest: MessageType<UpdateNamespaceRequest> = /* @__PURE__ */ message('containerd.services.namespaces.v1.UpdateNamespaceRequest', () => ({ namespace: undefined, updateMask: undefined }), () => [
  [1, 'namespace', Namespace],
  [2, 'update_mask', google_protobuf.FieldMask],
]);

export interface UpdateNamespaceResponse {
  namespace: Namespace | undefined;
}
export const UpdateNamespaceResponse: MessageType<UpdateNamespaceResponse> = /* @__PURE__ */ message('containerd.services.namespaces.v1.UpdateNamespaceResponse', () => ({ namespace: undefined }), () => [
  [1, 'namespace', Namespace],
]);

export interface DeleteNamespaceRequest {
  name: string;
}
export const DeleteNamespaceRequest: MessageType<DeleteNamespaceRequest> = /* @__PURE__ */ message('containerd.services.namespaces.v1.DeleteNamespaceRequest', () => ({ name: '' }), () => [
  [1, 'name', 'string'],
]);

export const NamespacesService = /* @__PURE__ */ service('containerd.services.namespaces.v1.Namespaces', {
  Get: [GetNamespaceRequest, GetNamespaceResponse],
  List: [ListNamespacesRequest, ListNamespacesResponse],
  Create: [CreateNamespaceRequest, CreateNamespaceResponse],
  Update: [UpdateNamespaceRequest, UpdateNamespaceResponse],
  Delete: [DeleteNamespaceRequest, google_protobuf.Empty],
});
