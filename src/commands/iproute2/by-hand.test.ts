/** Networks made by hand with ip: bridges, cables, namespaces, and whether an echo request gets through. */
import { expect, test } from 'vitest';
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { readFile, runCommand, writeFile } from '../../linux/io.ts';
import { testKernel } from '../../testing/kernel.ts';
import { ip } from './ip.ts';
import { ss } from './ss.ts';

const SECOND = 1_000_000_000;

async function rig() {
  const kernel = testKernel({ programs: [ip, ss] });
  const run = async (lines: string): Promise<string> => {
    let out = '';
    for (const line of lines.split('\n').map((l) => l.trim())) {
      if (line === '') continue;
      const result = await kernel.exec(`/usr/bin/${line}`.split(' '));
      if (result.exitCode !== 0) throw new Error(`${line}: ${result.stderr}`);
      out += result.stdout;
    }
    return out;
  };
  /** What an echo request from a named namespace ('' for the host) gives. */
  const ping = (from: string, to: string, options: { ttl?: number } = {}): Promise<string> =>
    kernel.act(async (ctx) => {
      await enter(ctx, from);
      try {
        const reply = await ctx.sys.icmpEcho(ctx, to, { bytes: 56, timeoutNs: 10 * SECOND, ...options });
        return reply === null ? 'nothing' : `${reply.kind} from ${reply.from} ttl ${reply.ttl}`;
      } catch (error) {
        if (isErrno(error)) return error.code;
        throw error;
      }
    });
  return { ...kernel, run, ping };
}

async function enter(ctx: Context, name: string): Promise<void> {
  if (name === '') return;
  await ctx.sys.setns(ctx, await ctx.sys.open(ctx, `/run/netns/${name}`, { read: true }));
}

/** A bridge on the host with a namespace behind each of two cables. */
const BRIDGED = `ip link add br0 type bridge
  ip addr add 10.1.0.1/24 dev br0
  ip link set br0 up
  ${['a', 'b']
    .map(
      (n, i) => `ip netns add ${n}
  ip link add v${n} type veth peer name eth0 netns ${n}
  ip link set v${n} master br0 up
  ip -n ${n} addr add 10.1.0.${i + 2}/24 dev eth0
  ip -n ${n} link set eth0 up
  ip -n ${n} route add default via 10.1.0.1`,
    )
    .join('\n')}`;

test('through a bridge: to the host, to the neighbour, to nobody', async () => {
  const { run, ping } = await rig();
  await run(BRIDGED);
  expect(await ping('a', '10.1.0.1')).toBe('reply from 10.1.0.1 ttl 64');
  expect(await ping('a', '10.1.0.3')).toBe('reply from 10.1.0.3 ttl 64');
  expect(await ping('', '10.1.0.2')).toBe('reply from 10.1.0.2 ttl 64');
  expect(await ping('a', '10.1.0.9')).toBe('host-unreachable from 10.1.0.2 ttl 64');
  expect(await ping('', '172.16.0.1')).toBe('ENETUNREACH');
  expect(await run('ip -n a neigh')).toMatch(
    /^10.1.0.1 dev eth0 lladdr [0-9a-f:]{17} REACHABLE \n10.1.0.3 dev eth0 lladdr [0-9a-f:]{17} REACHABLE \n10.1.0.9 dev eth0 FAILED \n$/,
  );
  await run('ip link set vb down');
  expect(await ping('a', '10.1.0.3')).toBe('host-unreachable from 10.1.0.2 ttl 64');
});

test('a router forwards only if it is told to, counts hops, and both directions need a way', async () => {
  const { run, ping, act } = await rig();
  await run(`ip netns add left
    ip netns add right
    ip link add l0 type veth peer name eth0 netns left
    ip link add r0 type veth peer name eth0 netns right
    ip addr add 10.1.0.1/24 dev l0
    ip addr add 10.2.0.1/24 dev r0
    ip link set l0 up
    ip link set r0 up
    ip -n left addr add 10.1.0.2/24 dev eth0
    ip -n left link set eth0 up
    ip -n left route add default via 10.1.0.1
    ip -n right addr add 10.2.0.2/24 dev eth0
    ip -n right link set eth0 up`);
  expect(await ping('left', '10.2.0.2')).toBe('nothing');
  await act((ctx) => writeFile(ctx, '/proc/sys/net/ipv4/ip_forward', '1'));
  // The request arrives, the reply does not know the way back.
  expect(await ping('left', '10.2.0.2')).toBe('nothing');
  await act((ctx) =>
    ctx.sys.addNatRule(ctx, {
      comment: 'by hand',
      kind: 'masquerade',
      protocol: 'all',
      matchHost: '10.1.0.2',
      matchPort: 0,
      toHost: '',
      toPort: 0,
    }),
  );
  expect(await ping('left', '10.2.0.2')).toBe('nothing');
  await run('ip -n right route add 10.1.0.0/24 via 10.2.0.1');
  expect(await ping('left', '10.2.0.2')).toBe('reply from 10.2.0.2 ttl 63');
  expect(await ping('left', '10.2.0.2', { ttl: 1 })).toBe('ttl-exceeded from 10.1.0.1 ttl 64');
  expect(await ping('left', '10.3.0.1')).toBe('net-unreachable from 10.1.0.1 ttl 64');
});

test('who may send echo requests', async () => {
  const { run, act } = await rig();
  await run('ip link set lo up');
  const asUser = (): Promise<string> =>
    act(async (ctx) => {
      await ctx.sys.setgroups(ctx, []);
      await ctx.sys.setgid(ctx, 1000);
      await ctx.sys.setuid(ctx, 1000);
      try {
        return (await ctx.sys.icmpEcho(ctx, '127.0.0.1', { bytes: 56, timeoutNs: SECOND }))?.kind ?? 'nothing';
      } catch (error) {
        return isErrno(error) ? error.code : String(error);
      }
    });
  expect(await asUser()).toBe('EPERM');
  await act((ctx) => writeFile(ctx, '/proc/sys/net/ipv4/ping_group_range', '0 2147483647'));
  expect(await asUser()).toBe('reply');
});

test('with the last thing that holds a namespace its cables go, also at the other end', async () => {
  const { run, act, kernel } = await rig();
  await run(BRIDGED);
  const names = async (): Promise<string[]> =>
    (JSON.parse(await run('ip -j link')) as { ifname: string }[]).map((l) => l.ifname);
  expect(await names()).toEqual(['lo', 'br0', 'va', 'vb']);
  const pid = await act((ctx) =>
    ctx.sys.fork(ctx, async (c) => {
      await enter(c, 'a');
      await c.sleep(1000 * SECOND);
      return 0;
    }),
  );
  await act((ctx) => ctx.sleep(SECOND));
  await run('ip netns del a\nip netns del b');
  expect(await names()).toEqual(['lo', 'br0', 'va']);
  await act((ctx) => ctx.sys.kill(ctx, pid, 'SIGKILL'));
  expect(await names()).toEqual(['lo', 'br0']);
  expect(kernel.initialNamespaces.net.ports(kernel.initialNamespaces.net.get('br0'))).toEqual([]);
});

test('flags and states say what is connected to what', async () => {
  const { run } = await rig();
  await run(
    'ip link add br0 type bridge\nip link set br0 up\nip link add v0 type veth peer name v1\nip link set v0 up',
  );
  const line = async (name: string): Promise<string> => (await run(`ip link show ${name}`)).split('\n')[0] as string;
  expect(await line('br0')).toContain('<NO-CARRIER,BROADCAST,MULTICAST,UP> mtu 1500 qdisc noqueue state DOWN');
  expect(await line('v0')).toContain(
    'v0@v1: <NO-CARRIER,BROADCAST,MULTICAST,UP,M-DOWN> mtu 1500 qdisc noqueue state LOWERLAYERDOWN',
  );
  await run('ip link set v1 up\nip link set v0 master br0 promisc on');
  expect(await line('v0')).toContain(
    '<BROADCAST,MULTICAST,PROMISC,UP,LOWER_UP> mtu 1500 qdisc noqueue master br0 state UP',
  );
  expect(await line('br0')).toContain('<BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP');
  expect(await run('ip -d link show v0')).toMatch(
    /promiscuity 2 allmulti 1 minmtu 68 maxmtu 65535 \n {4}veth \n {4}bridge_slave state forwarding/,
  );
  expect(await run('ip rule')).toBe(
    '0:\tfrom all lookup local\n32766:\tfrom all lookup main\n32767:\tfrom all lookup default\n',
  );
});

test('ss and /proc/net list what is open, and nothing once it is closed', async () => {
  const { run, act } = await rig();
  await run('ip link set lo up');
  await act(async (ctx) => {
    const listener = await ctx.sys.listen(ctx, { family: 'inet', host: '127.0.0.1', port: 80 });
    const unix = await ctx.sys.listen(ctx, { family: 'unix', path: '/run/x.sock' });
    const client = await ctx.sys.connect(ctx, { family: 'inet', host: '127.0.0.1', port: 80 });
    const server = await ctx.sys.accept(ctx, listener);
    await ctx.sys.write(ctx, client, 'hello');
    const show = async (line: string): Promise<string> => {
      const { stdout } = await runCommand(ctx, `/usr/bin/${line}`.split(' '));
      return new TextDecoder().decode(stdout).replace(/ +/g, ' ');
    };
    expect(await show('ss -tan')).toBe(
      'State Recv-Q Send-Q Local Address:Port Peer Address:Port Process\nLISTEN 0 4096 127.0.0.1:80 0.0.0.0:* \nESTAB 0 0 127.0.0.1:32768 127.0.0.1:80 \nESTAB 5 0 127.0.0.1:80 127.0.0.1:32768 \n',
    );
    expect(await show('ss -xlp')).toMatch(
      /^u_str LISTEN 0 4096 \/run\/x.sock \d+ \* 0 users:\(\("test",pid=\d+,fd=\d+\)\)$/m,
    );
    for (const fd of [client]) await ctx.sys.close(ctx, fd);
    expect(await show('ss -tn')).toMatch(/CLOSE-WAIT 5 0 127.0.0.1:80/);
    for (const fd of [server, listener, unix]) await ctx.sys.close(ctx, fd);
    expect((await readFile(ctx, '/proc/net/tcp')).split('\n')).toHaveLength(2);
    expect((await readFile(ctx, '/proc/net/unix')).split('\n')).toHaveLength(2);
  });
});
