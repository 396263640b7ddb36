/** What System V IPC there is, per namespace. */
import { expect, test } from 'vitest';
import { boot } from '../../testing/boot.ts';

test('made, seen by those who share the namespace only, and removed', async () => {
  const node = await boot();
  const out = async (line: string): Promise<string> => {
    const { stdout, stderr } = await node.run(line);
    return stdout + stderr;
  };
  expect(await out('ipcmk -M 1M; ipcmk -Q; ipcmk -S 3 -p 0600; ipcmk')).toBe(
    "Shared memory id: 0\nMessage queue id: 0\nSemaphore id: 0\nipcmk: no options given\nTry 'ipcmk --help' for more information.\n",
  );
  expect(await out('ipcs')).toMatch(
    /^\n-{6} Message Queues -{8}\nkey .*\n0x[0-9a-f]{8} 0 {10}root {7}644 {8}0 {12}0 {11}\n\n-{6} Shared Memory Segments -{8}\nkey .*\n0x[0-9a-f]{8} 0 {10}root {7}644 {8}1048576 {4}0 {23}\n\n-{6} Semaphore Arrays -{8}\nkey .*\n0x[0-9a-f]{8} 0 {10}root {7}600 {8}3 {9}\n\n$/,
  );
  expect(
    await out("unshare -i ipcs -m | grep -c 0x; wc -l < /proc/sysvipc/shm; su nobody -s /bin/sh -c 'ipcrm -m 0'"),
  ).toBe('0\n2\nipcrm: permission denied for id (0)\n');
  await out('ctr images pull docker.io/library/busybox:latest');
  const inside = (flags: string): string =>
    `ctr run --rm ${flags} docker.io/library/busybox:latest c ipcs -m | grep -c 0x`;
  expect(await out(inside(''))).toBe('0\n');
  expect(await out('ipcrm -m 0 -q 0 -s 0; ipcs | grep -c 0x; ipcrm -m 0')).toBe('0\nipcrm: invalid id (0)\n');
});
