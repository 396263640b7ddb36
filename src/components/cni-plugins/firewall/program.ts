/**
 * /opt/cni/bin/firewall: lets the traffic of a container pass the host's filter; chained behind the plugin that made the
 * interface.
 * @models containernetworking/plugins 1.9 plugins/meta/firewall
 * @fidelity partial: the calls of iptables are charged, but this kernel has no filter table, so that nothing is kept apart
 */
import { LATENCY } from '../../../sim/latency.ts';
import { CniFault, cniProgram } from '../skel/skel.ts';

/** The admin and forward chains with their jumps, and two rules for each address. */
const CHAIN_CALLS = 4;
const ADDRESS_CALLS = 2;
const POLICIES = ['', 'open', 'same-bridge', 'isolated'];

export const firewallProgram = cniProgram({
  name: 'firewall',
  async add(ctx, call) {
    const { prevResult } = call.stdin;
    if (prevResult === undefined) throw new CniFault('missing prevResult from earlier plugin');
    const policy = String(call.stdin['ingressPolicy'] ?? '');
    if (!POLICIES.includes(policy)) throw new CniFault(`unknown ingress policy: "${policy}"`);
    await ctx.cpu((CHAIN_CALLS + ADDRESS_CALLS * (prevResult.ips?.length ?? 0)) * LATENCY.cniIptablesCallNs);
    return prevResult;
  },
  async del(ctx, call) {
    const addresses = call.stdin.prevResult?.ips?.length ?? 0;
    if (addresses > 0) await ctx.cpu(ADDRESS_CALLS * addresses * LATENCY.cniIptablesCallNs);
  },
  async check(_ctx, call) {
    if (call.stdin.prevResult === undefined) throw new CniFault('missing prevResult from earlier plugin');
  },
});
