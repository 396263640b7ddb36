/** Runs of zero bytes as a source: sparse bulk content that compresses as well as real programs and libraries do. */
import { type ByteSource, Rope } from '../../linux/rope.ts';

const PREFIX = 'zeros:';

export function zeros(length: number): Rope {
  return Rope.from({
    id: PREFIX + length,
    length,
    fill(out) {
      out.fill(0);
    },
  });
}

export function isZeros(source: ByteSource): boolean {
  return source.id.startsWith(PREFIX);
}
