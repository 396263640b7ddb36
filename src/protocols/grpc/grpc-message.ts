import { allocateBytes, type ByteQueue, newByteQueue, pushBytes, unreadLength } from '../byte-queue.ts';
import { encodeData, type FrameBuffer, frameBytes, frameBytesMax, putBytes, putDataHead } from './http2-frames.ts';
import { GrpcError, grpcCode } from './status.ts';

/** gRPC puts before each message: one byte that says whether it is compressed, then its length, big endian. */
export const prefixBytes = 5;
/** What grpc-go accepts by default; CRI clients and containerd raise it to 16 MiB. */
export const receiveBytesMaxDefault = 4 << 20;
export const receiveBytesMaxCri = 16 << 20;

export function frameMessage(message: Uint8Array): Uint8Array {
  const bytes = allocateBytes(prefixBytes + message.length);
  writePrefix(bytes, 0, message.length);
  bytes.set(message, prefixBytes);
  return bytes;
}

/** What `putMessage` writes. */
export function messageFrameBytes(message: Uint8Array): number {
  return frameBytes(prefixBytes + message.length);
}

/** The message with its prefix in DATA frames. */
export function putMessage(out: FrameBuffer, streamId: number, message: Uint8Array, endStream: boolean): void {
  const length = prefixBytes + message.length;
  if (length > frameBytesMax) {
    putBytes(out, encodeData(streamId, frameMessage(message), endStream));
    return;
  }
  putDataHead(out, streamId, length, endStream);
  const { bytes } = out;
  writePrefix(bytes, out.at, message.length);
  out.at += prefixBytes;
  putBytes(out, message);
}

function writePrefix(bytes: Uint8Array, at: number, length: number): void {
  bytes[at + 1] = length >>> 24;
  bytes[at + 2] = length >>> 16;
  bytes[at + 3] = length >>> 8;
  bytes[at + 4] = length;
}

/** The message, when these bytes are exactly one whole uncompressed message; a view. */
export function wholeMessage(bytes: Uint8Array): Uint8Array | null {
  if (bytes.length < prefixBytes || bytes[0] !== 0) return null;
  const length =
    ((bytes[1] as number) << 24) | ((bytes[2] as number) << 16) | ((bytes[3] as number) << 8) | (bytes[4] as number);
  return length === bytes.length - prefixBytes ? bytes.subarray(prefixBytes) : null;
}

export interface MessageDecoder {
  /** @returns the messages that are complete now, as views of the chunks. @throws GrpcError as grpc-go reports it */
  push(chunk: Uint8Array): Uint8Array[];
  isPartial(): boolean;
}

export function newMessageDecoder(receiveBytesMax = receiveBytesMaxDefault): MessageDecoder {
  const queue: ByteQueue = newByteQueue();
  return {
    push(chunk) {
      pushBytes(queue, chunk);
      const messages: Uint8Array[] = [];
      while (unreadLength(queue) >= prefixBytes) {
        const { bytes, start } = queue;
        if (bytes[start] !== 0) {
          const text = 'grpc: compressed flag set with identity or empty encoding';
          throw new GrpcError(grpcCode.Internal, text);
        }
        const high = ((bytes[start + 1] as number) << 24) | ((bytes[start + 2] as number) << 16);
        const length = (high | ((bytes[start + 3] as number) << 8) | (bytes[start + 4] as number)) >>> 0;
        if (length > receiveBytesMax) {
          const text = `grpc: received message larger than max (${length} vs. ${receiveBytesMax})`;
          throw new GrpcError(grpcCode.ResourceExhausted, text);
        }
        const end = start + prefixBytes + length;
        if (end > bytes.length) break;
        messages.push(bytes.subarray(start + prefixBytes, end));
        queue.start = end;
      }
      return messages;
    },
    isPartial: () => unreadLength(queue) > 0,
  };
}
