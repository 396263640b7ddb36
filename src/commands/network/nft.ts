/**
 * nft list. @models nftables 1.1.3 src/rule.c, and iptables-nft's translation
 * @fidelity partial: list ruleset, tables and table; it changes nothing
 */
import type { Context } from '../../linux/context.ts';
import { print, printError, printRefusal } from '../../linux/io.ts';
import type { Program } from '../../linux/program.ts';
import { parseRule } from './iptables.ts';
import { crioRules, ruleTables, type Table } from './rule-set.ts';

const HOOKS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  nat: {
    PREROUTING: 'type nat hook prerouting priority dstnat',
    INPUT: 'type nat hook input priority srcnat',
    OUTPUT: 'type nat hook output priority dstnat',
    POSTROUTING: 'type nat hook postrouting priority srcnat',
  },
  filter: {
    INPUT: 'type filter hook input priority filter',
    FORWARD: 'type filter hook forward priority filter',
    OUTPUT: 'type filter hook output priority filter',
  },
};

function translated(rule: string): string {
  const r = parseRule(rule);
  const parts: string[] = [];
  const side = (key: string, value: string): void => {
    if (value !== '0.0.0.0/0' && value !== '*')
      parts.push(value.startsWith('!') ? `${key} != ${value.slice(1)}` : `${key} ${value}`);
  };
  side('iifname', r.inside === '*' ? '*' : r.inside.replace(/^(!?)(.*)$/, '$1"$2"'));
  side('oifname', r.outside === '*' ? '*' : r.outside.replace(/^(!?)(.*)$/, '$1"$2"'));
  side('ip saddr', r.source);
  side('ip daddr', r.destination);
  const port = r.matches.find((m) => /^(tcp|udp) dpt:/.test(m));
  if (port !== undefined) parts.push(port.replace(' dpt:', ' dport '));
  else if (r.protocol !== 'all') parts.push(`ip protocol ${r.protocol}`);
  for (const match of r.matches) {
    const [, type] = /^ADDRTYPE match dst-type (.*)$/.exec(match) ?? [];
    if (type !== undefined) parts.push(`fib daddr type ${type.toLowerCase()}`);
    const [, ports] = /^multiport dports (.*)$/.exec(match) ?? [];
    if (ports !== undefined)
      parts.push(`${r.protocol} dport ${ports.includes(',') ? `{ ${ports.replaceAll(',', ', ')} }` : ports}`);
    const [, state] = /^ctstate (.*)$/.exec(match) ?? [];
    if (state !== undefined) parts.push(`ct state ${state.toLowerCase()}`);
    const [, not = '', mark = '', mask = ''] = /^mark match (! )?(0x\w+)\/(0x\w+)$/.exec(match) ?? [];
    if (mark !== '') parts.push(`meta mark & ${mask} ${not === '' ? '==' : '!='} ${mark}`);
    const [, chance] = /^probability (.*)$/.exec(match) ?? [];
    if (chance !== undefined) parts.push(`meta random & 2147483647 < ${Math.round(Number(chance) * 2_147_483_648)}`);
  }
  parts.push('counter packets 0 bytes 0');
  const to = r.matches.find((m) => m.startsWith('to:'))?.slice(3);
  const marks = r.matches.find((m) => m.startsWith('MARK '));
  const words = r.matches.find((m) => m.startsWith('/* '))?.slice(3, -3);
  if (r.target === 'DNAT') parts.push(`dnat to ${to}`);
  else if (r.target === 'MASQUERADE')
    parts.push(`masquerade${r.matches.includes('random-fully') ? ' fully-random' : ''}`);
  else if (r.target === 'REJECT') parts.push('reject');
  else if (r.target === 'RETURN' || r.target === 'ACCEPT') parts.push(r.target.toLowerCase());
  else if (r.target === 'MARK') parts.push(`meta mark set mark ${marks?.slice(5) ?? ''}`);
  else if (r.target !== '') parts.push(`jump ${r.target}`);
  if (words !== undefined) parts.push(`comment "${words}"`);
  return parts.join(' ');
}

function tableText(table: Table): string {
  const chains = table.chains.map((chain) => {
    const hook = HOOKS[table.name]?.[chain.name];
    const head = hook === undefined ? '' : `\t\t${hook}; policy accept;\n`;
    return `\tchain ${chain.name} {\n${head}${chain.rules.map((rule) => `\t\t${translated(rule)}\n`).join('')}\t}\n`;
  });
  return `# Warning: table ip ${table.name} is managed by iptables-nft, do not touch!\ntable ip ${table.name} {\n${chains.join('\n')}}\n`;
}

async function everything(ctx: Context): Promise<Map<string, string>> {
  const out = new Map<string, string>();
  for (const table of await ruleTables(ctx))
    if (table.chains.some((chain) => chain.rules.length > 0)) out.set(`ip ${table.name}`, tableText(table));
  const own = await crioRules(ctx);
  if (own.length > 0) {
    const rules = own.map(
      (r) => `\t\tip daddr ${r.matchHost} ${r.protocol} dport ${r.matchPort} dnat to ${r.toHost}:${r.toPort}\n`,
    );
    out.set(
      'ip crio-hostports',
      `table ip crio-hostports {\n\tchain hostports {\n${rules.join('')}\t}\n\n\tchain prerouting {\n\t\ttype nat hook prerouting priority dstnat; policy accept;\n\t\tjump hostports\n\t}\n\n\tchain output {\n\t\ttype nat hook output priority dstnat; policy accept;\n\t\tjump hostports\n\t}\n}\n`,
    );
  }
  return out;
}

async function main(ctx: Context, argv: string[]): Promise<number> {
  const words = argv.slice(1).filter((word) => !word.startsWith('-'));
  if (argv.includes('-v') || argv.includes('--version')) {
    await print(ctx, 'nftables v1.1.3 (Commodore Bullmoose #4)\n');
    return 0;
  }
  if (words.length === 0) {
    await printError(ctx, 'nft: no command specified\n');
    return 1;
  }
  if (!ctx.process.credentials.capabilities.effective.has('NET_ADMIN')) {
    await printError(ctx, 'Operation not permitted (you must be root)\n');
    return 1;
  }
  const [verb, what, ...rest] = words;
  if (verb !== 'list' || (what !== 'ruleset' && what !== 'tables' && what !== 'table')) {
    await printRefusal(ctx, 'nft: not simulated: everything but list ruleset, list tables and list table\n');
    return 1;
  }
  const tables = await everything(ctx);
  if (what === 'tables') await print(ctx, [...tables.keys()].map((name) => `table ${name}\n`).join(''));
  else if (what === 'ruleset') await print(ctx, [...tables.values()].join('\n'));
  else {
    const wanted = rest.length === 1 ? `ip ${rest[0]}` : rest.join(' ');
    const text = tables.get(wanted);
    if (text === undefined) {
      await printError(
        ctx,
        `Error: No such file or directory\nlist table ${rest.join(' ')}\n           ${'^'.repeat((rest.at(-1) ?? '').length)}\n`,
      );
      return 1;
    }
    await print(ctx, text);
  }
  return 0;
}

export const nft: Program = { name: 'nft', main };
