// Generated from the .proto text in this folder by `npm run build:protocols`. Do not edit.
import type { EnumType, MessageType } from '../../../proto/message-type.ts';
import { message } from '../../../proto/message-type.ts';
import * as google_protobuf from '../../../google/protobuf/generated.ts';

export const Status = { UNKNOWN: 0, CREATED: 1, RUNNING: 2, STOPPED: 3, PAUSED: 4, PAUSING: 5 } as const;
export type Status = (typeof Status)[keyof typeof Status];
export const StatusEnum: EnumType = { typeName: 'containerd.v1.types.Status', values: Status };

export interface Process {
  containerId: string;
  id: string;
  pid: number;
  status: Status;
  stdin: string;
  stdout: string;
  stderr: string;
  terminal: boolean;
  exitStatus: number;
  exitedAt: google_protobuf.Timestamp | undefined;
}
export const Process: MessageType<Process> = /* @__PURE__ */ message('containerd.v1.types.Process', () => ({ containerId: '', id: '', pid: 0, status: 0, stdin: '', stdout: '', stderr: '', terminal: false, exitStatus: 0, exitedAt: undefined }), () => [
  [1, 'container_id', 'string'],
  [2, 'id', 'string'],
  [3, 'pid', 'uint32'],
  [4, 'status', StatusEnum],
  [5, 'stdin', 'string'],
  [6, 'stdout', 'string'],
  [7, 'stderr', 'string'],
  [8, 'terminal', 'bool'],
  [9, 'exit_status', 'uint32'],
  [10, 'exited_at', google_protobuf.Timestamp],
]);

export interface ProcessInfo {
  pid: number;
  info: google_protobuf.Any | undefined;
}
export const ProcessInfo: MessageType<ProcessInfo> = /* @__PURE__ */ message('containerd.v1.types.ProcessInfo', () => ({ pid: 0, info: undefined }), () => [
  [1, 'pid', 'uint32'],
  [2, 'info', google_protobuf.Any],
]);
