/** ListContainers. @models containerd 2.1 internal/cri/server/container_list.go @fidelity full */
import type {
  Container,
  ContainerFilter,
  ListContainersRequest,
  ListContainersResponse,
} from '../../../../protocols/cri/generated.ts';
import type { Input } from '../../../../protocols/proto/message-type.ts';
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
  return { containers: chosen.map(toCriContainer) };
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

function toCriContainer(container: CriContainer): Input<Container> {
  const { metadata, status } = container;
  const { config } = metadata;
  return {
    id: container.id,
    podSandboxId: metadata.sandboxId,
    ...(config.metadata === undefined ? {} : { metadata: config.metadata }),
    ...(config.image === undefined ? {} : { image: config.image }),
    imageRef: metadata.imageRef,
    state: stateOf(status),
    createdAt: status.createdAt,
    labels: config.labels,
    annotations: config.annotations,
  };
}
