/**
 * etcd tells what is written below `/registry/`, whoever writes it. When the stream breaks, everything is listed anew.
 * @models apiserver pkg/storage/etcd3 watcher.go, pkg/storage/cacher; etcd client/v3 watch.go
 * @fidelity partial: one watch for all resources, without the values from before, which the store has itself
 */
import type { GoError } from '../../../go/errors.ts';
import type { Context } from '../../../linux/context.ts';
import type { EtcdClient } from '../../../protocols/etcd/client.ts';
import { type WatchResponse, WatchService } from '../../../protocols/etcd/etcdserverpb/generated.ts';
import { type Event, Event_EventType } from '../../../protocols/etcd/mvccpb/generated.ts';
import { GrpcError } from '../../../protocols/grpc/status.ts';
import { logText } from '../common/log.ts';
import { AFTER_LAST_KEY, FIRST_KEY, type Written, writtenAt } from './registry.ts';

const RETRY_NS = 1_000_000_000;

export type Follower = {
  /** The revision of the last list. */
  readonly listed: number;
  /** Throws a GoError when etcd does not answer. */
  relist(ctx: Context): Promise<void>;
  /** What a revision has written, which is read only if it is asked for. */
  take(revision: number, events: () => readonly Written[]): Promise<void>;
};

export function followEtcd(ctx: Context, client: EtcdClient, url: string, follower: Follower): void {
  ctx.go('etcd-watch', async (c) => {
    for (;;) {
      await untilBroken(c, client, follower);
      while (!(await relisted(c, url, follower))) await c.sleep(RETRY_NS);
    }
  });
}

async function untilBroken(ctx: Context, client: EtcdClient, follower: Follower): Promise<void> {
  try {
    const stream = await client.duplex(ctx, WatchService.methods.Watch);
    const startRevision = follower.listed + 1;
    await stream.send(ctx, { createRequest: { key: FIRST_KEY, rangeEnd: AFTER_LAST_KEY, startRevision } });
    for (;;) {
      const answer = await stream.next(ctx);
      if (answer === null) return;
      if (answer.canceled) return void (await stream.cancel(ctx));
      await takeAll(answer, follower);
    }
  } catch (error) {
    if (!(error instanceof GrpcError)) throw error;
  }
}

/** What one revision has written goes together. */
async function takeAll({ events }: WatchResponse, follower: Follower): Promise<void> {
  for (let from = 0; from < events.length; ) {
    const revision = revisionOf(events[from]);
    let end = from + 1;
    while (end < events.length && revisionOf(events[end]) === revision) end++;
    const part = events.slice(from, end);
    await follower.take(revision, () => part.map(written));
    from = end;
  }
}

const revisionOf = (event: Event | undefined): number => Number(event?.kv?.modRevision ?? 0);

function written(event: Event): Written {
  const { key, value } = event.kv ?? { key: NO_BYTES, value: NO_BYTES };
  return writtenAt(key, event.type === Event_EventType.DELETE ? null : value, revisionOf(event));
}

const NO_BYTES = new Uint8Array(0);

async function relisted(ctx: Context, url: string, follower: Follower): Promise<boolean> {
  try {
    await follower.relist(ctx);
    return true;
  } catch (error) {
    if (typeof (error as GoError).before !== 'string') throw error;
    await logUnreachable(ctx, url, error as GoError);
    return false;
  }
}

/** @models google.golang.org/grpc clientconn.go */
export async function logUnreachable(ctx: Context, url: string, { message }: GoError): Promise<void> {
  const address = url.replace(/^https?:\/\//, '');
  const cause = message.replace(/^rpc error: code = \w+ desc = /, '');
  await logText(
    ctx,
    'W',
    'logging.go:55',
    `[core] [Channel #1 SubChannel #2]grpc: addrConn.createTransport failed to connect to {Addr: "${address}", ServerName: "${address}", }. Err: ${cause}`,
  );
}
