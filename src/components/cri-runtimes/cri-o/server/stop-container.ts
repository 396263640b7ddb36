/** StopContainer. @models CRI-O 1.36 server/container_stop.go @fidelity full */
import type { Context } from '../../../../linux/context.ts';
import type { StopContainerRequest } from '../../../../protocols/cri/generated.ts';
import { GrpcError, grpcCode } from '../../../../protocols/grpc/status.ts';
import { messageOf } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log.ts';
import { type Container, description } from '../oci/container.ts';
import { isUnknownId, type Server } from './server.ts';

export async function stopContainer(
  ctx: Context,
  server: Server,
  request: StopContainerRequest,
  log: Logger,
): Promise<Record<string, never>> {
  const { containerId, timeout } = request;
  await log.info(ctx, `Stopping container: ${containerId} (timeout: ${timeout}s)`);
  let container: Container;
  try {
    container = await server.findContainer(ctx, containerId);
  } catch (error) {
    if (isUnknownId(error)) return {};
    throw new GrpcError(grpcCode.NotFound, `could not find container "${containerId}": ${messageOf(error)}`);
  }
  await server.stopContainer(ctx, container, Number(timeout), log);
  await log.info(ctx, `Stopped container ${container.id}: ${description(container.labels)}`);
  return {};
}
