/**
 * The pod's network: the veth that CNI made stays in the pod's namespace; everything that arrives there is redirected to
 * a tap, whose other end is the guest's network card, and back.
 * @models kata-containers 4.1.0 src/runtime-rs/crates/resource/src/network @fidelity partial: model tcfilter only, IPv4
 */
import type { Context } from '../../../linux/context.ts';
import type { NetLink, NetRoute } from '../../../linux/syscalls.ts';
import { LATENCY } from '../../../sim/latency.ts';

export type GuestNic = { tap: string; link: NetLink; routes: NetRoute[] };

/** Runs `body` on a thread that is in the network namespace. */
export async function inNamespace<T>(ctx: Context, path: string, body: () => Promise<T>): Promise<T> {
  const { sys } = ctx;
  const own = await sys.open(ctx, '/proc/self/ns/net', { read: true, closeOnExec: true });
  const there = await sys.open(ctx, path, { read: true, closeOnExec: true });
  await sys.setns(ctx, there);
  try {
    return await body();
  } finally {
    await sys.setns(ctx, own);
    await sys.close(ctx, own);
    await sys.close(ctx, there);
  }
}

export async function prepareNetwork(ctx: Context): Promise<GuestNic[]> {
  const { sys } = ctx;
  await ctx.cpu(LATENCY.kataNetworkNs);
  const routes = await sys.netRoutes(ctx);
  const nics: GuestNic[] = [];
  for (const link of await sys.netLinks(ctx)) {
    if (link.kind !== 'veth') continue;
    const tap = `tap${nics.length}_kata`;
    await sys.netlink(ctx, { op: 'link.add', name: tap, kind: 'tap' });
    await sys.netlink(ctx, { op: 'link.set', name: tap, mtu: link.mtu, up: true });
    await sys.netlink(ctx, { op: 'filter.redirect', name: link.name, to: tap });
    await sys.netlink(ctx, { op: 'filter.redirect', name: tap, to: link.name });
    nics.push({ tap, link, routes: routes.filter((route) => route.name === link.name) });
  }
  return nics;
}

export async function removeNetwork(ctx: Context): Promise<void> {
  for (const link of await ctx.sys.netLinks(ctx)) {
    if (link.kind === 'tap') await ctx.sys.netlink(ctx, { op: 'link.delete', name: link.name });
  }
}
