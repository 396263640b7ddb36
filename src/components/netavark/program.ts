/**
 * netavark: the network of podman's containers. It is given a namespace and what to make of it as JSON, builds the bridge
 * and the cable, and says what it has built.
 * @models netavark 1.14 src/commands/{setup,teardown}.rs, src/network/bridge.rs
 * @fidelity partial: bridges with one IPv4 subnet; no aardvark-dns, no other drivers
 */
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { print, readAll, writeFile } from '../../linux/io.ts';
import type { Program } from '../../linux/program.ts';
import { utf8 } from '../../linux/rope.ts';
import { LATENCY } from '../../sim/latency.ts';
import { inNetworkNamespace } from '../cri-runtimes/shared/cni/netns.ts';
import { failure, toFailure } from '../cri-runtimes/shared/errors.ts';

type Subnet = { subnet: string; gateway: string };
type NetworkInfo = { name: string; driver: string; network_interface: string; subnets: Subnet[] };
type Request = {
  container_id: string;
  container_name: string;
  port_mappings?: { host_ip: string; container_port: number; host_port: number; protocol: 'tcp' | 'udp' }[];
  networks: Record<string, { interface_name: string; static_ips: string[] }>;
  network_info: Record<string, NetworkInfo>;
};
type Interfaces = Record<string, { mac_address: string; subnets: { gateway: string; ipnet: string }[] }>;
type NetavarkStatus = Record<
  string,
  { dns_search_domains: string[]; dns_server_ips: string[]; interfaces: Interfaces }
>;

export const netavarkProgram: Program = {
  name: 'netavark',
  layer: 'cri-runtime',
  startCpuNs: 1_000_000,
  rssBytes: 3 << 20,
  threads: 1,
  main,
};

async function main(ctx: Context, argv: string[]): Promise<number> {
  const at = argv.findIndex((word) => word === 'setup' || word === 'teardown');
  const path = argv[at + 1];
  try {
    if (at < 0 || path === undefined) throw failure('a command and a network namespace are needed');
    const request = JSON.parse(utf8(await readAll(ctx, 0))) as Request;
    if (argv[at] === 'teardown') return await teardown(ctx, path, request);
    await print(ctx, `${JSON.stringify(await setup(ctx, path, request))}\n`);
    return 0;
  } catch (error) {
    const words = isErrno(error) ? error.libc : toFailure(error).message;
    await print(ctx, `${JSON.stringify({ error: words })}\n`);
    return 1;
  }
}

function comment(request: Request, network: string): string {
  return `netavark: network ${network} of ${request.container_id}`;
}

async function setup(ctx: Context, path: string, request: Request): Promise<NetavarkStatus> {
  const status: NetavarkStatus = {};
  for (const [network, options] of Object.entries(request.networks)) {
    const info = request.network_info[network];
    if (info === undefined) throw failure(`network ${network} has no description`);
    if (info.driver !== 'bridge') throw failure(`unknown network driver ${info.driver}`);
    const interfaces = await attach(ctx, path, request, network, options, info);
    status[network] = { dns_search_domains: [], dns_server_ips: [], interfaces };
  }
  return status;
}

async function attach(
  ctx: Context,
  path: string,
  request: Request,
  network: string,
  { interface_name: name, static_ips: addresses }: Request['networks'][string],
  { network_interface: bridge, subnets }: NetworkInfo,
): Promise<Interfaces> {
  const { sys } = ctx;
  const [subnet] = subnets;
  const [address] = addresses;
  if (subnet === undefined || address === undefined) throw failure('no static ips provided');
  const bits = subnet.subnet.split('/')[1] ?? '16';
  try {
    await sys.netlink(ctx, { op: 'link.add', name: bridge, kind: 'bridge' });
    await sys.netlink(ctx, { op: 'address.add', name: bridge, address: `${subnet.gateway}/${bits}` });
  } catch (error) {
    if (!isErrno(error, 'EEXIST')) throw error;
  }
  await sys.netlink(ctx, { op: 'link.set', name: bridge, up: true });
  await writeFile(ctx, '/proc/sys/net/ipv4/ip_forward', '1');
  const netns = await sys.open(ctx, path, { read: true });
  const host = await freeName(ctx);
  await ctx.cpu(LATENCY.cniVethNs);
  await sys.netlink(ctx, { op: 'link.add-veth', name: host, peer: name, peerNamespaceFd: netns });
  await sys.netlink(ctx, { op: 'link.set', name: host, master: bridge });
  await sys.netlink(ctx, { op: 'link.set', name: host, up: true });
  const mac = await inNetworkNamespace(ctx, path, async (inner) => {
    await inner.sys.netlink(inner, { op: 'address.add', name, address: `${address}/${bits}` });
    for (const up of ['lo', name]) await inner.sys.netlink(inner, { op: 'link.set', name: up, up: true });
    await inner.sys.netlink(inner, { op: 'route.add', destination: 'default', name, gateway: subnet.gateway });
    return (await inner.sys.netLinks(inner)).find((link) => link.name === name)?.mac ?? '';
  });
  await sys.close(ctx, netns);
  await ctx.sleep(LATENCY.cniLinkUpNs);
  await ctx.sys.addNatRule(ctx, {
    comment: comment(request, network),
    kind: 'masquerade',
    protocol: 'all',
    matchHost: address,
    matchPort: 0,
    toHost: '',
    toPort: 0,
  });
  for (const one of request.port_mappings ?? [])
    await ctx.sys.addNatRule(ctx, {
      comment: comment(request, network),
      kind: 'dnat',
      protocol: one.protocol,
      matchHost: one.host_ip === '0.0.0.0' ? '' : one.host_ip,
      matchPort: one.host_port,
      toHost: address,
      toPort: one.container_port,
    });
  return { [name]: { mac_address: mac, subnets: [{ gateway: subnet.gateway, ipnet: `${address}/${bits}` }] } };
}

async function freeName(ctx: Context): Promise<string> {
  const taken = new Set((await ctx.sys.netLinks(ctx)).map(({ name }) => name));
  for (let i = 0; ; i++) if (!taken.has(`veth${i}`)) return `veth${i}`;
}

/** The bridge goes with the last cable. */
async function teardown(ctx: Context, path: string, request: Request): Promise<number> {
  const { sys } = ctx;
  for (const [network, { interface_name: name }] of Object.entries(request.networks)) {
    await inNetworkNamespace(ctx, path, async (inner) => {
      await inner.sys.netlink(inner, { op: 'link.delete', name }).catch((error: unknown) => {
        if (!isErrno(error, 'ENODEV')) throw error;
      });
      return '';
    });
    await sys.deleteNatRules(ctx, comment(request, network));
    const bridge = request.network_info[network]?.network_interface ?? '';
    const links = await sys.netLinks(ctx);
    if (links.some((link) => link.name === bridge) && !links.some((link) => link.master === bridge))
      await sys.netlink(ctx, { op: 'link.delete', name: bridge });
  }
  return 0;
}
