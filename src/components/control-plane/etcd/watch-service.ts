/**
 * Watches: what happens to keys from some revision on, past ones first.
 * @models etcd 3.6 server/etcdserver/api/v3rpc/watch.go, server/storage/mvcc watchable_store.go
 * @fidelity partial: no progress notifications by themselves, no fragments
 */
import type { Context } from '../../../linux/context.ts';
import { utf8 } from '../../../linux/rope.ts';
import {
  type ResponseHeader,
  type WatchCreateRequest,
  WatchCreateRequest_FilterType,
  type WatchRequest,
  type WatchResponse,
} from '../../../protocols/etcd/etcdserverpb/generated.ts';
import { type Event, Event_EventType } from '../../../protocols/etcd/mvccpb/generated.ts';
import type { ServerCall } from '../../../protocols/grpc/server.ts';
import type { Input } from '../../../protocols/proto/message-type.ts';
import { Queue } from '../../../sim/primitives.ts';
import type { Change } from './database.ts';
import { type KeyValues, keyValue } from './key-values.ts';

type Watched = {
  readonly from: string;
  readonly end: string;
  readonly request: WatchCreateRequest;
  /** Nothing before this revision. */
  readonly start: number;
};

/** How many revisions of the past are told of at once. */
const PAST_REVISIONS_MAX = 1_000;

export async function serveWatch(
  ctx: Context,
  keys: KeyValues,
  header: () => Input<ResponseHeader>,
  call: ServerCall<WatchResponse>,
): Promise<void> {
  const watches = new Map<bigint, Watched>();
  const answers = new Queue<Input<WatchResponse>>(ctx.scheduler);
  const tell = (changes: readonly Change[]): void => {
    for (const [watchId, watched] of watches) {
      const events = eventsFor(watched, changes, keys.compacted);
      if (events.length > 0) answers.push({ header: header(), watchId, events });
    }
  };
  keys.watchers.add(tell);
  ctx.go('watch-requests', async () => {
    for (;;) {
      const request = (await call.receive()) as WatchRequest | null;
      if (request === null) break;
      takeWatchRequest(request, keys, header, watches, answers);
    }
    answers.close();
  });
  for (;;) {
    const answer = await answers.take();
    if (answer === null || call.cancelled) break;
    await call.send(ctx, answer);
  }
  keys.watchers.delete(tell);
}

function takeWatchRequest(
  { createRequest, cancelRequest, progressRequest }: WatchRequest,
  keys: KeyValues,
  header: () => Input<ResponseHeader>,
  watches: Map<bigint, Watched>,
  answers: Queue<Input<WatchResponse>>,
): void {
  if (createRequest !== undefined) {
    let watchId = createRequest.watchId;
    while (watches.has(watchId)) watchId++;
    answers.push({ header: header(), watchId, created: true });
    const start = Number(createRequest.startRevision);
    if (start > 0 && start < keys.compacted) {
      const compactRevision = BigInt(keys.compacted);
      answers.push({ header: header(), watchId, canceled: true, compactRevision });
      return;
    }
    const watched = {
      from: utf8(createRequest.key),
      end: utf8(createRequest.rangeEnd),
      request: createRequest,
      start,
    };
    for (const events of start > 0 ? past(watched, keys) : []) answers.push({ header: header(), watchId, events });
    watches.set(watchId, watched);
  } else if (cancelRequest !== undefined) {
    const { watchId } = cancelRequest;
    if (watches.delete(watchId)) answers.push({ header: header(), watchId, canceled: true });
  } else if (progressRequest !== undefined) answers.push({ header: header(), watchId: -1n });
}

/** What has happened already, in portions. */
function past(watched: Watched, keys: KeyValues): Input<Event>[][] {
  const out: Input<Event>[][] = [];
  let portion: Change[] = [];
  let revisions = 0;
  const end = (): void => {
    const events = eventsFor(watched, portion, keys.compacted);
    if (events.length > 0) out.push(events);
    portion = [];
    revisions = 0;
  };
  for (const change of keys.database.since(watched.start)) {
    if (change.revision !== portion.at(-1)?.revision && ++revisions > PAST_REVISIONS_MAX) end();
    portion.push(change);
  }
  end();
  return out;
}

function eventsFor(watched: Watched, changes: readonly Change[], compacted: number): Input<Event>[] {
  const events: Input<Event>[] = [];
  for (const change of changes)
    if (concerns(watched, change)) events.push(eventOf(change, watched.request.prevKv && change.revision > compacted));
  return events;
}

function concerns({ from, end, request, start }: Watched, { key, stored, revision }: Change): boolean {
  if (revision < start || (end === '' ? key !== from : key < from || (end !== '\0' && key >= end))) return false;
  if (request.filters.length === 0) return true;
  const unwanted = stored === null ? WatchCreateRequest_FilterType.NODELETE : WatchCreateRequest_FilterType.NOPUT;
  return !request.filters.includes(unwanted);
}

function eventOf({ revision, key, stored, before }: Change, withPrevious: boolean): Input<Event> {
  const prevKv = withPrevious && before !== null ? { prevKv: keyValue(key, before, false) } : {};
  if (stored !== null) return { type: Event_EventType.PUT, kv: keyValue(key, stored, false), ...prevKv };
  const kv = { key: new TextEncoder().encode(key), modRevision: BigInt(revision) };
  return { type: Event_EventType.DELETE, kv, ...prevKv };
}
