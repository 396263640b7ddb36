/** Content digests. Generated bulk content is hashed at most once: its identity is remembered. */
import { sha256 } from '@noble/hashes/sha2.js';
import { type Data, type Rope, toRope } from '../../linux/rope.ts';

const HASH_STEP = 1 << 20;
const MEMO_MAX = 4096;
const memo = new Map<string, string>();

/** `sha256:…` of the content. */
export function digestOf(data: Data): string {
  const rope = toRope(data);
  const known = rope.wholeSource?.digest;
  if (known !== undefined) return known;
  const identity = rope.identity;
  const remembered = identity === null ? undefined : memo.get(identity);
  if (remembered !== undefined) return remembered;
  const digest = hashBytes(rope);
  if (identity !== null) {
    if (memo.size >= MEMO_MAX) memo.clear();
    memo.set(identity, digest);
  }
  return digest;
}

/** The digest from the bytes themselves, whatever was known beforehand. */
export function hashBytes(rope: Rope): string {
  const hash = sha256.create();
  for (let at = 0; at < rope.length; at += HASH_STEP) hash.update(rope.slice(at, at + HASH_STEP).bytes());
  return `sha256:${hex(hash.digest())}`;
}

/**
 * Identity of a stack of layers: the first chain id is the first diff id, each further one the digest of
 * "parent chain id, space, diff id" (image-spec config.md, "Layer ChainID").
 */
export function chainIds(diffIds: readonly string[]): string[] {
  const out: string[] = [];
  for (const diffId of diffIds) {
    const parent = out[out.length - 1];
    out.push(parent === undefined ? diffId : digestOf(`${parent} ${diffId}`));
  }
  return out;
}

export function chainId(diffIds: readonly string[]): string {
  return chainIds(diffIds).at(-1) ?? '';
}

const LENGTHS: Readonly<Record<string, number>> = { sha256: 64, sha384: 96, sha512: 128 };

/** Null when valid, else the words of Go's digest package. */
export function digestError(digest: string): string | null {
  const colon = digest.indexOf(':');
  if (colon <= 0 || colon + 1 === digest.length) return 'invalid checksum digest format';
  const length = LENGTHS[digest.slice(0, colon)];
  if (!/^[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[a-zA-Z0-9=_-]+$/.test(digest)) return 'invalid checksum digest format';
  if (length === undefined) return 'unsupported digest algorithm';
  if (digest.length - colon - 1 !== length) return 'invalid checksum digest length';
  return /^[a-f0-9]+$/.test(digest.slice(colon + 1)) ? null : 'invalid checksum digest format';
}

export function digestHex(digest: string): string {
  return digest.slice(digest.indexOf(':') + 1);
}

const HEX: readonly string[] = Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, '0'));

function hex(bytes: Uint8Array): string {
  let out = '';
  for (const byte of bytes) out += HEX[byte];
  return out;
}
