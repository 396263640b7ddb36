/**
 * The pod's network: the veth that CNI made stays in the pod's namespace; everything that arrives there is redirected to
 * a tap, whose other end is the guest's network card, and back.
 * @models kata-containers 4.1.0 src/runtime-rs/crates/resource/src/network @fidelity partial: model tcfilter only, IPv4; only QEMU takes a card while it runs
 */

import { newError } from '../../../go/errors.ts';
import type { Context } from '../../../linux/context.ts';
import { mkdirAll, readFile, writeFile } from '../../../linux/io.ts';
import type { NetLink, NetRoute } from '../../../linux/syscalls.ts';
import { AgentService } from '../../../protocols/kata/agent/generated.ts';
import type { TtrpcClient } from '../../../protocols/ttrpc/client.ts';
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

const NETNS_DIRECTORY = '/run/netns';
const RESCAN_POLL_NS = 50_000_000;
const RESCAN_TIMEOUT_NS = 5_000_000_000;

/** For a spec that wants a network of its own and names none. */
export async function createNetns(ctx: Context): Promise<string> {
  const { sys } = ctx;
  const path = `${NETNS_DIRECTORY}/cnitest-${ctx.random.hex(32)}`;
  await mkdirAll(ctx, NETNS_DIRECTORY, 0o755);
  await writeFile(ctx, path, '');
  const own = await sys.open(ctx, '/proc/self/ns/net', { read: true, closeOnExec: true });
  try {
    await sys.unshare(ctx, ['net']);
    await sys.mount(ctx, '/proc/self/ns/net', path, '', { bind: true });
  } finally {
    await sys.setns(ctx, own);
    await sys.close(ctx, own);
  }
  return path;
}

export async function removeNetns(ctx: Context, path: string): Promise<void> {
  await ctx.sys.umount(ctx, path, { detach: true });
  await ctx.sys.unlink(ctx, path);
}

/**
 * Whether somebody has put a network into the hypervisor's namespace since the machine started, as Docker does: looked
 * for as long as a machine has none. A pod on the host's network has its hypervisor there, so that it is the host's own
 * cards that are found; none of them can be given away.
 */
export async function rescanNetwork(
  ctx: Context,
  vmm: number,
  plug: ((ctx: Context, nic: GuestNic, index: number) => Promise<void>) | undefined,
): Promise<readonly GuestNic[]> {
  const path = `/proc/${vmm}/ns/net`;
  const addressed = (): Promise<NetLink[]> =>
    inNamespace(ctx, path, async () =>
      (await ctx.sys.netLinks(ctx)).filter((link) => link.kind !== 'loopback' && link.addresses.length > 0),
    );
  let found = await addressed();
  for (const end = ctx.now + RESCAN_TIMEOUT_NS; found.length === 0 && ctx.now < end; found = await addressed())
    await ctx.sleep(RESCAN_POLL_NS);
  if (found.length === 0) return [];
  const strange = found.find(({ kind }) => kind !== 'veth' && kind !== 'uplink');
  if (strange !== undefined) throw newError(`create endpoint: unsupported link type: ${strange.kind}`);
  const cmdline = await readFile(ctx, '/proc/cmdline');
  if (found.some(({ kind }) => kind === 'uplink') && !cmdline.includes('iommu='))
    throw newError("attach: bind physical endpoint from virtio-pci to vfio: iommu isn't set on kernel cmdline");
  if (plug === undefined) throw newError('not simulated: a network card that this hypervisor is given while it runs');
  const nics = await inNamespace(ctx, path, () => prepareNetwork(ctx));
  for (const [index, nic] of nics.entries()) await plug(ctx, nic, index);
  return nics;
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

/** Names and addresses of the cards, and the routes over them, as they were in the pod's namespace. */
export async function configureNics(ctx: Context, agent: TtrpcClient, nics: readonly GuestNic[]): Promise<void> {
  for (const { link, routes } of nics) {
    await agent.call(ctx, AgentService.methods.UpdateInterface, {
      interface: {
        device: link.name,
        name: link.name,
        IPAddresses: link.addresses.map(({ address, prefix }) => ({ family: 0, address, mask: String(prefix) })),
        mtu: BigInt(link.mtu),
        hwAddr: link.mac,
      },
    });
    await agent.call(ctx, AgentService.methods.UpdateRoutes, {
      routes: {
        Routes: routes.map((route) => ({
          dest: route.destination === 'default' ? '' : route.destination,
          gateway: route.gateway ?? '',
          device: route.name,
        })),
      },
    });
  }
}
