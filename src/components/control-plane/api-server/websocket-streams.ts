/**
 * A WebSocket client, and a kubelet that is asked over SPDY: a command's channels are carried from one to the other; of a
 * port-forward, WebSocket messages hold the SPDY itself.
 * @models apiserver pkg/util/proxy streamtranslator.go streamtunnel.go
 * @fidelity full
 */
import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import { type Headers, headerValue } from '../../../protocols/http/http1.ts';
import { type Exchange, shutdownQuietly } from '../../../protocols/kube/server.ts';
import { badRequest, failure } from '../../../protocols/kube/status-error.ts';
import { type CommandChannels, channel } from '../../../protocols/streaming/channels.ts';
import { channelsOf, openChannels } from '../../../protocols/streaming/spdy-channels.ts';
import { SpdyConnection } from '../../../protocols/streaming/spdy-connection.ts';
import { readResponse, upgradeRequest, webSocketAnswer } from '../../../protocols/streaming/upgrade.ts';
import { WebSocketChannels } from '../../../protocols/streaming/websocket-channels.ts';
import { encodeFrame, FrameError, newFrameReader, opcode } from '../../../protocols/streaming/websocket-frames.ts';

const READ_SIZE = 65_536;
const COMMAND = 'v5.channel.k8s.io';
const TUNNEL = 'SPDY/3.1+portforward.k8s.io';

type Kind = 'exec' | 'attach' | 'portforward';

export function offeredProtocol({ headers }: Exchange, kind: Kind): string {
  const offered = (headerValue(headers, 'sec-websocket-protocol') ?? '').split(',').map((one) => one.trim());
  const known = kind === 'portforward' ? TUNNEL : COMMAND;
  if (offered.includes(known)) return known;
  throw badRequest(`unable to upgrade: unable to negotiate protocol: client supports [${offered.join(' ')}]`);
}

export async function translate(
  ctx: Context,
  exchange: Exchange,
  kubelet: number,
  { kind, target, protocol, headers }: { kind: Kind; target: string; protocol: string; headers: Headers },
): Promise<void> {
  const isTunnel = kind === 'portforward';
  const request = upgradeRequest('POST', target, 'kubelet', 'spdy', isTunnel ? 'ports' : 'command', headers);
  await ctx.sys.write(ctx, kubelet, request);
  const response = await readResponse(ctx, kubelet);
  if (response?.head.status !== 101) {
    await ctx.sys.close(ctx, kubelet);
    throw failure(response?.head.status ?? 500, 'InternalError', response?.body.trim() ?? 'unexpected EOF');
  }
  const answer = webSocketAnswer(headerValue(exchange.headers, 'sec-websocket-key') ?? '', protocol);
  if (isTunnel) {
    const client = exchange.hijack();
    await ctx.sys.write(ctx, client, answer);
    await tunnel(ctx, client, kubelet, response.rest);
    return;
  }
  const connection = new SpdyConnection(ctx, kubelet, 'client');
  connection.start(ctx, response.rest);
  const flag = (key: string): boolean => exchange.query.get(key)?.[0] === 'true';
  const wanted = channelsOf({ stdin: flag('stdin'), stdout: flag('stdout'), stderr: flag('stderr'), tty: flag('tty') });
  const streams = await openChannels(ctx, connection, wanted);
  if (streams === null) {
    await connection.close(ctx);
    throw failure(500, 'InternalError', 'stream reset');
  }
  const client = exchange.hijack();
  await ctx.sys.write(ctx, client, answer);
  const messages = new WebSocketChannels(ctx, client, false, [channel.stdin, channel.resize]);
  messages.start(ctx, new Uint8Array(0));
  ctx.go('stdin', (c) => copy(c, messages, streams, channel.stdin));
  ctx.go('resize', async (c) => {
    await copy(c, messages, streams, channel.resize);
    // Nobody ends this one: the client has gone.
    await streams.close(c);
  });
  const outputs = [channel.stdout, channel.stderr].filter((number) => wanted.includes(number));
  let copying = outputs.length;
  for (const number of outputs)
    ctx.go('output', async (c) => {
      await copy(c, streams, messages, number);
      if (--copying === 0) await end(c);
    });
  const end = async (c: Context): Promise<void> => {
    await copy(c, streams, messages, channel.error);
    await messages.close(c);
    await streams.close(c);
  };
  if (copying === 0) await end(ctx);
}

async function copy(ctx: Context, from: CommandChannels, to: CommandChannels, number: number): Promise<void> {
  for (let data = await from.read(number); data !== null; data = await from.read(number))
    if (!(await to.send(ctx, number, data))) return;
  await to.end(ctx, number);
}

async function tunnel(ctx: Context, client: number, kubelet: number, first: Uint8Array): Promise<void> {
  const messages = newFrameReader();
  ctx.go('tunnel', async (c) => {
    await copyBytes(c, client, async (bytes) => {
      for (const { opcode: code, data } of messages(bytes)) {
        if (code === opcode.close) return false;
        if (code === opcode.ping) await c.sys.write(c, client, encodeFrame(opcode.pong, data, false));
        else if (code !== opcode.pong) await c.sys.write(c, kubelet, data);
      }
      return true;
    });
    await shutdownQuietly(c, kubelet);
  });
  const pass = async (bytes: Uint8Array): Promise<boolean> => {
    await ctx.sys.write(ctx, client, encodeFrame(opcode.binary, bytes, false));
    return true;
  };
  if (first.length > 0) await pass(first);
  await copyBytes(ctx, kubelet, pass);
  await shutdownQuietly(ctx, client);
}

async function copyBytes(ctx: Context, from: number, write: (bytes: Uint8Array) => Promise<boolean>): Promise<void> {
  try {
    for (;;) {
      const bytes = await ctx.sys.read(ctx, from, READ_SIZE);
      if (bytes.length === 0 || !(await write(bytes))) return;
    }
  } catch (error) {
    if (!isErrno(error) && !(error instanceof FrameError)) throw error;
  }
}
