/** Who a member is: numbers that follow from the addresses it was set up with. @models etcd 3.6 server/etcdserver/api/membership member.go cluster.go */
import { sha1 } from '@noble/hashes/legacy.js';
import type { StoredMember } from './data-dir.ts';

const ID_BYTES = 8;

export type Member = {
  readonly id: bigint;
  readonly clusterId: bigint;
  readonly name: string;
  readonly peerUrls: readonly string[];
  readonly clientUrls: readonly string[];
};

function idOf(bytes: Uint8Array): bigint {
  return new DataView(sha1(bytes).buffer, 0, ID_BYTES).getBigUint64(0);
}

/** The only one of its cluster. A data directory that was made of a backup knows its numbers itself. */
export function onlyMember(flags: ReadonlyMap<string, string>, stored?: StoredMember): Member {
  const name = flags.get('name') ?? 'default';
  const peerUrls = (flags.get('initial-advertise-peer-urls') ?? 'http://localhost:2380').split(',');
  const clientUrls = (flags.get('advertise-client-urls') ?? 'http://localhost:2379').split(',');
  if (stored !== undefined) {
    const { id, clusterId, peerUrls: urls } = stored;
    return { id: BigInt(`0x${id}`), clusterId: BigInt(`0x${clusterId}`), name, peerUrls: urls, clientUrls };
  }
  const token = flags.get('initial-cluster-token') ?? 'etcd-cluster';
  const id = idOf(new TextEncoder().encode([...peerUrls].sort().join('') + token));
  const bytes = new Uint8Array(ID_BYTES);
  new DataView(bytes.buffer).setBigUint64(0, id);
  return { id, clusterId: idOf(bytes), name, peerUrls, clientUrls };
}
