import { expect, test } from 'vitest';
import { boot } from '../../testing/boot.ts';

test('what a host shows of its interfaces and routes', async () => {
  const node = await boot();
  expect((await node.run('ip -br addr; ip route')).stdout).toBe(
    'lo               UNKNOWN        127.0.0.1/8 \n' +
      'eth0             UP             192.168.1.10/24 \n' +
      'default via 192.168.1.1 dev eth0 \n' +
      '192.168.1.0/24 dev eth0 proto kernel scope link src 192.168.1.10 \n',
  );
  expect((await node.run('ip route show table local; ip route get 192.168.1.10')).stdout).toBe(
    'local 127.0.0.0/8 dev lo proto kernel scope host src 127.0.0.1 \n' +
      'local 127.0.0.1 dev lo proto kernel scope host src 127.0.0.1 \n' +
      'broadcast 127.255.255.255 dev lo proto kernel scope link src 127.0.0.1 \n' +
      'local 192.168.1.10 dev eth0 proto kernel scope host src 192.168.1.10 \n' +
      'broadcast 192.168.1.255 dev eth0 proto kernel scope link src 192.168.1.10 \n' +
      'local 192.168.1.10 dev lo src 192.168.1.10 uid 0 \n    cache <local> \n',
  );
  expect(await node.run('ip route show table 7')).toMatchObject({
    stderr: 'Error: ipv4: FIB table does not exist.\nDump terminated\n',
    exitCode: 2,
  });
  expect((await node.run('ip route add 10.9.0.0/16 via 192.168.1.1 table 100')).stderr).toContain('not simulated');
  // In the order of the networks, however they came; the narrower one first.
  const added =
    'ip route add 10.9.0.0/16 via 192.168.1.1; ip route add 10.9.0.0/24 via 192.168.1.1; ip route add 10.8.0.0/16 via 192.168.1.1';
  expect((await node.run(`${added}; ip route | cut -d" " -f1; cut -f2 /proc/net/route`)).stdout).toBe(
    'default\n10.8.0.0/16\n10.9.0.0/24\n10.9.0.0/16\n192.168.1.0/24\n' +
      'Destination\n00000000\n0000080A\n0000090A\n0000090A\n0001A8C0\n',
  );
});

test('a network namespace and a veth pair by hand; both ends answer', async () => {
  const { run } = await boot();
  await run('ip netns add blue; ip link add v0 type veth peer name v1; ip link set v1 netns blue');
  await run('ip addr add 10.9.0.1/24 dev v0; ip link set v0 up');
  await run('ip -n blue addr add 10.9.0.2/24 dev v1; ip -n blue link set v1 up; ip -n blue link set lo up');
  expect((await run('ip netns; ip -n blue -br addr; ip route get 10.9.0.2')).stdout).toBe(
    'blue\n' +
      'lo               UNKNOWN        127.0.0.1/8 \n' +
      'v1@if3           UP             10.9.0.2/24 \n' +
      '10.9.0.2 dev v0 src 10.9.0.1 uid 0 \n    cache \n',
  );
  expect((await run('ip netns exec blue ip -br link show lo')).stdout).toMatch(/^lo +UNKNOWN/);
  expect((await run('ip netns del blue; ip netns; ls /run/netns')).stdout).toBe('');
});

test('errors name the device, the object or the kernel', async () => {
  const { run } = await boot();
  expect(await run('ip link show nosuch')).toMatchObject({ stderr: 'Device "nosuch" does not exist.\n', exitCode: 1 });
  expect(await run('ip addr add 1.2.3.4/24 dev nosuch')).toMatchObject({
    stderr: 'Cannot find device "nosuch"\n',
    exitCode: 1,
  });
  expect(await run('ip foo')).toMatchObject({ stderr: 'Object "foo" is unknown, try "ip help".\n', exitCode: 1 });
  expect(await run('ip link add eth0 type dummy')).toMatchObject({
    stderr: 'RTNETLINK answers: File exists\n',
    exitCode: 2,
  });
});

test('ss finds who listens', async () => {
  const { run } = await boot();
  const { stdout } = await run('ss -ltnp');
  expect(stdout.split('\n')[1]).toMatch(
    /^LISTEN 0 {6}4096 +127\.0\.0\.1:\d+ +0\.0\.0\.0:\* +users:\(\("containerd",pid=\d+,fd=\d+\)\)$/,
  );
});
