/** ListPodSandbox. @models containerd 2.1 internal/cri/server/sandbox_list.go @fidelity full */
import {
  type ListPodSandboxRequest,
  ListPodSandboxResponse,
  PodSandbox,
  PodSandboxState,
} from '../../../../protocols/cri/generated.ts';
import type { Input } from '../../../../protocols/proto/message-type.ts';
import { listEntries, wholeList } from '../../shared/list-entry.ts';
import type { CriService } from './cri-service.ts';
import { fullIdOf, labelsMatch } from './filters.ts';
import type { Sandbox } from './types.ts';

export async function listPodSandbox(
  cri: CriService,
  request: ListPodSandboxRequest,
): Promise<Input<ListPodSandboxResponse>> {
  const filter = request.filter;
  const all = cri.sandboxes.list().map((sandbox) => ({ sandbox, state: stateOfSandbox(sandbox) }));
  let chosen = all;
  if (filter !== undefined) {
    const id = fullIdOf(cri.sandboxes, filter.id);
    chosen = all.filter(
      ({ sandbox, state }) =>
        (id === '' || sandbox.id === id) &&
        (filter.state === undefined || filter.state.state === state) &&
        labelsMatch(filter.labelSelector, sandbox.metadata.config.labels),
    );
  }
  const items = chosen.map(({ sandbox, state }) => entryOf(sandbox, state, sandbox.status.createdAt));
  return chosen.length === all.length ? whole(cri, items) : { items };
}

function stateOfSandbox(sandbox: Sandbox): PodSandboxState {
  return sandbox.status.state === 'ready' ? PodSandboxState.SANDBOX_READY : PodSandboxState.SANDBOX_NOTREADY;
}

const whole = wholeList(ListPodSandboxResponse, (items: readonly Input<PodSandbox>[]) => ({ items }));

const entryOf = listEntries(PodSandbox, ({ id, metadata }: Sandbox, state, createdAt) => {
  const { config, runtimeHandler } = metadata;
  return {
    id,
    ...(config.metadata === undefined ? {} : { metadata: config.metadata }),
    state: state as PodSandboxState,
    createdAt,
    labels: config.labels,
    annotations: config.annotations,
    runtimeHandler,
  };
});
