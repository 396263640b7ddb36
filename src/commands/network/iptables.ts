/**
 * iptables and iptables-save. @models iptables 1.8.11 (nf_tables) iptables/xshared.c, nft.c
 * @fidelity partial: shows what the network model holds, without counters; of one's own rules DNAT and REJECT of a port can be added and deleted; no policies, chains of one's own, other tables
 */
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { print, printError, printRefusal } from '../../linux/io.ts';
import type { Program } from '../../linux/program.ts';
import { strftime } from '../common/dates.ts';
import { type Chain, ruleTables, type Table, TYPED } from './rule-set.ts';

const VERSION = 'v1.8.11 (nf_tables)';
const DENIED = (name: string): string =>
  `${name} ${VERSION}: Could not fetch rule set generation id: Permission denied (you must be root)\n`;
const TABLES = ['filter', 'nat', 'mangle', 'raw', 'security'];

const mayAdminister = (ctx: Context): boolean => ctx.process.credentials.capabilities.effective.has('NET_ADMIN');

/** Words of a rule, quotes taken off. */
export function wordsOf(rule: string): string[] {
  return (rule.match(/"(?:[^"\\]|\\.)*"|\S+/g) ?? []).map((word) =>
    word.startsWith('"') ? word.slice(1, -1).replace(/\\(.)/g, '$1') : word,
  );
}

export type ParsedRule = {
  target: string;
  protocol: string;
  source: string;
  destination: string;
  inside: string;
  outside: string;
  /** The rest, in the words of -L. */
  matches: string[];
};

const address = (text: string): string => text.replace(/\/32$/, '');

/** What -L prints of a rule. */
export function parseRule(rule: string): ParsedRule {
  const words = wordsOf(rule);
  const out: ParsedRule = {
    target: '',
    protocol: 'all',
    source: '0.0.0.0/0',
    destination: '0.0.0.0/0',
    inside: '*',
    outside: '*',
    matches: [],
  };
  const tail: string[] = [];
  let not = '';
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as string;
    const next = (): string => words[++i] ?? '';
    if (word === '!') {
      not = '!';
      continue;
    }
    if (word === '-p') out.protocol = next();
    else if (word === '-s') out.source = not + address(next());
    else if (word === '-d') out.destination = not + address(next());
    else if (word === '-i') out.inside = not + next();
    else if (word === '-o') out.outside = not + next();
    else if (word === '-j') out.target = next();
    else if (word === '-m') next();
    else if (word === '--dport') out.matches.push(`${out.protocol} dpt:${next()}`);
    else if (word === '--sport') out.matches.push(`${out.protocol} spt:${next()}`);
    else if (word === '--dports') out.matches.push(`multiport dports ${next()}`);
    else if (word === '--comment') out.matches.push(`/* ${next()} */`);
    else if (word === '--dst-type') out.matches.push(`ADDRTYPE match dst-type ${next()}`);
    else if (word === '--ctstate') out.matches.push(`ctstate ${next()}`);
    else if (word === '--mark')
      out.matches.push(`mark match ${not}${not === '' ? '' : ' '}${next()}`.replace('match ! ', 'match ! '));
    else if (word === '--mode') out.matches.push(`statistic mode ${next()}`);
    else if (word === '--probability') out.matches.push(`probability ${next()}`);
    else if (word === '--to-destination') tail.push(`to:${next()}`);
    else if (word === '--reject-with') tail.push(`reject-with ${next()}`);
    else if (word === '--set-xmark') tail.push(markWords(next()));
    else if (word === '--random-fully') tail.push('random-fully');
    not = '';
  }
  out.matches.push(...tail);
  return out;
}

function markWords(text: string): string {
  const [value = '', mask = ''] = text.split('/');
  if (value === mask) return `MARK or ${value}`;
  return mask === '0x0' ? `MARK xor ${value}` : `MARK xset ${text}`;
}

const pad = (text: string, width: number): string => text.padEnd(width);

function listing(chain: Chain, references: number, verbose: boolean, numbers: boolean): string {
  const about =
    chain.policy === null
      ? `${references} references`
      : `policy ${chain.policy}${verbose ? ' 0 packets, 0 bytes' : ''}`;
  let out = `Chain ${chain.name} (${about})\n`;
  const number = (i: number): string => (numbers ? pad(String(i), 4) + ' ' : '');
  if (numbers) out += 'num  ';
  out += verbose
    ? ' pkts bytes target     prot opt in     out     source               destination         \n'
    : 'target     prot opt source               destination         \n';
  chain.rules.forEach((rule, i) => {
    const r = parseRule(rule);
    const rest = r.matches.length === 0 ? '' : ` ${r.matches.join(' ')}`;
    const columns = verbose
      ? `    0     0 ${pad(r.target, 9)}  ${pad(r.protocol, 3)}  --  ${pad(r.inside, 6)} ${pad(r.outside, 6)}  ${pad(r.source, 19)}  ${pad(r.destination, 19)} `
      : `${pad(r.target, 9)}  ${pad(r.protocol, 3)}  --  ${pad(r.source, 19)}  ${pad(r.destination, 19)} `;
    out += `${number(i + 1)}${columns}${rest}\n`;
  });
  return out;
}

function referencesTo(name: string, table: Table): number {
  return table.chains.flatMap((chain) => chain.rules).filter((rule) => parseRule(rule).target === name).length;
}

async function main(ctx: Context, argv: string[]): Promise<number> {
  const name = (argv[0] ?? 'iptables').replace(/^.*\//, '');
  const fail = async (text: string, code = 2): Promise<number> => {
    await printError(ctx, `${name} ${VERSION}: ${text}\nTry \`${name} -h' or '${name} --help' for more information.\n`);
    return code;
  };
  const refuse = async (what: string): Promise<number> => {
    await printRefusal(ctx, `${name}: not simulated: ${what}\n`);
    return 1;
  };
  let table = 'filter';
  let command = '';
  let chain: string | null = null;
  let verbose = false;
  let numbers = false;
  const spec: string[] = [];
  const args = argv.slice(1);
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] as string;
    const value = (): string | null =>
      args[i + 1] !== undefined && !args[i + 1]?.startsWith('-') ? (args[++i] as string) : null;
    if (arg === '-t' || arg === '--table') table = args[++i] ?? '';
    else if (arg.startsWith('--table=')) table = arg.slice(8);
    else if (arg === '-V' || arg === '--version') {
      await print(ctx, `${name} ${VERSION}\n`);
      return 0;
    } else if (arg === '-h' || arg === '--help') {
      await print(
        ctx,
        `${name} ${VERSION}\n\nUsage: ${name} -[ACD] chain rule-specification [options]\n       ${name} -[LS] [chain [rulenum]] [options]\n       ${name} -[FZ] [chain] [options]\n`,
      );
      return 0;
    } else if (arg === '-w' || arg === '--wait') {
      if (/^\d+$/.test(args[i + 1] ?? '')) i++;
    } else if (
      command === '' &&
      /^-[LSADFICNXPZRE][nvx]*$|^--(list|list-rules|append|delete|flush|insert|check|new-chain|delete-chain|policy|zero)$/.test(
        arg,
      )
    ) {
      command = arg.startsWith('--')
        ? ({
            list: 'L',
            'list-rules': 'S',
            append: 'A',
            delete: 'D',
            flush: 'F',
            insert: 'I',
            check: 'C',
            'new-chain': 'N',
            'delete-chain': 'X',
            policy: 'P',
            zero: 'Z',
          }[arg.slice(2)] ?? '')
        : (arg[1] as string);
      verbose ||= /^-L[nx]*v/.test(arg);
      chain = value();
      if (command === 'I' && /^\d+$/.test(args[i + 1] ?? '')) i++;
    } else if (/^-[nvxL]+$/.test(arg)) {
      if (arg.includes('L')) {
        command = 'L';
        chain = value();
      }
      verbose ||= arg.includes('v');
    } else if (arg === '--line-numbers' || arg === '--numeric' || arg === '--exact' || arg === '--verbose') {
      numbers ||= arg === '--line-numbers';
      verbose ||= arg === '--verbose';
    } else spec.push(arg);
  }
  if (!mayAdminister(ctx)) {
    await printError(ctx, DENIED(name));
    return 4;
  }
  if (command === '') return await fail('no command specified');
  if (!TABLES.includes(table)) {
    await printError(
      ctx,
      `${name} ${VERSION}: table '${table}' does not exist\nPerhaps ${name} or your kernel needs to be upgraded.\n`,
    );
    return 3;
  }
  const tables = name.startsWith('ip6') ? emptyTables() : await ruleTables(ctx);
  const found: Table = tables.find((t) => t.name === table) ?? {
    name: 'filter',
    chains: ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'].map((c) => ({
      name: c,
      policy: 'ACCEPT' as const,
      rules: [],
    })),
  };
  const chains = chain === null ? found.chains : found.chains.filter((c) => c.name === chain);
  if (command === 'L' || command === 'S') {
    if (chains.length === 0) {
      await printError(ctx, `${name}: No chain/target/match by that name.\n`);
      return 1;
    }
    if (command === 'L')
      await print(ctx, chains.map((c) => listing(c, referencesTo(c.name, found), verbose, numbers)).join('\n'));
    else
      await print(
        ctx,
        chains.map((c) => (c.policy === null ? `-N ${c.name}\n` : `-P ${c.name} ${c.policy}\n`)).join('') +
          chains.flatMap((c) => c.rules.map((rule) => `-A ${c.name} ${rule}\n`)).join(''),
      );
    return 0;
  }
  if (command === 'Z') return 0;
  if (!'ADIC'.includes(command)) return await refuse(`-${command}`);
  if (name.startsWith('ip6')) return await refuse('rules for IPv6');
  if (chain === null) return await fail(`option "-${command}" requires an argument`);
  if (chains.length === 0) {
    await printError(
      ctx,
      `${name} ${VERSION}: Chain '${chain}' does not exist\nTry \`${name} -h' or '${name} --help' for more information.\n`,
    );
    return 2;
  }
  return await change(ctx, { name, table, chain, command, spec, there: chains[0]?.rules ?? [], fail, refuse });
}

function emptyTables(): Table[] {
  const chain = (n: string): Chain => ({ name: n, policy: 'ACCEPT', rules: [] });
  return [
    { name: 'filter', chains: ['INPUT', 'FORWARD', 'OUTPUT'].map(chain) },
    { name: 'nat', chains: ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'].map(chain) },
  ];
}

type Change = {
  name: string;
  table: string;
  chain: string;
  command: string;
  spec: readonly string[];
  there: readonly string[];
  fail: (text: string, code?: number) => Promise<number>;
  refuse: (what: string) => Promise<number>;
};

/** Adds or removes one rule of the kinds that the kernel's model knows. */
async function change(ctx: Context, call: Change): Promise<number> {
  const { name, table, chain, command, spec, there, fail, refuse } = call;
  const values = new Map<string, string>();
  const KNOWN: Readonly<Record<string, string>> = {
    '-p': '-p',
    '--protocol': '-p',
    '--proto': '-p',
    '--dport': '--dport',
    '--destination-port': '--dport',
    '-d': '-d',
    '--destination': '-d',
    '-j': '-j',
    '--jump': '-j',
    '--to-destination': '--to-destination',
    '--reject-with': '--reject-with',
    '--comment': '--comment',
    '-m': '-m',
    '--match': '-m',
  };
  for (let i = 0; i < spec.length; i++) {
    const key = KNOWN[spec[i] as string];
    if (key === undefined)
      return (spec[i] as string).startsWith('--') || (spec[i] as string).startsWith('-') || spec[i] === '!'
        ? await refuse(`rules with ${spec[i]}`)
        : await fail(`Bad argument \`${spec[i]}'`);
    values.set(key, spec[++i] ?? '');
  }
  const target = values.get('-j');
  const protocol = values.get('-p');
  const port = Number(values.get('--dport') ?? Number.NaN);
  const host = (values.get('-d') ?? '').replace(/\/32$/, '');
  const to = /^(\d+(?:\.\d+){3}):(\d+)$/.exec(values.get('--to-destination') ?? '');
  if (values.has('--dport') && protocol !== 'tcp' && protocol !== 'udp') return await fail('unknown option "--dport"');
  const translates = table === 'nat' && target === 'DNAT' && to !== null;
  const rejects = table === 'filter' && target === 'REJECT';
  if (
    (!translates && !rejects) ||
    Number.isNaN(port) ||
    host.includes('/') ||
    (protocol !== 'tcp' && protocol !== 'udp')
  )
    return await refuse(`rules but -j DNAT --to-destination ADDRESS:PORT and -j REJECT for a port of tcp or udp`);
  const words = values.get('--comment');
  const text = [
    ...(host === '' ? [] : [`-d ${host}/32`]),
    `-p ${protocol}`,
    `-m ${protocol} --dport ${port}`,
    ...(words === undefined ? [] : [`-m comment --comment "${words}"`]),
    `-j ${target}`,
    translates
      ? `--to-destination ${to[1]}:${to[2]}`
      : `--reject-with ${values.get('--reject-with') ?? 'icmp-port-unreachable'}`,
  ].join(' ');
  const label = `${TYPED}${table} ${chain} ${text}`;
  if (command === 'C' || command === 'D') {
    if (!there.includes(text)) {
      await printError(ctx, `${name}: Bad rule (does a matching rule exist in that chain?).\n`);
      return 1;
    }
    if (command === 'D') await ctx.sys.deleteNatRules(ctx, label);
    return 0;
  }
  try {
    await ctx.sys.addNatRule(ctx, {
      comment: label,
      kind: translates ? 'dnat' : 'reject',
      protocol,
      matchHost: host,
      matchPort: port,
      toHost: to?.[1] ?? '',
      toPort: Number(to?.[2] ?? 0),
    });
    return 0;
  } catch (error) {
    if (!isErrno(error)) throw error;
    await printError(ctx, DENIED(name));
    return 4;
  }
}

async function save(ctx: Context, argv: string[]): Promise<number> {
  const name = (argv[0] ?? 'iptables-save').replace(/^.*\//, '');
  if (!mayAdminister(ctx)) {
    await printError(ctx, DENIED(name));
    return 1;
  }
  const wanted = argv[1] === '-t' ? argv[2] : undefined;
  const tables = name.startsWith('ip6') ? [] : await ruleTables(ctx);
  const stamp = strftime('%a %b %e %H:%M:%S %Y', ctx.wallTime);
  for (const table of tables) {
    if (wanted === undefined ? !table.chains.some((c) => c.rules.length > 0) : wanted !== table.name) continue;
    const chains = table.chains.map((c) => `:${c.name} ${c.policy ?? '-'} [0:0]\n`).join('');
    const rules = table.chains.flatMap((c) => c.rules.map((rule) => `-A ${c.name} ${rule}\n`)).join('');
    await print(
      ctx,
      `# Generated by ${name} ${VERSION} on ${stamp}\n*${table.name}\n${chains}${rules}COMMIT\n# Completed on ${stamp}\n`,
    );
  }
  return 0;
}

export const iptables: Program = { name: 'iptables', main };
export const iptablesSave: Program = { name: 'iptables-save', main: save };
