/** ctr run --device: a device of the host, which the container may use. */
import { expect, test } from 'vitest';
import { boot } from '../../testing/boot.ts';

test('a device, the devices of a directory, and what is none', async () => {
  const node = await boot({ scenario: 'bare' });
  const image = 'docker.io/library/busybox:latest';
  await node.run(`ctr i pull ${image}`);
  const show = 'stat -c "%n %t,%T" /dev/kmsg';
  expect((await node.run(`ctr run --rm ${image} a ${show}`)).stderr).toContain("can't stat '/dev/kmsg'");
  expect((await node.run(`ctr run --rm --device /dev/kmsg ${image} b ${show}`)).stdout).toBe('/dev/kmsg 1,b\n');
  expect((await node.run(`ctr run --rm --device /dev ${image} c ls /dev/kmsg`)).stdout).toBe('/dev/kmsg\n');
  expect((await node.run(`ctr run --rm --device /nope ${image} d true`)).stderr).toBe(
    'ctr: lstat /nope: no such file or directory\n',
  );
  expect((await node.run(`ctr run --rm --device /etc/passwd ${image} e true`)).stderr).toBe('ctr: not a device node\n');
});
