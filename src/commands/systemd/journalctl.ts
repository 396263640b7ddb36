/** journalctl. @models systemd 257 src/journal @fidelity partial: no cursors, catalogs or pager; the journal's file format is our own */
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { printError, readFile } from '../../linux/io.ts';
import type { Program } from '../../linux/program.ts';
import { parseDate } from '../common/dates.ts';
import { globRegex } from '../common/glob.ts';
import { type Options, type OptionTable, optionHelp, parseOptions, UsageError } from '../common/options.ts';
import { isTerminal, Output } from '../common/streams.ts';
import {
  belongsTo,
  type Entry,
  entryNs,
  JOURNAL_DIRECTORY,
  JOURNAL_FILE,
  JournalReader,
  type ShortStyle,
  shortLine,
} from './journal.ts';
import { bytesText, timestampText } from './time-text.ts';

const OPTIONS: OptionTable = {
  'S,since=DATE': 'not before DATE',
  'U,until=DATE': 'not after DATE',
  'b,boot[=ID]': 'this boot, or the one with this ID or offset',
  'u,unit=UNIT': 'messages of and about UNIT',
  't,identifier=STRING': 'messages with this identifier',
  'p,priority=RANGE': 'messages of these priorities',
  'g,grep=PATTERN': 'messages that match PATTERN',
  'case-sensitive[=BOOL]': '',
  'k,dmesg': 'the messages of the kernel',
  'o,output=MODE':
    'short, short-precise, short-iso, short-full, short-unix, cat, json, json-pretty, verbose, with-unit',
  'output-fields=LIST': 'only these fields',
  'n,lines[=NUM]': 'the last NUM entries',
  'r,reverse': 'newest first',
  'f,follow': 'go on with what comes',
  'no-tail': 'all lines even with --follow',
  'e,pager-end': '',
  'x,catalog': '',
  'no-pager': 'do not use a pager',
  'no-hostname': 'leave the host name out',
  'q,quiet': 'no hints',
  'a,all': '',
  'l,full': '',
  'no-full': '',
  utc: '',
  m: '',
  'list-boots': 'which boots there are',
  'disk-usage': 'how much room the journal takes',
  'F,field=FIELD': 'the values of a field',
  'h,help': 'show this text',
  version: 'show the version',
  system: '',
  user: '',
  sync: '',
  flush: '',
  rotate: '',
};

const PRIORITIES = ['emerg', 'alert', 'crit', 'err', 'warning', 'notice', 'info', 'debug'];
const SHORT_STYLES: readonly string[] = [
  'short',
  'short-precise',
  'short-iso',
  'short-iso-precise',
  'short-full',
  'short-unix',
  'short-monotonic',
  'with-unit',
];
const FOLLOW_LINES = 10;
const PAGER_END_LINES = 1000;

class Bad extends Error {}

type Filter = (entry: Entry) => boolean;

function priorityOf(text: string): number {
  const at = /^\d+$/.test(text)
    ? Number(text)
    : PRIORITIES.findIndex(
        (p) => p === text || (text === 'error' && p === 'err') || (text === 'warn' && p === 'warning'),
      );
  if (at < 0 || at > 7) throw new Bad(`Unknown log level ${text}`);
  return at;
}

function dateOf(ctx: Context, text: string): bigint {
  const span = /^([+-])(\d.*)$/.exec(text);
  const words = span === null ? text : `${span[2]?.replace(/([a-z])(\d)/g, '$1 $2')}${span[1] === '-' ? ' ago' : ''}`;
  const at = parseDate(words, ctx.wallTime);
  if (at === null) throw new Bad(`Failed to parse timestamp: ${text}`);
  return /^(today|yesterday|tomorrow)$/.test(text) ? at - (at % 86_400_000_000_000n) : at;
}

/** `-u` and matches are or-ed among their own kind, everything else is and-ed. */
function filters(ctx: Context, options: Options, operands: readonly string[]): Filter[] {
  const out: Filter[] = [];
  const units = options.values('unit').map((u) => (/[*?[]/.test(u) || u.includes('.') ? u : `${u}.service`));
  if (units.length > 0) {
    const globs = units.filter((u) => /[*?[]/.test(u)).map((u) => globRegex(u));
    out.push(
      (e) =>
        units.some((u) => belongsTo(e, u)) ||
        globs.some((g) => g.test(e['_SYSTEMD_UNIT'] ?? '') || (e['_PID'] === '1' && g.test(e['UNIT'] ?? ''))),
    );
  }
  const identifiers = options.values('identifier');
  if (identifiers.length > 0) out.push((e) => identifiers.includes(e['SYSLOG_IDENTIFIER'] ?? ''));
  const range = options.value('priority');
  if (range !== undefined) {
    const [from, to] = range.includes('..') ? range.split('..').map(priorityOf) : [0, priorityOf(range)];
    out.push(
      (e) =>
        Number(e['PRIORITY'] ?? 6) >= Math.min(from ?? 0, to ?? 7) &&
        Number(e['PRIORITY'] ?? 6) <= Math.max(from ?? 0, to ?? 7),
    );
  }
  const pattern = options.value('grep');
  if (pattern !== undefined) {
    let regex: RegExp;
    try {
      regex = new RegExp(pattern, /[A-Z]/.test(pattern) ? 'u' : 'iu');
    } catch {
      throw new Bad(`Bad pattern "${pattern}"`);
    }
    out.push((e) => regex.test(e['MESSAGE'] ?? ''));
  }
  const since = options.value('since');
  if (since !== undefined) {
    const at = dateOf(ctx, since);
    out.push((e) => entryNs(e) >= at);
  }
  const until = options.value('until');
  if (until !== undefined) {
    const at = dateOf(ctx, until);
    out.push((e) => entryNs(e) <= at);
  }
  if (options.has('dmesg')) out.push((e) => e['_TRANSPORT'] === 'kernel');
  const matches = new Map<string, string[]>();
  for (const operand of operands) {
    const equals = operand.indexOf('=');
    if (equals <= 0) throw new Bad(`Failed to add match '${operand}': Invalid argument`);
    const key = operand.slice(0, equals);
    matches.set(key, [...(matches.get(key) ?? []), operand.slice(equals + 1)]);
  }
  for (const [key, values] of matches) out.push((e) => values.includes(e[key] ?? ''));
  return out;
}

function format(
  entry: Entry,
  mode: string,
  options: Options,
  hostname: string,
  machineId: string,
  colour: boolean,
  bootNs: bigint,
): string {
  const full: Record<string, string> = { ...entry, _HOSTNAME: hostname, _MACHINE_ID: machineId };
  const only = options.value('output-fields')?.split(',');
  const fields = Object.entries(full).filter(([k]) => only === undefined || only.includes(k) || k.startsWith('__'));
  switch (mode) {
    case 'cat':
      return `${
        only === undefined
          ? (entry['MESSAGE'] ?? '')
          : only
              .map((k) => full[k])
              .filter((v) => v !== undefined)
              .join('\n')
      }\n`;
    case 'json':
      return `${JSON.stringify(Object.fromEntries(fields))}\n`;
    case 'json-pretty':
      return `${JSON.stringify(Object.fromEntries(fields), null, '\t').replace(/^(\t+"[^"]*"): /gm, '$1 : ')}\n`;
    case 'json-seq':
      return `\x1e${JSON.stringify(Object.fromEntries(fields))}\n`;
    case 'verbose': {
      const us = String(Number((entryNs(entry) / 1000n) % 1_000_000n)).padStart(6, '0');
      return `${timestampText(entryNs(entry)).replace(' UTC', `.${us} UTC`)}\n${fields
        .filter(([k]) => !k.startsWith('__'))
        .map(([k, v]) => `    ${k}=${v}\n`)
        .join('')}`;
    }
    default:
      return `${shortLine(entry, { style: mode as ShortStyle, hostname: options.has('no-hostname') ? null : hostname, colour, bootNs })}\n`;
  }
}

/** 32 digits and an offset, or the offset alone. */
const BOOT = /^(?:([0-9a-f]{32})([+-]\d+)?|([+-]?\d{1,9})|all)$/;

/** journalctl takes the word after -n for the number if it is one, and the same for -b. */
function joinLines(args: readonly string[]): string[] {
  const out: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] as string;
    const next = args[i + 1];
    const wants = arg === '--lines' || /^-[a-zA-Z]*n$/.test(arg);
    if ((arg === '--boot' || /^-[a-zA-Z]*b$/.test(arg)) && next !== undefined && BOOT.test(next)) {
      out.push(arg === '--boot' ? `--boot=${next}` : `${arg}${next}`);
      i++;
    } else if (wants && next !== undefined && /^(\+?\d+|all)$/.test(next)) {
      out.push(arg === '--lines' ? `--lines=${next}` : `${arg}${next}`);
      i++;
    } else out.push(arg);
  }
  return out;
}

type Boot = { id: string; firstNs: bigint; lastNs: bigint; startNs: bigint };

/** The boots that the journal knows, oldest first. */
async function bootsOf(ctx: Context): Promise<Boot[]> {
  const boots = new Map<string, Boot>();
  const reader = new JournalReader();
  for (let entry = await reader.next(ctx); entry !== null; entry = await reader.next(ctx)) {
    const id = entry['_BOOT_ID'];
    if (id === undefined) continue;
    const at = entryNs(entry);
    const boot = boots.get(id) ?? { id, firstNs: at, lastNs: at, startNs: at };
    boots.set(id, boot);
    if (at < boot.firstNs) boot.firstNs = boot.startNs = at;
    if (at > boot.lastNs) boot.lastNs = at;
  }
  const list = [...boots.values()];
  const now = list.at(-1);
  if (now !== undefined) now.startNs = ctx.wallTime - BigInt(ctx.sys.uptimeNs());
  return list;
}

/** What -b, or what implies it, asks for; null for all of them. */
function chosenBoot(boots: readonly Boot[], options: Options): Boot | null {
  const text = options.value('boot') ?? (options.has('dmesg') ? '' : 'all');
  if (text === 'all') return null;
  const match = text === '' ? ['', undefined, undefined, '0'] : BOOT.exec(text);
  if (match === null) throw new Bad(`Failed to parse boot descriptor '${text}'`);
  const [, id, from = '0', offset] = match;
  let at: number;
  if (id !== undefined) {
    const base = boots.findIndex((one) => one.id === id);
    at = base < 0 ? -1 : base + Number(from);
  } else {
    const number = Number(offset);
    // 1 is the oldest, 0 this one, -1 the one before.
    at = number > 0 ? number - 1 : boots.length - 1 + number;
  }
  const found = boots[at];
  if (found === undefined) throw new Bad(`Data from the specified boot is not available: No such boot ID in journal`);
  return found;
}

async function run(ctx: Context, options: Options, operands: readonly string[], out: Output): Promise<number> {
  const mode = options.value('output') ?? 'short';
  if (!SHORT_STYLES.includes(mode) && !['cat', 'json', 'json-pretty', 'json-seq', 'verbose'].includes(mode))
    throw new Bad(`Unknown output format '${mode}'.`);
  const wanted = filters(ctx, options, operands);
  const { nodename } = await ctx.sys.uname(ctx);
  const machineId = (await readFile(ctx, '/etc/machine-id').catch(() => '')).trim();
  const colour = await isTerminal(ctx, 1);
  const boots = await bootsOf(ctx);
  const boot = chosenBoot(boots, options);
  if (boot !== null) wanted.push((e) => e['_BOOT_ID'] === boot.id);
  const startOf = (entry: Entry): bigint => boots.find((b) => b.id === entry['_BOOT_ID'])?.startNs ?? 0n;
  const follow = options.has('follow');
  const lines = options.value('lines');
  let limit = Infinity;
  if (lines !== undefined) limit = lines === '' ? FOLLOW_LINES : lines === 'all' ? Infinity : Number(lines);
  else if (follow && !options.has('no-tail')) limit = FOLLOW_LINES;
  else if (options.has('pager-end')) limit = PAGER_END_LINES;
  if (Number.isNaN(limit)) throw new Bad(`Failed to parse lines '${lines}'.`);
  const fromStart = lines?.startsWith('+') === true;

  const reader = new JournalReader();
  let kept: Entry[] = [];
  for (let entry = await reader.next(ctx); entry !== null; entry = await reader.next(ctx)) {
    if (!wanted.every((f) => f(entry))) continue;
    if (fromStart && kept.length >= limit) break;
    kept.push(entry);
    if (kept.length > limit * 2 + 1000) kept = kept.slice(-limit);
  }
  if (options.has('list-boots')) {
    await out.write('IDX BOOT ID                          FIRST ENTRY                 LAST ENTRY\n');
    for (const [i, { id, firstNs, lastNs }] of boots.entries())
      await out.write(
        `${String(i - boots.length + 1).padStart(3)} ${id} ${timestampText(firstNs)} ${timestampText(lastNs)}\n`,
      );
    return 0;
  }
  const field = options.value('field');
  if (field !== undefined) {
    await out.write(
      [...new Set(kept.map((e) => e[field]).filter((v) => v !== undefined))].map((v) => `${v}\n`).join(''),
    );
    return 0;
  }
  // Several writers append to the file: entries may be a little out of order.
  kept.sort((a, b) => (entryNs(a) < entryNs(b) ? -1 : entryNs(a) > entryNs(b) ? 1 : 0));
  if (limit !== Infinity && !fromStart) kept = limit === 0 ? [] : kept.slice(-limit);
  if (options.has('reverse')) kept.reverse();
  const write = (entry: Entry): Promise<void> =>
    out.write(format(entry, mode, options, nodename, machineId, colour, startOf(entry)));
  let before: string | undefined;
  for (const entry of kept) {
    // Between two boots in one listing.
    if (before !== undefined && before !== entry['_BOOT_ID'] && SHORT_STYLES.includes(mode))
      await out.write(`-- Boot ${entry['_BOOT_ID']} --\n`);
    before = entry['_BOOT_ID'];
    await write(entry);
  }
  if (!follow) {
    if (kept.length === 0 && !options.has('quiet') && !mode.startsWith('json')) await out.write('-- No entries --\n');
    return kept.length === 0 && options.has('grep') ? 1 : 0;
  }
  for (;;) {
    await out.flush();
    const entry = await reader.next(ctx);
    if (entry === null) await changed(ctx);
    else if (wanted.every((f) => f(entry))) await write(entry);
  }
}

/** How long a follower sleeps between looks: inotify tells the real one at once. */
const FOLLOW_POLL_NS = 100_000_000;

async function changed(ctx: Context): Promise<void> {
  await ctx.sleep(FOLLOW_POLL_NS);
}

export const journalctl: Program = {
  name: 'journalctl',
  rssBytes: 9_400_000,
  startCpuNs: 3_000_000,
  async main(ctx, argv) {
    const out = new Output(ctx);
    try {
      const { options, operands } = parseOptions(OPTIONS, joinLines(argv.slice(1)));
      if (options.has('help'))
        await out.write(`journalctl [OPTIONS...] [MATCHES...]\n\nAsk the journal.\n\nOptions:\n${optionHelp(OPTIONS)}`);
      else if (options.has('version')) await out.write('systemd 257 (257.8-1~deb13u2)\n');
      else if (options.has('disk-usage')) {
        const { size } = await ctx.sys.stat(ctx, JOURNAL_FILE);
        await out.write(`Archived and active journals take up ${bytesText(size)} in the file system.\n`);
      } else if (!options.has('sync') && !options.has('flush') && !options.has('rotate')) {
        const code = await run(ctx, options, operands, out);
        await out.flush();
        return code;
      }
      await out.flush();
      return 0;
    } catch (error) {
      await out.flush();
      if (error instanceof UsageError) await printError(ctx, `${this.name}: ${error.message}\n`);
      else if (error instanceof Bad) await printError(ctx, `${error.message}\n`);
      else if (isErrno(error))
        await printError(
          ctx,
          error.code === 'ENOENT'
            ? 'No journal files were found.\n'
            : `Failed to open ${JOURNAL_DIRECTORY}: ${error.libc}\n`,
        );
      else throw error;
      return 1;
    }
  },
};
