/**
 * What the streaming server does for a client that has connected.
 * @models containerd 2.1 internal/cri/server/streaming.go, container_attach.go, sandbox_portforward_linux.go
 * @fidelity partial: a forwarded port is dialled by a child process inside the pod's network namespace
 */

import { quote } from '../../../../go/quote.ts';
import type { Context } from '../../../../linux/context.ts';
import { Errno } from '../../../../linux/errno.ts';
import type { ForwardedStream } from '../../../../protocols/streaming/serve-ports.ts';
import type { RemoteStreams, StreamingRuntime } from '../../../../protocols/streaming/server.ts';
import { LATENCY } from '../../../../sim/latency.ts';
import { Future } from '../../../../sim/primitives.ts';
import { dialInNetworkNamespace, isNetworkNamespaceClosed } from '../../shared/cni/netns.ts';
import { settledWithin, start } from '../../shared/concurrency.ts';
import { failure, messageOf, wrap } from '../../shared/errors.ts';
import { type CriService, isHostNetwork } from './cri-service.ts';
import { execInContainer, followResizes, runningContainer } from './exec.ts';
import { CRI_NAMESPACE, type Sandbox } from './types.ts';

/** How long the other direction may go on when one has ended. */
const LINGER_NS = 1_000_000_000;
const CHUNK = 65_536;

export function streamRuntime(cri: CriService): StreamingRuntime {
  return {
    async exec(ctx, containerId, command, streams) {
      await ctx.cpu(LATENCY.containerdStreamNs);
      try {
        return await execInContainer(ctx, cri, containerId, { command, ...streams, timeoutNs: 0 });
      } catch (error) {
        throw wrap('failed to exec in container', error);
      }
    },
    attach: (ctx, containerId, streams) => attachContainer(ctx, cri, containerId, streams),
    portForward: (ctx, podSandboxId, port, stream) => portForward(ctx, cri, podSandboxId, port, stream),
    errorText: messageOf,
  };
}

async function attachContainer(ctx: Context, cri: CriService, id: string, streams: RemoteStreams): Promise<void> {
  const container = runningContainer(cri, id);
  const shim = cri.parts.tasks.get(CRI_NAMESPACE, container.id);
  followResizes(ctx, streams.resizes, cri, shim, container.id, '');
  await container.io?.attach(ctx, {
    stdin: streams.stdin,
    stdout: streams.stdout,
    stderr: streams.stderr,
    tty: streams.tty,
    stdinOnce: container.metadata.config.stdinOnce,
    closeStdin: (c) => shim.closeIo(c),
    announced: true,
  });
}

async function portForward(
  ctx: Context,
  cri: CriService,
  id: string,
  port: number,
  stream: ForwardedStream,
): Promise<void> {
  let sandbox: Sandbox;
  try {
    sandbox = cri.sandboxes.get(id);
  } catch (error) {
    throw wrap(`failed to find sandbox ${quote(id)} in store`, error);
  }
  const host = isHostNetwork(sandbox.metadata.config);
  const path = sandbox.metadata.netNsPath;
  if (!host && (await isNetworkNamespaceClosed(ctx, path)))
    throw failure(`network namespace for sandbox ${quote(id)} is closed`);
  const shownPath = host ? 'host' : path;
  await cri.log.info(ctx, `Executing port forwarding in network namespace ${quote(shownPath)}`);
  try {
    await forward(ctx, id, host ? null : path, port, stream);
  } catch (error) {
    throw wrap(`failed to execute portforward in network namespace ${quote(shownPath)}`, error);
  }
  await cri.log.info(ctx, `Finish port forwarding for ${quote(id)} port ${port}`);
}

async function forward(
  ctx: Context,
  id: string,
  path: string | null,
  port: number,
  stream: ForwardedStream,
): Promise<void> {
  let fd: number;
  try {
    fd =
      path === null
        ? await ctx.sys.connect(ctx, { family: 'inet', host: '127.0.0.1', port })
        : await dialInNetworkNamespace(ctx, path, '127.0.0.1', port);
  } catch (error) {
    const words = error instanceof Errno ? `connect: ${error.go}` : messageOf(error);
    throw failure(
      `failed to connect to localhost:${port} inside namespace ${quote(id)}, IPv4: dial tcp4 127.0.0.1:${port}: ${words} ` +
        'IPv6 dial tcp6: address localhost: no suitable address found ',
    );
  }
  const ended = new Future<void>(ctx.scheduler);
  const toClient = start(ctx, 'port-forward-out', async (c) => {
    await copyOut(c, fd, stream);
    ended.resolve();
  });
  ctx.go('port-forward-in', async (c) => {
    await copyIn(c, fd, stream);
    ended.resolve();
  });
  await ended.wait();
  await settledWithin(ctx, toClient, LINGER_NS);
  await ctx.sys.close(ctx, fd);
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
