/** What a container is asked to have: an address, more groups. */
import { expect, test } from 'vitest';
import { boot } from '../../testing/boot.ts';

test('an address is had if it is free and of the network', async () => {
  const node = await boot({ scenario: 'bare' });
  await node.run('nerdctl pull -q alpine; nerdctl run -d --name taken --ip 10.4.0.78 alpine sleep inf');
  const run = (ip: string) => node.run(`nerdctl run --rm --ip ${ip} alpine ip a show eth0 | grep -o "inet [^ ]*"`);
  expect((await run('10.4.0.77')).stdout).toBe('inet 10.4.0.77/24\n');
  expect((await run('10.4.0.78')).stderr).toContain(
    'failed to allocate for range 0: requested IP address 10.4.0.78 is not available in range set 10.4.0.1-10.4.0.254',
  );
  expect((await run('10.4.0.1')).stderr).toContain("requested ip 10.4.0.1 is subnet's gateway");
  expect((await run('10.9.0.1')).stderr).toContain('failed to allocate all requested IPs: 10.9.0.1');
  // Whoever asks for none goes on behind the last one; what was tried in vain is free again.
  expect((await node.run('ls /var/lib/cni/networks/bridge')).stdout).toBe('10.4.0.78\nlast_reserved_ip.0\nlock\n');
  await node.run('nerdctl network create --subnet 10.9.0.0/24 nine');
  expect((await node.run('nerdctl run --rm --network nine --ip 10.9.0.50 alpine hostname -i')).stdout).toBe(
    '10.9.0.50\n',
  );
});

test('more groups, by number or by the name that the image knows', async () => {
  const node = await boot({ scenario: 'bare' });
  await node.run('nerdctl pull -q alpine');
  const groups = 'sed -n s/^Groups:.//p /proc/self/status';
  const run = (flags: string) => node.run(`nerdctl run --rm ${flags} alpine ${groups}`);
  expect((await run('--group-add wheel --group-add 99 -u 1000')).stdout).toBe('0 10 99 \n');
  expect((await run('--group-add 99 -u nobody')).stdout).toBe('65534 99 \n');
  expect(await run('--group-add nope')).toMatchObject({
    stderr: expect.stringMatching(/level=fatal msg="unable to find group nope"\n$/),
    exitCode: 1,
  });
});
