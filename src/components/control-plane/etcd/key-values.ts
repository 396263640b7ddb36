/**
 * The revisioned keys: every write gets the next revision, a transaction one for all that it does.
 * @models etcd 3.6 server/storage/mvcc, server/etcdserver/txn
 * @fidelity partial: values are text (UTF-8)
 */
import type { Context } from '../../../linux/context.ts';
import { utf8 } from '../../../linux/rope.ts';
import { passingBytes } from '../../../protocols/byte-queue.ts';
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
import type { KeyValue } from '../../../protocols/etcd/mvccpb/generated.ts';
import { GrpcError, grpcCode } from '../../../protocols/grpc/status.ts';
import type { Input } from '../../../protocols/proto/message-type.ts';
import { Mutex } from '../../../sim/primitives.ts';
import { type Change, type Database, type LogRecord, storedBy } from './database.ts';
import { applyOther, type LogFile, type LogLine } from './log-file.ts';

/** `\0` as the end means: to the last key. */
const TO_THE_LAST = '\0';

export class KeyValues {
  readonly database: Database;
  private readonly log: LogFile;
  private readonly lock: Mutex;
  /** Who is told of what a revision changed. */
  readonly watchers = new Set<(changes: readonly Change[]) => void>();
  /** How many times something was proposed to Raft. */
  proposals = 0;

  constructor(ctx: Context, database: Database, log: LogFile) {
    this.database = database;
    this.log = log;
    this.lock = new Mutex(ctx.scheduler);
  }

  get data(): ReadonlyMap<string, Stored> {
    return this.database.data;
  }

  get revision(): number {
    return this.database.revision;
  }

  /** The oldest revision that can still be asked for; -1 before the first compaction. */
  get compacted(): number {
    return this.database.compacted;
  }

  range(request: RangeRequest, newest: ReadonlyMap<string, Stored> = this.data): Input<RangeResponse> {
    requireKey(request.key);
    const revision = Number(request.revision);
    this.checkRevision(revision);
    const data = revision > 0 && revision < this.revision ? this.database.at(revision) : newest;
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
    checkPut(request);
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

  /** @returns how many versions of keys are gone */
  async compact(ctx: Context, revision: number): Promise<number> {
    let freed = 0;
    await this.proposing(async () => {
      if (revision <= this.compacted) throw outOfRange(COMPACTED);
      if (revision > this.revision) throw outOfRange('etcdserver: mvcc: required revision is a future revision');
      await this.log.append(ctx, [{ compact: revision }], () => {
        this.database.otherEntries++;
        freed = this.database.compact(revision);
      });
    });
    return freed;
  }

  async grantLease(ctx: Context, id: string, ttl: number): Promise<void> {
    await this.proposing(async () => {
      if (this.database.leases.has(id))
        throw new GrpcError(grpcCode.FailedPrecondition, 'etcdserver: lease already exists');
      const line = { grant: id, ttl };
      await this.log.append(ctx, [line], () => applyOther(this.database, line));
    });
  }

  /** The keys that are bound to it go with it, in one revision. */
  async revokeLease(ctx: Context, id: string): Promise<void> {
    await this.writing(ctx, (write) => {
      const lease = this.database.leases.get(id);
      if (lease === undefined) throw leaseNotFound();
      const line = { revoke: id };
      write.also = { line, apply: () => applyOther(this.database, line) };
      for (const key of [...lease.keys].sort()) write.delete(key);
    });
  }

  /** What is forgotten, and what is not yet there, nobody can have. */
  checkRevision(revision: number): void {
    if (revision > this.revision) throw outOfRange('etcdserver: mvcc: required revision is a future revision');
    if (revision > 0 && revision < this.compacted) throw outOfRange(COMPACTED);
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
      return { responsePut: { ...responsePut, header: { revision: write.revision } } };
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
  private seen(write: Write): number {
    return write.changes.length > 0 ? write.revision : this.revision;
  }

  private async writing<T>(ctx: Context, body: (write: Write) => T): Promise<T> {
    return this.proposing(async () => {
      const { database } = this;
      const write = new Write(database, this.revision + 1);
      const result = body(write);
      const { changes, also } = write;
      if (changes.length === 0 && also === null) return result;
      let changed: Change[] = [];
      // A lease goes after its keys: they are still bound to it in what is told of them.
      const lines: LogLine[] = also === null ? changes : [...changes, also.line];
      await this.log.append(ctx, lines, () => {
        changed = changes.map((record) => database.apply(record));
        also?.apply();
      });
      if (changed.length > 0) for (const tell of this.watchers) tell(changed);
      return result;
    });
  }

  /** One after the other: revisions are given in the order in which they reach the disk. */
  private async proposing<T>(body: () => Promise<T>): Promise<T> {
    const unlock = await this.lock.lock();
    this.proposals++;
    try {
      return await body();
    } finally {
      unlock();
    }
  }
}

/** What is done at one revision. Nobody else sees it before it is on the disk. */
class Write {
  readonly changes: LogRecord[] = [];
  /** What is done with it that writes no key. */
  also: { readonly line: LogLine; readonly apply: () => void } | null = null;
  readonly revision: number;
  private readonly before: Database;

  constructor(before: Database, revision: number) {
    this.before = before;
    this.revision = revision;
  }

  /** As it is for what comes next in this revision. */
  get data(): ReadonlyMap<string, Stored> {
    if (this.changes.length === 0) return this.before.data;
    const data = new Map(this.before.data);
    for (const { key, value, lease } of this.changes) {
      if (value === null) data.delete(key);
      else data.set(key, storedBy(this.revision, value, lease, data.get(key) ?? null));
    }
    return data;
  }

  put(request: PutRequest): Input<PutResponse> {
    const key = utf8(request.key);
    const before = this.data.get(key);
    if ((request.ignoreValue || request.ignoreLease) && before === undefined)
      throw new GrpcError(grpcCode.InvalidArgument, 'etcdserver: key not found');
    const value = request.ignoreValue && before !== undefined ? before.value : utf8(request.value);
    const lease = request.ignoreLease ? before?.lease : leaseName(request.lease);
    if (lease !== undefined && !this.before.leases.has(lease)) throw leaseNotFound();
    const record: LogRecord = { revision: this.revision, key, value };
    if (lease !== undefined) record.lease = lease;
    this.changes.push(record);
    return request.prevKv && before !== undefined ? { prevKv: keyValue(key, before, false) } : {};
  }

  deleteRange(request: DeleteRangeRequest): Input<DeleteRangeResponse> {
    const gone = within(this.data, utf8(request.key), utf8(request.rangeEnd));
    for (const [key] of gone) this.delete(key);
    const prevKvs = (): Input<KeyValue>[] => gone.map(([key, stored]) => keyValue(key, stored, false));
    return { deleted: BigInt(gone.length), ...(request.prevKv ? { prevKvs: prevKvs() } : {}) };
  }

  delete(key: string): void {
    this.changes.push({ revision: this.revision, key, value: null });
  }
}

/** A lease as it is stored: its number in hexadecimal. */
export function leaseName(id: bigint): string | undefined {
  return id === 0n ? undefined : BigInt.asUintN(64, id).toString(16);
}

export function leaseNotFound(): GrpcError {
  return new GrpcError(grpcCode.NotFound, 'etcdserver: requested lease not found');
}

const COMPACTED = 'etcdserver: mvcc: required revision has been compacted';

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
  // One key, mostly.
  if (compare.rangeEnd.length === 0) {
    const stored = data.get(utf8(compare.key));
    if (stored === undefined && compare.target === Compare_CompareTarget.VALUE) return false;
    return compares(compare, stored ?? ABSENT);
  }
  const entries = within(data, utf8(compare.key), utf8(compare.rangeEnd)).map(([, stored]) => stored);
  if (entries.length === 0 && compare.target === Compare_CompareTarget.VALUE) return false;
  return entries.every((stored) => compares(compare, stored));
}

function requireKey(key: Uint8Array): void {
  if (key.length === 0) throw new GrpcError(grpcCode.InvalidArgument, 'etcdserver: key is not provided');
}

function outOfRange(text: string): GrpcError {
  return new GrpcError(grpcCode.OutOfRange, text);
}

/** @models etcd server/etcdserver/api/v3rpc key.go */
function checkPut({ key, value, lease, ignoreValue, ignoreLease }: PutRequest): void {
  requireKey(key);
  if (ignoreValue && value.length > 0) throw new GrpcError(grpcCode.InvalidArgument, 'etcdserver: value is provided');
  if (ignoreLease && lease !== 0n) throw new GrpcError(grpcCode.InvalidArgument, 'etcdserver: lease is provided');
}

/** Before anything is done. */
function checkTxn({ compare, success, failure }: TxnRequest): void {
  for (const { key } of compare) requireKey(key);
  for (const operations of [success, failure]) {
    const put = new Set<string>();
    const isAlone = operations.length === 1;
    for (const { requestPut, requestDeleteRange, requestRange, requestTxn } of operations) {
      const one = requestPut ?? requestDeleteRange ?? requestRange;
      if (one !== undefined) requireKey(one.key);
      if (requestTxn !== undefined) checkTxn(requestTxn);
      if (requestPut === undefined) continue;
      checkPut(requestPut);
      if (isAlone) continue;
      const key = utf8(requestPut.key);
      if (put.has(key)) throw new GrpcError(grpcCode.InvalidArgument, 'etcdserver: duplicate key given in txn request');
      put.add(key);
    }
  }
}

/** What a comparison finds where there is no key. */
const ABSENT: Stored = { value: '', modRevision: 0, createRevision: 0, version: 0 };

function compares(compare: Compare, stored: Stored): boolean {
  const { result } = compare;
  const sign = signOf(compare, stored);
  if (result === Compare_CompareResult.EQUAL) return sign === 0;
  if (result === Compare_CompareResult.NOT_EQUAL) return sign !== 0;
  return result === Compare_CompareResult.GREATER ? sign > 0 : sign < 0;
}

function signOf(wanted: Compare, stored: Stored): number {
  const { target } = wanted;
  if (target === Compare_CompareTarget.VALUE) {
    const value = utf8(wanted.value);
    return stored.value === value ? 0 : stored.value > value ? 1 : -1;
  }
  if (target === Compare_CompareTarget.VERSION) return stored.version - Number(wanted.version);
  if (target === Compare_CompareTarget.CREATE) return stored.createRevision - Number(wanted.createRevision);
  if (target === Compare_CompareTarget.MOD) return stored.modRevision - Number(wanted.modRevision);
  const lease = leaseNumber(stored);
  return lease === wanted.lease ? 0 : lease > wanted.lease ? 1 : -1;
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

export function keyValue(key: string, stored: Stored, keyOnly: boolean): Input<KeyValue> {
  return {
    key: passingBytes(key),
    createRevision: stored.createRevision,
    modRevision: stored.modRevision,
    version: stored.version,
    ...(keyOnly ? {} : { value: passingBytes(stored.value) }),
    ...(stored.lease === undefined ? {} : { lease: leaseNumber(stored) }),
  };
}

function leaseNumber({ lease }: Stored): bigint {
  return lease === undefined ? 0n : BigInt.asIntN(64, BigInt(`0x${lease}`));
}
