/**
 * WebSocket frames.
 * @models RFC 6455 section 5
 * @fidelity partial: no extensions; fragmented messages are joined, the masking key is always zero
 */
import { type ByteQueue, newByteQueue, pushBytes, unreadLength } from '../byte-queue.ts';

export const opcode = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

export type WebSocketMessage = { opcode: number; data: Uint8Array };

/** Clients must mask: `masked` adds the key, which leaves the bytes as they are because it is zero. */
export function encodeFrame(code: number, data: Uint8Array, masked: boolean): Uint8Array {
  const { length } = data;
  const lengthBytes = length < 126 ? 0 : length < 65_536 ? 2 : 8;
  const head = 2 + lengthBytes + (masked ? 4 : 0);
  const out = new Uint8Array(head + length);
  const view = new DataView(out.buffer);
  const mask = masked ? 0x80 : 0;
  out[0] = 0x80 | code;
  if (lengthBytes === 0) out[1] = mask | length;
  else if (lengthBytes === 2) {
    out[1] = mask | 126;
    view.setUint16(2, length);
  } else {
    out[1] = mask | 127;
    view.setUint32(6, length);
  }
  out.set(data, head);
  return out;
}

const MESSAGE_BYTES_MAX = 64 << 20;

export class FrameError extends Error {
  override readonly name = 'FrameError';
}

/** Give it what arrives; it returns the messages that are complete. */
export function newFrameReader(): (chunk: Uint8Array) => WebSocketMessage[] {
  const queue: ByteQueue = newByteQueue();
  let parts: Uint8Array[] = [];
  let partsCode = 0;
  return (chunk) => {
    pushBytes(queue, chunk);
    const messages: WebSocketMessage[] = [];
    for (;;) {
      const frame = takeFrame(queue);
      if (frame === null) return messages;
      if (frame.code >= 8) {
        messages.push({ opcode: frame.code, data: frame.data });
        continue;
      }
      // Continues nothing: somebody speaks another protocol (SPDY's control frames look so).
      if (frame.code === opcode.continuation && parts.length === 0) throw new FrameError('websocket: bad opcode');
      if (frame.code !== opcode.continuation) partsCode = frame.code;
      parts.push(frame.data);
      if (!frame.final) continue;
      messages.push({ opcode: partsCode, data: parts.length === 1 ? frame.data : join(parts) });
      parts = [];
    }
  };
}

function takeFrame(queue: ByteQueue): { code: number; final: boolean; data: Uint8Array } | null {
  const available = unreadLength(queue);
  if (available < 2) return null;
  const { bytes, start } = queue;
  const first = bytes[start] as number;
  const second = bytes[start + 1] as number;
  const view = new DataView(bytes.buffer, bytes.byteOffset + start);
  let length = second & 0x7f;
  let head = 2;
  if (length === 126) {
    if (available < 4) return null;
    length = view.getUint16(2);
    head = 4;
  } else if (length === 127) {
    if (available < 10) return null;
    length = view.getUint32(2) * 0x1_0000_0000 + view.getUint32(6);
    head = 10;
  }
  if (length > MESSAGE_BYTES_MAX) throw new FrameError('websocket: read limit exceeded');
  const isMasked = (second & 0x80) !== 0;
  const keyAt = head;
  if (isMasked) head += 4;
  if (available < head + length) return null;
  const data = bytes.slice(start + head, start + head + length);
  if (isMasked)
    for (let i = 0; i < length; i++) data[i] = (data[i] as number) ^ (bytes[start + keyAt + (i & 3)] as number);
  queue.start += head + length;
  return { code: first & 0x0f, final: (first & 0x80) !== 0, data };
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
