import { expect, test } from 'vitest';
import { formatFloat } from './floats.ts';
import {
  bytesSize,
  humanDuration,
  humanSize,
  humanSizeWithPrecision,
  progressBytes,
  progressBytesPerSecond,
} from './units.ts';

test('decimal sizes', () => {
  expect([1_087_860, 303_719, 16_384, 0, 119].map((size) => humanSizeWithPrecision(size, 3))).toEqual([
    '1.09MB',
    '304kB',
    '16.4kB',
    '0B',
    '119B',
  ]);
  expect([1_087_000, 16_384, 119, 559].map(humanSize)).toEqual(['1.087MB', '16.38kB', '119B', '559B']);
  // The library's own flaw: what rounds up to the next unit is shown with an exponent.
  expect(humanSizeWithPrecision(999_900, 3)).toBe('1e+03kB');
});

test('binary sizes', () => {
  expect([0, 12_288, 2_146_304, 1_087_860].map(progressBytes)).toEqual(['0.0 B', '12.0 KiB', '2.0 MiB', '1.0 MiB']);
  expect(progressBytesPerSecond(1024 * 1024, 5e8)).toBe('2.0 MiB/s');
  expect(bytesSize(1_087_860)).toBe('1.037MiB');
});

test('ages', () => {
  const seconds = [0.9, 1, 59, 60, 119, 120, 3599, 3600, 7200, 48 * 3600, 14 * 86_400, 61 * 86_400, 800 * 86_400];
  expect(seconds.map((s) => humanDuration(s * 1e9))).toEqual([
    'Less than a second',
    '1 second',
    '59 seconds',
    'About a minute',
    'About a minute',
    '2 minutes',
    '59 minutes',
    'About an hour',
    '2 hours',
    '2 days',
    '2 weeks',
    '2 months',
    '2 years',
  ]);
});

test('floats: forms and the switch to exponents', () => {
  expect([1e6, 123_456_789, 37_580, 0.1, 1e-5, 0, -2.5].map((value) => formatFloat(value, 'g', -1))).toEqual([
    '1e+06',
    '1.23456789e+08',
    '37580',
    '0.1',
    '1e-05',
    '0',
    '-2.5',
  ]);
  expect([formatFloat(1e21, 'f', 2), formatFloat(0.000001234, 'f', -1), formatFloat(12.5, 'e', 3)]).toEqual([
    '1000000000000000000000.00',
    '0.000001234',
    '1.250e+01',
  ]);
});
