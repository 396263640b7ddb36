/**
 * Streams over one connection, as both ends of an exec or a port-forward use them.
 * @models moby/spdystream, k8s.io/apimachinery pkg/util/httpstream/spdy @fidelity partial: streams have no priority and no window
 */
import type { Context } from '../../linux/context.ts';
import { Errno } from '../../linux/errno.ts';
import { Future, Mutex, Queue, WaitQueue } from '../../sim/primitives.ts';
import { newSpdyReader, newSpdyWriter, RST_STATUS, SpdyError, type SpdyFrame } from './spdy-frames.ts';

const READ_SIZE = 65_536;
/** Larger writes are cut, so that one stream does not hold up the others. */
const PIECE_BYTES_MAX = 32_768;
/** What a stream may hold unread before the connection is not read any more. */
const UNREAD_BYTES_MAX = 1 << 20;
const STREAMS_MAX = 1000;

export class SpdyStream {
  readonly id: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly input: Queue<Uint8Array>;
  /** The other side took it, or refused. */
  readonly replied: Future<boolean>;
  unread = 0;
  ended = false;
  reset = false;

  constructor(ctx: Context, id: number, headers: Readonly<Record<string, string>>) {
    this.id = id;
    this.headers = headers;
    this.input = new Queue(ctx.scheduler);
    this.replied = new Future(ctx.scheduler);
  }
}

export class SpdyConnection {
  /** Streams that the other side has opened. */
  readonly incoming: Queue<SpdyStream>;
  /** Resolves when the other side has gone. */
  readonly gone: Future<void>;
  private readonly fd: number;
  private readonly lock: Mutex;
  private readonly taken: WaitQueue<void>;
  private readonly encode = newSpdyWriter();
  private readonly decode = newSpdyReader();
  private readonly streams = new Map<number, SpdyStream>();
  private nextId: number;
  private lastIncoming = 0;
  open = true;

  constructor(ctx: Context, fd: number, side: 'client' | 'server') {
    this.fd = fd;
    this.nextId = side === 'client' ? 1 : 2;
    this.lock = new Mutex(ctx.scheduler);
    this.taken = new WaitQueue(ctx.scheduler);
    this.incoming = new Queue(ctx.scheduler);
    this.gone = new Future(ctx.scheduler);
  }

  /** Starts the strand that sorts what arrives; `first` has been read already. */
  start(ctx: Context, first: Uint8Array): void {
    ctx.go('stream-reader', async (c) => {
      try {
        for (let bytes = first; ; bytes = await c.sys.read(c, this.fd, READ_SIZE)) {
          if (bytes.length === 0 && bytes !== first) break;
          for (const frame of this.decode(bytes)) await this.received(c, frame);
        }
      } catch (error) {
        if (!(error instanceof Errno) && !(error instanceof SpdyError)) throw error;
      } finally {
        this.open = false;
        this.incoming.close();
        for (const stream of this.streams.values()) forget(stream);
        this.gone.resolve(undefined);
      }
    });
  }

  private async received(ctx: Context, frame: SpdyFrame): Promise<void> {
    switch (frame.type) {
      case 'syn-stream':
        return this.opened(ctx, frame);
      case 'syn-reply':
        this.streams.get(frame.stream)?.replied.resolve(true);
        return;
      case 'rst-stream': {
        const stream = this.streams.get(frame.stream);
        this.streams.delete(frame.stream);
        if (stream === undefined) return;
        stream.reset = true;
        forget(stream);
        return;
      }
      case 'ping':
        // One of ours would come back with our parity; we send none.
        await this.write(ctx, frame);
        return;
      case 'data': {
        const stream = this.streams.get(frame.stream);
        if (stream === undefined || stream.input.closed) return;
        if (frame.data.length > 0) {
          stream.unread += frame.data.length;
          stream.input.push(frame.data);
        }
        if (frame.fin) stream.input.close();
        while (stream.unread > UNREAD_BYTES_MAX && !stream.reset && this.open) await this.taken.wait();
        return;
      }
      case 'goaway':
    }
  }

  private async opened(ctx: Context, frame: Extract<SpdyFrame, { type: 'syn-stream' }>): Promise<void> {
    if (frame.stream <= this.lastIncoming || frame.stream % 2 === this.nextId % 2)
      throw new SpdyError('stream id out of order');
    this.lastIncoming = frame.stream;
    if (this.streams.size >= STREAMS_MAX) {
      await this.write(ctx, { type: 'rst-stream', stream: frame.stream, status: RST_STATUS.refusedStream });
      return;
    }
    const stream = new SpdyStream(ctx, frame.stream, frame.headers);
    if (frame.fin) stream.input.close();
    this.streams.set(stream.id, stream);
    this.incoming.push(stream);
  }

  /** Null if the other side refuses it or has gone. */
  async createStream(ctx: Context, headers: Record<string, string>): Promise<SpdyStream | null> {
    const stream = new SpdyStream(ctx, this.nextId, headers);
    this.nextId += 2;
    this.streams.set(stream.id, stream);
    await this.write(ctx, { type: 'syn-stream', stream: stream.id, fin: false, headers });
    if (!this.open) return null;
    return (await stream.replied.wait()) ? stream : null;
  }

  accept(ctx: Context, stream: SpdyStream): Promise<boolean> {
    return this.write(ctx, { type: 'syn-reply', stream: stream.id, fin: false, headers: {} });
  }

  async refuse(ctx: Context, stream: SpdyStream): Promise<void> {
    this.streams.delete(stream.id);
    stream.reset = true;
    forget(stream);
    await this.write(ctx, { type: 'rst-stream', stream: stream.id, status: RST_STATUS.refusedStream });
  }

  /** Null at the end. */
  async read(stream: SpdyStream): Promise<Uint8Array | null> {
    const data = await stream.input.take();
    if (data !== null) {
      stream.unread -= data.length;
      this.taken.wakeAll();
    }
    return data;
  }

  /** False once nobody takes it any more. */
  async send(ctx: Context, stream: SpdyStream, data: Uint8Array): Promise<boolean> {
    for (let at = 0; at < data.length; at += PIECE_BYTES_MAX) {
      if (stream.reset || stream.ended) return false;
      const piece = data.subarray(at, at + PIECE_BYTES_MAX);
      if (!(await this.write(ctx, { type: 'data', stream: stream.id, fin: false, data: piece }))) return false;
    }
    return this.open && !stream.reset;
  }

  /** No more will be written to it. */
  async end(ctx: Context, stream: SpdyStream): Promise<void> {
    if (stream.ended || stream.reset) return;
    stream.ended = true;
    await this.write(ctx, { type: 'data', stream: stream.id, fin: true, data: new Uint8Array(0) });
  }

  /** It is over: a number for a new one, so that long connections hold no more than what is open. */
  remove(stream: SpdyStream): void {
    this.streams.delete(stream.id);
    stream.reset = true;
    forget(stream);
    this.taken.wakeAll();
  }

  /** Resets what is still open, says goodbye and hangs up. */
  async close(ctx: Context): Promise<void> {
    for (const stream of [...this.streams.values()]) {
      await this.write(ctx, { type: 'rst-stream', stream: stream.id, status: RST_STATUS.cancel });
      this.remove(stream);
    }
    await this.write(ctx, { type: 'goaway', lastStream: this.lastIncoming, status: 0 });
    this.open = false;
    this.taken.wakeAll();
    try {
      await ctx.sys.shutdown(ctx, this.fd, 'both');
      await ctx.sys.close(ctx, this.fd);
    } catch (error) {
      if (!(error instanceof Errno)) throw error;
    }
  }

  private async write(ctx: Context, frame: SpdyFrame): Promise<boolean> {
    const unlock = await this.lock.lock();
    try {
      // Made under the lock: header blocks must go out in the order in which they were compressed.
      if (this.open) await ctx.sys.write(ctx, this.fd, this.encode(frame));
      return this.open;
    } catch (error) {
      if (!(error instanceof Errno)) throw error;
      this.open = false;
      return false;
    } finally {
      unlock();
    }
  }
}

function forget(stream: SpdyStream): void {
  stream.input.close();
  stream.replied.resolve(false);
}
