import { expect, test } from 'vitest';
import { boot } from './boot.ts';

test('a node boots to a shell that runs commands', async () => {
  const node = await boot();
  expect(await node.run('echo hello $((1+2))')).toMatchObject({ stdout: 'hello 3\n', stderr: '', exitCode: 0 });
  expect(await node.run('cat <<E | nosuch\nx\nE')).toMatchObject({ exitCode: 127 });
  expect((await node.run('cd /etc; pwd')).stdout).toBe('/etc\n');
});
