// Generated from the .proto text in this folder by `npm run build:protocols`. Do not edit.
import { Dictionary } from '../../../../proto/dictionary.ts';
import type { MessageType } from '../../../../proto/message-type.ts';
import { message } from '../../../../proto/message-type.ts';
import { service } from '../../../../proto/service.ts';
import * as containerd_types from '../../../types/generated.ts';
import * as containerd_v1_types from '../../../types/task/generated.ts';
import * as google_protobuf from '../../../../google/protobuf/generated.ts';

export interface CreateTaskRequest {
  id: string;
  bundle: string;
  rootfs: containerd_types.Mount[];
  terminal: boolean;
  stdin: string;
  stdout: string;
  stderr: string;
  checkpoint: string;
  parentCheckpoint: string;
  options: google_protobuf.Any | undefined;
}
export const CreateTaskRequest: MessageType<CreateTaskRequest> = /* @__PURE__ */ message('containerd.task.v3.CreateTaskRequest', () => ({ id: '', bundle: '', rootfs: [], terminal: false, stdin: '', stdout: '', stderr: '', checkpoint: '', parentCheckpoint: '', options: undefined }), () => [
  [1, 'id', 'string'],
  [2, 'bundle', 'string'],
  [3, 'rootfs', containerd_types.Mount, 'repeated'],
  [4, 'terminal', 'bool'],
  [5, 'stdin', 'string'],
  [6, 'stdout', 'string'],
  [7, 'stderr', 'string'],
  [8, 'checkpoint', 'string'],
  [9, 'parent_checkpoint', 'string'],
  [10, 'options', google_protobuf.Any],
]);

export interface CreateTaskResponse {
  pid: number;
}
export const CreateTaskResponse: MessageType<CreateTaskResponse> = /* @__PURE__ */ message('containerd.task.v3.CreateTaskResponse', () => ({ pid: 0 }), () => [
  [1, 'pid', 'uint32'],
]);

export interface DeleteRequest {
  id: string;
  execId: string;
}
export const DeleteRequest: MessageType<DeleteRequest> = /* @__PURE__ */ message('containerd.task.v3.DeleteRequest', () => ({ id: '', execId: '' }), () => [
  [1, 'id', 'string'],
  [2, 'exec_id', 'string'],
]);

export interface DeleteResponse {
  pid: number;
  exitStatus: number;
  exitedAt: google_protobuf.Timestamp | undefined;
}
export const DeleteResponse: MessageType<DeleteResponse> = /* @__PURE__ */ message('containerd.task.v3.DeleteResponse', () => ({ pid: 0, exitStatus: 0, exitedAt: undefined }), () => [
  [1, 'pid', 'uint32'],
  [2, 'exit_status', 'uint32'],
  [3, 'exited_at', google_protobuf.Timestamp],
]);

export interface ExecProcessRequest {
  id: string;
  execId: string;
  terminal: boolean;
  stdin: string;
  stdout: string;
  stderr: string;
  spec: google_protobuf.Any | undefined;
}
export const ExecProcessRequest: MessageType<ExecProcessRequest> = /* @__PURE__ */ message('containerd.task.v3.ExecProcessRequest', () => ({ id: '', execId: '', terminal: false, stdin: '', stdout: '', stderr: '', spec: undefined }), () => [
  [1, 'id', 'string'],
  [2, 'exec_id', 'string'],
  [3, 'terminal', 'bool'],
  [4, 'stdin', 'string'],
  [5, 'stdout', 'string'],
  [6, 'stderr', 'string'],
  [7, 'spec', google_protobuf.Any],
]);

export type ExecProcessResponse = Record<never, never>;
export const ExecProcessResponse: MessageType<ExecProcessResponse> = /* @__PURE__ */ message('containerd.task.v3.ExecProcessResponse', () => ({}), () => []);

export interface ResizePtyRequest {
  id: string;
  execId: string;
  width: number;
  height: number;
}
export const ResizePtyRequest: MessageType<ResizePtyRequest> = /* @__PURE__ */ message('containerd.task.v3.ResizePtyRequest', () => ({ id: '', execId: '', width: 0, height: 0 }), () => [
  [1, 'id', 'string'],
  [2, 'exec_id', 'string'],
  [3, 'width', 'uint32'],
  [4, 'height', 'uint32'],
]);

export interface StateRequest {
  id: string;
  execId: string;
}
export const StateRequest: MessageType<StateRequest> = /* @__PURE__ */ message('containerd.task.v3.StateRequest', () => ({ id: '', execId: '' }), () => [
  [1, 'id', 'string'],
  [2, 'exec_id', 'string'],
]);

export interface StateResponse {
  id: string;
  bundle: string;
  pid: number;
  status: containerd_v1_types.Status;
  stdin: string;
  stdout: string;
  stderr: string;
  terminal: boolean;
  exitStatus: number;
  exitedAt: google_protobuf.Timestamp | undefined;
  execId: string;
}
export const StateResponse: MessageType<StateResponse> = /* @__PURE__ */ message('containerd.task.v3.StateResponse', () => ({ id: '', bundle: '', pid: 0, status: 0, stdin: '', stdout: '', stderr: '', terminal: false, exitStatus: 0, exitedAt: undefined, execId: '' }), () => [
  [1, 'id', 'string'],
  [2, 'bundle', 'string'],
  [3, 'pid', 'uint32'],
  [4, 'status', containerd_v1_types.StatusEnum],
  [5, 'stdin', 'string'],
  [6, 'stdout', 'string'],
  [7, 'stderr', 'string'],
  [8, 'terminal', 'bool'],
  [9, 'exit_status', 'uint32'],
  [10, 'exited_at', google_protobuf.Timestamp],
  [11, 'exec_id', 'string'],
]);

export interface KillRequest {
  id: string;
  execId: string;
  signal: number;
  all: boolean;
}
export const KillRequest: MessageType<KillRequest> = /* @__PURE__ */ message('containerd.task.v3.KillRequest', () => ({ id: '', execId: '', signal: 0, all: false }), () => [
  [1, 'id', 'string'],
  [2, 'exec_id', 'string'],
  [3, 'signal', 'uint32'],
  [4, 'all', 'bool'],
]);

export interface CloseIORequest {
  id: string;
  execId: string;
  stdin: boolean;
}
export const CloseIORequest: MessageType<CloseIORequest> = /* @__PURE__ */ message('containerd.task.v3.CloseIORequest', () => ({ id: '', execId: '', stdin: false }), () => [
  [1, 'id', 'string'],
  [2, 'exec_id', 'string'],
  [3, 'stdin', 'bool'],
]);

export interface PidsRequest {
  id: string;
}
export const PidsRequest: MessageType<PidsRequest> = /* @__PURE__ */ message('containerd.task.v3.PidsRequest', () => ({ id: '' }), () => [
  [1, 'id', 'string'],
]);

export interface PidsResponse {
  processes: containerd_v1_types.ProcessInfo[];
}
export const PidsResponse: MessageType<PidsResponse> = /* @__PURE__ */ message('containerd.task.v3.PidsResponse', () => ({ processes: [] }), () => [
  [1, 'processes', containerd_v1_types.ProcessInfo, 'repeated'],
]);

export interface CheckpointTaskRequest {
  id: string;
  path: string;
  options: google_protobuf.Any | undefined;
}
export const CheckpointTaskRequest: MessageType<CheckpointTaskRequest> = /* @__PURE__ */ message('containerd.task.v3.CheckpointTaskRequest', () => ({ id: '', path: '', options: undefined }), () => [
  [1, 'id', 'string'],
  [2, 'path', 'string'],
  [3, 'options', google_protobuf.Any],
]);

export interface UpdateTaskRequest {
  id: string;
  resources: google_protobuf.Any | undefined;
  annotations: Record<string, string>;
}
export const UpdateTaskRequest: MessageType<UpdateTaskRequest> = /* @__PURE__ */ message('containerd.task.v3.UpdateTaskRequest', () => ({ id: '', resources: undefined, annotations: new Dictionary() }), () => [
  [1, 'id', 'string'],
  [2, 'resources', google_protobuf.Any],
  [3, 'annotations', 'string', 'map'],
]);

export interface StartRequest {
  id: string;
  execId: string;
}
export const StartRequest: MessageType<StartRequest> = /* @__PURE__ */ message('containerd.task.v3.StartRequest', () => ({ id: '', execId: '' }), () => [
  [1, 'id', 'string'],
  [2, 'exec_id', 'string'],
]);

export interface StartResponse {
  pid: number;
}
export const StartResponse: MessageType<StartResponse> = /* @__PURE__ */ message('containerd.task.v3.StartResponse', () => ({ pid: 0 }), () => [
  [1, 'pid', 'uint32'],
]);

export interface WaitRequest {
  id: string;
  execId: string;
}
export const WaitRequest: MessageType<WaitRequest> = /* @__PURE__ */ message('containerd.task.v3.WaitRequest', () => ({ id: '', execId: '' }), () => [
  [1, 'id', 'string'],
  [2, 'exec_id', 'string'],
]);

export interface WaitResponse {
  exitStatus: number;
  exitedAt: google_protobuf.Timestamp | undefined;
}
export const WaitResponse: MessageType<WaitResponse> = /* @__PURE__ */ message('containerd.task.v3.WaitResponse', () => ({ exitStatus: 0, exitedAt: undefined }), () => [
  [1, 'exit_status', 'uint32'],
  [2, 'exited_at', google_protobuf.Timestamp],
]);

export interface StatsRequest {
  id: string;
}
export const StatsRequest: MessageType<StatsRequest> = /* @__PURE__ */ message('containerd.task.v3.StatsRequest', () => ({ id: '' }), () => [
  [1, 'id', 'string'],
]);

export interface StatsResponse {
  stats: google_protobuf.Any | undefined;
}
export const StatsResponse: MessageType<StatsResponse> = /* @__PURE__ */ message('containerd.task.v3.StatsResponse', () => ({ stats: undefined }), () => [
  [1, 'stats', google_protobuf.Any],
]);

export interface ConnectRequest {
  id: string;
}
export const ConnectRequest: MessageType<ConnectRequest> = /* @__PURE__ */ message('containerd.task.v3.ConnectRequest', () => ({ id: '' }), () => [
  [1, 'id', 'string'],
]);

export interface ConnectResponse {
  shimPid: number;
  taskPid: number;
  version: string;
}
export const ConnectResponse: MessageType<ConnectResponse> = /* @__PURE__ */ message('containerd.task.v3.ConnectResponse', () => ({ shimPid: 0, taskPid: 0, version: '' }), () => [
  [1, 'shim_pid', 'uint32'],
  [2, 'task_pid', 'uint32'],
  [3, 'version', 'string'],
]);

export interface ShutdownRequest {
  id: string;
  now: boolean;
}
export const ShutdownRequest: MessageType<ShutdownRequest> = /* @__PURE__ */ message('containerd.task.v3.ShutdownRequest', () => ({ id: '', now: false }), () => [
  [1, 'id', 'string'],
  [2, 'now', 'bool'],
]);

export interface PauseRequest {
  id: string;
}
export const PauseRequest: MessageType<PauseRequest> = /* @__PURE__ */ message('containerd.task.v3.PauseRequest', () => ({ id: '' }), () => [
  [1, 'id', 'string'],
]);

export interface ResumeRequest {
  id: string;
}
export const ResumeRequest: MessageType<ResumeRequest> = /* @__PURE__ */ message('containerd.task.v3.ResumeRequest', () => ({ id: '' }), () => [
  [1, 'id', 'string'],
]);

export const TaskService = /* @__PURE__ */ service('containerd.task.v3.Task', {
  State: [StateRequest, StateResponse],
  Create: [CreateTaskRequest, CreateTaskResponse],
  Start: [StartRequest, StartResponse],
  Delete: [DeleteRequest, DeleteResponse],
  Pids: [PidsRequest, PidsResponse],
  Pause: [PauseRequest, google_protobuf.Empty],
  Resume: [ResumeRequest, google_protobuf.Empty],
  Checkpoint: [CheckpointTaskRequest, google_protobuf.Empty],
  Kill: [KillRequest, google_protobuf.Empty],
  Exec: [ExecProcessRequest, google_protobuf.Empty],
  ResizePty: [ResizePtyRequest, google_protobuf.Empty],
  CloseIO: [CloseIORequest, google_protobuf.Empty],
  Update: [UpdateTaskRequest, google_protobuf.Empty],
  Wait: [WaitRequest, WaitResponse],
  Stats: [StatsRequest, StatsResponse],
  Connect: [ConnectRequest, ConnectResponse],
  Shutdown: [ShutdownRequest, google_protobuf.Empty],
});
