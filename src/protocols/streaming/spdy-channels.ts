/**
 * A command's channels as SPDY streams: one for each, named by a header.
 * @models k8s.io/kubelet pkg/cri/streaming/remotecommand httpstream.go, k8s.io/client-go tools/remotecommand v4.go
 * @fidelity full
 */
import type { Context } from '../../linux/context.ts';
import { type CommandChannels, channel } from './channels.ts';
import type { SpdyConnection, SpdyStream } from './spdy-connection.ts';

export const STREAM_TYPE = 'streamtype';
/** How long a client may take to open the streams that it asked for. */
const CREATION_TIMEOUT_NS = 30_000_000_000;

const NAMES = {
  [channel.stdin]: 'stdin',
  [channel.stdout]: 'stdout',
  [channel.stderr]: 'stderr',
  [channel.error]: 'error',
  [channel.resize]: 'resize',
} as const;

type ChannelNumber = keyof typeof NAMES;

/** Those that a command has, in the order in which clients open them. */
export function channelsOf(flags: { stdin: boolean; stdout: boolean; stderr: boolean; tty: boolean }): ChannelNumber[] {
  return [
    channel.error,
    ...(flags.stdin ? [channel.stdin] : []),
    ...(flags.stdout ? [channel.stdout] : []),
    ...(flags.stderr && !flags.tty ? [channel.stderr] : []),
    ...(flags.tty ? [channel.resize] : []),
  ];
}

class SpdyChannels implements CommandChannels {
  private readonly connection: SpdyConnection;
  private readonly streams: ReadonlyMap<number, SpdyStream>;

  constructor(connection: SpdyConnection, streams: ReadonlyMap<number, SpdyStream>) {
    this.connection = connection;
    this.streams = streams;
  }

  async send(ctx: Context, to: number, data: Uint8Array): Promise<boolean> {
    const stream = this.streams.get(to);
    return stream !== undefined && this.connection.send(ctx, stream, data);
  }

  async end(ctx: Context, to: number): Promise<void> {
    const stream = this.streams.get(to);
    if (stream !== undefined) await this.connection.end(ctx, stream);
  }

  async read(from: number): Promise<Uint8Array | null> {
    const stream = this.streams.get(from);
    return stream === undefined ? null : this.connection.read(stream);
  }

  close(ctx: Context): Promise<void> {
    return this.connection.close(ctx);
  }
}

/** Waits until the client has opened all of them; null if it does not. */
export async function acceptChannels(
  ctx: Context,
  connection: SpdyConnection,
  expected: readonly number[],
): Promise<CommandChannels | null> {
  const numbers = new Map<string, number>(expected.map((number) => [NAMES[number as ChannelNumber], number]));
  const streams = new Map<number, SpdyStream>();
  const timer = ctx.scheduler.at(ctx.now + CREATION_TIMEOUT_NS, () => connection.incoming.close());
  while (streams.size < numbers.size) {
    const stream = await connection.incoming.take();
    if (stream === null) return null;
    const number = numbers.get(stream.headers[STREAM_TYPE] ?? '');
    if (number === undefined || streams.has(number)) {
      await connection.refuse(ctx, stream);
      continue;
    }
    streams.set(number, stream);
    await connection.accept(ctx, stream);
  }
  ctx.scheduler.cancel(timer);
  ctx.go('further-streams', async (c) => {
    for (let more = await connection.incoming.take(); more !== null; more = await connection.incoming.take())
      await connection.refuse(c, more);
  });
  return new SpdyChannels(connection, streams);
}

/** Opens all of them, one after the other; null if the server refuses one. */
export async function openChannels(
  ctx: Context,
  connection: SpdyConnection,
  wanted: readonly number[],
): Promise<CommandChannels | null> {
  const streams = new Map<number, SpdyStream>();
  for (const number of wanted) {
    const stream = await connection.createStream(ctx, { [STREAM_TYPE]: NAMES[number as ChannelNumber] });
    if (stream === null) return null;
    streams.set(number, stream);
  }
  return new SpdyChannels(connection, streams);
}
