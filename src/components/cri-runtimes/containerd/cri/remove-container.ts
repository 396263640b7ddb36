/**
 * RemoveContainer: stops it if it runs, then removes snapshot, metadata and files.
 * @models containerd 2.1 internal/cri/server/container_remove.go
 * @fidelity partial: no NRI
 */

import { quote } from '../../../../go/quote.ts';
import type { Context } from '../../../../linux/context.ts';
import {
  ContainerEventType,
  ContainerState,
  type RemoveContainerRequest,
  type RemoveContainerResponse,
} from '../../../../protocols/cri/generated.ts';
import { LATENCY } from '../../../../sim/latency.ts';
import { failure, isNotFound, wrap } from '../../shared/errors.ts';
import { ensureRemoveAll } from '../mounts.ts';
import { sendContainerEvent } from './container-event-response.ts';
import { stateOf } from './container-state.ts';
import type { CriService } from './cri-service.ts';
import { snapshotsHolding } from './runtime-snapshotter.ts';
import { stopCriContainer } from './stop-container.ts';
import { CRI_NAMESPACE, type CriContainer } from './types.ts';

export async function removeContainer(
  ctx: Context,
  cri: CriService,
  request: Pick<RemoveContainerRequest, 'containerId'>,
): Promise<RemoveContainerResponse> {
  let container: CriContainer;
  try {
    container = cri.containers.get(request.containerId);
  } catch (error) {
    if (isNotFound(error)) return {};
    throw wrap(`an error occurred when try to find container ${quote(request.containerId)}`, error);
  }
  const { id } = container;
  const { containers } = cri.parts;
  const snapshots = snapshotsHolding(cri.parts, id);
  const state = stateOf(container.status);
  if (state === ContainerState.CONTAINER_RUNNING || state === ContainerState.CONTAINER_UNKNOWN) {
    await cri.log.info(ctx, `Forcibly stopping container ${quote(id)}`);
    await stopCriContainer(ctx, cri, container, 0).catch((error: unknown) => {
      throw wrap(`failed to forcibly stop container ${quote(id)}`, error);
    });
  }
  setRemoving(container);
  try {
    try {
      if (snapshots.has(CRI_NAMESPACE, id)) await snapshots.remove(ctx, CRI_NAMESPACE, id);
      await containers.delete(ctx, CRI_NAMESPACE, id);
    } catch (error) {
      if (!isNotFound(error)) throw wrap(`failed to delete containerd container ${quote(id)}`, error);
    }
    await container.io?.close(ctx);
    await ctx.cpu(LATENCY.containerdCleanupNs);
    await ensureRemoveAll(ctx, cri.containerRoot(id));
    await ensureRemoveAll(ctx, cri.containerState(id));
  } catch (error) {
    container.status = { ...container.status, removing: false };
    throw error;
  }
  cri.containers.delete(id);
  cri.containerNames.releaseById(id);
  cri.announceContainer(ctx, container, true);
  await sendContainerEvent(ctx, cri, id, container.metadata.sandboxId, ContainerEventType.CONTAINER_DELETED_EVENT);
  return {};
}

function setRemoving(container: CriContainer): void {
  const { id, status } = container;
  const refuse = (words: string): Error => failure(`failed to set removing state for container ${quote(id)}: ${words}`);
  const state = stateOf(status);
  if (state === ContainerState.CONTAINER_RUNNING) throw refuse('container is still running, to stop first');
  if (state === ContainerState.CONTAINER_UNKNOWN) throw refuse('container state is unknown, to stop first');
  if (status.starting) throw refuse("container is in starting state, can't be removed");
  if (status.removing) throw refuse('container is already in removing state');
  container.status = { ...status, removing: true };
}
