/** ListContainers. @models CRI-O 1.36 server/container_list.go @fidelity full */
import type { Context } from '../../../../linux/context.ts';
import {
  type ContainerFilter,
  type ContainerState,
  Container as CriContainer,
  type ListContainersRequest,
  type ListContainersResponse,
} from '../../../../protocols/cri/generated.ts';
import type { Input } from '../../../../protocols/proto/message-type.ts';
import { messageOf } from '../../shared/errors.ts';
import { listEntries } from '../../shared/list-entry.ts';
import type { Container } from '../oci/container.ts';
import { criState } from './container-status.ts';
import { labelsMatch } from './list-pod-sandbox.ts';
import type { Server } from './server.ts';

export async function listContainers(
  ctx: Context,
  server: Server,
  request: ListContainersRequest,
): Promise<Input<ListContainersResponse>> {
  const chosen = await chosenContainers(ctx, server, request.filter);
  return { containers: chosen.map((container) => entryOf(container, criState(container), container.createdAt)) };
}

const entryOf = listEntries(CriContainer, (container: Container, state, createdAt) => ({
  id: container.id,
  podSandboxId: container.sandboxId,
  metadata: container.metadata,
  image: { image: container.userImage },
  imageRef: container.imageRef,
  imageId: container.imageId,
  state: state as ContainerState,
  createdAt,
  labels: container.labels,
  annotations: container.annotations,
}));

export async function chosenContainers(
  ctx: Context,
  server: Server,
  filter: (Pick<ContainerFilter, 'id' | 'podSandboxId' | 'labelSelector'> & Partial<ContainerFilter>) | undefined,
): Promise<Container[]> {
  const all = [...server.containers.values()].filter(({ created }) => created);
  if (filter === undefined) return all;
  let candidates = all;
  try {
    if (filter.id !== '') candidates = [await server.findContainer(ctx, filter.id)];
    if (filter.podSandboxId !== '') {
      const { id } = server.findSandbox(filter.podSandboxId);
      candidates = candidates.filter(({ sandboxId }) => sandboxId === id);
    }
  } catch (error) {
    messageOf(error);
    return [];
  }
  const state = filter.state?.state;
  return candidates.filter(
    (container) =>
      (state === undefined || criState(container) === state) && labelsMatch(filter.labelSelector, container.labels),
  );
}
