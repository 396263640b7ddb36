/**
 * The kernel's rules as the chains in which the programs that install them write them.
 * @models kubernetes 1.36 pkg/proxy/iptables/proxier.go, containernetworking/plugins 1.9 portmap and ip masquerade, Docker 20.10 libnetwork, CRI-O 1.36 hostport_nftables.go
 * @fidelity partial: the kernel here keeps one rule a connection, not chains: those are told from the rules; marks that only ask for masquerading have no rule here and are left out of KUBE-SVC and KUBE-SEP chains
 */
import { sha256, sha512 } from '@noble/hashes/sha2.js';
import type { Context } from '../../linux/context.ts';
import type { NatRule } from '../../linux/syscalls.ts';

/** One rule as `iptables -S` spells it after `-A CHAIN`. */
export type Chain = { name: string; policy: 'ACCEPT' | null; rules: string[] };
export type Table = { name: 'filter' | 'nat'; chains: Chain[] };

/** Rules that somebody typed carry what was typed. */
export const TYPED = 'iptables: ';

const CHAIN_NAME_MAX = 28;
const NAT_CHAINS = ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'];
const FILTER_CHAINS = ['INPUT', 'FORWARD', 'OUTPUT'];
const PORT_MAPPING = /^CNI-HOSTPORT-DNAT name: "([^"]*)" id: "([^"]*)"$/;
const CNI_MASQUERADE = /^name: "([^"]*)" id: "([^"]*)"$/;
const SERVICE = /^([^/\s]+\/[^\s]+)( cluster IP| external IP| has no endpoints)?$/;

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const hex = (bytes: Uint8Array): string => [...bytes].map((b) => b.toString(16).padStart(2, '0')).join('');

function base32(bytes: Uint8Array): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  let out = '';
  let held = 0;
  let bits = 0;
  for (const byte of bytes) {
    held = (held << 8) | byte;
    for (bits += 8; bits >= 5; bits -= 5) out += alphabet[(held >> (bits - 5)) & 31];
    held &= 255;
  }
  return out;
}

const kubeHash = (key: string): string => base32(sha256(text(key))).slice(0, 16);
/** utils.MustFormatChainNameWithPrefix */
const cniChain = (prefix: string, network: string, id: string): string =>
  `CNI-${prefix}${hex(sha512(text(network + id)))}`.slice(0, CHAIN_NAME_MAX);

class Builder {
  private readonly chains = new Map<string, Chain>();

  constructor(builtIn: readonly string[]) {
    for (const name of builtIn) this.chains.set(name, { name, policy: 'ACCEPT', rules: [] });
  }

  add(name: string, ...rules: string[]): void {
    let chain = this.chains.get(name);
    if (chain === undefined) {
      chain = { name, policy: null, rules: [] };
      this.chains.set(name, chain);
    }
    for (const rule of rules) if (!chain.rules.includes(rule)) chain.rules.push(rule);
  }

  /** Built-in ones first, then by name, as the kernel's list has them. */
  list(): Chain[] {
    const own = [...this.chains.values()];
    const added = own.filter((c) => c.policy === null).sort((a, b) => (a.name < b.name ? -1 : 1));
    return [...own.filter((c) => c.policy !== null), ...added];
  }
}

const comment = (words: string): string => `-m comment --comment "${words.replaceAll('"', '\\"')}"`;

export async function ruleTables(ctx: Context): Promise<Table[]> {
  const rules = await ctx.sys.natRules(ctx);
  const nat = new Builder(NAT_CHAINS);
  const filter = new Builder(FILTER_CHAINS);
  services(rules, nat, filter);
  portMappings(rules, nat);
  cniMasquerades(rules, nat);
  await docker(ctx, rules, nat);
  for (const { comment: label } of rules) {
    if (!label.startsWith(TYPED)) continue;
    const [table = '', chain = '', ...spec] = label.slice(TYPED.length).split(' ');
    (table === 'nat' ? nat : filter).add(chain, spec.join(' '));
  }
  return [
    { name: 'filter', chains: filter.list() },
    { name: 'nat', chains: nat.list() },
  ];
}

function services(rules: readonly NatRule[], nat: Builder, filter: Builder): void {
  const own = rules.filter(
    ({ comment: label }) =>
      !label.includes('"') && !label.startsWith(TYPED) && SERVICE.test(label) && !label.startsWith('crio-hostports/'),
  );
  if (own.length === 0) return;
  nat.add('PREROUTING', `${comment('kubernetes service portals')} -j KUBE-SERVICES`);
  nat.add('OUTPUT', `${comment('kubernetes service portals')} -j KUBE-SERVICES`);
  nat.add('POSTROUTING', `${comment('kubernetes postrouting rules')} -j KUBE-POSTROUTING`);
  nat.add('KUBE-MARK-MASQ', '-j MARK --set-xmark 0x4000/0x4000');
  nat.add(
    'KUBE-POSTROUTING',
    '-m mark ! --mark 0x4000/0x4000 -j RETURN',
    '-j MARK --set-xmark 0x4000/0x0',
    `${comment('kubernetes service traffic requiring SNAT')} -j MASQUERADE --random-fully`,
  );
  for (const chain of ['INPUT', 'FORWARD', 'OUTPUT']) {
    filter.add(
      chain,
      `-m conntrack --ctstate NEW ${comment(chain === 'INPUT' ? 'kubernetes externally-visible service portals' : 'kubernetes service portals')} -j KUBE-${chain === 'INPUT' ? 'EXTERNAL-SERVICES' : 'SERVICES'}`,
    );
  }
  filter.add('KUBE-EXTERNAL-SERVICES');
  filter.add('KUBE-SERVICES');
  nat.add('KUBE-NODEPORTS');
  for (const rule of own) {
    const [, name = '', kind = ''] = SERVICE.exec(rule.comment) ?? [];
    const { protocol } = rule;
    const match = (where: string): string =>
      `${where}-p ${protocol} ${comment(rule.comment)} -m ${protocol} --dport ${rule.matchPort}`;
    const where = rule.matchHost === '' ? '' : `-d ${rule.matchHost}/32 `;
    if (rule.kind === 'reject') {
      filter.add('KUBE-SERVICES', `${match(where)} -j REJECT --reject-with icmp-port-unreachable`);
      continue;
    }
    const service = `KUBE-SVC-${kubeHash(`${name}${protocol}`)}`;
    const endpoint = `KUBE-SEP-${kubeHash(`${name}${protocol}${rule.toHost}:${rule.toPort}`)}`;
    if (rule.matchHost === '') {
      const external = `KUBE-EXT-${kubeHash(`${name}${protocol}`)}`;
      nat.add('KUBE-NODEPORTS', `${match('')} -j ${external}`);
      nat.add(
        external,
        `${comment(`masquerade traffic for ${name} external destinations`)} -j KUBE-MARK-MASQ`,
        `-j ${service}`,
      );
    } else {
      const target = kind === ' external IP' ? `KUBE-EXT-${kubeHash(`${name}${protocol}`)}` : service;
      if (target !== service)
        nat.add(
          target,
          `${comment(`masquerade traffic for ${name} external destinations`)} -j KUBE-MARK-MASQ`,
          `-j ${service}`,
        );
      nat.add('KUBE-SERVICES', `${match(where)} -j ${target}`);
    }
    const chance =
      rule.probability === undefined ? '' : ` -m statistic --mode random --probability ${rule.probability.toFixed(11)}`;
    nat.add(service, `${comment(`${name} -> ${rule.toHost}:${rule.toPort}`)}${chance} -j ${endpoint}`);
    nat.add(
      endpoint,
      `-s ${rule.toHost}/32 ${comment(name)} -j KUBE-MARK-MASQ`,
      `-p ${protocol} ${comment(name)} -m ${protocol} -j DNAT --to-destination ${rule.toHost}:${rule.toPort}`,
    );
  }
  nat.add(
    'KUBE-SERVICES',
    `${comment('kubernetes service nodeports; NOTE: this must be the last rule in this chain')} -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS`,
  );
}

function portMappings(rules: readonly NatRule[], nat: Builder): void {
  const own = rules.filter(({ comment: label }) => PORT_MAPPING.test(label));
  if (own.length === 0) return;
  nat.add('PREROUTING', '-m addrtype --dst-type LOCAL -j CNI-HOSTPORT-DNAT');
  nat.add('OUTPUT', '-m addrtype --dst-type LOCAL -j CNI-HOSTPORT-DNAT');
  nat.add('POSTROUTING', `${comment('CNI portfwd requiring masquerade')} -j CNI-HOSTPORT-MASQ`);
  nat.add('CNI-HOSTPORT-MASQ', '-m mark --mark 0x2000/0x2000 -j MASQUERADE');
  nat.add('CNI-HOSTPORT-SETMARK', `${comment('CNI portfwd masquerade mark')} -j MARK --set-xmark 0x2000/0x2000`);
  const seen = new Map<string, NatRule[]>();
  for (const rule of own) seen.set(rule.comment, [...(seen.get(rule.comment) ?? []), rule]);
  for (const [label, group] of seen) {
    const [, network = '', id = ''] = PORT_MAPPING.exec(label) ?? [];
    const chain = cniChain('DN-', network, id);
    for (const protocol of ['tcp', 'udp']) {
      const ports = group.filter((rule) => rule.protocol === protocol).map((rule) => rule.matchPort);
      if (ports.length > 0)
        nat.add(
          'CNI-HOSTPORT-DNAT',
          `-p ${protocol} ${comment(`dnat name: "${network}" id: "${id}"`)} -m multiport --dports ${ports.join(',')} -j ${chain}`,
        );
    }
    for (const { protocol, matchHost, matchPort, toHost, toPort } of group) {
      const to = matchHost === '' ? '' : `-d ${matchHost}/32 `;
      const port = `-p ${protocol} -m ${protocol} --dport ${matchPort}`;
      nat.add(
        chain,
        `-s ${subnet(toHost)} ${to}${port} -j CNI-HOSTPORT-SETMARK`,
        `-s 127.0.0.1/32 ${to}${port} -j CNI-HOSTPORT-SETMARK`,
        `${to}${port} -j DNAT --to-destination ${toHost}:${toPort}`,
      );
    }
  }
}

/** The network of a pod's address: those of nodes here are /24, that of the bare one /16. */
const subnet = (address: string): string =>
  address.startsWith('10.88.') ? '10.88.0.0/16' : `${address.split('.').slice(0, 3).join('.')}.0/24`;

function cniMasquerades(rules: readonly NatRule[], nat: Builder): void {
  for (const { comment: label, kind, matchHost } of rules) {
    const [, network, id] = CNI_MASQUERADE.exec(label) ?? [];
    if (kind !== 'masquerade' || network === undefined || id === undefined) continue;
    const chain = cniChain('', network, id);
    nat.add('POSTROUTING', `-s ${matchHost}/32 ${comment(label)} -j ${chain}`);
    nat.add(
      chain,
      `-d ${subnet(matchHost)} ${comment(label)} -j ACCEPT`,
      `! -d 224.0.0.0/4 ${comment(label)} -j MASQUERADE`,
    );
  }
}

async function docker(ctx: Context, rules: readonly NatRule[], nat: Builder): Promise<void> {
  const bridge = (await ctx.sys.netLinks(ctx)).find((link) => link.name === 'docker0');
  if (bridge === undefined) return;
  const [address] = bridge.addresses;
  nat.add('PREROUTING', '-m addrtype --dst-type LOCAL -j DOCKER');
  nat.add('OUTPUT', '! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j DOCKER');
  if (address !== undefined) {
    const parts = address.address.split('.');
    const network = `${parts.slice(0, 2).join('.')}.${address.prefix >= 24 ? parts[2] : 0}.0/${address.prefix}`;
    nat.add('POSTROUTING', `-s ${network} ! -o docker0 -j MASQUERADE`);
  }
  nat.add('DOCKER', '-i docker0 -j RETURN');
  for (const { comment: label, kind, protocol, matchHost, matchPort, toHost, toPort } of rules) {
    if (!label.startsWith('docker: ') || kind !== 'dnat') continue;
    nat.add(
      'POSTROUTING',
      `-s ${toHost}/32 -d ${toHost}/32 -p ${protocol} -m ${protocol} --dport ${toPort} -j MASQUERADE`,
    );
    const to = matchHost === '' ? '' : `-d ${matchHost}/32 `;
    nat.add(
      'DOCKER',
      `${to}! -i docker0 -p ${protocol} -m ${protocol} --dport ${matchPort} -j DNAT --to-destination ${toHost}:${toPort}`,
    );
  }
}

/** CRI-O's own table, which iptables does not see. */
export async function crioRules(ctx: Context): Promise<NatRule[]> {
  return (await ctx.sys.natRules(ctx)).filter(({ comment: label }) => label.startsWith('crio-hostports/'));
}
