/**
 * Speaking to a runtime that knows only v1alpha2: the messages are v1's, the services have another name.
 * @models kubernetes-sigs/cri-tools v1.23 cmd/crictl/main_unix.go, kubernetes 1.23 pkg/kubelet/cri/remote
 */
import type { Context } from '../../linux/context.ts';
import { ImageService, RuntimeService } from '../../protocols/cri/generated.ts';
import type { GrpcConnection } from '../../protocols/grpc/client.ts';
import { GrpcError, grpcCode } from '../../protocols/grpc/status.ts';
import type { Method } from '../../protocols/proto/service.ts';

/** The connection as it is if the runtime knows v1, else one that says everything in v1alpha2. */
export async function speaking(
  ctx: Context,
  connection: GrpcConnection,
  kind: 'runtime' | 'image',
  deadline: number,
): Promise<GrpcConnection> {
  try {
    if (kind === 'runtime') await connection.call(ctx, RuntimeService.methods.Version, {}, { deadline });
    else await connection.call(ctx, ImageService.methods.ImageFsInfo, {}, { deadline });
    return connection;
  } catch (error) {
    if (!(error instanceof GrpcError) || error.code !== grpcCode.Unimplemented) throw error;
    return older(connection);
  }
}

function older(connection: GrpcConnection): GrpcConnection {
  const named = <Req, Res>(method: Method<Req, Res>): Method<Req, Res> => {
    const service = method.service.replace('runtime.v1.', 'runtime.v1alpha2.');
    return { ...method, service, path: `/${service}/${method.name}` };
  };
  return {
    call: (ctx, method, request, options) => connection.call(ctx, named(method), request, options),
    stream: (ctx, method, request, options) => connection.stream(ctx, named(method), request, options),
    duplex: (ctx, method, options) => connection.duplex(ctx, named(method), options),
    close: (ctx) => connection.close(ctx),
    get open() {
      return connection.open;
    },
  };
}
