/**
 * What etcd had before the last five minutes is let go: a key counts the rounds, so that of several API servers only one
 * compacts.
 * @models apiserver pkg/storage/etcd3 compact.go
 * @fidelity partial: --etcd-compaction-interval is the default
 */
import type { Context } from '../../../linux/context.ts';
import type { EtcdClient } from '../../../protocols/etcd/client.ts';
import { Compare_CompareTarget, KVService } from '../../../protocols/etcd/etcdserverpb/generated.ts';
import { GrpcError } from '../../../protocols/grpc/status.ts';

const INTERVAL_NS = 300_000_000_000;
const encoder = new TextEncoder();
const KEY = encoder.encode('compact_rev_key');

type Round = { readonly version: bigint; readonly revision: bigint };

export async function compactNowAndThen(ctx: Context, client: EtcdClient): Promise<never> {
  let round: Round = { version: 0n, revision: 0n };
  for (;;) {
    await ctx.sleep(INTERVAL_NS);
    try {
      round = await compact(ctx, client, round);
    } catch (error) {
      if (!(error instanceof GrpcError)) throw error;
    }
  }
}

/** Lets go of what was there when the last round was noted, if nobody else has noted one since. */
async function compact(ctx: Context, client: EtcdClient, { version, revision }: Round): Promise<Round> {
  const answer = await client.call(ctx, KVService.methods.Txn, {
    compare: [{ key: KEY, target: Compare_CompareTarget.VERSION, version }],
    success: [{ requestPut: { key: KEY, value: encoder.encode(String(revision)) } }],
    failure: [{ requestRange: { key: KEY } }],
  });
  const now = answer.header?.revision ?? 0n;
  if (!answer.succeeded) {
    const found = answer.responses[0]?.responseRange?.kvs[0];
    return { version: found?.version ?? 0n, revision: now };
  }
  const next = { version: version + 1n, revision: now };
  if (revision === 0n) return next;
  await client.call(ctx, KVService.methods.Compact, { revision, physical: false });
  return next;
}
