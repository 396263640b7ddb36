/**
 * Each student of a class gets a node of one's own: ids, ports and addresses differ from the neighbour's, and whoever
 * grades can tell whose node a log was typed on.
 */
import { textHash } from './text-hash.ts';

const SEED_MAX = 32_767;

/** 1 to 32767, which a catch-up code has room for. Case, blanks and full-width letters and digits do not matter. */
export function classSeed(code: string, number: string): number {
  const plain = [code, number].map((text) => text.normalize('NFKC').trim().toUpperCase()).join('/');
  return 1 + (textHash(plain) % SEED_MAX);
}
