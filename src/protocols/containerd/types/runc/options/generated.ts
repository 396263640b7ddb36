// Generated from the .proto text in this folder by `npm run build:protocols`. Do not edit.
import type { MessageType } from '../../../../proto/message-type.ts';
import { message } from '../../../../proto/message-type.ts';

export interface Options {
  noPivotRoot: boolean;
  noNewKeyring: boolean;
  shimCgroup: string;
  ioUid: number;
  ioGid: number;
  binaryName: string;
  root: string;
  systemdCgroup: boolean;
  criuImagePath: string;
  criuWorkPath: string;
  taskApiAddress: string;
  taskApiVersion: number;
}
export const Options: MessageType<Options> = /* @__PURE__ */ message('containerd.runc.v1.Options', () => ({ noPivotRoot: false, noNewKeyring: false, shimCgroup: '', ioUid: 0, ioGid: 0, binaryName: '', root: '', systemdCgroup: false, criuImagePath: '', criuWorkPath: '', taskApiAddress: '', taskApiVersion: 0 }), () => [
  [1, 'no_pivot_root', 'bool'],
  [2, 'no_new_keyring', 'bool'],
  [3, 'shim_cgroup', 'string'],
  [4, 'io_uid', 'uint32'],
  [5, 'io_gid', 'uint32'],
  [6, 'binary_name', 'string'],
  [7, 'root', 'string'],
  [9, 'systemd_cgroup', 'bool'],
  [10, 'criu_image_path', 'string'],
  [11, 'criu_work_path', 'string'],
  [12, 'task_api_address', 'string'],
  [13, 'task_api_version', 'uint32'],
]);

export interface CheckpointOptions {
  exit: boolean;
  openTcp: boolean;
  externalUnixSockets: boolean;
  terminal: boolean;
  fileLocks: boolean;
  emptyNamespaces: string[];
  cgroupsMode: string;
  imagePath: string;
  workPath: string;
}
export const CheckpointOptions: MessageType<CheckpointOptions> = /* @__PURE__ */ message('containerd.runc.v1.CheckpointOptions', () => ({ exit: false, openTcp: false, externalUnixSockets: false, terminal: false, fileLocks: false, emptyNamespaces: [], cgroupsMode: '', imagePath: '', workPath: '' }), () => [
  [1, 'exit', 'bool'],
  [2, 'open_tcp', 'bool'],
  [3, 'external_unix_sockets', 'bool'],
  [4, 'terminal', 'bool'],
  [5, 'file_locks', 'bool'],
  [6, 'empty_namespaces', 'string', 'repeated'],
  [7, 'cgroups_mode', 'string'],
  [8, 'image_path', 'string'],
  [9, 'work_path', 'string'],
]);

export interface ProcessDetails {
  execId: string;
}
export const ProcessDetails: MessageType<ProcessDetails> = /* @__PURE__ */ message('containerd.runc.v1.ProcessDetails', () => ({ execId: '' }), () => [
  [1, 'exec_id', 'string'],
]);
