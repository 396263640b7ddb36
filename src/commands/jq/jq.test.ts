import { expect, test } from 'vitest';
import { testKernel } from '../../testing/kernel.ts';
import { type JqLibrary, makeJq } from './jq.ts';

const jq = makeJq(async () => (await import('jq-wasm')) as unknown as JqLibrary);

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
});
