// Generated from the .proto text in this folder by `npm run build:protocols`. Do not edit.
import { Dictionary } from '../../../../proto/dictionary.ts';
import type { MessageType } from '../../../../proto/message-type.ts';
import { message } from '../../../../proto/message-type.ts';
import { service } from '../../../../proto/service.ts';
import * as containerd_types from '../../../types/generated.ts';
import * as containerd_v1_types from '../../../types/task/generated.ts';
import * as google_protobuf from '../../../../google/protobuf/generated.ts';

export interface CreateTaskRequest {
  containerId: string;
  rootfs: containerd_types.Mount[];
  stdin: string;
  stdout: string;
  stderr: string;
  terminal: boolean;
  checkpoint: containerd_types.Descriptor | undefined;
  options: google_protobuf.Any | undefined;
  runtimePath: string;
}
export const CreateTaskRequest: MessageType<CreateTaskRequest> = /* @__PURE__ */ message('containerd.services.tasks.v1.CreateTaskRequest', () => ({ containerId: '', rootfs: [], stdin: '', stdout: '', stderr: '', terminal: false, checkpoint: undefined, options: undefined, runtimePath: '' }), () => [
  [1, 'container_id', 'string'],
  [3, 'rootfs', containerd_types.Mount, 'repeated'],
  [4, 'stdin', 'string'],
  [5, 'stdout', 'string'],
  [6, 'stderr', 'string'],
  [7, 'terminal', 'bool'],
  [8, 'checkpoint', containerd_types.Descriptor],
  [9, 'options', google_protobuf.Any],
  [10, 'runtime_path', 'string'],
]);

export interface CreateTaskResponse {
  containerId: string;
  pid: number;
}
export const CreateTaskResponse: MessageType<CreateTaskResponse> = /* @__PURE__ */ message('containerd.services.tasks.v1.CreateTaskResponse', () => ({ containerId: '', pid: 0 }), () => [
  [1, 'container_id', 'string'],
  [2, 'pid', 'uint32'],
]);

export interface StartRequest {
  containerId: string;
  execId: string;
}
export const StartRequest: MessageType<StartRequest> = /* @__PURE__ */ message('containerd.services.tasks.v1.StartRequest', () => ({ containerId: '', execId: '' }), () => [
  [1, 'container_id', 'string'],
  [2, 'exec_id', 'string'],
]);

export interface StartResponse {
  pid: number;
}
export const StartResponse: MessageType<StartResponse> = /* @__PURE__ */ message('containerd.services.tasks.v1.StartResponse', () => ({ pid: 0 }), () => [
  [1, 'pid', 'uint32'],
]);

export interface DeleteTaskRequest {
  containerId: string;
}
export const DeleteTaskRequest: MessageType<DeleteTaskRequest> = /* @__PURE__ */ message('containerd.services.tasks.v1.DeleteTaskRequest', () => ({ containerId: '' }), () => [
  [1, 'container_id', 'string'],
]);

export interface DeleteResponse {
  id: string;
  pid: number;
  exitStatus: number;
  exitedAt: google_protobuf.Timestamp | undefined;
}
export const DeleteResponse: MessageType<DeleteResponse> = /* @__PURE__ */ message('containerd.services.tasks.v1.DeleteResponse', () => ({ id: '', pid: 0, exitStatus: 0, exitedAt: undefined }), () => [
  [1, 'id', 'string'],
  [2, 'pid', 'uint32'],
  [3, 'exit_status', 'uint32'],
  [4, 'exited_at', google_protobuf.Timestamp],
]);

export interface DeleteProcessRequest {
  containerId: string;
  execId: string;
}
export const DeleteProcessRequest: MessageType<DeleteProcessRequest> = /* @__PURE__ */ message('containerd.services.tasks.v1.DeleteProcessRequest', () => ({ containerId: '', execId: '' }), () => [
  [1, 'container_id', 'string'],
  [2, 'exec_id', 'string'],
]);

export interface GetRequest {
  containerId: string;
  execId: string;
}
export const GetRequest: MessageType<GetRequest> = /* @__PURE__ */ message('containerd.services.tasks.v1.GetRequest', () => ({ containerId: '', execId: '' }), () => [
  [1, 'container_id', 'string'],
  [2, 'exec_id', 'string'],
]);

export interface GetResponse {
  process: containerd_v1_types.Process | undefined;
}
export const GetResponse: MessageType<GetResponse> = /* @__PURE__ */ message('containerd.services.tasks.v1.GetResponse', () => ({ process: undefined }), () => [
  [1, 'process', containerd_v1_types.Process],
]);

export interface ListTasksRequest {
  filter: string;
}
export const ListTasksRequest: MessageType<ListTasksRequest> = /* @__PURE__ */ message('containerd.services.tasks.v1.ListTasksRequest', () => ({ filter: '' }), () => [
  [1, 'filter', 'string'],
]);

export interface ListTasksResponse {
  tasks: containerd_v1_types.Process[];
}
export const ListTasksResponse: MessageType<ListTasksResponse> = /* @__PURE__ */ message('containerd.services.tasks.v1.ListTasksResponse', () => ({ tasks: [] }), () => [
  [1, 'tasks', containerd_v1_types.Process, 'repeated'],
]);

export interface KillRequest {
  containerId: string;
  execId: string;
  signal: number;
  all: boolean;
}
export const KillRequest: MessageType<KillRequest> = /* @__PURE__ */ message('containerd.services.tasks.v1.KillRequest', () => ({ containerId: '', execId: '', signal: 0, all: false }), () => [
  [1, 'container_id', 'string'],
  [2, 'exec_id', 'string'],
  [3, 'signal', 'uint32'],
  [4, 'all', 'bool'],
]);

export interface ExecProcessRequest {
  containerId: string;
  stdin: string;
  stdout: string;
  stderr: string;
  terminal: boolean;
  spec: google_protobuf.Any | undefined;
  execId: string;
}
export const ExecProcessRequest: MessageType<ExecProcessRequest> = /* @__PURE__ */ message('containerd.services.tasks.v1.ExecProcessRequest', () => ({ containerId: '', stdin: '', stdout: '', stderr: '', terminal: false, spec: undefined, execId: '' }), () => [
  [1, 'container_id', 'string'],
  [2, 'stdin', 'string'],
  [3, 'stdout', 'string'],
  [4, 'stderr', 'string'],
  [5, 'terminal', 'bool'],
  [6, 'spec', google_protobuf.Any],
  [7, 'exec_id', 'string'],
]);

export type ExecProcessResponse = Record<never, never>;
export const ExecProcessResponse: MessageType<ExecProcessResponse> = /* @__PURE__ */ message('containerd.services.tasks.v1.ExecProcessResponse', () => ({}), () => []);

export interface ResizePtyRequest {
  containerId: string;
  execId: string;
  width: number;
  height: number;
}
export const ResizePtyRequest: MessageType<ResizePtyRequest> = /* @__PURE__ */ message('containerd.services.tasks.v1.ResizePtyRequest', () => ({ containerId: '', execId: '', width: 0, height: 0 }), () => [
  [1, 'container_id', 'string'],
  [2, 'exec_id', 'string'],
  [3, 'width', 'uint32'],
  [4, 'height', 'uint32'],
]);

export interface CloseIORequest {
  containerId: string;
  execId: string;
  stdin: boolean;
}
export const CloseIORequest: MessageType<CloseIORequest> = /* @__PURE__ */ message('containerd.services.tasks.v1.CloseIORequest', () => ({ containerId: '', execId: '', stdin: false }), () => [
  [1, 'container_id', 'string'],
  [2, 'exec_id', 'string'],
  [3, 'stdin', 'bool'],
]);

export interface PauseTaskRequest {
  containerId: string;
}
export const PauseTaskRequest: MessageType<PauseTaskRequest> = /* @__PURE__ */ message('containerd.services.tasks.v1.PauseTaskRequest', () => ({ containerId: '' }), () => [
  [1, 'container_id', 'string'],
]);

export interface ResumeTaskRequest {
  containerId: string;
}
export const ResumeTaskRequest: MessageType<ResumeTaskRequest> = /* @__PURE__ */ message('containerd.services.tasks.v1.ResumeTaskRequest', () => ({ containerId: '' }), () => [
  [1, 'container_id', 'string'],
]);

export interface ListPidsRequest {
  containerId: string;
}
export const ListPidsRequest: MessageType<ListPidsRequest> = /* @__PURE__ */ message('containerd.services.tasks.v1.ListPidsRequest', () => ({ containerId: '' }), () => [
  [1, 'container_id', 'string'],
]);

export interface ListPidsResponse {
  processes: containerd_v1_types.ProcessInfo[];
}
export const ListPidsResponse: MessageType<ListPidsResponse> = /* @__PURE__ */ message('containerd.services.tasks.v1.ListPidsResponse', () => ({ processes: [] }), () => [
  [1, 'processes', containerd_v1_types.ProcessInfo, 'repeated'],
]);

export interface CheckpointTaskRequest {
  containerId: string;
  parentCheckpoint: string;
  options: google_protobuf.Any | undefined;
}
export const CheckpointTaskRequest: MessageType<CheckpointTaskRequest> = /* @__PURE__ */ message('containerd.services.tasks.v1.CheckpointTaskRequest', () => ({ containerId: '', parentCheckpoint: '', options: undefined }), () => [
  [1, 'container_id', 'string'],
  [2, 'parent_checkpoint', 'string'],
  [3, 'options', google_protobuf.Any],
]);

export interface CheckpointTaskResponse {
  descriptors: containerd_types.Descriptor[];
}
export const CheckpointTaskResponse: MessageType<CheckpointTaskResponse> = /* @__PURE__ */ message('containerd.services.tasks.v1.CheckpointTaskResponse', () => ({ descriptors: [] }), () => [
  [1, 'descriptors', containerd_types.Descriptor, 'repeated'],
]);

export interface UpdateTaskRequest {
  containerId: string;
  resources: google_protobuf.Any | undefined;
  annotations: Record<string, string>;
}
export const UpdateTaskRequest: MessageType<UpdateTaskRequest> = /* @__PURE__ */ message('containerd.services.tasks.v1.UpdateTaskRequest', () => ({ containerId: '', resources: undefined, annotations: new Dictionary() }), () => [
  [1, 'container_id', 'string'],
  [2, 'resources', google_protobuf.Any],
  [3, 'annotations', 'string', 'map'],
]);

export interface MetricsRequest {
  filters: string[];
}
export const MetricsRequest: MessageType<MetricsRequest> = /* @__PURE__ */ message('containerd.services.tasks.v1.MetricsRequest', () => ({ filters: [] }), () => [
  [1, 'filters', 'string', 'repeated'],
]);

export interface MetricsResponse {
  metrics: containerd_types.Metric[];
}
export const MetricsResponse: MessageType<MetricsResponse> = /* @__PURE__ */ message('containerd.services.tasks.v1.MetricsResponse', () => ({ metrics: [] }), () => [
  [1, 'metrics', containerd_types.Metric, 'repeated'],
]);

export interface WaitRequest {
  containerId: string;
  execId: string;
}
export const WaitRequest: MessageType<WaitRequest> = /* @__PURE__ */ message('containerd.services.tasks.v1.WaitRequest', () => ({ containerId: '', execId: '' }), () => [
  [1, 'container_id', 'string'],
  [2, 'exec_id', 'string'],
]);

export interface WaitResponse {
  exitStatus: number;
  exitedAt: google_protobuf.Timestamp | undefined;
}
export const WaitResponse: MessageType<WaitResponse> = /* @__PURE__ */ message('containerd.services.tasks.v1.WaitResponse', () => ({ exitStatus: 0, exitedAt: undefined }), () => [
  [1, 'exit_status', 'uint32'],
  [2, 'exited_at', google_protobuf.Timestamp],
]);

export const TasksService = /* @__PURE__ */ service('containerd.services.tasks.v1.Tasks', {
  Create: [CreateTaskRequest, CreateTaskResponse],
  Start: [StartRequest, StartResponse],
  Delete: [DeleteTaskRequest, DeleteResponse],
  DeleteProcess: [DeleteProcessRequest, DeleteResponse],
  Get: [GetRequest, GetResponse],
  List: [ListTasksRequest, ListTasksResponse],
  Kill: [KillRequest, google_protobuf.Empty],
  Exec: [ExecProcessRequest, google_protobuf.Empty],
  ResizePty: [ResizePtyRequest, google_protobuf.Empty],
  CloseIO: [CloseIORequest, google_protobuf.Empty],
  Pause: [PauseTaskRequest, google_protobuf.Empty],
  Resume: [ResumeTaskRequest, google_protobuf.Empty],
  ListPids: [ListPidsRequest, ListPidsResponse],
  Checkpoint: [CheckpointTaskRequest, CheckpointTaskResponse],
  Update: [UpdateTaskRequest, google_protobuf.Empty],
  Metrics: [MetricsRequest, MetricsResponse],
  Wait: [WaitRequest, WaitResponse],
});
