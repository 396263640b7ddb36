/**
 * Forwarded connections of one client: SPDY has a pair of streams for each, WebSocket a pair of channels for each port.
 * @models k8s.io/kubelet pkg/cri/streaming/portforward httpstream.go, websocket.go @fidelity full
 */
import type { Context } from '../../linux/context.ts';
import { STREAM_TYPE } from './spdy-channels.ts';
import type { SpdyConnection, SpdyStream } from './spdy-connection.ts';
import type { WebSocketChannels } from './websocket-channels.ts';

export const PORT = 'port';
export const REQUEST_ID = 'requestid';
/** How long the second stream of a pair may take. */
const PAIR_TIMEOUT_NS = 30_000_000_000;

/** One forwarded connection: the client's end of it. */
export type ForwardedStream = {
  read(ctx: Context): Promise<Uint8Array | null>;
  write(ctx: Context, data: Uint8Array): Promise<boolean>;
};

/** What a forwarded connection failed with, in the words for the client; null if it ended well. */
export type Forward = (ctx: Context, port: number, stream: ForwardedStream) => Promise<string | null>;

type Pair = { error: SpdyStream | null; data: SpdyStream | null };

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Until the client goes. */
export async function servePortStreams(ctx: Context, connection: SpdyConnection, forward: Forward): Promise<void> {
  const pairs = new Map<string, Pair>();
  for (let stream = await connection.incoming.take(); stream !== null; stream = await connection.incoming.take()) {
    const type = stream.headers[STREAM_TYPE];
    const port = Number(stream.headers[PORT]);
    if ((type !== 'error' && type !== 'data') || !Number.isInteger(port) || port < 1 || port > 0xffff) {
      await connection.refuse(ctx, stream);
      continue;
    }
    // Old clients do not number their requests: the data stream follows the error stream.
    const id = stream.headers[REQUEST_ID] ?? String(type === 'error' ? stream.id : stream.id - 2);
    const known = pairs.get(id);
    const pair = known ?? { error: null, data: null };
    if (pair[type] !== null) {
      await connection.refuse(ctx, stream);
      continue;
    }
    pair[type] = stream;
    await connection.accept(ctx, stream);
    if (known === undefined) {
      pairs.set(id, pair);
      ctx.scheduler.at(ctx.now + PAIR_TIMEOUT_NS, () => {
        if (pairs.get(id) !== pair) return;
        pairs.delete(id);
        ctx.go('pair-timeout', (c) => abandon(c, connection, pair));
      });
    }
    const { error, data } = pair;
    if (error === null || data === null) continue;
    pairs.delete(id);
    ctx.go('port-forward', async (c) => {
      const words = await forward(c, port, {
        read: () => connection.read(data),
        write: (w, bytes) => connection.send(w, data, bytes),
      });
      if (words !== null) await connection.send(c, error, encode(words));
      await connection.end(c, data);
      await connection.end(c, error);
      connection.remove(data);
      connection.remove(error);
    });
  }
}

async function abandon(ctx: Context, connection: SpdyConnection, pair: Pair): Promise<void> {
  const { error, data } = pair;
  if (error !== null) {
    await connection.send(ctx, error, encode('timed out waiting for streams'));
    await connection.end(ctx, error);
    connection.remove(error);
  }
  if (data !== null) await connection.refuse(ctx, data);
}

/** The ports are those of the URL; the first message on each channel says which it is, low byte first. */
export async function servePortChannels(
  ctx: Context,
  channels: WebSocketChannels,
  ports: readonly number[],
  forward: Forward,
): Promise<void> {
  let left = ports.length;
  for (const [at, port] of ports.entries()) {
    const word = Uint8Array.of(port & 0xff, port >> 8);
    await channels.send(ctx, at * 2, word);
    await channels.send(ctx, at * 2 + 1, word);
    ctx.go('port-forward', async (c) => {
      const words = await forward(c, port, {
        read: () => channels.read(at * 2),
        write: (w, bytes) => channels.send(w, at * 2, bytes),
      });
      if (words !== null) await channels.send(c, at * 2 + 1, encode(words));
      if (--left === 0) await channels.close(c);
    });
  }
}
