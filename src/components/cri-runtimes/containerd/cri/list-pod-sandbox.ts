/** ListPodSandbox. @models containerd 2.1 internal/cri/server/sandbox_list.go @fidelity full */
import {
  type ListPodSandboxRequest,
  type ListPodSandboxResponse,
  type PodSandbox,
  PodSandboxState,
} from '../../../../protocols/cri/generated.ts';
import type { Input } from '../../../../protocols/proto/message-type.ts';
import type { CriService } from './cri-service.ts';
import { fullIdOf, labelsMatch } from './filters.ts';
import type { Sandbox } from './types.ts';

export async function listPodSandbox(
  cri: CriService,
  request: ListPodSandboxRequest,
): Promise<Input<ListPodSandboxResponse>> {
  const filter = request.filter;
  let items = cri.sandboxes.list().map((sandbox) => ({ sandbox, state: stateOfSandbox(sandbox) }));
  if (filter !== undefined) {
    const id = fullIdOf(cri.sandboxes, filter.id);
    items = items.filter(
      ({ sandbox, state }) =>
        (id === '' || sandbox.id === id) &&
        (filter.state === undefined || filter.state.state === state) &&
        labelsMatch(filter.labelSelector, sandbox.metadata.config.labels),
    );
  }
  return { items: items.map(({ sandbox, state }) => toCriSandbox(sandbox, state)) };
}

function stateOfSandbox(sandbox: Sandbox): PodSandboxState {
  return sandbox.status.state === 'ready' ? PodSandboxState.SANDBOX_READY : PodSandboxState.SANDBOX_NOTREADY;
}

function toCriSandbox(sandbox: Sandbox, state: PodSandboxState): Input<PodSandbox> {
  const { config, runtimeHandler } = sandbox.metadata;
  return {
    id: sandbox.id,
    ...(config.metadata === undefined ? {} : { metadata: config.metadata }),
    state,
    createdAt: sandbox.status.createdAt,
    labels: config.labels,
    annotations: config.annotations,
    runtimeHandler,
  };
}
