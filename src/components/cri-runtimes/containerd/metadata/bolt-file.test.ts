import { expect, test } from 'vitest';
import { boot } from '../../../../testing/boot.ts';

test('a second daemon on the same root waits for the lock of meta.db, says so, and goes on when the first has ended', async () => {
  const node = await boot();
  const out = async (line: string): Promise<string> => {
    const { stdout, stderr } = await node.run(line);
    return stdout + stderr;
  };
  await out('containerd > /tmp/second 2>&1 & sleep 9');
  const last = 'tail -n 1 /tmp/second | cut -d" " -f2-';
  expect(await out(last)).not.toContain('waiting');
  expect(await out(`sleep 2; ${last}`)).toBe('level=warning msg="waiting for response from boltdb open" plugin=bolt\n');
  expect(await out('lslocks -rno COMMAND,MODE,PATH')).toContain(
    'containerd WRITE /var/lib/containerd/io.containerd.metadata.v1.bolt/meta.db\n',
  );
  await out('systemctl stop containerd; sleep 1');
  expect(
    await out(
      'ctr version | tail -n 2 | head -n 1; pidof containerd | wc -w; grep -c "successfully booted" /tmp/second',
    ),
  ).toBe('  Revision: \n1\n1\n');
});
