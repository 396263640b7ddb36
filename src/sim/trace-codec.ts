/** How old stretches of the trace are packed. By itself, so that a page loads it when there is something to pack. */
import { deflateSync, inflateSync } from 'fflate';

/** The quickest that is worth it: another level takes twice the time for a tenth of the size. */
const LEVEL = 1;

export function packText(text: string): Uint8Array {
  return deflateSync(new TextEncoder().encode(text), { level: LEVEL });
}

export function unpackText(packed: Uint8Array): string {
  return new TextDecoder().decode(inflateSync(packed));
}
