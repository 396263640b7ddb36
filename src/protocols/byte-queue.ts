/** Bytes that arrived in chunks and wait to be read in units of another size. One unread chunk is the common case. */
export interface ByteQueue {
  /** Everything unread; `start` is where reading stands. */
  bytes: Uint8Array;
  start: number;
}

const nothing = new Uint8Array(0);

export function newByteQueue(): ByteQueue {
  return { bytes: nothing, start: 0 };
}

export function pushBytes(queue: ByteQueue, chunk: Uint8Array): void {
  const rest = queue.bytes.length - queue.start;
  if (rest === 0) {
    queue.bytes = chunk;
  } else {
    const joined = new Uint8Array(rest + chunk.length);
    joined.set(queue.bytes.subarray(queue.start));
    joined.set(chunk, rest);
    queue.bytes = joined;
  }
  queue.start = 0;
}

/** To be called before waiting for more: what has been read through is not kept (it is a part of a larger buffer). */
export function letGoOfRead(queue: ByteQueue): void {
  if (queue.start < queue.bytes.length) return;
  queue.bytes = nothing;
  queue.start = 0;
}

export function unreadLength(queue: ByteQueue): number {
  return queue.bytes.length - queue.start;
}

export function concatBytes(parts: readonly Uint8Array[]): Uint8Array {
  const only = parts.length === 1 ? parts[0] : undefined;
  if (only !== undefined) return only;
  let length = 0;
  for (let i = 0; i < parts.length; i++) length += (parts[i] as Uint8Array).length;
  const joined = allocateBytes(length);
  let at = 0;
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i] as Uint8Array;
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

const slabBytes = 65_536;
const pooledBytesMax = 4096;
let slab = new Uint8Array(slabBytes);
let slabUsed = 0;

const encoder = new TextEncoder();

/** UTF-8 of a text that is sent and then forgotten: half of what it costs to have it in a buffer of its own. */
export function passingBytes(text: string): Uint8Array {
  const bytes = allocateBytes(text.length);
  // Mostly each character is a byte.
  return encoder.encodeInto(text, bytes).read === text.length ? bytes : encoder.encode(text);
}

/** Zeroed bytes of its own for the caller to fill once; small ones share a buffer, since each buffer is costly. */
export function allocateBytes(length: number): Uint8Array {
  if (length > pooledBytesMax) return new Uint8Array(length);
  if (slabUsed + length > slabBytes) {
    slab = new Uint8Array(slabBytes);
    slabUsed = 0;
  }
  const start = slabUsed;
  slabUsed += length;
  return slab.subarray(start, slabUsed);
}
