// Generated from the .proto text in this folder by `npm run build:protocols`. Do not edit.
import { Dictionary } from '../../../../proto/dictionary.ts';
import type { MessageType } from '../../../../proto/message-type.ts';
import { message } from '../../../../proto/message-type.ts';
import { service } from '../../../../proto/service.ts';
import * as google_protobuf from '../../../../google/protobuf/generated.ts';

export interface Lease {
  id: string;
  createdAt: google_protobuf.Timestamp | undefined;
  labels: Record<string, string>;
}
export const Lease: MessageType<Lease> = /* @__PURE__ */ message('containerd.services.leases.v1.Lease', () => ({ id: '', createdAt: undefined, labels: new Dictionary() }), () => [
  [1, 'id', 'string'],
  [2, 'created_at', google_protobuf.Timestamp],
  [3, 'labels', 'string', 'map'],
]);

export interface CreateRequest {
  id: string;
  labels: Record<string, string>;
}
export const CreateRequest: MessageType<CreateRequest> = /* @__PURE__ */ message('containerd.services.leases.v1.CreateRequest', () => ({ id: '', labels: new Dictionary() }), () => [
  [1, 'id', 'string'],
  [3, 'labels', 'string', 'map'],
]);

export interface CreateResponse {
  lease: Lease | undefined;
}
export const CreateResponse: MessageType<CreateResponse> = /* @__PURE__ */ message('containerd.services.leases.v1.CreateResponse', () => ({ lease: undefined }), () => [
  [1, 'lease', Lease],
]);

export interface DeleteRequest {
  id: string;
  sync: boolean;
}
export const DeleteRequest: MessageType<DeleteRequest> = /* @__PURE__ */ message('containerd.services.leases.v1.DeleteRequest', () => ({ id: '', sync: false }), () => [
  [1, 'id', 'string'],
  [2, 'sync', 'bool'],
]);

export interface ListRequest {
  filters: string[];
}
export const ListRequest: MessageType<ListRequest> = /* @__PURE__ */ message('containerd.services.leases.v1.ListRequest', () => ({ filters: [] }), () => [
  [1, 'filters', 'string', 'repeated'],
]);

export interface ListResponse {
  leases: Lease[];
}
export const ListResponse: MessageType<ListResponse> = /* @__PURE__ */ message('containerd.services.leases.v1.ListResponse', () => ({ leases: [] }), () => [
  [1, 'leases', Lease, 'repeated'],
]);

export interface Resource {
  id: string;
  type: string;
}
export const Resource: MessageType<Resource> = /* @__PURE__ */ message('containerd.services.leases.v1.Resource', () => ({ id: '', type: '' }), () => [
  [1, 'id', 'string'],
  [2, 'type', 'string'],
]);

export interface AddResourceRequest {
  id: string;
  resource: Resource | undefined;
}
export const AddResourceRequest: MessageType<AddResourceRequest> = /* @__PURE__ */ message('containerd.services.leases.v1.AddResourceRequest', () => ({ id: '', resource: undefined }), () => [
  [1, 'id', 'string'],
  [2, 'resource', Resource],
]);

export interface DeleteResourceRequest {
  id: string;
  resource: Resource | undefined;
}
export const DeleteResourceRequest: MessageType<DeleteResourceRequest> = /* @__PURE__ */ message('containerd.services.leases.v1.DeleteResourceRequest', () => ({ id: '', resource: undefined }), () => [
  [1, 'id', 'string'],
  [2, 'resource', Resource],
]);

export interface ListResourcesRequest {
  id: string;
}
export const ListResourcesRequest: MessageType<ListResourcesRequest> = /* @__PURE__ */ message('containerd.services.leases.v1.ListResourcesRequest', () => ({ id: '' }), () => [
  [1, 'id', 'string'],
]);

export interface ListResourcesResponse {
  resources: Resource[];
}
export const ListResourcesResponse: MessageType<ListResourcesResponse> = /* @__PURE__ */ message('containerd.services.leases.v1.ListResourcesResponse', () => ({ resources: [] }), () => [
  [1, 'resources', Resource, 'repeated'],
]);

export const LeasesService = /* @__PURE__ */ service('containerd.services.leases.v1.Leases', {
  Create: [CreateRequest, CreateResponse],
  Delete: [DeleteRequest, google_protobuf.Empty],
  List: [ListRequest, ListResponse],
  AddResource: [AddResourceRequest, google_protobuf.Empty],
  DeleteResource: [DeleteResourceRequest, google_protobuf.Empty],
  ListResources: [ListResourcesRequest, ListResourcesResponse],
});
