/** ListPodSandbox. @models CRI-O 1.36 server/sandbox_list.go @fidelity full */
import {
  type ListPodSandboxRequest,
  type ListPodSandboxResponse,
  PodSandbox,
  type PodSandboxFilter,
  type PodSandboxState,
} from '../../../../protocols/cri/generated.ts';
import type { Input } from '../../../../protocols/proto/message-type.ts';
import { messageOf } from '../../shared/errors.ts';
import { listEntries } from '../../shared/list-entry.ts';
import { stateOf } from './pod-sandbox-status.ts';
import type { Sandbox } from './sandbox.ts';
import type { Server } from './server.ts';

export async function listPodSandbox(
  server: Server,
  request: ListPodSandboxRequest,
): Promise<Input<ListPodSandboxResponse>> {
  return {
    items: chosenSandboxes(server, request.filter).map((one) => entryOf(one, stateOf(one), one.createdAt)),
  };
}

const entryOf = listEntries(PodSandbox, (sandbox: Sandbox, state, createdAt) => ({
  id: sandbox.id,
  metadata: sandbox.metadata,
  state: state as PodSandboxState,
  createdAt,
  labels: sandbox.labels,
  annotations: sandbox.annotations,
  runtimeHandler: sandbox.handler,
}));

function chosenSandboxes(server: Server, filter: PodSandboxFilter | undefined): Sandbox[] {
  const all = [...server.sandboxes.values()].filter(({ created }) => created);
  if (filter === undefined) return all;
  let candidates = all;
  if (filter.id !== '') {
    try {
      candidates = [server.findSandbox(filter.id)];
    } catch (error) {
      messageOf(error);
      candidates = [];
    }
  }
  return candidates.filter(
    (sandbox) =>
      (filter.state === undefined || stateOf(sandbox) === filter.state.state) &&
      labelsMatch(filter.labelSelector, sandbox.labels),
  );
}

export function labelsMatch(selector: Record<string, string>, labels: Record<string, string>): boolean {
  return Object.entries(selector).every(([key, value]) => labels[key] === value);
}
