/**
 * /opt/cni/bin/bridge: a Linux bridge on the host, and a cable (veth pair) from it into the container.
 * @models containernetworking/plugins 1.9 plugins/main/bridge @fidelity partial: IPv4; no vlan, macspoofchk, portIsolation or duplicate address detection
 */

import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import { writeFile } from '../../../linux/io.ts';
import type { NetLink } from '../../../linux/syscalls.ts';
import type { CniBridgeConfig, CniIp, CniResult } from '../../../protocols/cni/types.ts';
import { LATENCY } from '../../../sim/latency.ts';
import { delegate } from '../skel/delegate.ts';
import { inNamespace, openNamespace } from '../skel/netns.ts';
import { type CniCall, CniFault, cniProgram, wrapFault } from '../skel/skel.ts';

export const BRIDGE_PATH = '/opt/cni/bin/bridge';
export const BRIDGE_FILE_BYTES = 5_043_704;

const DEFAULT_BRIDGE = 'cni0';
/** A chain, an accept, a masquerade, and the jump to them. */
const MASQUERADE_CALLS = 4;

export const bridgeProgram = cniProgram({
  name: 'bridge',
  async add(ctx, call) {
    const config = call.stdin as unknown as CniBridgeConfig;
    const isGateway = config.isGateway === true || config.isDefaultGateway === true;
    if (config.promiscMode === true && config.hairpinMode === true)
      throw new CniFault('cannot set hairpin mode and promiscuous mode at the same time.');
    const bridge = config.bridge ?? DEFAULT_BRIDGE;
    await ensureBridge(ctx, bridge, config);
    const netns = await openNamespace(ctx, call.netns);
    const host = await makeVeth(ctx, call, netns, bridge, config);
    const ipam = config.ipam?.type === undefined ? null : await addresses(ctx, call, config.ipam.type);
    const ips: CniIp[] = (ipam?.ips ?? []).map((ip) => ({ ...ip, interface: 2 }));
    const routes = ipam?.routes ?? [];
    if (ipam !== null) {
      try {
        await configureInside(ctx, netns, call.ifName, ips, routes, config.isDefaultGateway === true);
        await ctx.sleep(LATENCY.cniLinkUpNs);
        if (isGateway) await gatewayOn(ctx, bridge, ips);
        if (config.ipMasq === true) await masquerade(ctx, call, ips);
      } catch (error) {
        await delegate(ctx, config.ipam?.type ?? '', 'DEL', call);
        throw error;
      }
    }
    const inside = await inNamespace(ctx, netns, (inner) => linkNamed(inner, call.ifName));
    await ctx.sys.close(ctx, netns);
    const own = await linkNamed(ctx, bridge);
    const result: CniResult = {
      cniVersion: call.stdin.cniVersion,
      interfaces: [
        { name: bridge, mac: own.mac },
        { name: host, mac: (await linkNamed(ctx, host)).mac },
        { name: call.ifName, mac: inside.mac, sandbox: call.netns },
      ],
      ...(ipam === null ? {} : { ips, routes }),
    };
    return result;
  },
  async del(ctx, call) {
    const config = call.stdin as unknown as CniBridgeConfig;
    if (config.ipam?.type !== undefined) await delegate(ctx, config.ipam.type, 'DEL', call);
    if (call.netns === '') return;
    let netns: number;
    try {
      netns = await openNamespace(ctx, call.netns);
    } catch (error) {
      // Gone with the namespace; only the rules are left.
      if (!(error instanceof CniFault)) throw error;
      if (config.ipMasq === true) await unmasquerade(ctx, call);
      return;
    }
    const found = await inNamespace(ctx, netns, async (inner) => {
      try {
        await inner.sys.netlink(inner, { op: 'link.delete', name: call.ifName });
        return true;
      } catch (error) {
        if (isErrno(error, 'ENODEV')) return false;
        throw error;
      }
    });
    await ctx.sys.close(ctx, netns);
    if (found) await ctx.sleep(LATENCY.cniVethDeleteNs);
    if (config.ipMasq === true) await unmasquerade(ctx, call);
  },
  async check(ctx, call) {
    const config = call.stdin as unknown as CniBridgeConfig;
    if (config.ipam?.type !== undefined) await delegate(ctx, config.ipam.type, 'CHECK', call);
    await linkNamed(ctx, config.bridge ?? DEFAULT_BRIDGE);
    const netns = await openNamespace(ctx, call.netns);
    await inNamespace(ctx, netns, (inner) => linkNamed(inner, call.ifName));
  },
});

async function linkNamed(ctx: Context, name: string): Promise<NetLink> {
  const link = (await ctx.sys.netLinks(ctx)).find((candidate) => candidate.name === name);
  if (link === undefined) throw new CniFault(`could not lookup "${name}": Link not found`);
  return link;
}

async function ensureBridge(ctx: Context, name: string, config: CniBridgeConfig): Promise<void> {
  const { sys } = ctx;
  try {
    await sys.netlink(ctx, { op: 'link.add', name, kind: 'bridge' });
  } catch (error) {
    if (!isErrno(error, 'EEXIST')) throw wrapFault(`failed to create bridge "${name}": could not add "${name}"`, error);
  }
  const link = await linkNamed(ctx, name);
  if (link.kind !== 'bridge')
    throw new CniFault(`failed to create bridge "${name}": ${name} already exists but is not a bridge`);
  if (config.promiscMode === true) await sys.netlink(ctx, { op: 'link.set', name, promiscuous: true });
  if (!link.up) await sys.netlink(ctx, { op: 'link.set', name, up: true });
}

async function makeVeth(
  ctx: Context,
  call: CniCall,
  netns: number,
  bridge: string,
  config: CniBridgeConfig,
): Promise<string> {
  const { sys } = ctx;
  const name = `veth${ctx.random.hex(8)}`;
  await ctx.cpu(LATENCY.cniVethNs);
  try {
    await sys.netlink(ctx, {
      op: 'link.add-veth',
      name,
      peer: call.ifName,
      peerNamespaceFd: netns,
      ...(config.mtu === undefined || config.mtu === 0 ? {} : { mtu: config.mtu }),
    });
  } catch (error) {
    if (isErrno(error, 'EEXIST'))
      throw new CniFault(`container veth name ("${call.ifName}") peer provided ("${name}") already exists`);
    throw wrapFault('failed to make veth pair', error);
  }
  await sys.netlink(ctx, { op: 'link.set', name, up: true });
  await inNamespace(ctx, netns, (inner) => inner.sys.netlink(inner, { op: 'link.set', name: call.ifName, up: true }));
  try {
    await sys.netlink(ctx, {
      op: 'link.set',
      name,
      master: bridge,
      ...(config.hairpinMode === true ? { hairpin: true } : {}),
    });
  } catch (error) {
    throw wrapFault(`failed to connect "${name}" to bridge ${bridge}`, error);
  }
  return name;
}

async function addresses(ctx: Context, call: CniCall, type: string): Promise<CniResult> {
  const result = await delegate(ctx, type, 'ADD', call);
  if ((result?.ips ?? []).length === 0) throw new CniFault('IPAM plugin returned missing IP config');
  return result as CniResult;
}

async function configureInside(
  ctx: Context,
  netns: number,
  ifName: string,
  ips: readonly CniIp[],
  routes: { dst: string; gw?: string }[],
  isDefaultGateway: boolean,
): Promise<void> {
  const gateway = ips.find((ip) => ip.gateway !== undefined)?.gateway;
  if (isDefaultGateway && gateway !== undefined && !routes.some((route) => route.dst === '0.0.0.0/0'))
    routes.push({ dst: '0.0.0.0/0', gw: gateway });
  await inNamespace(ctx, netns, async (inner) => {
    for (const { address } of ips) await inner.sys.netlink(inner, { op: 'address.add', name: ifName, address });
    for (const route of routes) {
      const hop = route.gw ?? gateway;
      try {
        await inner.sys.netlink(inner, {
          op: 'route.add',
          destination: route.dst === '0.0.0.0/0' ? 'default' : route.dst,
          name: ifName,
          ...(hop === undefined ? {} : { gateway: hop }),
        });
      } catch (error) {
        if (!isErrno(error, 'EEXIST')) throw wrapFault(`failed to add route '{{${route.dst}} ${hop ?? ''}}'`, error);
      }
    }
    return null;
  });
}

async function gatewayOn(ctx: Context, bridge: string, ips: readonly CniIp[]): Promise<void> {
  const link = await linkNamed(ctx, bridge);
  for (const { address, gateway } of ips) {
    if (gateway === undefined || link.addresses.some((own) => own.address === gateway)) continue;
    const other = link.addresses[0];
    if (other !== undefined) {
      throw new CniFault(
        `failed to set bridge addr: "${bridge}" already has an IP address different from ${gateway}/${address.split('/')[1] ?? ''}`,
      );
    }
    await ctx.sys.netlink(ctx, {
      op: 'address.add',
      name: bridge,
      address: `${gateway}/${address.split('/')[1] ?? '32'}`,
    });
  }
  try {
    await writeFile(ctx, '/proc/sys/net/ipv4/ip_forward', '1');
  } catch (error) {
    throw wrapFault('failed to enable forwarding', error);
  }
}

function masqueradeComment(call: CniCall): string {
  return `name: "${call.stdin.name}" id: "${call.containerId}"`;
}

async function masquerade(ctx: Context, call: CniCall, ips: readonly CniIp[]): Promise<void> {
  for (const { address } of ips) {
    await ctx.cpu(MASQUERADE_CALLS * LATENCY.cniIptablesCallNs);
    await ctx.sys.addNatRule(ctx, {
      comment: masqueradeComment(call),
      kind: 'masquerade',
      protocol: 'all',
      matchHost: address.split('/')[0] ?? '',
      matchPort: 0,
      toHost: '',
      toPort: 0,
    });
  }
}

async function unmasquerade(ctx: Context, call: CniCall): Promise<void> {
  await ctx.cpu(MASQUERADE_CALLS * LATENCY.cniIptablesCallNs);
  await ctx.sys.deleteNatRules(ctx, masqueradeComment(call));
}
