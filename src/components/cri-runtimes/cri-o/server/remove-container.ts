/** RemoveContainer. @models CRI-O 1.36 server/container_remove.go @fidelity full */
import type { Context } from '../../../../linux/context.ts';
import type { RemoveContainerRequest } from '../../../../protocols/cri/generated.ts';
import { GrpcError, grpcCode } from '../../../../protocols/grpc/status.ts';
import { messageOf } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log.ts';
import { type Container, description } from '../oci/container.ts';
import { isUnknownId, type Server } from './server.ts';

export async function removeContainer(
  ctx: Context,
  server: Server,
  request: RemoveContainerRequest,
  log: Logger,
): Promise<Record<string, never>> {
  await log.info(ctx, `Removing container: ${request.containerId}`);
  let container: Container;
  try {
    container = await server.findContainer(ctx, request.containerId);
  } catch (error) {
    if (isUnknownId(error)) return {};
    throw new GrpcError(grpcCode.NotFound, `could not find container "${request.containerId}": ${messageOf(error)}`);
  }
  await server.removeContainerInPod(ctx, server.sandboxOf(container), container, log);
  await server.events.send(ctx, server, container, 'deleted');
  await log.info(ctx, `Removed container ${container.id}: ${description(container.labels)}`);
  return {};
}
