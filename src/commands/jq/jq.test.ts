import { expect, test } from 'vitest';
import { testKernel } from '../../testing/kernel.ts';
import { makeJq } from './jq.ts';

const jq = makeJq(() => import('jq-wasm/inline'));

test('jq filters, and fails as jq does', async () => {
  const rig = testKernel({
    programs: [jq],
    files: { '/data.json': '{"status":{"state":"CONTAINER_RUNNING","n":[1,2]}}' },
  });
  const run = (...args: string[]) => rig.exec(['/usr/bin/jq', ...args]);
  expect(await run('.status.state', '/data.json')).toEqual({
    stdout: '"CONTAINER_RUNNING"\n',
    stderr: '',
    exitCode: 0,
  });
  expect(await run('-r', '.status.state', '/data.json')).toMatchObject({ stdout: 'CONTAINER_RUNNING\n' });
  expect(await run('-c', '.status.n', '/data.json')).toMatchObject({ stdout: '[1,2]\n' });
  expect(await run('.status.n', '/data.json')).toMatchObject({ stdout: '[\n  1,\n  2\n]\n' });
  expect(await run('-n', '--arg', 'x', 'hi', '$x')).toMatchObject({ stdout: '"hi"\n', exitCode: 0 });
  expect(await run('-e', '.nope', '/data.json')).toMatchObject({ stdout: 'null\n', exitCode: 1 });
  expect(await run('.status.state.x', '/data.json')).toMatchObject({ exitCode: 5 });
  expect(await run('.[', '/data.json')).toMatchObject({ exitCode: 3 });
  expect(await run('.', '/missing')).toEqual({
    stdout: '',
    stderr: 'jq: error: Could not open file /missing: No such file or directory\n',
    exitCode: 2,
  });
  expect(await run()).toMatchObject({ exitCode: 2 });
  // What came out before the error is not lost.
  expect(await run('.status.n[], .status.state.x', '/data.json')).toEqual({
    stdout: '1\n2\n',
    stderr: 'jq: error (at <stdin>:0): Cannot index string with string ("x")\n',
    exitCode: 5,
  });
});

test('a large document takes time by its length, not by its square', async () => {
  const items = Array.from({ length: 20_000 }, (_, i) => ({
    name: `pod-${i}`,
    labels: { app: 'web' },
    phase: 'Running',
  }));
  const rig = testKernel({ programs: [jq], files: { '/big.json': JSON.stringify({ items }) } });
  expect(await rig.exec(['/usr/bin/jq', '-r', '.items[19999].name', '/big.json'])).toMatchObject({
    stdout: 'pod-19999\n',
  });
});
