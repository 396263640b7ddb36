/**
 * What the streaming server does for a client that has connected.
 * @models CRI-O 1.36 server/container_{exec,attach}.go, container_portforward.go
 * @fidelity partial: a forwarded port is dialled by a child process inside the pod's network namespace
 */
import type { Context } from '../../../../linux/context.ts';
import { Errno } from '../../../../linux/errno.ts';
import { GrpcError } from '../../../../protocols/grpc/status.ts';
import type { ForwardedStream } from '../../../../protocols/streaming/serve-ports.ts';
import type { StreamingRuntime } from '../../../../protocols/streaming/server.ts';
import { LATENCY } from '../../../../sim/latency.ts';
import { Future } from '../../../../sim/primitives.ts';
import { dialInNetworkNamespace } from '../../shared/cni/netns.ts';
import { settledWithin, start } from '../../shared/concurrency.ts';
import { failure, messageOf, wrap } from '../../shared/errors.ts';
import { requireLiving } from '../oci/container.ts';
import type { Sandbox } from './sandbox.ts';
import type { Server } from './server.ts';

const LINGER_NS = 1_000_000_000;
const CHUNK = 65_536;

export function streamRuntime(server: Server): StreamingRuntime {
  return {
    async exec(ctx, id, command, streams) {
      await ctx.cpu(LATENCY.crioStreamNs);
      const container = await server.findContainer(ctx, id);
      await requireLiving(ctx, container);
      return server.runtimeOf(container).exec.exec(ctx, container, command, streams);
    },
    async attach(ctx, id, streams) {
      const container = await server.findContainer(ctx, id);
      const { status } = container.state;
      if (status !== 'running' && status !== 'created') throw failure('container is not created or running');
      await server.runtimeOf(container).exec.attach(ctx, container, streams);
    },
    portForward: (ctx, id, port, stream) => portForward(ctx, server, id, port, stream),
    errorText: (error) => (error instanceof GrpcError ? error.message : messageOf(error)),
  };
}

async function portForward(
  ctx: Context,
  server: Server,
  id: string,
  port: number,
  stream: ForwardedStream,
): Promise<void> {
  let sandbox: Sandbox;
  try {
    sandbox = server.findSandbox(id);
  } catch (error) {
    throw wrap(`could not find sandbox ${id}`, error);
  }
  if (sandbox.stopped) throw failure(`sandbox ${id} is not running`);
  const path = sandbox.namespaces.net;
  if (path === undefined)
    throw failure(`port forwarding failed: unable to obtain network namespace path for sandbox ${id}`);
  await server.log.info(ctx, `Starting port forward for ${sandbox.id} in network namespace ${path}`);
  let fd: number;
  try {
    fd = await dialInNetworkNamespace(ctx, path, '127.0.0.1', port);
  } catch (error) {
    const words = error instanceof Errno ? `connect: ${error.go}` : messageOf(error);
    throw failure(
      `failed to connect to localhost:${port} inside namespace ${id}: failed to dial ${port}: dial tcp4 127.0.0.1:${port}: ${words}`,
    );
  }
  const ended = new Future<void>(ctx.scheduler);
  const out = start(ctx, 'port-forward-out', async (c) => {
    await copyOut(c, fd, stream);
    ended.resolve();
  });
  ctx.go('port-forward-in', async (c) => {
    await copyIn(c, fd, stream);
    ended.resolve();
  });
  await ended.wait();
  await settledWithin(ctx, out, LINGER_NS);
  await ctx.sys.close(ctx, fd);
  await server.log.info(ctx, `Finished port forwarding for ${JSON.stringify(sandbox.id)} on port ${port}`);
}

async function copyOut(ctx: Context, fd: number, stream: ForwardedStream): Promise<void> {
  try {
    for (;;) {
      const data = await ctx.sys.read(ctx, fd, CHUNK);
      if (data.length === 0 || !(await stream.write(ctx, data))) return;
    }
  } catch (error) {
    if (!(error instanceof Errno)) throw error;
  }
}

async function copyIn(ctx: Context, fd: number, stream: ForwardedStream): Promise<void> {
  try {
    for (let data = await stream.read(ctx); data !== null; data = await stream.read(ctx))
      await ctx.sys.write(ctx, fd, data);
    await ctx.sys.shutdown(ctx, fd, 'write');
  } catch (error) {
    if (!(error instanceof Errno)) throw error;
  }
}
