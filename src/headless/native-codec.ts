/** Packs old stretches of the trace by Node's own zlib. */
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { Codec } from '../sim/trace-block.ts';

const LEVEL = 1;

export const NATIVE_CODEC: Codec = {
  // Copied: what zlib returns may be a piece of a larger buffer.
  packText: (text) => new Uint8Array(deflateRawSync(text, { level: LEVEL })),
  unpackText: (packed) => inflateRawSync(packed).toString('utf8'),
};
