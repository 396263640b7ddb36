/** What the streaming server does for a client that has connected. @models kubernetes 1.23 pkg/kubelet/dockershim/docker_streaming.go, exec.go @fidelity partial: a forwarded port is dialled inside the pod's network namespace instead of by socat */
import type { Context } from '../../../../linux/context.ts';
import { Errno } from '../../../../linux/errno.ts';
import { newPieceReader } from '../../../../protocols/docker/stdcopy.ts';
import type { ExecInspect } from '../../../../protocols/docker/types.ts';
import type { ForwardedStream } from '../../../../protocols/streaming/serve-ports.ts';
import type { RemoteStreams, StreamingRuntime } from '../../../../protocols/streaming/server.ts';
import { dialInNetworkNamespace } from '../cni/netns.ts';
import { failure } from '../errors.ts';
import { type DockerService, wordsOf } from './docker-service.ts';

export function streamRuntime(shim: DockerService): StreamingRuntime {
  return {
    async exec(ctx, id, command, streams) {
      const { State } = await shim.inspect(ctx, id);
      if (!State.Running) throw failure(`container not running (${id})`);
      const { docker } = shim;
      const body = {
        Cmd: command,
        AttachStdin: streams.stdin !== null,
        AttachStdout: streams.stdout !== null,
        AttachStderr: streams.stderr !== null,
        Tty: streams.tty,
      };
      const { Id } = await docker.json<{ Id: string }>(ctx, 'POST', `/containers/${id}/exec`, { body });
      const fd = await docker.hijack(ctx, `/exec/${Id}/start`, { body: { Detach: false, Tty: streams.tty } });
      resizeWith(ctx, shim, `/exec/${Id}/resize`, streams);
      await join(ctx, fd, streams);
      return (await docker.json<ExecInspect>(ctx, 'GET', `/exec/${Id}/json`)).ExitCode ?? 0;
    },
    async attach(ctx, id, streams) {
      const query = {
        stream: '1',
        stdin: streams.stdin === null ? '0' : '1',
        stdout: streams.stdout === null ? '0' : '1',
        stderr: streams.stderr === null ? '0' : '1',
      };
      const fd = await shim.docker.hijack(ctx, `/containers/${id}/attach`, { query });
      resizeWith(ctx, shim, `/containers/${id}/resize`, streams);
      await join(ctx, fd, streams);
    },
    portForward: (ctx, id, port, stream) => portForward(ctx, shim, id, port, stream),
    errorText: wordsOf,
  };
}

function resizeWith(ctx: Context, shim: DockerService, target: string, streams: RemoteStreams): void {
  if (!streams.tty) return;
  ctx.go('resize', async (c) => {
    for (let size = await streams.resizes.take(); size !== null; size = await streams.resizes.take()) {
      try {
        await shim.docker.json(c, 'POST', target, { query: { h: String(size.height), w: String(size.width) } });
      } catch (error) {
        wordsOf(error);
      }
    }
  });
}

async function join(ctx: Context, fd: number, streams: RemoteStreams): Promise<void> {
  const { stdin, tty } = streams;
  if (stdin !== null)
    ctx.go('stdin', async (c) => {
      try {
        for (let data = await stdin.read(c); data !== null; data = await stdin.read(c)) await c.sys.write(c, fd, data);
        await c.sys.shutdown(c, fd, 'write');
      } catch (error) {
        if (!(error instanceof Errno)) throw error;
      }
    });
  const reader = newPieceReader();
  for (;;) {
    const data = await ctx.sys.read(ctx, fd, 65_536);
    if (data.length === 0) break;
    if (tty) await streams.stdout?.write(ctx, data);
    else
      for (const piece of reader(data))
        await (piece.stream === 2 ? streams.stderr : streams.stdout)?.write(ctx, piece.data);
  }
  await streams.stdout?.close(ctx);
  await streams.stderr?.close(ctx);
  await ctx.sys.close(ctx, fd);
}

async function portForward(
  ctx: Context,
  shim: DockerService,
  id: string,
  port: number,
  stream: ForwardedStream,
): Promise<void> {
  const { State } = await shim.inspect(ctx, id);
  if (!State.Running) throw failure(`container not running (${id})`);
  let fd: number;
  try {
    fd = await dialInNetworkNamespace(ctx, `/proc/${State.Pid}/ns/net`, '127.0.0.1', port);
  } catch (error) {
    throw failure(`exit status 1: connect(5, AF=2 127.0.0.1:${port}, 16): ${wordsOf(error).replace(/^connect: /, '')}`);
  }
  ctx.go('forward-in', async (c) => {
    try {
      for (let data = await stream.read(c); data !== null; data = await stream.read(c)) await c.sys.write(c, fd, data);
      await c.sys.shutdown(c, fd, 'write');
    } catch (error) {
      if (!(error instanceof Errno)) throw error;
    }
  });
  for (;;) {
    const data = await ctx.sys.read(ctx, fd, 65_536);
    if (data.length === 0 || !(await stream.write(ctx, data))) break;
  }
  await ctx.sys.close(ctx, fd);
}
