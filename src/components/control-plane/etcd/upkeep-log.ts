/**
 * What a member says of its upkeep: compactions, backups, defragmentations.
 * @models etcd 3.6.6 server/storage/mvcc index.go kvstore_compaction.go hash.go, server/storage/backend backend.go,
 * server/etcdserver/api/v3rpc maintenance.go
 * @fidelity full
 */
import { durationString } from '../../../go/duration.ts';
import { humanizeBytes } from '../../../go/units.ts';
import type { ZapEntry } from '../../../go/zap.ts';

export type Size = { readonly file: number; readonly inUse: number };

const info = (caller: string, msg: string, fields?: ZapEntry['fields']): ZapEntry => ({
  level: 'info',
  caller,
  msg,
  ...(fields === undefined ? {} : { fields }),
});

const sizes = ({ file, inUse }: Size) => ({
  'current-db-size-bytes': file,
  'current-db-size': humanizeBytes(file),
  'current-db-size-in-use-bytes': inUse,
  'current-db-size-in-use': humanizeBytes(inUse),
});

export function compacting(revision: number): ZapEntry[] {
  return [info('mvcc/index.go:194', 'compact tree index', { revision })];
}

/** @param before what the last compaction was about; -1: there was none */
export function compacted(
  revision: number,
  before: number,
  { hash, size, tookNs }: { hash: number; size: Size; tookNs: number },
): ZapEntry[] {
  return [
    info('mvcc/kvstore_compaction.go:70', 'finished scheduled compaction', {
      'compact-revision': revision,
      took: durationString(tookNs),
      hash,
      ...sizes(size),
    }),
    info('mvcc/hash.go:157', 'storing new hash', { hash, revision, 'compact-revision': before }),
  ];
}

export function defragmenting(path: string, size: Size): ZapEntry[] {
  return [
    info('v3rpc/maintenance.go:117', 'starting defragment'),
    info('backend/backend.go:522', 'defragmenting', { path, ...sizes(size) }),
  ];
}

export function defragmented(path: string, before: Size, now: Size, tookNs: number): ZapEntry[] {
  return [
    info('backend/backend.go:592', 'finished defragmenting directory', {
      path,
      'current-db-size-bytes-diff': now.file - before.file,
      'current-db-size-bytes': now.file,
      'current-db-size': humanizeBytes(now.file),
      'current-db-size-in-use-bytes-diff': now.inUse - before.inUse,
      'current-db-size-in-use-bytes': now.inUse,
      'current-db-size-in-use': humanizeBytes(now.inUse),
      took: durationString(tookNs),
    }),
    info('v3rpc/maintenance.go:125', 'finished defragment'),
  ];
}

export function sendingBackup(bytes: number, storage: string): ZapEntry[] {
  return [
    info('v3rpc/maintenance.go:160', 'sending database snapshot to client', {
      'total-bytes': bytes,
      size: humanizeBytes(bytes),
      'storage-version': storage,
    }),
  ];
}

export function backupSent(bytes: number, storage: string, tookNs: number): ZapEntry[] {
  return [
    info('v3rpc/maintenance.go:202', 'sending database sha256 checksum to client', {
      'total-bytes': bytes,
      'checksum-size': 32,
    }),
    info('v3rpc/maintenance.go:211', 'successfully sent database snapshot to client', {
      'total-bytes': bytes,
      size: humanizeBytes(bytes),
      took: durationString(tookNs),
      'storage-version': storage,
    }),
  ];
}
