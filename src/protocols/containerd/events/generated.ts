// Generated from the .proto text in this folder by `npm run build:protocols`. Do not edit.
import { Dictionary } from '../../proto/dictionary.ts';
import type { MessageType } from '../../proto/message-type.ts';
import { message } from '../../proto/message-type.ts';
import * as containerd_types from '../types/generated.ts';
import * as google_protobuf from '../../google/protobuf/generated.ts';

export interface ContainerCreate {
  id: string;
  image: string;
  runtime: ContainerCreate_Runtime | undefined;
}
export const ContainerCreate: MessageType<ContainerCreate> = /* @__PURE__ */ message('containerd.events.ContainerCreate', () => ({ id: '', image: '', runtime: undefined }), () => [
  [1, 'id', 'string'],
  [2, 'image', 'string'],
  [3, 'runtime', ContainerCreate_Runtime],
]);

export interface ContainerCreate_Runtime {
  name: string;
  options: google_protobuf.Any | undefined;
}
export const ContainerCreate_Runtime: MessageType<ContainerCreate_Runtime> = /* @__PURE__ */ message('containerd.events.ContainerCreate.Runtime', () => ({ name: '', options: undefined }), () => [
  [1, 'name', 'string'],
  [2, 'options', google_protobuf.Any],
]);

export interface ContainerUpdate {
  id: string;
  image: string;
  labels: Record<string, string>;
  snapshotKey: string;
}
export const ContainerUpdate: MessageType<ContainerUpdate> = /* @__PURE__ */ message('containerd.events.ContainerUpdate', () => ({ id: '', image: '', labels: new Dictionary(), snapshotKey: '' }), () => [
  [1, 'id', 'string'],
  [2, 'image', 'string'],
  [3, 'labels', 'string', 'map'],
  [4, 'snapshot_key', 'string'],
]);

export interface ContainerDelete {
  id: string;
}
export const ContainerDelete: MessageType<ContainerDelete> = /* @__PURE__ */ message('containerd.events.ContainerDelete', () => ({ id: '' }), () => [
  [1, 'id', 'string'],
]);

export interface ContentCreate {
  digest: string;
  size: bigint;
}
export const ContentCreate: MessageType<ContentCreate> = /* @__PURE__ */ message('containerd.events.ContentCreate', () => ({ digest: '', size: 0n }), () => [
  [1, 'digest', 'string'],
  [2, 'size', 'int64'],
]);

export interface ContentDelete {
  digest: string;
}
export const ContentDelete: MessageType<ContentDelete> = /* @__PURE__ */ message('containerd.events.ContentDelete', () => ({ digest: '' }), () => [
  [1, 'digest', 'string'],
]);

export interface NamespaceCreate {
  name: string;
  labels: Record<string, string>;
}
export const NamespaceCreate: MessageType<NamespaceCreate> = /* @__PURE__ */ message('containerd.events.NamespaceCreate', () => ({ name: '', labels: new Dictionary() }), () => [
  [1, 'name', 'string'],
  [2, 'labels', 'string', 'map'],
]);

export interface NamespaceUpdate {
  name: string;
  labels: Record<string, string>;
}
export const NamespaceUpdate: MessageType<NamespaceUpdate> = /* @__PURE__ */ message('containerd.events.NamespaceUpdate', () => ({ name: '', labels: new Dictionary() }), () => [
  [1, 'name', 'string'],
  [2, 'labels', 'string', 'map'],
]);

export interface NamespaceDelete {
  name: string;
}
export const NamespaceDelete: MessageType<NamespaceDelete> = /* @__PURE__ */ message('containerd.events.NamespaceDelete', () => ({ name: '' }), () => [
  [1, 'name', 'string'],
]);

export interface SandboxCreate {
  sandboxId: string;
}
export const SandboxCreate: MessageType<SandboxCreate> = /* @__PURE__ */ message('containerd.events.SandboxCreate', () => ({ sandboxId: '' }), () => [
  [1, 'sandbox_id', 'string'],
]);

export interface SandboxStart {
  sandboxId: string;
}
export const SandboxStart: MessageType<SandboxStart> = /* @__PURE__ */ message('containerd.events.SandboxStart', () => ({ sandboxId: '' }), () => [
  [1, 'sandbox_id', 'string'],
]);

export interface SandboxExit {
  sandboxId: string;
  exitStatus: number;
  exitedAt: google_protobuf.Timestamp | undefined;
}
export const SandboxExit: MessageType<SandboxExit> = /* @__PURE__ */ message('containerd.events.SandboxExit', () => ({ sandboxId: '', exitStatus: 0, exitedAt: undefined }), () => [
  [1, 'sandbox_id', 'string'],
  [2, 'exit_status', 'uint32'],
  [3, 'exited_at', google_protobuf.Timestamp],
]);

export interface SnapshotPrepare {
  key: string;
  parent: string;
  snapshotter: string;
}
export const SnapshotPrepare: MessageType<SnapshotPrepare> = /* @__PURE__ */ message('containerd.events.SnapshotPrepare', () => ({ key: '', parent: '', snapshotter: '' }), () => [
  [1, 'key', 'string'],
  [2, 'parent', 'string'],
  [5, 'snapshotter', 'string'],
]);

export interface SnapshotCommit {
  key: string;
  name: string;
  snapshotter: string;
}
export const SnapshotCommit: MessageType<SnapshotCommit> = /* @__PURE__ */ message('containerd.events.SnapshotCommit', () => ({ key: '', name: '', snapshotter: '' }), () => [
  [1, 'key', 'string'],
  [2, 'name', 'string'],
  [5, 'snapshotter', 'string'],
]);

export interface SnapshotRemove {
  key: string;
  snapshotter: string;
}
export const SnapshotRemove: MessageType<SnapshotRemove> = /* @__PURE__ */ message('containerd.events.SnapshotRemove', () => ({ key: '', snapshotter: '' }), () => [
  [1, 'key', 'string'],
  [5, 'snapshotter', 'string'],
]);

export interface TaskCreate {
  containerId: string;
  bundle: string;
  rootfs: containerd_types.Mount[];
  io: TaskIO | undefined;
  checkpoint: string;
  pid: number;
}
export const TaskCreate: MessageType<TaskCreate> = /* @__PURE__ */ message('containerd.events.TaskCreate', () => ({ containerId: '', bundle: '', rootfs: [], io: undefined, checkpoint: '', pid: 0 }), () => [
  [1, 'container_id', 'string'],
  [2, 'bundle', 'string'],
  [3, 'rootfs', containerd_types.Mount, 'repeated'],
  [4, 'io', TaskIO],
  [5, 'checkpoint', 'string'],
  [6, 'pid', 'uint32'],
]);

export interface TaskStart {
  containerId: string;
  pid: number;
}
export const TaskStart: MessageType<TaskStart> = /* @__PURE__ */ message('containerd.events.TaskStart', () => ({ containerId: '', pid: 0 }), () => [
  [1, 'container_id', 'string'],
  [2, 'pid', 'uint32'],
]);

export interface TaskDelete {
  containerId: string;
  pid: number;
  exitStatus: number;
  exitedAt: google_protobuf.Timestamp | undefined;
  id: string;
}
export const TaskDelete: MessageType<TaskDelete> = /* @__PURE__ */ message('containerd.events.TaskDelete', () => ({ containerId: '', pid: 0, exitStatus: 0, exitedAt: undefined, id: '' }), () => [
  [1, 'container_id', 'string'],
  [2, 'pid', 'uint32'],
  [3, 'exit_status', 'uint32'],
  [4, 'exited_at', google_protobuf.Timestamp],
  [5, 'id', 'string'],
]);

export interface TaskIO {
  stdin: string;
  stdout: string;
  stderr: string;
  terminal: boolean;
}
export const TaskIO: MessageType<TaskIO> = /* @__PURE__ */ message('containerd.events.TaskIO', () => ({ stdin: '', stdout: '', stderr: '', terminal: false }), () => [
  [1, 'stdin', 'string'],
  [2, 'stdout', 'string'],
  [3, 'stderr', 'string'],
  [4, 'terminal', 'bool'],
]);

export interface TaskExit {
  containerId: string;
  id: string;
  pid: number;
  exitStatus: number;
  exitedAt: google_protobuf.Timestamp | undefined;
}
export const TaskExit: MessageType<TaskExit> = /* @__PURE__ */ message('containerd.events.TaskExit', () => ({ containerId: '', id: '', pid: 0, exitStatus: 0, exitedAt: undefined }), () => [
  [1, 'container_id', 'string'],
  [2, 'id', 'string'],
  [3, 'pid', 'uint32'],
  [4, 'exit_status', 'uint32'],
  [5, 'exited_at', google_protobuf.Timestamp],
]);

export interface TaskOOM {
  containerId: string;
}
export const TaskOOM: MessageType<TaskOOM> = /* @__PURE__ */ message('containerd.events.TaskOOM', () => ({ containerId: '' }), () => [
  [1, 'container_id', 'string'],
]);

export interface TaskExecAdded {
  containerId: string;
  execId: string;
}
export const TaskExecAdded: MessageType<TaskExecAdded> = /* @__PURE__ */ message('containerd.events.TaskExecAdded', () => ({ containerId: '', execId: '' }), () => [
  [1, 'container_id', 'string'],
  [2, 'exec_id', 'string'],
]);

export interface TaskExecStarted {
  containerId: string;
  execId: string;
  pid: number;
}
export const TaskExecStarted: MessageType<TaskExecStarted> = /* @__PURE__ */ message('containerd.events.TaskExecStarted', () => ({ containerId: '', execId: '', pid: 0 }), () => [
  [1, 'container_id', 'string'],
  [2, 'exec_id', 'string'],
  [3, 'pid', 'uint32'],
]);

export interface TaskPaused {
  containerId: string;
}
export const TaskPaused: MessageType<TaskPaused> = /* @__PURE__ */ message('containerd.events.TaskPaused', () => ({ containerId: '' }), () => [
  [1, 'container_id', 'string'],
]);

export interface TaskResumed {
  containerId: string;
}
export const TaskResumed: MessageType<TaskResumed> = /* @__PURE__ */ message('containerd.events.TaskResumed', () => ({ containerId: '' }), () => [
  [1, 'container_id', 'string'],
]);

export interface TaskCheckpointed {
  containerId: string;
  checkpoint: string;
}
export const TaskCheckpointed: MessageType<TaskCheckpointed> = /* @__PURE__ */ message('containerd.events.TaskCheckpointed', () => ({ containerId: '', checkpoint: '' }), () => [
  [1, 'container_id', 'string'],
  [2, 'checkpoint', 'string'],
]);
