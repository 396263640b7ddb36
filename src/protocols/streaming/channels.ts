/**
 * Several streams over one connection: every message begins with the number of its channel.
 * @models Kubernetes remotecommand v5.channel.k8s.io
 * @fidelity partial: the same framing is used where a real client would speak SPDY/3.1
 */
import type { Context } from '../../linux/context.ts';
import { Errno } from '../../linux/errno.ts';
import { Mutex, Queue } from '../../sim/primitives.ts';
import { encodeFrame, FrameError, newFrameReader, opcode } from './websocket-frames.ts';

export const channel = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4, close: 255 } as const;

export const SUBPROTOCOL = 'v5.channel.k8s.io';

const READ_SIZE = 65_536;
/** Larger writes are cut, so that one stream does not hold up the others. */
const PIECE_BYTES_MAX = 32_768;

export type ChannelMessage = { channel: number; data: Uint8Array };

export class ChannelConnection {
  private readonly fd: number;
  private readonly masked: boolean;
  private readonly lock: Mutex;
  private readonly readFrames = newFrameReader();
  open = true;

  constructor(ctx: Context, fd: number, masked: boolean) {
    this.fd = fd;
    this.masked = masked;
    this.lock = new Mutex(ctx.scheduler);
  }

  /** False once the other side has gone. */
  async send(ctx: Context, to: number, data: Uint8Array): Promise<boolean> {
    for (let at = 0; at === 0 || at < data.length; at += PIECE_BYTES_MAX) {
      const piece = data.subarray(at, at + PIECE_BYTES_MAX);
      const message = new Uint8Array(piece.length + 1);
      message[0] = to;
      message.set(piece, 1);
      if (!(await this.write(ctx, encodeFrame(opcode.binary, message, this.masked)))) return false;
    }
    return true;
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

  /** Starts a strand that sorts what arrives; the queue ends when the other side has gone. `first` has been read already. */
  receive(ctx: Context, first: Uint8Array): Queue<ChannelMessage> {
    const queue = new Queue<ChannelMessage>(ctx.scheduler);
    ctx.go('stream-reader', async (c) => {
      try {
        for (let bytes = first; ; bytes = await c.sys.read(c, this.fd, READ_SIZE)) {
          if (bytes.length === 0 && bytes !== first) break;
          for (const message of this.readFrames(bytes)) {
            if (message.opcode === opcode.ping)
              await this.write(c, encodeFrame(opcode.pong, message.data, this.masked));
            if (message.opcode === opcode.close) return;
            const to = message.data[0];
            if (message.opcode === opcode.binary && to !== undefined)
              queue.push({ channel: to, data: message.data.subarray(1) });
          }
        }
      } catch (error) {
        if (!(error instanceof Errno) && !(error instanceof FrameError)) throw error;
      } finally {
        this.open = false;
        queue.close();
      }
    });
    return queue;
  }

  async close(ctx: Context): Promise<void> {
    if (this.open) await this.write(ctx, encodeFrame(opcode.close, Uint8Array.of(3, 232), this.masked));
    this.open = false;
    try {
      await ctx.sys.shutdown(ctx, this.fd, 'both');
      await ctx.sys.close(ctx, this.fd);
    } catch (error) {
      if (!(error instanceof Errno)) throw error;
    }
  }
}

/** What the error channel carries at the end: a Kubernetes Status. */
export type StreamStatus = { status: 'Success' } | { status: 'Failure'; message: string; exitCode: number | null };

export function encodeStatus(status: StreamStatus): Uint8Array {
  if (status.status === 'Success') return encode({ metadata: {}, status: 'Success' });
  const { message, exitCode } = status;
  if (exitCode === null) {
    return encode({
      metadata: {},
      status: 'Failure',
      message,
      reason: 'InternalError',
      details: { causes: [{ message: message.replace(/^Internal error occurred: /, '') }] },
      code: 500,
    });
  }
  return encode({
    metadata: {},
    status: 'Failure',
    message,
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: String(exitCode) }] },
  });
}

function encode(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}

export function decodeStatus(bytes: Uint8Array): StreamStatus {
  const text = new TextDecoder().decode(bytes);
  try {
    const value = JSON.parse(text) as {
      status?: string;
      message?: string;
      reason?: string;
      details?: { causes?: { reason?: string; message?: string }[] };
    };
    if (value.status === 'Success') return { status: 'Success' };
    const cause = value.details?.causes?.find((c) => c.reason === 'ExitCode');
    const exitCode = value.reason === 'NonZeroExitCode' && cause?.message !== undefined ? Number(cause.message) : null;
    return { status: 'Failure', message: value.message ?? '', exitCode };
  } catch {
    return { status: 'Failure', message: `error stream protocol error: ${text}`, exitCode: null };
  }
}
