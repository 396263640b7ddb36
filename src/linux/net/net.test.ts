import { expect, test } from 'vitest';
import { testKernel } from '../../testing/kernel.ts';
import { isErrno } from '../errno.ts';
import { writeFile } from '../io.ts';

test('a bridge joins two namespaces; a port mapping leads into one of them', async () => {
  const rig = testKernel();
  await rig.act(async (ctx) => {
    const { sys } = ctx;
    await sys.netlink(ctx, { op: 'link.add', name: 'br0', kind: 'bridge' });
    await sys.netlink(ctx, { op: 'address.add', name: 'br0', address: '10.0.0.1/24' });
    await sys.netlink(ctx, { op: 'link.set', name: 'br0', up: true });
    await writeFile(ctx, '/proc/sys/net/ipv4/ip_forward', '1');
    const pods: number[] = [];
    for (const n of [2, 3]) {
      const pid = await sys.fork(
        ctx,
        async (c) => {
          await c.sys.netlink(c, { op: 'link.set', name: 'lo', up: true });
          await c.sleep(1_000_000_000);
          const fd = await c.sys.listen(c, { family: 'inet', host: '0.0.0.0', port: 80 });
          for (;;) {
            const peer = await c.sys.accept(c, fd);
            await c.sys.write(c, peer, `pod ${n}`);
            await c.sys.close(c, peer);
          }
        },
        { newNamespaces: ['net'] },
      );
      pods.push(pid);
      const ns = await sys.open(ctx, `/proc/${pid}/ns/net`, { read: true });
      await sys.netlink(ctx, { op: 'link.add-veth', name: `veth${n}`, peer: 'eth0', peerNamespaceFd: ns });
      await sys.netlink(ctx, { op: 'link.set', name: `veth${n}`, master: 'br0', up: true });
      const configure = await sys.fork(ctx, async (c) => {
        await c.sys.setns(c, ns);
        await c.sys.netlink(c, { op: 'address.add', name: 'eth0', address: `10.0.0.${n}/24` });
        await c.sys.netlink(c, { op: 'link.set', name: 'eth0', up: true });
        await c.sys.netlink(c, { op: 'route.add', destination: 'default', gateway: '10.0.0.1' });
        return 0;
      });
      await sys.wait(ctx, configure);
    }
    await ctx.sleep(2_000_000_000);
    const ask = async (host: string, port: number): Promise<string> => {
      try {
        const fd = await sys.connect(ctx, { family: 'inet', host, port });
        const text = new TextDecoder().decode(await sys.read(ctx, fd));
        await sys.close(ctx, fd);
        return text;
      } catch (error) {
        return isErrno(error) ? error.code : String(error);
      }
    };
    expect(await ask('10.0.0.2', 80)).toBe('pod 2');
    expect(await ask('10.0.0.3', 80)).toBe('pod 3');
    expect(await ask('10.0.0.3', 81)).toBe('ECONNREFUSED');
    expect(await ask('10.0.0.9', 80)).toBe('EHOSTUNREACH');
    expect(await ask('8.8.8.8', 80)).toBe('ENETUNREACH');
    await sys.addNatRule(ctx, {
      comment: 't',
      kind: 'dnat',
      protocol: 'tcp',
      matchHost: '',
      matchPort: 8080,
      toHost: '10.0.0.3',
      toPort: 80,
    });
    expect(await ask('127.0.0.1', 8080)).toBe('pod 3');
    // From one pod to the other, through the bridge.
    const ns = await sys.open(ctx, `/proc/${pods[0]}/ns/net`, { read: true });
    await sys.setns(ctx, ns);
    expect(await ask('10.0.0.3', 80)).toBe('pod 3');
  });
});
