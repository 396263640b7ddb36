/** StartContainer. @models CRI-O 1.36 server/container_start.go @fidelity partial: no hooks, NRI or checkpoints */
import type { Context } from '../../../../linux/context.ts';
import type { StartContainerRequest } from '../../../../protocols/cri/generated.ts';
import { failure, messageOf, wrap } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log.ts';
import { description } from '../oci/container.ts';
import { containerOrNotFound } from './lookup.ts';
import type { Server } from './server.ts';

export async function startContainer(
  ctx: Context,
  server: Server,
  request: StartContainerRequest,
  log: Logger,
): Promise<Record<string, never>> {
  await log.info(ctx, `Starting container: ${request.containerId}`);
  const container = await containerOrNotFound(ctx, server, request.containerId);
  const { status } = container.state;
  if (status !== 'created') throw failure(`container ${container.id} is not in created state: ${status}`);
  const sandbox = server.sandboxOf(container);
  try {
    await server.runtimeOf(container).runtime.start(ctx, container);
  } catch (error) {
    container.state.error = messageOf(error);
    try {
      await server.removeContainerInPod(ctx.withDeadline(null), sandbox, container, log);
    } catch (other) {
      await log.warn(ctx, `Failed to delete container in runtime ${container.id}: ${messageOf(other)}`);
    }
    throw wrap(`failed to start container ${container.id}`, error);
  }
  await server.stateToDisk(ctx, container, log);
  await server.events.send(ctx, server, container, 'started');
  await log.info(ctx, 'Started container', {
    PID: container.state.pid ?? container.state.initPid,
    containerID: container.id,
    description: description(container.labels),
    sandboxID: sandbox.id,
  });
  return {};
}
