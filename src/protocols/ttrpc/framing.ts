import { allocateBytes, type ByteQueue, letGoOfRead, newByteQueue, pushBytes, unreadLength } from '../byte-queue.ts';

/**
 * ttrpc frames: a ten byte header (length, stream id, type, flags; integers big endian), then the payload.
 * @models containerd/ttrpc 1.2 channel.go
 * @fidelity full
 */
export const headerBytes = 10;
/** What a peer refuses to send or to read, as in Go. */
export const payloadBytesMax = 4 << 20;

export const frameType = { request: 1, response: 2, data: 3 } as const;
export type FrameType = (typeof frameType)[keyof typeof frameType];

export interface Frame {
  /** Chosen by the client: odd, ascending. */
  readonly streamId: number;
  readonly type: number;
  readonly flags: number;
  readonly payload: Uint8Array;
  /** Set instead of a payload when the peer sent more than payloadBytesMax. */
  readonly oversizedBytes?: number;
}

/** The message of the ResourceExhausted status that both sides give for a payload that is too large. */
export function oversizedMessage(length: number): string {
  return `message length ${length} exceed maximum message size of ${payloadBytesMax}`;
}

/** @throws RangeError for a payload of more than 4 MiB; callers check first and answer with oversizedMessage. */
export function encodeFrame(streamId: number, type: FrameType, payload: Uint8Array, flags = 0): Uint8Array {
  const length = payload.length;
  if (length > payloadBytesMax) throw new RangeError(oversizedMessage(length));
  const bytes = allocateBytes(headerBytes + length);
  writeUint32(bytes, 0, length);
  writeUint32(bytes, 4, streamId);
  bytes[8] = type;
  bytes[9] = flags;
  bytes.set(payload, headerBytes);
  return bytes;
}

export class FrameDecoder {
  private readonly queue: ByteQueue = newByteQueue();
  /** So many bytes to come belong to a payload that is too large. */
  private discard = 0;

  /** @returns the frames that are complete now; payloads are views of the chunks. */
  push(chunk: Uint8Array): Frame[] {
    const { queue } = this;
    pushBytes(queue, chunk);
    const frames: Frame[] = [];
    for (;;) {
      const skipped = Math.min(this.discard, unreadLength(queue));
      queue.start += skipped;
      this.discard -= skipped;
      if (unreadLength(queue) < headerBytes) {
        letGoOfRead(queue);
        return frames;
      }
      const { bytes, start } = queue;
      const length = readUint32(bytes, start);
      const head = {
        streamId: readUint32(bytes, start + 4),
        type: bytes[start + 8] as number,
        flags: bytes[start + 9] as number,
      };
      const bodyStart = start + headerBytes;
      if (length > payloadBytesMax) {
        // As Go does: the bytes are dropped, and the stream is answered with ResourceExhausted.
        frames.push({ ...head, payload: new Uint8Array(0), oversizedBytes: length });
        queue.start = bodyStart;
        this.discard = length;
        continue;
      }
      if (bodyStart + length > bytes.length) return frames;
      frames.push({ ...head, payload: bytes.subarray(bodyStart, bodyStart + length) });
      queue.start = bodyStart + length;
    }
  }

  /** True in the middle of a frame: end of input here is an unexpected EOF. */
  get isPartial(): boolean {
    return this.discard > 0 || unreadLength(this.queue) > 0;
  }
}

function writeUint32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}

function readUint32(bytes: Uint8Array, at: number): number {
  const a = bytes[at] as number;
  const b = bytes[at + 1] as number;
  return ((a << 24) | (b << 16) | ((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number)) >>> 0;
}
