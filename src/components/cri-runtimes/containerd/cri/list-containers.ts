/** ListContainers. @models containerd 2.1 internal/cri/server/container_list.go @fidelity full */
import {
  Container,
  type ContainerFilter,
  type ContainerState,
  type ListContainersRequest,
  ListContainersResponse,
} from '../../../../protocols/cri/generated.ts';
import type { Input } from '../../../../protocols/proto/message-type.ts';
import { listEntries, wholeList } from '../../shared/list-entry.ts';
import { stateOf } from './container-state.ts';
import type { CriService } from './cri-service.ts';
import { fullIdOf, labelsMatch } from './filters.ts';
import type { CriContainer } from './types.ts';

export async function listContainers(
  cri: CriService,
  request: ListContainersRequest,
): Promise<Input<ListContainersResponse>> {
  const filter = request.filter;
  const all = cri.containers.list();
  const chosen = filter === undefined ? all : all.filter(filterOf(cri, filter));
  const containers = chosen.map((one) => entryOf(one, stateOf(one.status), one.status.createdAt));
  return chosen.length === all.length ? whole(cri, containers) : { containers };
}

/** Both ids may be abbreviated, if that is unambiguous. */
function filterOf(cri: CriService, filter: ContainerFilter): (container: CriContainer) => boolean {
  const id = fullIdOf(cri.containers, filter.id);
  const sandboxId = fullIdOf(cri.sandboxes, filter.podSandboxId);
  return (container) =>
    (id === '' || container.id === id) &&
    (sandboxId === '' || container.metadata.sandboxId === sandboxId) &&
    (filter.state === undefined || stateOf(container.status) === filter.state.state) &&
    labelsMatch(filter.labelSelector, container.metadata.config.labels);
}

const whole = wholeList(ListContainersResponse, (containers: readonly Input<Container>[]) => ({ containers }));

const entryOf = listEntries(Container, ({ id, metadata }: CriContainer, state, createdAt) => {
  const { config } = metadata;
  return {
    id,
    podSandboxId: metadata.sandboxId,
    ...(config.metadata === undefined ? {} : { metadata: config.metadata }),
    ...(config.image === undefined ? {} : { image: config.image }),
    imageRef: metadata.imageRef,
    state: state as ContainerState,
    createdAt,
    labels: config.labels,
    annotations: config.annotations,
  };
});
