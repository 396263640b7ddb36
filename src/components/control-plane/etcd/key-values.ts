/**
 * The revisioned keys: every write gets the next revision, a transaction one for all that it does.
 * @models etcd 3.6 server/storage/mvcc, server/etcdserver/txn
 * @fidelity partial: only the newest value of a key is kept, as after a compaction; values are text (UTF-8); no leases
 */
import type { Context } from '../../../linux/context.ts';
import { utf8 } from '../../../linux/rope.ts';
import type { Stored } from '../../../protocols/etcd/data-dir.ts';
import {
  type Compare,
  Compare_CompareResult,
  Compare_CompareTarget,
  type DeleteRangeRequest,
  type DeleteRangeResponse,
  type PutRequest,
  type PutResponse,
  type RangeRequest,
  RangeRequest_SortOrder,
  RangeRequest_SortTarget,
  type RangeResponse,
  type RequestOp,
  type ResponseOp,
  type TxnRequest,
  type TxnResponse,
} from '../../../protocols/etcd/etcdserverpb/generated.ts';
import { type Event, Event_EventType, type KeyValue } from '../../../protocols/etcd/mvccpb/generated.ts';
import { GrpcError, grpcCode } from '../../../protocols/grpc/status.ts';
import type { Input } from '../../../protocols/proto/message-type.ts';
import { Mutex } from '../../../sim/primitives.ts';
import { applyRecord, type LogFile, type LogRecord, storedBy } from './log-file.ts';

const encoder = new TextEncoder();

/** `\0` as the end means: to the last key. */
const TO_THE_LAST = '\0';

export class KeyValues {
  readonly data: ReadonlyMap<string, Stored>;
  private current: number;
  private compacted: number;
  /** What was last asked for, where nothing was: -1, as etcd says it. */
  compactedTo = -1;
  private readonly log: LogFile;
  private readonly lock: Mutex;
  /** Who is told of what a revision changed. */
  readonly watchers = new Set<(events: readonly Input<Event>[], revision: number) => void>();

  constructor(ctx: Context, data: ReadonlyMap<string, Stored>, revision: number, log: LogFile) {
    this.data = data;
    this.current = revision;
    this.compacted = revision;
    this.log = log;
    this.lock = new Mutex(ctx.scheduler);
  }

  get revision(): number {
    return this.current;
  }

  /** The oldest revision that can still be asked for. */
  get compactedRevision(): number {
    return this.compacted;
  }

  range(request: RangeRequest, data: ReadonlyMap<string, Stored> = this.data): Input<RangeResponse> {
    requireKey(request.key);
    this.checkRevision(Number(request.revision));
    let found = within(data, utf8(request.key), utf8(request.rangeEnd));
    const between = (value: number, least: bigint, most: bigint): boolean =>
      (least === 0n || value >= Number(least)) && (most === 0n || value <= Number(most));
    found = found.filter(
      ([, kv]) =>
        between(kv.modRevision, request.minModRevision, request.maxModRevision) &&
        between(kv.createRevision, request.minCreateRevision, request.maxCreateRevision),
    );
    const count = BigInt(found.length);
    if (request.countOnly) return { count };
    sort(found, request);
    const limit = Number(request.limit);
    const more = limit > 0 && found.length > limit;
    if (more) found = found.slice(0, limit);
    return { kvs: found.map(([key, kv]) => keyValue(key, kv, request.keysOnly)), more, count };
  }

  put(ctx: Context, request: PutRequest): Promise<Input<PutResponse>> {
    requireKey(request.key);
    return this.writing(ctx, (write) => write.put(request));
  }

  deleteRange(ctx: Context, request: DeleteRangeRequest): Promise<Input<DeleteRangeResponse>> {
    requireKey(request.key);
    return this.writing(ctx, (write) => write.deleteRange(request));
  }

  txn(ctx: Context, request: TxnRequest): Promise<Input<TxnResponse>> {
    checkTxn(request);
    return this.writing(ctx, (write) => this.perform(write, request));
  }

  compact(revision: number): void {
    if (revision <= this.compactedTo) throw outOfRange('etcdserver: mvcc: required revision has been compacted');
    if (revision > this.current) throw outOfRange('etcdserver: mvcc: required revision is a future revision');
    this.compactedTo = revision;
  }

  /** What is not the newest is gone; what is not yet there nobody can have. */
  checkRevision(revision: number): void {
    if (revision > this.current) throw outOfRange('etcdserver: mvcc: required revision is a future revision');
    if (revision > 0 && revision < this.current)
      throw outOfRange('etcdserver: mvcc: required revision has been compacted');
  }

  private perform(write: Write, { compare, success, failure }: TxnRequest): Input<TxnResponse> {
    const succeeded = compare.every((one) => holds(write.data, one));
    const operations = succeeded ? success : failure;
    return { succeeded, responses: operations.map((operation) => this.operate(write, operation)) };
  }

  private operate(write: Write, operation: RequestOp): Input<ResponseOp> {
    const { requestPut, requestDeleteRange, requestRange, requestTxn } = operation;
    if (requestPut !== undefined) {
      const responsePut = write.put(requestPut);
      return { responsePut: { ...responsePut, header: { revision: BigInt(write.revision) } } };
    }
    if (requestDeleteRange !== undefined) {
      const responseDeleteRange = write.deleteRange(requestDeleteRange);
      return { responseDeleteRange: { ...responseDeleteRange, header: { revision: this.seen(write) } } };
    }
    if (requestRange !== undefined)
      return { responseRange: { ...this.range(requestRange, write.data), header: { revision: this.seen(write) } } };
    if (requestTxn !== undefined) return { responseTxn: this.perform(write, requestTxn) };
    return {};
  }

  /** The revision that a part of a transaction sees: its own once something has been written. */
  private seen(write: Write): bigint {
    return BigInt(write.changes.length > 0 ? write.revision : this.current);
  }

  /** One after the other: revisions are given in the order in which they reach the disk. */
  private async writing<T>(ctx: Context, body: (write: Write) => T): Promise<T> {
    const unlock = await this.lock.lock();
    try {
      const write = new Write(this.data, this.current + 1);
      const result = body(write);
      if (write.changes.length > 0) {
        await this.log.append(ctx, write.changes);
        this.current = write.revision;
        this.compacted = write.revision;
        for (const tell of this.watchers) tell(write.events, write.revision);
      }
      return result;
    } finally {
      unlock();
    }
  }
}

/** What is done at one revision. Nobody else sees it before it is on the disk. */
class Write {
  readonly events: Input<Event>[] = [];
  readonly changes: LogRecord[] = [];
  readonly revision: number;
  private readonly before: ReadonlyMap<string, Stored>;

  constructor(before: ReadonlyMap<string, Stored>, revision: number) {
    this.before = before;
    this.revision = revision;
  }

  /** As it is for what comes next in this revision. */
  get data(): ReadonlyMap<string, Stored> {
    if (this.changes.length === 0) return this.before;
    const data = new Map(this.before);
    for (const record of this.changes) applyRecord(data, record);
    return data;
  }

  put(request: PutRequest): Input<PutResponse> {
    const key = utf8(request.key);
    const before = this.data.get(key);
    if (request.ignoreValue && before === undefined)
      throw new GrpcError(grpcCode.InvalidArgument, 'etcdserver: key not found');
    const value = request.ignoreValue && before !== undefined ? before.value : utf8(request.value);
    const record = { revision: this.revision, key, value };
    this.changes.push(record);
    const prevKv = before === undefined ? {} : { prevKv: keyValue(key, before, false) };
    this.events.push({ type: Event_EventType.PUT, kv: keyValue(key, storedBy(record, before), false), ...prevKv });
    return request.prevKv ? prevKv : {};
  }

  deleteRange(request: DeleteRangeRequest): Input<DeleteRangeResponse> {
    const gone = within(this.data, utf8(request.key), utf8(request.rangeEnd));
    const prevKvs = gone.map(([key, stored]) => keyValue(key, stored, false));
    for (const [i, [key]] of gone.entries()) {
      this.changes.push({ revision: this.revision, key, value: null });
      const kv = { key: encoder.encode(key), modRevision: BigInt(this.revision) };
      this.events.push({ type: Event_EventType.DELETE, kv, prevKv: prevKvs[i] as Input<KeyValue> });
    }
    return { deleted: BigInt(gone.length), ...(request.prevKv ? { prevKvs } : {}) };
  }
}

function within(data: ReadonlyMap<string, Stored>, key: string, end: string): [string, Stored][] {
  if (end === '') {
    const stored = data.get(key);
    return stored === undefined ? [] : [[key, stored]];
  }
  const found: [string, Stored][] = [];
  for (const entry of data) if (entry[0] >= key && (end === TO_THE_LAST || entry[0] < end)) found.push(entry);
  return found.sort(([a], [b]) => (a < b ? -1 : 1));
}

function holds(data: ReadonlyMap<string, Stored>, compare: Compare): boolean {
  const entries = within(data, utf8(compare.key), utf8(compare.rangeEnd)).map(([, stored]) => stored);
  if (entries.length === 0 && compare.target === Compare_CompareTarget.VALUE) return false;
  if (entries.length === 0 && compare.rangeEnd.length === 0) entries.push(ABSENT);
  return entries.every((stored) => compares(compare, stored));
}

function requireKey(key: Uint8Array): void {
  if (key.length === 0) throw new GrpcError(grpcCode.InvalidArgument, 'etcdserver: key is not provided');
}

function outOfRange(text: string): GrpcError {
  return new GrpcError(grpcCode.OutOfRange, text);
}

/** Before anything is done. */
function checkTxn({ compare, success, failure }: TxnRequest): void {
  for (const { key } of compare) requireKey(key);
  for (const operations of [success, failure]) {
    const put = new Set<string>();
    for (const { requestPut, requestDeleteRange, requestRange, requestTxn } of operations) {
      const one = requestPut ?? requestDeleteRange ?? requestRange;
      if (one !== undefined) requireKey(one.key);
      if (requestTxn !== undefined) checkTxn(requestTxn);
      if (requestPut === undefined) continue;
      const key = utf8(requestPut.key);
      if (put.has(key)) throw new GrpcError(grpcCode.InvalidArgument, 'etcdserver: duplicate key given in txn request');
      put.add(key);
    }
  }
}

/** What a comparison finds where there is no key. */
const ABSENT: Stored = { value: '', modRevision: 0, createRevision: 0, version: 0 };

function compares({ target, result, ...wanted }: Compare, stored: Stored): boolean {
  const sign = signOf(target, wanted, stored);
  if (result === Compare_CompareResult.EQUAL) return sign === 0;
  if (result === Compare_CompareResult.NOT_EQUAL) return sign !== 0;
  return result === Compare_CompareResult.GREATER ? sign > 0 : sign < 0;
}

function signOf(
  target: Compare['target'],
  wanted: Pick<Compare, 'version' | 'createRevision' | 'modRevision' | 'value' | 'lease'>,
  stored: Stored,
): number {
  if (target === Compare_CompareTarget.VALUE) {
    const value = utf8(wanted.value);
    return stored.value === value ? 0 : stored.value > value ? 1 : -1;
  }
  if (target === Compare_CompareTarget.VERSION) return stored.version - Number(wanted.version);
  if (target === Compare_CompareTarget.CREATE) return stored.createRevision - Number(wanted.createRevision);
  if (target === Compare_CompareTarget.MOD) return stored.modRevision - Number(wanted.modRevision);
  return 0 - Number(wanted.lease);
}

function sort(found: [string, Stored][], { sortOrder, sortTarget }: RangeRequest): void {
  // They come by key; a target without an order means ascending.
  if (sortTarget === RangeRequest_SortTarget.KEY && sortOrder !== RangeRequest_SortOrder.DESCEND) return;
  const sign = sortOrder === RangeRequest_SortOrder.DESCEND ? -1 : 1;
  const of = ([key, stored]: [string, Stored]): string | number => {
    if (sortTarget === RangeRequest_SortTarget.KEY) return key;
    if (sortTarget === RangeRequest_SortTarget.VERSION) return stored.version;
    if (sortTarget === RangeRequest_SortTarget.CREATE) return stored.createRevision;
    return sortTarget === RangeRequest_SortTarget.MOD ? stored.modRevision : stored.value;
  };
  found.sort((a, b) => (of(a) === of(b) ? 0 : of(a) < of(b) ? -sign : sign));
}

function keyValue(key: string, stored: Stored, keyOnly: boolean): Input<KeyValue> {
  return {
    key: encoder.encode(key),
    createRevision: BigInt(stored.createRevision),
    modRevision: BigInt(stored.modRevision),
    version: BigInt(stored.version),
    ...(keyOnly ? {} : { value: encoder.encode(stored.value) }),
  };
}
