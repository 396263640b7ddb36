/** What the trace keeps packed is read back as it was emitted, by whichever way it is asked for. */
import { beforeAll, expect, test } from 'vitest';
import { Trace, type TraceEvent, type TraceEventData } from './trace.ts';
import { loadCodec } from './trace-block.ts';

beforeAll(loadCodec);

function filled(count: number, limit?: number): { trace: Trace; all: TraceEvent[] } {
  const clock = { now: 0 };
  const trace = new Trace(clock);
  if (limit !== undefined) trace.limit(limit, 1 << 20);
  const all: TraceEvent[] = [];
  for (let seq = 0; seq < count; seq++) {
    // A jump of more than 2^32 ns, and pids beyond 2^32 (the 430th kernel's): neither fits in 32 bits.
    clock.now += seq === 5000 ? 9_000_000_000_000 : 37;
    const pid = seq > 9000 && seq < 9100 ? 4_400_000_000 + seq : seq % 50;
    const data: TraceEventData =
      seq % 3 === 0
        ? { kind: 'file.write', path: `/tmp/é-${seq % 7}`, length: seq }
        : { kind: 'span.end', id: seq, error: seq % 2 === 0 ? null : 'gone' };
    trace.emit(seq % 11, pid, data);
    all.push({ seq, time: clock.now, span: seq % 11, pid, ...data });
  }
  return { trace, all };
}

test('old events are packed and come back as they were', () => {
  const { trace, all } = filled(40_000);
  expect(trace.nextSeq).toBe(40_000);
  expect(trace.since(0)).toEqual(all);
  expect(trace.events).toEqual(all);
  expect(trace.since(4095, 3)).toEqual(all.slice(4095, 4098));
  expect(trace.since(39_999)).toEqual(all.slice(39_999));
  expect(trace.since(40_000)).toEqual([]);
  expect(trace.findLast((e) => e.kind === 'file.write' && e.length <= 4095)).toEqual(all[4095]);
  expect(trace.findLast((e) => e.pid === 777)).toBeUndefined();
});

test('the oldest go, out of the middle of what is packed together too', () => {
  const { trace, all } = filled(70_000, 30_000);
  expect(trace.firstSeq).toBeGreaterThan(40_000);
  expect(trace.firstSeq % 4096).not.toBe(0);
  expect(trace.nextSeq).toBe(70_000);
  expect(trace.since(0)).toEqual(all.slice(trace.firstSeq));
  expect(trace.events).toEqual(all.slice(trace.firstSeq));
  const digest = trace.digest();
  expect(filled(70_000, 30_000).trace.digest()).toBe(digest);
});

test('the bytes of frames come back as they were, however large, and the oldest are forgotten', () => {
  const trace = new Trace({ now: 0 });
  trace.limit(1000, 100_000);
  const frame = (length: number): Uint8Array => new Uint8Array(length).fill(length % 251);
  const lengths = [0, 1, 40_000, 30_000, 70_000, 2, 3];
  const source = frame(40_000);
  const kept = lengths.map((length) => trace.keepPayload(length === 40_000 ? source : frame(length)));
  source.fill(0);
  expect(kept).toEqual([0, 1, 2, 3, 4, 5, 6]);
  expect(kept.map((id) => trace.payload(id)?.length ?? null)).toEqual([0, null, null, null, 70_000, 2, 3]);
  expect(trace.payload(4)?.every((byte) => byte === 70_000 % 251)).toBe(true);
  expect(trace.payload(6)).toEqual(frame(3));
  expect(trace.payload(7)).toBeNull();
  trace.keepPayload(frame(50_000));
  expect(trace.payload(4)).toBeNull();
  expect(trace.payload(5)).toEqual(frame(2));
  trace.limit(1000, 0);
  expect(trace.payload(trace.keepPayload(frame(3)))).toBeNull();
  expect(trace.payload(trace.keepPayload(frame(0)))).toEqual(frame(0));
});
