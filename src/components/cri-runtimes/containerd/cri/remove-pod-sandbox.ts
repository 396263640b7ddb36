/**
 * RemovePodSandbox: stops it once more, then removes its containers and itself.
 * @models containerd 2.1 internal/cri/server/sandbox_remove.go
 * @fidelity partial: no NRI
 */

import { quote } from '../../../../go/quote.ts';
import type { Context } from '../../../../linux/context.ts';
import {
  ContainerEventType,
  type RemovePodSandboxRequest,
  type RemovePodSandboxResponse,
} from '../../../../protocols/cri/generated.ts';
import { isNetworkNamespaceClosed } from '../../shared/cni/netns.ts';
import { failure, isNotFound, wrap } from '../../shared/errors.ts';
import { sendContainerEvent } from './container-event-response.ts';
import { type CriService, isHostNetwork } from './cri-service.ts';
import { removePause } from './pause-container.ts';
import { removeContainer } from './remove-container.ts';
import { deleteSandboxRecord } from './sandbox-records.ts';
import { stopSandbox } from './stop-pod-sandbox.ts';
import { CRI_NAMESPACE, type Sandbox } from './types.ts';

export async function removePodSandbox(
  ctx: Context,
  cri: CriService,
  request: RemovePodSandboxRequest,
): Promise<RemovePodSandboxResponse> {
  let sandbox: Sandbox;
  try {
    sandbox = cri.sandboxes.get(request.podSandboxId);
  } catch (error) {
    if (isNotFound(error)) return {};
    throw wrap(`an error occurred when try to find sandbox ${quote(request.podSandboxId)}`, error);
  }
  const { id } = sandbox;
  await cri.log.info(ctx, `Forcibly stopping sandbox ${quote(id)}`);
  await stopSandbox(ctx, cri, sandbox).catch((error: unknown) => {
    throw wrap(`failed to forcibly stop sandbox ${quote(id)}`, error);
  });
  const { leases } = cri.parts.metadata;
  if (leases.get(CRI_NAMESPACE, id) !== undefined) await leases.delete(ctx, CRI_NAMESPACE, id);
  const netns = sandbox.metadata.netNsPath;
  if (!isHostNetwork(sandbox.metadata.config) && !(await isNetworkNamespaceClosed(ctx, netns))) {
    throw failure(`sandbox network namespace ${quote(netns)} is not fully closed`);
  }
  for (const container of cri.containers.list()) {
    if (container.metadata.sandboxId !== id) continue;
    await removeContainer(ctx, cri, { containerId: container.id }).catch((error: unknown) => {
      throw wrap(`failed to remove container ${quote(container.id)}`, error);
    });
  }
  await removePause(ctx, cri, sandbox).catch((error: unknown) => {
    throw wrap(`failed to delete sandbox ${quote(id)}`, error);
  });
  await sendContainerEvent(ctx, cri, id, id, ContainerEventType.CONTAINER_DELETED_EVENT);
  cri.sandboxes.delete(id);
  await deleteSandboxRecord(ctx, cri, id);
  cri.sandboxNames.releaseById(id);
  cri.announceSandbox(ctx, sandbox, true);
  return {};
}
