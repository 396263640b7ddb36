/** Building a CRI event: the pod and all its containers as they are at that moment. */
import type { Context } from '../../../../linux/context.ts';
import type { ContainerEventType, ContainerStatus, PodSandboxStatus } from '../../../../protocols/cri/generated.ts';
import type { Input } from '../../../../protocols/proto/message-type.ts';
import { isNotFound } from '../../shared/errors.ts';
import { containerStatus } from './container-status.ts';
import type { CriService } from './cri-service.ts';
import { podSandboxStatus } from './pod-sandbox-status.ts';

export async function sendContainerEvent(
  ctx: Context,
  cri: CriService,
  containerId: string,
  sandboxId: string,
  type: ContainerEventType,
): Promise<void> {
  let sandbox: Input<PodSandboxStatus> | undefined;
  try {
    sandbox = (await podSandboxStatus(ctx, cri, { podSandboxId: sandboxId, verbose: false })).status;
  } catch (error) {
    if (!isNotFound(error)) throw error;
    await cri.log.warn(
      ctx,
      `Failed to get podSandbox status for container event for sandboxID "${sandboxId}": an error occurred when try to find sandbox: not found. Sending the event with nil podSandboxStatus.`,
    );
  }
  const statuses: Input<ContainerStatus>[] = [];
  for (const container of cri.containers.list()) {
    if (container.metadata.sandboxId !== sandboxId) continue;
    statuses.push((await containerStatus(ctx, cri, { containerId: container.id, verbose: false })).status ?? {});
  }
  cri.events.send({
    containerId,
    containerEventType: type,
    createdAt: ctx.wallTime,
    ...(sandbox === undefined ? {} : { podSandboxStatus: sandbox }),
    containersStatuses: statuses,
  });
}
