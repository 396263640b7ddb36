/**
 * Channels in WebSocket messages: each begins with the number of its channel, as a byte or as a digit before base64.
 * @models k8s.io/apimachinery pkg/util/httpstream/wsstream conn.go @fidelity partial: no idle timeout
 */
import type { Context } from '../../linux/context.ts';
import { Errno } from '../../linux/errno.ts';
import { Mutex, Queue } from '../../sim/primitives.ts';
import { fromBase64, toBase64 } from '../base64.ts';
import type { CommandChannels } from './channels.ts';
import { encodeFrame, FrameError, newFrameReader, opcode } from './websocket-frames.ts';

const READ_SIZE = 65_536;
const PIECE_BYTES_MAX = 32_768;
/** RFC 6455's normal closure, 1000. */
const NORMAL_CLOSURE = Uint8Array.of(3, 232);
const DIGIT_ZERO = 48;
const CLOSE_CHANNEL = 255;

export class WebSocketChannels implements CommandChannels {
  private readonly fd: number;
  private readonly base64: boolean;
  private readonly lock: Mutex;
  private readonly inputs = new Map<number, Queue<Uint8Array>>();
  private readonly closable: boolean;
  private open = true;

  /**
   * @param readable the channels that the client may write to; what it sends on others is dropped
   * @param closable version 5: the client says when it will write no more on one
   */
  constructor(ctx: Context, fd: number, base64: boolean, readable: readonly number[], closable = false) {
    this.fd = fd;
    this.base64 = base64;
    this.closable = closable;
    this.lock = new Mutex(ctx.scheduler);
    for (const number of readable) this.inputs.set(number, new Queue(ctx.scheduler));
  }

  /** Starts the strand that sorts what arrives; `first` has been read already. */
  start(ctx: Context, first: Uint8Array): void {
    const readFrames = newFrameReader();
    ctx.go('stream-reader', async (c) => {
      try {
        for (let bytes = first; this.open; bytes = await c.sys.read(c, this.fd, READ_SIZE)) {
          if (bytes.length === 0 && bytes !== first) break;
          for (const message of readFrames(bytes)) {
            if (message.opcode === opcode.ping) await this.write(c, encodeFrame(opcode.pong, message.data, false));
            else if (message.opcode === opcode.close) return;
            else this.received(message.data);
          }
        }
      } catch (error) {
        if (!(error instanceof Errno) && !(error instanceof FrameError)) throw error;
      } finally {
        this.open = false;
        for (const input of this.inputs.values()) input.close();
      }
    });
  }

  private received(message: Uint8Array): void {
    const [first] = message;
    if (first === undefined) return;
    const rest = message.subarray(1);
    if (this.closable && first === CLOSE_CHANNEL) {
      this.inputs.get(rest[0] ?? -1)?.close();
      return;
    }
    const data = this.base64 ? fromBase64(new TextDecoder().decode(rest)) : rest;
    if (data !== null) this.inputs.get(this.base64 ? first - DIGIT_ZERO : first)?.push(data);
  }

  async send(ctx: Context, to: number, data: Uint8Array): Promise<boolean> {
    for (let at = 0; at === 0 || at < data.length; at += PIECE_BYTES_MAX) {
      const piece = data.subarray(at, at + PIECE_BYTES_MAX);
      if (!(await this.write(ctx, this.message(to, piece)))) return false;
    }
    return true;
  }

  private message(to: number, piece: Uint8Array): Uint8Array {
    const body = this.base64 ? new TextEncoder().encode(toBase64(piece)) : piece;
    const message = new Uint8Array(body.length + 1);
    message[0] = this.base64 ? DIGIT_ZERO + to : to;
    message.set(body, 1);
    return encodeFrame(this.base64 ? opcode.text : opcode.binary, message, false);
  }

  /** Up to version 4 there are no words for the end of a channel; in version 5 only clients say them. */
  async end(): Promise<void> {}

  async read(from: number): Promise<Uint8Array | null> {
    return (await this.inputs.get(from)?.take()) ?? null;
  }

  async close(ctx: Context): Promise<void> {
    if (this.open) await this.write(ctx, encodeFrame(opcode.close, NORMAL_CLOSURE, false));
    this.open = false;
    try {
      await ctx.sys.shutdown(ctx, this.fd, 'both');
      await ctx.sys.close(ctx, this.fd);
    } catch (error) {
      if (!(error instanceof Errno)) throw error;
    }
  }

  private async write(ctx: Context, bytes: Uint8Array): Promise<boolean> {
    const unlock = await this.lock.lock();
    try {
      if (this.open) await ctx.sys.write(ctx, this.fd, bytes);
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
