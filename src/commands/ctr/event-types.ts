/** The events that containerd and its shims publish, as JSON. @models containerd api/events @fidelity full */
import * as events from '../../protocols/containerd/events/generated.ts';
import { ImageCreate, ImageDelete, ImageUpdate } from '../../protocols/containerd/events/images/generated.ts';
import { Options } from '../../protocols/containerd/types/runc/options/generated.ts';
import { toGoJson } from '../../protocols/go-json.ts';
import type { Any } from '../../protocols/google/protobuf/generated.ts';
import type { MessageType } from '../../protocols/proto/message-type.ts';

const TYPES: readonly MessageType<never>[] = [
  events.ContainerCreate,
  events.ContainerUpdate,
  events.ContainerDelete,
  events.ContentCreate,
  events.ContentDelete,
  events.NamespaceCreate,
  events.NamespaceUpdate,
  events.NamespaceDelete,
  events.SandboxCreate,
  events.SandboxStart,
  events.SandboxExit,
  events.SnapshotPrepare,
  events.SnapshotCommit,
  events.SnapshotRemove,
  events.TaskCreate,
  events.TaskStart,
  events.TaskDelete,
  events.TaskExit,
  events.TaskOOM,
  events.TaskExecAdded,
  events.TaskExecStarted,
  events.TaskPaused,
  events.TaskResumed,
  events.TaskCheckpointed,
  ImageCreate,
  ImageUpdate,
  ImageDelete,
  Options,
] as unknown as MessageType<never>[];

/** null for a type that nobody knows. */
export function eventJson({ typeUrl, value }: Any): string | null {
  const type = TYPES.find((candidate) => candidate.typeName === typeUrl);
  return type === undefined ? null : toGoJson(type, type.decode(value));
}
