/**
 * /opt/cni/bin/portmap: host ports to container ports by destination NAT, chained behind the plugin that made the interface.
 * @models containernetworking/plugins 1.9 plugins/meta/portmap
 * @fidelity partial: rules instead of iptables chains; no SNAT of hairpin traffic, no conditionsV4
 */
import type { Context } from '../../../linux/context.ts';
import type { CniPortMapping, CniStdin } from '../../../protocols/cni/types.ts';
import { LATENCY } from '../../../sim/latency.ts';
import { type CniCall, CniFault, cniProgram } from '../skel/skel.ts';

export const PORTMAP_PATH = '/opt/cni/bin/portmap';
export const PORTMAP_FILE_BYTES = 4_346_752;

/** What iptables' comment match shows on the rules of one container. */
export function portmapComment(network: string, containerId: string): string {
  return `CNI-HOSTPORT-DNAT name: "${network}" id: "${containerId}"`;
}

/** Calls of iptables for the three shared chains, and for one container's. */
const SHARED_CALLS = 4;
const CONTAINER_CALLS = 4;

export const portmapProgram = cniProgram({
  name: 'portmap',
  async add(ctx, call) {
    const { prevResult } = call.stdin;
    if (prevResult === undefined) throw new CniFault('must be called as chained plugin');
    const mappings = mappingsOf(call.stdin);
    if (mappings.length === 0) return prevResult;
    const address = prevResult.ips?.find((ip) => !ip.address.includes(':'))?.address.split('/')[0];
    if (address === undefined) return prevResult;
    await ctx.cpu((SHARED_CALLS + CONTAINER_CALLS) * LATENCY.cniIptablesCallNs);
    for (const mapping of mappings) {
      await ctx.sys.addNatRule(ctx, {
        comment: portmapComment(call.stdin.name, call.containerId),
        kind: 'dnat',
        protocol: protocolOf(mapping),
        matchHost: mapping.hostIP === '0.0.0.0' ? '' : (mapping.hostIP ?? ''),
        matchPort: mapping.hostPort,
        toHost: address,
        toPort: mapping.containerPort,
      });
    }
    return prevResult;
  },
  async del(ctx, call) {
    // Also without mappings: what was mapped at ADD is not known any more.
    await ctx.cpu(SHARED_CALLS * LATENCY.cniIptablesCallNs);
    await ctx.sys.deleteNatRules(ctx, portmapComment(call.stdin.name, call.containerId));
  },
  check: checkMappings,
});

async function checkMappings(ctx: Context, call: CniCall): Promise<void> {
  const rules = await ctx.sys.natRules(ctx);
  const comment = portmapComment(call.stdin.name, call.containerId);
  for (const mapping of mappingsOf(call.stdin)) {
    if (!rules.some((rule) => rule.comment === comment && rule.matchPort === mapping.hostPort))
      throw new CniFault('could not check ipv4 dnat: rule is missing');
  }
}

/** containerd spells the fields with a capital, others as the convention has them. */
function mappingsOf(stdin: CniStdin): CniPortMapping[] {
  const raw = (stdin.runtimeConfig?.portMappings ?? []) as unknown as Record<string, string | number | undefined>[];
  const mappings = raw.map((entry) => {
    const field = (name: string): string | number | undefined =>
      Object.entries(entry).find(([key]) => key.toLowerCase() === name)?.[1];
    return {
      hostPort: Number(field('hostport') ?? 0),
      containerPort: Number(field('containerport') ?? 0),
      protocol: String(field('protocol') ?? ''),
      hostIP: String(field('hostip') ?? ''),
    };
  });
  for (const mapping of mappings) {
    if (mapping.containerPort <= 0)
      throw new CniFault(`failed to parse config: invalid container port number: ${mapping.containerPort}`);
    if (mapping.hostPort < 0)
      throw new CniFault(`failed to parse config: invalid host port number: ${mapping.hostPort}`);
  }
  return mappings.filter((mapping) => mapping.hostPort > 0);
}

function protocolOf(mapping: CniPortMapping): 'tcp' | 'udp' {
  const protocol = mapping.protocol.toLowerCase();
  if (protocol !== 'tcp' && protocol !== 'udp' && protocol !== '')
    throw new CniFault(`unknown protocol ${mapping.protocol}`);
  return protocol === 'udp' ? 'udp' : 'tcp';
}
