import { allocateBytes, type ByteQueue, concatBytes, newByteQueue, pushBytes, unreadLength } from '../byte-queue.ts';

/**
 * HTTP/2 framing, as far as gRPC uses it (RFC 9113).
 * @models golang.org/x/net/http2 frame.go
 * @fidelity partial: PRIORITY and PUSH_PROMISE are passed through undecoded
 */
export const connectionPreface = Uint8Array.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', (letter) => letter.charCodeAt(0));

export const frameType = {
  data: 0,
  headers: 1,
  priority: 2,
  rstStream: 3,
  settings: 4,
  pushPromise: 5,
  ping: 6,
  goAway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;

export const frameFlag = { endStream: 1, ack: 1, endHeaders: 4, padded: 8, priority: 32 } as const;

export const errorCode = {
  noError: 0,
  protocolError: 1,
  internalError: 2,
  flowControlError: 3,
  settingsTimeout: 4,
  streamClosed: 5,
  frameSizeError: 6,
  refusedStream: 7,
  cancel: 8,
  compressionError: 9,
  connectError: 10,
  enhanceYourCalm: 11,
  inadequateSecurity: 12,
  http11Required: 13,
} as const;

export const setting = {
  headerTableSize: 1,
  enablePush: 2,
  maxConcurrentStreams: 3,
  initialWindowSize: 4,
  maxFrameSize: 5,
  maxHeaderListSize: 6,
} as const;

/** What a frame may hold unless the peer's settings allow more. gRPC for Go never asks for more. */
export const frameBytesMax = 16384;
const headBytes = 9;

export type Http2Frame =
  | {
      readonly type: 'data';
      readonly streamId: number;
      readonly data: Uint8Array;
      readonly flowBytes: number;
      readonly endStream: boolean;
    }
  | { readonly type: 'headers'; readonly streamId: number; readonly block: Uint8Array; readonly endStream: boolean }
  | { readonly type: 'rst-stream'; readonly streamId: number; readonly errorCode: number }
  | {
      readonly type: 'settings';
      readonly ack: boolean;
      readonly settings: readonly (readonly [id: number, value: number])[];
    }
  | { readonly type: 'ping'; readonly ack: boolean; readonly data: Uint8Array }
  | { readonly type: 'go-away'; readonly lastStreamId: number; readonly errorCode: number; readonly debug: Uint8Array }
  | { readonly type: 'window-update'; readonly streamId: number; readonly increment: number }
  | {
      readonly type: 'other';
      readonly streamId: number;
      readonly typeNumber: number;
      readonly flags: number;
      readonly payload: Uint8Array;
    };

export class Http2Error extends Error {
  override readonly name = 'Http2Error';
  readonly errorCode: number;

  constructor(code: number, message: string) {
    super(message);
    this.errorCode = code;
  }
}

function frame(type: number, flags: number, streamId: number, length: number): Uint8Array {
  const bytes = allocateBytes(headBytes + length);
  writeHead(bytes, 0, type, flags, streamId, length);
  return bytes;
}

function writeHead(bytes: Uint8Array, at: number, type: number, flags: number, streamId: number, length: number): void {
  bytes[at] = length >>> 16;
  bytes[at + 1] = length >>> 8;
  bytes[at + 2] = length;
  bytes[at + 3] = type;
  bytes[at + 4] = flags;
  writeUint32(bytes, at + 5, streamId);
}

/** DATA; larger payloads become several frames, the last of which ends the stream if asked to. */
export function encodeData(streamId: number, data: Uint8Array, endStream: boolean): Uint8Array {
  const frames = Math.max(1, Math.ceil(data.length / frameBytesMax));
  const bytes = allocateBytes(frames * headBytes + data.length);
  let at = 0;
  for (let index = 0; index < frames; index++) {
    const start = index * frameBytesMax;
    const length = Math.min(frameBytesMax, data.length - start);
    const flags = endStream && index === frames - 1 ? frameFlag.endStream : 0;
    writeHead(bytes, at, frameType.data, flags, streamId, length);
    bytes.set(frames === 1 ? data : data.subarray(start, start + length), at + headBytes);
    at += headBytes + length;
  }
  return bytes;
}

/** HEADERS, followed by CONTINUATION when the block is too long for one frame. */
export function encodeHeadersFrame(streamId: number, block: Uint8Array, endStream: boolean): Uint8Array {
  const frames = Math.max(1, Math.ceil(block.length / frameBytesMax));
  const bytes = allocateBytes(frames * headBytes + block.length);
  let at = 0;
  for (let index = 0; index < frames; index++) {
    const start = index * frameBytesMax;
    const length = Math.min(frameBytesMax, block.length - start);
    const type = index === 0 ? frameType.headers : frameType.continuation;
    const flags =
      (index === frames - 1 ? frameFlag.endHeaders : 0) | (index === 0 && endStream ? frameFlag.endStream : 0);
    writeHead(bytes, at, type, flags, streamId, length);
    bytes.set(frames === 1 ? block : block.subarray(start, start + length), at + headBytes);
    at += headBytes + length;
  }
  return bytes;
}

/**
 * Frames written one behind the other into one piece of memory: an answer is three frames and one write, and each
 * piece of its own would cost more than what is written into it.
 */
export type FrameBuffer = { readonly bytes: Uint8Array; at: number };

/** @param length at least what will be put: `frameBytes` of each payload */
export function newFrameBuffer(length: number): FrameBuffer {
  return { bytes: allocateBytes(length), at: 0 };
}

/** What a payload of this length takes on the wire, the heads of its frames included. */
export function frameBytes(payloadLength: number): number {
  return Math.max(1, Math.ceil(payloadLength / frameBytesMax)) * headBytes + payloadLength;
}

export function putBytes(out: FrameBuffer, bytes: Uint8Array): void {
  out.bytes.set(bytes, out.at);
  out.at += bytes.length;
}

/** The head of a DATA frame; the payload must be put next. */
export function putDataHead(out: FrameBuffer, streamId: number, length: number, endStream: boolean): void {
  writeHead(out.bytes, out.at, frameType.data, endStream ? frameFlag.endStream : 0, streamId, length);
  out.at += headBytes;
}

/** HEADERS whose block consists of two parts: what is always the same, and what is not. */
export function putHeadersFrame(
  out: FrameBuffer,
  streamId: number,
  block: Uint8Array,
  more: Uint8Array,
  endStream: boolean,
): void {
  const length = block.length + more.length;
  if (length > frameBytesMax) {
    putBytes(out, encodeHeadersFrame(streamId, concatBytes([block, more]), endStream));
    return;
  }
  const flags = frameFlag.endHeaders | (endStream ? frameFlag.endStream : 0);
  writeHead(out.bytes, out.at, frameType.headers, flags, streamId, length);
  out.at += headBytes;
  putBytes(out, block);
  if (more.length > 0) putBytes(out, more);
}

export function encodeSettings(settings: readonly (readonly [id: number, value: number])[]): Uint8Array {
  const bytes = frame(frameType.settings, 0, 0, settings.length * 6);
  for (const [index, [id, value]] of settings.entries()) {
    const at = headBytes + index * 6;
    bytes[at] = id >>> 8;
    bytes[at + 1] = id;
    writeUint32(bytes, at + 2, value);
  }
  return bytes;
}

export function encodeSettingsAck(): Uint8Array {
  return frame(frameType.settings, frameFlag.ack, 0, 0);
}

export function encodeRstStream(streamId: number, code: number): Uint8Array {
  const bytes = frame(frameType.rstStream, 0, streamId, 4);
  writeUint32(bytes, headBytes, code);
  return bytes;
}

/** @param data eight bytes, which the peer sends back in its ack */
export function encodePing(data: Uint8Array, ack: boolean): Uint8Array {
  const bytes = frame(frameType.ping, ack ? frameFlag.ack : 0, 0, 8);
  bytes.set(data.subarray(0, 8), headBytes);
  return bytes;
}

export function encodeGoAway(lastStreamId: number, code: number, debug = new Uint8Array(0)): Uint8Array {
  const bytes = frame(frameType.goAway, 0, 0, 8 + debug.length);
  writeUint32(bytes, headBytes, lastStreamId);
  writeUint32(bytes, headBytes + 4, code);
  bytes.set(debug, headBytes + 8);
  return bytes;
}

export function encodeWindowUpdate(streamId: number, increment: number): Uint8Array {
  const bytes = frame(frameType.windowUpdate, 0, streamId, 4);
  writeUint32(bytes, headBytes, increment);
  return bytes;
}

export interface Http2Decoder {
  /** @returns the frames that are complete now; data are views of the chunks. @throws Http2Error */
  push(chunk: Uint8Array): Http2Frame[];
  isPartial(): boolean;
}

/** @param expectPreface true on a server, whose peer starts with the connection preface */
export function newHttp2Decoder(expectPreface: boolean): Http2Decoder {
  const queue: ByteQueue = newByteQueue();
  let needsPreface = expectPreface;
  let open: { streamId: number; endStream: boolean; parts: Uint8Array[]; length: number } | undefined;

  function decodeOne(bytes: Uint8Array, at: number, length: number): Http2Frame | undefined {
    const type = bytes[at + 3] as number;
    const flags = bytes[at + 4] as number;
    const streamId = readUint32(bytes, at + 5) & 0x7fffffff;
    const payload = bytes.subarray(at + headBytes, at + headBytes + length);
    if (open !== undefined && (type !== frameType.continuation || streamId !== open.streamId)) {
      throw new Http2Error(errorCode.protocolError, 'expected CONTINUATION frame');
    }
    if (type === frameType.headers || type === frameType.continuation) {
      if (type === frameType.headers) {
        const endStream = (flags & frameFlag.endStream) !== 0;
        const block = stripPadding(payload, flags, (flags & frameFlag.priority) !== 0 ? 5 : 0);
        if (flags & frameFlag.endHeaders) return { type: 'headers', streamId, block, endStream };
        open = { streamId, endStream, parts: [block], length: block.length };
        return undefined;
      }
      if (open === undefined) throw new Http2Error(errorCode.protocolError, 'unexpected CONTINUATION frame');
      open.parts.push(payload);
      open.length += payload.length;
      if (open.length > headerBlockBytesMax) throw new Http2Error(errorCode.enhanceYourCalm, 'header list too large');
      if (!(flags & frameFlag.endHeaders)) return undefined;
      const { endStream, parts } = open;
      open = undefined;
      return { type: 'headers', streamId, block: concatBytes(parts), endStream };
    }
    return decodeSimple(type, flags, streamId, payload);
  }

  return {
    push(chunk) {
      pushBytes(queue, chunk);
      const frames: Http2Frame[] = [];
      if (needsPreface) {
        const seen = Math.min(unreadLength(queue), connectionPreface.length);
        for (let at = 0; at < seen; at++) {
          if (queue.bytes[at] !== connectionPreface[at])
            throw new Http2Error(errorCode.protocolError, 'bogus greeting');
        }
        if (seen < connectionPreface.length) return frames;
        queue.start += connectionPreface.length;
        needsPreface = false;
      }
      while (unreadLength(queue) >= headBytes) {
        const { bytes, start } = queue;
        const length =
          ((bytes[start] as number) << 16) | ((bytes[start + 1] as number) << 8) | (bytes[start + 2] as number);
        if (length > frameBytesMax) throw new Http2Error(errorCode.frameSizeError, 'frame too large');
        if (unreadLength(queue) < headBytes + length) break;
        const decoded = decodeOne(bytes, start, length);
        if (decoded !== undefined) frames.push(decoded);
        queue.start += headBytes + length;
      }
      return frames;
    },
    isPartial: () => unreadLength(queue) > 0 || open !== undefined,
  };
}

const headerBlockBytesMax = 1 << 20;

function decodeSimple(type: number, flags: number, streamId: number, payload: Uint8Array): Http2Frame {
  const needs = (bytes: number): void => {
    if (payload.length !== bytes) throw new Http2Error(errorCode.frameSizeError, 'bad frame length');
  };
  switch (type) {
    case frameType.data: {
      if (streamId === 0) throw new Http2Error(errorCode.protocolError, 'DATA frame with stream ID 0');
      const data = stripPadding(payload, flags, 0);
      return {
        type: 'data',
        streamId,
        data,
        flowBytes: payload.length,
        endStream: (flags & frameFlag.endStream) !== 0,
      };
    }
    case frameType.rstStream:
      needs(4);
      return { type: 'rst-stream', streamId, errorCode: readUint32(payload, 0) };
    case frameType.settings: {
      if (payload.length % 6 !== 0) throw new Http2Error(errorCode.frameSizeError, 'bad frame length');
      const settings: [number, number][] = [];
      for (let at = 0; at < payload.length; at += 6) {
        settings.push([((payload[at] as number) << 8) | (payload[at + 1] as number), readUint32(payload, at + 2)]);
      }
      return { type: 'settings', ack: (flags & frameFlag.ack) !== 0, settings };
    }
    case frameType.ping:
      needs(8);
      return { type: 'ping', ack: (flags & frameFlag.ack) !== 0, data: payload };
    case frameType.goAway: {
      if (payload.length < 8) throw new Http2Error(errorCode.frameSizeError, 'bad frame length');
      const lastStreamId = readUint32(payload, 0) & 0x7fffffff;
      return { type: 'go-away', lastStreamId, errorCode: readUint32(payload, 4), debug: payload.subarray(8) };
    }
    case frameType.windowUpdate:
      needs(4);
      return { type: 'window-update', streamId, increment: readUint32(payload, 0) & 0x7fffffff };
    default:
      return { type: 'other', streamId, typeNumber: type, flags, payload };
  }
}

function stripPadding(payload: Uint8Array, flags: number, skip: number): Uint8Array {
  if (!(flags & frameFlag.padded)) return skip === 0 ? payload : payload.subarray(skip);
  const padding = payload[0] ?? 0;
  const start = 1 + skip;
  if (start + padding > payload.length)
    throw new Http2Error(errorCode.protocolError, 'pad size larger than data payload');
  return payload.subarray(start, payload.length - padding);
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
