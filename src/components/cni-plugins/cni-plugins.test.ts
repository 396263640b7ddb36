import { expect, test } from 'vitest';
import type { Context } from '../../linux/context.ts';
import { mkdirAll, readFile, runCommand, writeFile } from '../../linux/io.ts';
import { utf8 } from '../../linux/rope.ts';
import type { CniResult } from '../../protocols/cni/types.ts';
import { testKernel } from '../../testing/kernel.ts';
import { bridgeProgram } from './bridge/program.ts';
import { hostLocalProgram } from './host-local/program.ts';
import { loopbackProgram } from './loopback/program.ts';
import { portmapProgram } from './portmap/program.ts';

const NETNS = '/run/netns/cni-1';
const BRIDGE = {
  cniVersion: '1.0.0',
  name: 'containerd-net',
  type: 'bridge',
  bridge: 'cni0',
  isGateway: true,
  ipMasq: true,
  promiscMode: true,
  ipam: { type: 'host-local', ranges: [[{ subnet: '10.88.0.0/16' }]], routes: [{ dst: '0.0.0.0/0' }] },
};

function rig(): ReturnType<typeof testKernel> {
  return testKernel({ programs: [bridgeProgram, hostLocalProgram, loopbackProgram, portmapProgram] });
}

async function makeNetns(ctx: Context, path: string): Promise<void> {
  await mkdirAll(ctx, '/run/netns');
  await writeFile(ctx, path, '');
  const pid = await ctx.sys.fork(ctx, async (child) => {
    await child.sys.unshare(child, ['net']);
    await child.sys.mount(child, '/proc/self/ns/net', path, '', { bind: true });
    return 0;
  });
  expect((await ctx.sys.wait(ctx, pid))?.exitCode).toBe(0);
}

async function call(
  ctx: Context,
  plugin: string,
  command: string,
  config: object,
  id = 'abc',
  netns = NETNS,
): Promise<{ code: number; out: string }> {
  const env = [
    `CNI_COMMAND=${command}`,
    `CNI_CONTAINERID=${id}`,
    `CNI_NETNS=${netns}`,
    'CNI_IFNAME=eth0',
    'CNI_PATH=/opt/none:/usr/bin',
    'PATH=/usr/bin',
  ];
  const result = await runCommand(ctx, [`/usr/bin/${plugin}`], { env, stdin: JSON.stringify(config) });
  return { code: result.status.exitCode, out: utf8(result.stdout) };
}

test('bridge with host-local and portmap: ADD and DEL', async () => {
  const node = rig();
  await node.act(async (ctx) => {
    await makeNetns(ctx, NETNS);
    const added = await call(ctx, 'bridge', 'ADD', BRIDGE);
    expect(added.code).toBe(0);
    const result = JSON.parse(added.out) as CniResult;
    expect(result).toMatchObject({
      cniVersion: '1.0.0',
      ips: [{ address: '10.88.0.2/16', gateway: '10.88.0.1', interface: 2 }],
      routes: [{ dst: '0.0.0.0/0' }],
    });
    expect(result.interfaces?.map((i) => i.name)).toEqual(['cni0', expect.stringMatching(/^veth[0-9a-f]{8}$/), 'eth0']);
    expect(result.interfaces?.[2]?.sandbox).toBe(NETNS);
    expect(await readFile(ctx, '/var/lib/cni/networks/containerd-net/10.88.0.2')).toBe('abc\r\neth0');
    expect(await readFile(ctx, '/var/lib/cni/networks/containerd-net/last_reserved_ip.0')).toBe('10.88.0.2');
    const links = await ctx.sys.netLinks(ctx);
    expect(links.find((l) => l.name === 'cni0')).toMatchObject({
      kind: 'bridge',
      up: true,
      addresses: [{ address: '10.88.0.1', prefix: 16 }],
    });
    expect(links.find((l) => l.kind === 'veth')).toMatchObject({ master: 'cni0', up: true });

    const mapped = await call(ctx, 'portmap', 'ADD', {
      cniVersion: '1.0.0',
      name: 'containerd-net',
      type: 'portmap',
      prevResult: result,
      runtimeConfig: { portMappings: [{ HostPort: 8080, ContainerPort: 80, Protocol: 'tcp', HostIP: '' }] },
    });
    expect(JSON.parse(mapped.out)).toEqual(result);
    expect(await ctx.sys.natRules(ctx)).toEqual([
      {
        comment: 'name: "containerd-net" id: "abc"',
        kind: 'masquerade',
        protocol: 'all',
        matchHost: '10.88.0.2',
        matchPort: 0,
        toHost: '',
        toPort: 0,
      },
      {
        comment: 'CNI-HOSTPORT-DNAT name: "containerd-net" id: "abc"',
        kind: 'dnat',
        protocol: 'tcp',
        matchHost: '',
        matchPort: 8080,
        toHost: '10.88.0.2',
        toPort: 80,
      },
    ]);
    const again = await call(ctx, 'bridge', 'ADD', BRIDGE);
    expect(again.code).toBe(1);
    expect(JSON.parse(again.out)).toMatchObject({ code: 999, msg: expect.stringContaining('already exists') });

    expect(await call(ctx, 'portmap', 'DEL', { cniVersion: '1.0.0', name: 'containerd-net', type: 'portmap' })).toEqual(
      { code: 0, out: '' },
    );
    expect(await call(ctx, 'bridge', 'DEL', BRIDGE)).toEqual({ code: 0, out: '' });
    expect(await ctx.sys.natRules(ctx)).toEqual([]);
    expect((await ctx.sys.netLinks(ctx)).filter((l) => l.kind === 'veth')).toEqual([]);
    expect(
      (await ctx.sys.readDirectory(ctx, '/var/lib/cni/networks/containerd-net'))
        .map((e) => e.name)
        .filter((n) => !n.startsWith('.'))
        .sort(),
    ).toEqual(['last_reserved_ip.0', 'lock']);
    // A second DEL has nothing to do, and that is no error.
    expect(await call(ctx, 'bridge', 'DEL', BRIDGE)).toEqual({ code: 0, out: '' });
  });
});

test('addresses go round, and run out', async () => {
  const node = rig();
  await node.act(async (ctx) => {
    const small = {
      cniVersion: '1.0.0',
      name: 'small',
      type: 'x',
      ipam: { type: 'host-local', subnet: '10.1.0.0/29', rangeStart: '10.1.0.2', rangeEnd: '10.1.0.4' },
    };
    const ip = async (id: string): Promise<string> => {
      const { out } = await call(ctx, 'host-local', 'ADD', small, id);
      const reply = JSON.parse(out) as { ips?: { address: string }[]; msg?: string };
      return reply.ips?.[0]?.address ?? reply.msg ?? '';
    };
    expect(await ip('a')).toBe('10.1.0.2/29');
    expect(await ip('b')).toBe('10.1.0.3/29');
    await call(ctx, 'host-local', 'DEL', small, 'a');
    expect(await ip('c')).toBe('10.1.0.4/29');
    expect(await ip('d')).toBe('10.1.0.2/29');
    expect(await ip('d')).toBe(
      'failed to allocate for range 0: 10.1.0.2 has been allocated to d, duplicate allocation is not allowed',
    );
    expect(await ip('e')).toBe(
      'failed to allocate for range 0: no IP addresses available in range set: 10.1.0.2-10.1.0.4',
    );
  });
});

test('loopback, VERSION and errors', async () => {
  const node = rig();
  await node.act(async (ctx) => {
    await makeNetns(ctx, NETNS);
    const lo = await call(ctx, 'loopback', 'ADD', { cniVersion: '1.0.0', name: 'cni-loopback', type: 'loopback' });
    expect(JSON.parse(lo.out)).toEqual({
      cniVersion: '1.0.0',
      interfaces: [{ name: 'lo', mac: '00:00:00:00:00:00', sandbox: NETNS }],
      ips: [{ address: '127.0.0.1/8', interface: 0 }],
    });
    expect(JSON.parse((await call(ctx, 'bridge', 'VERSION', { cniVersion: '1.0.0' })).out)).toMatchObject({
      cniVersion: '1.0.0',
    });
    const lost = await call(ctx, 'bridge', 'ADD', BRIDGE, 'x', '/run/netns/nosuch');
    expect(lost.code).toBe(1);
    expect(JSON.parse(lost.out)).toEqual({
      code: 999,
      msg: 'failed to open netns "/run/netns/nosuch": failed to Statfs "/run/netns/nosuch": no such file or directory',
    });
    const noIpam = await call(ctx, 'bridge', 'ADD', { ...BRIDGE, ipam: { type: 'dhcp2' } });
    expect(JSON.parse(noIpam.out)).toEqual({
      code: 999,
      msg: 'failed to find plugin "dhcp2" in path [/opt/none /usr/bin]',
    });
    const bare = await runCommand(ctx, ['/usr/bin/bridge'], { env: ['CNI_COMMAND=ADD'] });
    expect(JSON.parse(utf8(bare.stdout))).toEqual({
      code: 4,
      msg: 'required env variables [CNI_CONTAINERID,CNI_NETNS,CNI_IFNAME,CNI_PATH] missing',
    });
  });
});
