import fc from 'fast-check';
import { expect, test } from 'vitest';
import { durationString, parseDuration } from './duration.ts';
import {
  civilTime,
  goLogStamp,
  goTimeString,
  httpDate,
  klogStamp,
  lsStamp,
  nsFromCivil,
  parseRfc3339,
  rfc3339,
  rfc3339Nano,
  rfc3339NanoFixed,
  ZERO_TIME_NS,
} from './time.ts';

const ns = nsFromCivil({ year: 2026, month: 11, day: 23, hour: 17, minute: 21, second: 43, nanosecond: 816_880_046 });

test('layouts', () => {
  expect(rfc3339(ns)).toBe('2026-11-23T17:21:43Z');
  expect(rfc3339Nano(ns - 46n)).toBe('2026-11-23T17:21:43.81688Z');
  expect(rfc3339Nano(0n)).toBe('1970-01-01T00:00:00Z');
  expect(rfc3339NanoFixed(ns - 46n)).toBe('2026-11-23T17:21:43.816880000Z');
  expect(goTimeString(ns)).toBe('2026-11-23 17:21:43.816880046 +0000 UTC');
  expect(goTimeString(ZERO_TIME_NS)).toBe('0001-01-01 00:00:00 +0000 UTC');
  expect(klogStamp(ns)).toBe('1123 17:21:43.816880');
  expect(goLogStamp(ns)).toBe('2026/11/23 17:21:43');
  expect(httpDate(ns)).toBe('Mon, 23 Nov 2026 17:21:43 GMT');
  expect(lsStamp(ns, ns)).toBe('Nov 23 17:21');
  expect(lsStamp(ns - 31_556_952_000_000_000n, ns)).toBe('Nov 23  2025');
  expect(lsStamp(ns + 1n, ns)).toBe('Nov 23  2026');
});

test('the CRI timestamp of a recorded container', () => {
  expect(rfc3339Nano(1_795_454_735_563_087_616n)).toBe('2026-11-23T17:25:35.563087616Z');
});

test('civil dates round-trip and parse back', () => {
  fc.assert(
    fc.property(fc.bigInt(-62_000_000_000n * 1_000_000_000n, 250_000_000_000n * 1_000_000_000n), (instant) => {
      expect(nsFromCivil(civilTime(instant))).toBe(instant);
      expect(parseRfc3339(rfc3339Nano(instant))).toEqual({ ok: true, ns: instant });
    }),
    { seed: 1, numRuns: 500 },
  );
});

test('parsing with zones and faults', () => {
  expect(parseRfc3339('2026-11-23T18:21:43.5+01:00')).toEqual({ ok: true, ns: ns - 316_880_046n });
  expect(parseRfc3339('bogus')).toEqual({
    ok: false,
    error: 'parsing time "bogus" as "2006-01-02T15:04:05Z07:00": cannot parse "bogus" as "2006"',
  });
  expect(parseRfc3339('2026-02-29T00:00:00Z')).toEqual({
    ok: false,
    error: 'parsing time "2026-02-29T00:00:00Z": day out of range',
  });
});

test('durations', () => {
  const values = [0, 1, 1500, 1_500_000, 2e9, 90e9, 3_723_500_000_000, -1e6];
  expect(values.map(durationString)).toEqual(['0s', '1ns', '1.5µs', '1.5ms', '2s', '1m30s', '1h2m3.5s', '-1ms']);
  expect(parseDuration('1h2m3.5s')).toEqual({ ok: true, ns: 3_723_500_000_000 });
  expect(parseDuration('-1.5us')).toEqual({ ok: true, ns: -1500 });
  expect(parseDuration('.3s')).toEqual({ ok: true, ns: 300_000_000 });
  expect(parseDuration('bogus')).toEqual({ ok: false, error: 'time: invalid duration "bogus"' });
  expect(parseDuration('10')).toEqual({ ok: false, error: 'time: missing unit in duration "10"' });
  expect(parseDuration('1x')).toEqual({ ok: false, error: 'time: unknown unit "x" in duration "1x"' });
  fc.assert(
    fc.property(fc.integer({ min: -9_000_000_000_000_000, max: 9_000_000_000_000_000 }), (length) => {
      expect(parseDuration(durationString(length))).toEqual({ ok: true, ns: length });
    }),
    { seed: 1, numRuns: 500 },
  );
});
