import { expect, test } from 'vitest';
import { lastRuntimeError } from './runtime-log.ts';

test('the last error of a log, however its values are laid out', () => {
  const runc = '{"level":"warning","msg":"odd","time":"t"}\n{"level":"error","msg":"of {runc}\\n","time":"t"}\n';
  const crun = '{\n  "msg": "of \\"crun\\"",\n  "level": "error",\n  "time": "t"\n}\n';
  const runsc = '{"msg":"of runsc","level":"error","time":"t"}';
  expect(lastRuntimeError(runc)).toBe('of {runc}');
  expect(lastRuntimeError(runc + crun)).toBe('of "crun"');
  expect(lastRuntimeError(runsc + runsc.replace('runsc', 'runsc again'))).toBe('of runsc again');
  expect(lastRuntimeError(`${runsc}{"msg":"cut`)).toBe('of runsc');
  expect(lastRuntimeError('')).toBe('');
});
