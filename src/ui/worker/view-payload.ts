/** Decodes a kept frame for the inspector. Loaded on the first click: it pulls in every message type there is. */

import * as events from '../../protocols/containerd/events/generated.ts';
import * as shimSandbox from '../../protocols/containerd/runtime/sandbox/v1/generated.ts';
import * as shimTask from '../../protocols/containerd/runtime/task/v3/generated.ts';
import * as containers from '../../protocols/containerd/services/containers/v1/generated.ts';
import * as content from '../../protocols/containerd/services/content/v1/generated.ts';
import * as eventService from '../../protocols/containerd/services/events/v1/generated.ts';
import * as images from '../../protocols/containerd/services/images/v1/generated.ts';
import * as introspection from '../../protocols/containerd/services/introspection/v1/generated.ts';
import * as leases from '../../protocols/containerd/services/leases/v1/generated.ts';
import * as namespaces from '../../protocols/containerd/services/namespaces/v1/generated.ts';
import * as snapshots from '../../protocols/containerd/services/snapshots/v1/generated.ts';
import * as tasks from '../../protocols/containerd/services/tasks/v1/generated.ts';
import * as ttrpcEvents from '../../protocols/containerd/services/ttrpc/events/v1/generated.ts';
import * as version from '../../protocols/containerd/services/version/v1/generated.ts';
import * as cri from '../../protocols/cri/generated.ts';
import * as etcd from '../../protocols/etcd/etcdserverpb/generated.ts';
import * as etcdKeys from '../../protocols/etcd/mvccpb/generated.ts';
import * as wellKnown from '../../protocols/google/protobuf/generated.ts';
import * as kataAgent from '../../protocols/kata/agent/generated.ts';
import { isMessageType, type MessageType } from '../../protocols/proto/message-type.ts';
import * as ttrpc from '../../protocols/ttrpc/generated.ts';
import { wireView } from '../../protocols/wire-view.ts';
import type { PayloadView } from './contract.ts';

const types = new Map<string, MessageType<unknown>>();
const modules: object[] = [
  cri,
  etcd,
  etcdKeys,
  events,
  containers,
  content,
  eventService,
  images,
  introspection,
  leases,
  namespaces,
  snapshots,
  tasks,
  ttrpcEvents,
  version,
  shimTask,
  shimSandbox,
  kataAgent,
  wellKnown,
  ttrpc,
];
for (const module of modules) {
  for (const exported of Object.values(module) as unknown[]) {
    const type = exported as MessageType<unknown>;
    if (typeof exported === 'object' && exported !== null && 'fields' in exported && isMessageType(type))
      types.set(type.typeName, type);
  }
}

export function viewPayload(bytes: Uint8Array, typeName: string): PayloadView {
  const type = types.get(typeName.replace(/^\./, ''));
  return { bytes, fields: type === undefined ? [] : wireView(type, bytes).nodes };
}
