import { beforeEach, expect, test } from 'vitest';
import type { Context } from '../../../linux/context.ts';
import { utf8 } from '../../../linux/rope.ts';
import {
  Compare_CompareResult,
  Compare_CompareTarget,
  DeleteRangeRequest,
  PutRequest,
  RangeRequest,
  TxnRequest,
} from '../../../protocols/etcd/etcdserverpb/generated.ts';
import type { Input } from '../../../protocols/proto/message-type.ts';
import { testKernel } from '../../../testing/kernel.ts';
import { Database } from './database.ts';
import { KeyValues } from './key-values.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
let store: KeyValues;

function keep(ctx: Context): KeyValues {
  return new KeyValues(ctx, new Database(), { append: async (_c, _lines, apply) => apply() });
}

const put = (ctx: Context, key: string, value: string) =>
  store.put(ctx, PutRequest.create({ key: bytes(key), value: bytes(value) }));
const range = (request: Input<RangeRequest>): string =>
  (store.range(RangeRequest.create(request)).kvs ?? [])
    .map(
      (kv) => `${utf8(kv.key as Uint8Array)}=${utf8((kv.value ?? new Uint8Array(0)) as Uint8Array)}@${kv.modRevision}`,
    )
    .join(' ');

let rig: ReturnType<typeof testKernel>;
beforeEach(() => {
  rig = testKernel();
});

test('ranges, transactions and compaction', async () => {
  await rig.act(async (ctx) => {
    store = keep(ctx);
    for (const [key, value] of [
      ['a', '1'],
      ['ab', '2'],
      ['b', '3'],
      ['a', '4'],
    ] as const)
      await put(ctx, key, value);
    expect(range({ key: bytes('a') })).toBe('a=4@5');
    expect(range({ key: bytes('a'), rangeEnd: bytes('b') })).toBe('a=4@5 ab=2@3');
    expect(range({ key: bytes('ab'), rangeEnd: bytes('\0') })).toBe('ab=2@3 b=3@4');
    expect(range({ key: bytes('a'), rangeEnd: bytes('\0'), sortTarget: 3, limit: 2 })).toBe('ab=2@3 b=3@4');
    expect(store.range(RangeRequest.create({ key: bytes('a'), rangeEnd: bytes('\0'), countOnly: true }))).toEqual({
      count: 3n,
    });

    const told: string[] = [];
    store.watchers.add((changes) => {
      const told1 = changes.map(({ stored, key }) => `${stored === null ? 1 : 0} ${key}`);
      told.push(`${changes[0]?.revision}: ${told1.join(', ')}`);
    });
    const txn = (modRevision: number) =>
      store.txn(
        ctx,
        TxnRequest.create({
          compare: [
            { key: bytes('a'), target: Compare_CompareTarget.MOD, result: Compare_CompareResult.EQUAL, modRevision },
          ],
          success: [
            { requestPut: { key: bytes('c'), value: bytes('5') } },
            { requestDeleteRange: { key: bytes('a'), rangeEnd: bytes('b') } },
            { requestRange: { key: bytes('c') } },
          ],
          failure: [{ requestRange: { key: bytes('b') } }],
        }),
      );
    const done = await txn(5);
    expect(done.succeeded).toBe(true);
    expect(done.responses?.[1]?.responseDeleteRange).toEqual({ deleted: 2n, header: { revision: 6 } });
    expect(done.responses?.[2]?.responseRange?.kvs?.[0]?.modRevision).toBe(6);
    expect(told).toEqual(['6: 0 c, 1 a, 1 ab']);
    const not = await txn(5);
    expect(not.succeeded).toBe(false);
    expect(not.responses?.[0]?.responseRange?.header).toEqual({ revision: 6 });
    expect(store.revision).toBe(6);

    // A key that is not there has revision 0; its value equals none.
    const absent = await store.txn(
      ctx,
      TxnRequest.create({
        compare: [
          { key: bytes('x'), target: Compare_CompareTarget.CREATE, result: Compare_CompareResult.EQUAL },
          {
            key: bytes('b'),
            target: Compare_CompareTarget.VALUE,
            result: Compare_CompareResult.GREATER,
            value: bytes('2'),
          },
        ],
      }),
    );
    expect(absent.succeeded).toBe(true);

    const twice = { requestPut: { key: bytes('d') } };
    await expect(async () => store.txn(ctx, TxnRequest.create({ success: [twice, twice] }))).rejects.toThrow(
      'etcdserver: duplicate key given in txn request',
    );
    expect(await store.deleteRange(ctx, DeleteRangeRequest.create({ key: bytes('nothing') }))).toEqual({ deleted: 0n });
    expect(store.revision).toBe(6);

    // Before the first compaction the whole past is there.
    expect(range({ key: bytes('a'), rangeEnd: bytes('\0'), revision: 3 })).toBe('a=1@2 ab=2@3');
    expect(range({ key: bytes('a'), rangeEnd: bytes('\0'), revision: 5 })).toBe('a=4@5 ab=2@3 b=3@4');
    expect(await store.compact(ctx, 4)).toBe(0);
    await expect(store.compact(ctx, 4)).rejects.toThrow('etcdserver: mvcc: required revision has been compacted');
    await expect(store.compact(ctx, 7)).rejects.toThrow('etcdserver: mvcc: required revision is a future revision');
    expect(range({ key: bytes('a'), rangeEnd: bytes('\0'), revision: 4 })).toBe('a=1@2 ab=2@3 b=3@4');
    expect(() => range({ key: bytes('b'), revision: 3 })).toThrow(
      'etcdserver: mvcc: required revision has been compacted',
    );
    // What 5 had overwritten, and what 6 has deleted.
    expect(await store.compact(ctx, 6)).toBe(3);
    expect(range({ key: bytes('a'), rangeEnd: bytes('\0') })).toBe('b=3@4 c=5@6');
    expect(() => range({ key: bytes('b'), revision: 99 })).toThrow(
      'etcdserver: mvcc: required revision is a future revision',
    );
  });
});
