/**
 * Host ports are CRI-O's own affair: rules in a table of its own, without a CNI plugin.
 * @models CRI-O 1.36 internal/hostport/hostport_nftables.go
 * @fidelity partial: IPv4; rules stand in the kernel's table of address translations, not in nftables' language
 */
import type { Context } from '../../../../linux/context.ts';
import { failure } from '../../shared/errors.ts';

export type PortMapping = { HostPort: number; ContainerPort: number; Protocol: string; HostIP: string };

const TABLE = 'crio-hostports';

function comment(sandboxId: string): string {
  return `${TABLE}/${sandboxId}`;
}

export async function addHostPorts(
  ctx: Context,
  sandboxId: string,
  ip: string,
  mappings: readonly PortMapping[],
): Promise<void> {
  const wanted = mappings.filter(({ HostPort }) => HostPort > 0);
  if (wanted.length === 0) return;
  const rules = await ctx.sys.natRules(ctx);
  const local = await localAddresses(ctx);
  for (const { HostPort, ContainerPort, Protocol, HostIP } of wanted) {
    const protocol = Protocol.toLowerCase() === 'udp' ? 'udp' : 'tcp';
    const hosts = HostIP === '' || HostIP === '0.0.0.0' ? local : [HostIP];
    for (const matchHost of hosts) {
      const taken = rules.some(
        (rule) =>
          rule.comment.startsWith(`${TABLE}/`) &&
          rule.protocol === protocol &&
          rule.matchPort === HostPort &&
          rule.matchHost === matchHost,
      );
      if (taken)
        throw failure(
          'failed to ensure nftables chains: /dev/stdin:1:1-1: Error: Could not process rule: File exists: exit status 1',
        );
      await ctx.sys.addNatRule(ctx, {
        comment: comment(sandboxId),
        kind: 'dnat',
        protocol,
        matchHost,
        matchPort: HostPort,
        toHost: ip,
        toPort: ContainerPort,
      });
    }
  }
}

export function removeHostPorts(ctx: Context, sandboxId: string): Promise<void> {
  return ctx.sys.deleteNatRules(ctx, comment(sandboxId));
}

/** What the rules match as local; the loopback's addresses are never rewritten. */
async function localAddresses(ctx: Context): Promise<string[]> {
  const links = await ctx.sys.netLinks(ctx);
  return links.filter(({ kind }) => kind !== 'loopback').flatMap(({ addresses }) => addresses.map((a) => a.address));
}
