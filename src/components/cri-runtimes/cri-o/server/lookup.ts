/** Finding what a request names, with the code that each RPC gives its failure. */
import type { Context } from '../../../../linux/context.ts';
import { GrpcError, grpcCode } from '../../../../protocols/grpc/status.ts';
import { messageOf, wrap } from '../../shared/errors.ts';
import type { Container } from '../oci/container.ts';
import type { Server } from './server.ts';

export async function containerOrNotFound(ctx: Context, server: Server, id: string): Promise<Container> {
  try {
    return await server.findContainer(ctx, id);
  } catch (error) {
    throw new GrpcError(grpcCode.NotFound, `could not find container "${id}": ${messageOf(error)}`);
  }
}

export async function containerOrUnknown(ctx: Context, server: Server, id: string): Promise<Container> {
  try {
    return await server.findContainer(ctx, id);
  } catch (error) {
    throw wrap(`could not find container "${id}"`, error);
  }
}
