/**
 * What lies in a data directory of etcd, and in a backup: keys and what they were before, leases, and whose it is.
 * @models etcd 3.6 server/storage/backend, server/storage/schema
 * @fidelity partial: a format of our own, JSON instead of bbolt's pages, of whose size it has a multiple
 */
import { sha256 } from '@noble/hashes/sha2.js';

export type Stored = {
  value: string;
  modRevision: number;
  createRevision: number;
  version: number;
  /** In hexadecimal; absent: none. */
  lease?: string;
};

/** What a key was before a revision changed it; null: it was not there. */
export type Undo = readonly [revision: number, key: string, before: Stored | null];

/** Who the member is whose data it is, where that does not follow from its flags: numbers in hexadecimal. */
export type StoredMember = { id: string; clusterId: string; peerUrls: readonly string[] };
type About = {
  term?: number | undefined;
  version?: string | undefined;
  member?: StoredMember | undefined;
  /** Before this revision nothing is known. */
  compacted?: number | undefined;
  /** Since then, oldest first. */
  history?: readonly Undo[] | undefined;
  /** Ids and the seconds that they were granted for. */
  leases?: readonly (readonly [string, number])[] | undefined;
  /** What Raft's log has beside the revisions. */
  otherEntries?: number | undefined;
};
type Snapshot = About & { revision: number; data: [string, Stored][] };

/** bbolt's. */
const PAGE_BYTES = 4096;
const SECTOR_BYTES = 512;
export const HASH_BYTES = 32;

/** The whole as it lies on the disk, in whole pages, and as a backup has it. */
export function snapshotText(revision: number, data: ReadonlyMap<string, Stored>, about: About = {}): string {
  const text = JSON.stringify({ revision, ...about, data: [...data] } satisfies Snapshot);
  const bytes = new TextEncoder().encode(text).length;
  return text + ' '.repeat(Math.ceil(bytes / PAGE_BYTES) * PAGE_BYTES - bytes);
}

export function readSnapshot(text: string): Snapshot | null {
  try {
    return JSON.parse(text) as Snapshot;
  } catch {
    return null;
  }
}

/** A backup ends in the hash of what is before. */
export function hashedSnapshot(database: Uint8Array): Uint8Array {
  const out = new Uint8Array(database.length + HASH_BYTES);
  out.set(database);
  out.set(sha256(database), database.length);
  return out;
}

export function checkedSnapshot(file: Uint8Array): { database: Uint8Array; isHashed: boolean; isIntact: boolean } {
  const isHashed = file.length % SECTOR_BYTES === HASH_BYTES;
  const database = isHashed ? file.subarray(0, file.length - HASH_BYTES) : file;
  const hash = sha256(database);
  const isIntact = isHashed && hash.every((byte, i) => byte === file[database.length + i]);
  return { database, isHashed, isIntact };
}
