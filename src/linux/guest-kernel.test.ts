import { describe, expect, it } from 'vitest';
import { testKernel } from '../testing/kernel.ts';
import { startGuestKernel } from './guest-kernel.ts';
import { takeOverLink } from './guest-network.ts';
import type { Kernel } from './kernel.ts';

const MS = 1_000_000;

const options = {
  kind: 'vm',
  hostname: 'guest',
  release: '6.18.35',
  version: '#1 SMP',
  cores: 1,
  memoryBytes: 1 << 30,
  commandLine: '',
  carrierBytes: 50 << 20,
  returnsMemory: false,
} as const;

describe('a guest kernel', () => {
  it('has its own release, pids and clock, and spends the CPU time of its carrier', async () => {
    const rig = testKernel();
    const seen = await rig.act(async (ctx) => {
      await ctx.sleep(1000 * MS);
      const guest = startGuestKernel(ctx.process, options);
      const before = ctx.process.cpuTimeNs;
      const found: unknown[] = [];
      guest.startInit('init', ['/sbin/init'], [], async (inner) => {
        const { release, nodename } = await inner.sys.uname(inner);
        found.push(release, nodename, inner.sys.getpid(inner), inner.process.pid - guest.pidBase, guest.uptimeNs);
        await inner.cpu(30 * MS);
        found.push(inner.process.cpuTimeNs, ctx.process.cpuTimeNs - before);
        return inner.sys.reboot(inner, 'shutdown');
      });
      await ctx.sleep(100 * MS);
      return [...found, guest.poweredOff, (await ctx.sys.uname(ctx)).release];
    });
    expect(seen).toEqual(['6.18.35', 'guest', 1, 1, 0, 30 * MS, 30 * MS, 'shutdown', '6.12.48+deb13-amd64']);
  });

  it('shares its few vCPUs, whatever the host has', async () => {
    const rig = testKernel();
    const ended = await rig.act(async (ctx) => {
      const guest = startGuestKernel(ctx.process, options);
      const times: number[] = [];
      guest.startInit('init', ['/sbin/init'], [], async (inner) => {
        for (let i = 0; i < 2; i++) {
          await inner.sys.fork(inner, async (child) => {
            await child.cpu(20 * MS);
            times.push(Math.round(guest.uptimeNs / MS));
            return 0;
          });
        }
        for (let i = 0; i < 2; i++) await inner.sys.wait(inner, -1);
        return inner.sys.reboot(inner, 'shutdown');
      });
      await ctx.sleep(200 * MS);
      return times;
    });
    expect(ended).toEqual([37, 41]);
  });

  it('ends with its carrier: no strand goes on, and its connections are closed', async () => {
    const rig = testKernel();
    const outcome = await rig.act(async (ctx) => {
      let ticks = 0;
      const made: { guest: Kernel | null } = { guest: null };
      const carrier = await ctx.sys.fork(ctx, async (inner) => {
        const guest = startGuestKernel(inner.process, options);
        made.guest = guest;
        guest.vsock.cid = 7;
        rig.kernel.vsock.guests.set(7, guest);
        guest.startInit('init', ['/sbin/init'], [], async (deep) => {
          const listener = await deep.sys.listen(deep, { family: 'vsock', cid: 7, port: 1024 });
          deep.go('clock', async (c) => {
            for (;;) {
              await c.sleep(10 * MS);
              ticks++;
            }
          });
          for (;;) await deep.sys.accept(deep, listener);
        });
        await inner.sleep(10_000 * MS);
        return 0;
      });
      await ctx.sleep(55 * MS);
      const fd = await ctx.sys.connect(ctx, { family: 'vsock', cid: 7, port: 1024 });
      const held = ticks;
      await ctx.sys.kill(ctx, carrier, 'SIGSTOP');
      await ctx.sleep(100 * MS);
      const whileStopped = ticks - held;
      await ctx.sys.kill(ctx, carrier, 'SIGCONT');
      await ctx.sleep(20 * MS);
      await ctx.sys.kill(ctx, carrier, 'SIGKILL');
      const atEnd = ticks;
      const rest = await ctx.sys.read(ctx, fd);
      await ctx.sleep(100 * MS);
      return {
        whileStopped,
        wentOn: atEnd > held,
        after: ticks - atEnd,
        rest: rest.length,
        left: made.guest?.processes.size,
      };
    });
    expect(outcome).toEqual({ whileStopped: 0, wentOn: true, after: 0, rest: 0, left: 0 });
  });

  it('shows its memory as that of its carrier', async () => {
    const rig = testKernel();
    const rss = await rig.act(async (ctx) => {
      const guest = startGuestKernel(ctx.process, options);
      const idle = ctx.process.rssBytes;
      guest.startInit('init', ['/sbin/init'], [], async (inner) => {
        await inner.sys.setMemory(inner, 200 << 20);
        await inner.sys.setMemory(inner, 10 << 20);
        return inner.scheduler.parkForever();
      });
      await ctx.sleep(10 * MS);
      return [idle, ctx.process.rssBytes];
    });
    expect(rss).toEqual([50 << 20, 250 << 20]);
  });

  it('takes over a link of its host, and is reached at its address', async () => {
    const rig = testKernel();
    const outcome = await rig.act(async (ctx) => {
      const { sys } = ctx;
      const pod = await sys.fork(
        ctx,
        async (inner) => {
          await inner.sleep(1000 * MS);
          return 0;
        },
        { newNamespaces: ['net'] },
      );
      const peerNamespaceFd = await sys.open(ctx, `/proc/${pod}/ns/net`, { read: true });
      await sys.netlink(ctx, { op: 'link.add-veth', name: 'veth0', peer: 'eth0', peerNamespaceFd });
      await sys.netlink(ctx, { op: 'address.add', name: 'veth0', address: '10.1.0.1/24' });
      await sys.netlink(ctx, { op: 'link.set', name: 'veth0', up: true });
      const net = rig.kernel.processes.get(pod)?.namespaces.net;
      if (net === undefined) throw new Error('the pod is gone');
      const link = net.get('eth0');
      net.setUp(link, true);
      const guest = startGuestKernel(ctx.process, options);
      const nic = takeOverLink(guest, link);
      const heard: string[] = [];
      guest.startInit('init', ['/sbin/init'], [], async (inner) => {
        await inner.sys.netlink(inner, { op: 'address.add', name: nic.name, address: '10.1.0.2/24' });
        await inner.sys.netlink(inner, { op: 'link.set', name: nic.name, up: true });
        const listener = await inner.sys.listen(inner, { family: 'inet', host: '', port: 80 });
        const fd = await inner.sys.accept(inner, listener);
        heard.push(new TextDecoder().decode(await inner.sys.read(inner, fd)));
        const out = await inner.sys.connect(inner, { family: 'inet', host: '10.1.0.1', port: 90 });
        await inner.sys.write(inner, out, 'from inside');
        return inner.scheduler.parkForever();
      });
      await ctx.sleep(20 * MS);
      const own = await sys.listen(ctx, { family: 'inet', host: '', port: 90 });
      const fd = await sys.connect(ctx, { family: 'inet', host: '10.1.0.2', port: 80 });
      await sys.write(ctx, fd, 'from outside');
      heard.push(new TextDecoder().decode(await sys.read(ctx, await sys.accept(ctx, own))));
      guest.powerOff('shutdown');
      return [...heard, link.redirect];
    });
    expect(outcome).toEqual(['from outside', 'from inside', null]);
  });
});
