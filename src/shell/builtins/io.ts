/** echo, printf, read, mapfile. @models bash 5.2 builtins/{echo,printf,read,mapfile}.def */
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { toBytes, utf8 } from '../../linux/rope.ts';
import { setByText } from '../assign.ts';
import { unescape } from '../escapes.ts';
import { expandReference } from '../expand.ts';
import { builtinError, complain } from '../messages.ts';
import { ifs } from '../parameters.ts';
import { formatPrintf, PrintfProblem } from '../printf.ts';
import { readDelimited } from '../read-line.ts';
import type { Shell } from '../shell.ts';
import { checkSignals } from '../traps.ts';
import { ensureVariable, isName, setArray } from '../variables.ts';
import { parseOptions, usage } from './options-parser.ts';
import type { Builtin } from './table.ts';

/** Characters to bytes: ordinary text is UTF-8, what escapes made of \\xHH are single bytes. */
function rawBytes(text: string, raw: boolean): Uint8Array {
  const bytes = toBytes(text);
  if (!raw || bytes.length === text.length) return bytes;
  if ([...text].every((c) => c.charCodeAt(0) < 256)) return Uint8Array.from([...text].map((c) => c.charCodeAt(0)));
  return bytes;
}

async function echo(ctx: Context, sh: Shell, argv: string[]): Promise<number> {
  let newline = true;
  let escapes = sh.shopts.has('xpg_echo');
  let i = 1;
  for (; i < argv.length && /^-[neE]+$/.test(argv[i] as string); i++) {
    for (const c of (argv[i] as string).slice(1)) {
      if (c === 'n') newline = false;
      else escapes = c === 'e';
    }
  }
  let text = argv.slice(i).join(' ');
  let raw = false;
  if (escapes && text.includes('\\')) {
    const done = unescape(text, 'echo');
    raw = /\\(x|0)/.test(text);
    text = done.text;
    if (done.stop) newline = false;
  }
  if (newline) text += '\n';
  if (text !== '') await ctx.sys.write(ctx, 1, rawBytes(text, raw));
  return 0;
}

const printf: Builtin = async (ctx, sh, argv) => {
  let args = argv.slice(1);
  let target: string | null = null;
  if (args[0] === '-v') {
    target = args[1] ?? '';
    args = args.slice(2);
  }
  if (args[0] === '--') args = args.slice(1);
  const format = args[0];
  if (format === undefined) {
    await complain(ctx, 'printf: usage: printf [-v var] format [arguments]\n');
    return 2;
  }
  const problems: string[] = [];
  let text: string;
  try {
    text = formatPrintf(format, args.slice(1), ctx.wallTime, problems);
  } catch (error) {
    if (!(error instanceof PrintfProblem)) throw error;
    if (error.partial !== '') await ctx.sys.write(ctx, 1, error.partial);
    await builtinError(ctx, sh, 'printf', error.message);
    return 1;
  }
  for (const problem of problems) await builtinError(ctx, sh, 'printf', problem);
  if (target !== null) {
    const { name, index } = await expandReference(ctx, sh, target);
    await setByText(ctx, sh, name, index, text);
  } else if (text !== '') await ctx.sys.write(ctx, 1, rawBytes(text, /\\(x|[0-7])/.test(format)));
  return problems.length > 0 ? 1 : 0;
};

const read: Builtin = async (ctx, sh, argv) => {
  const parsed = parseOptions(argv, 'ersa:d:i:n:N:p:t:u:');
  if ('bad' in parsed)
    return usage(
      ctx,
      sh,
      'read',
      parsed.bad,
      'read [-ers] [-a array] [-d delim] [-i text] [-n nchars] [-N nchars] [-p prompt] [-t timeout] [-u fd] [name ...]',
    );
  const { options, rest } = parsed;
  const fd = Number(options.get('u') ?? 0);
  for (const name of rest) {
    if (!/^[A-Za-z_]\w*(\[.*\])?$/.test(name)) {
      await builtinError(ctx, sh, 'read', `\`${name}': not a valid identifier`);
      return 1;
    }
  }
  const tty = await isTty(ctx, fd);
  const prompt = options.get('p');
  if (prompt !== undefined && tty) await complain(ctx, prompt);
  // With -N nothing but the number of characters ends it.
  const exact = options.has('N');
  const delimiter = exact ? -1 : options.get('d') === undefined ? 10 : (options.get('d') as string).charCodeAt(0) || 0;
  const countText = options.get('N') ?? options.get('n');
  const count = Number(countText ?? Number.NaN);
  if (countText !== undefined && !/^\d+$/.test(countText)) {
    await builtinError(ctx, sh, 'read', `${countText}: invalid number`);
    return 1;
  }
  const silent = options.has('s') && tty;
  const saved = tty && (silent || !Number.isNaN(count)) ? await ctx.sys.getTermios(ctx, fd) : null;
  if (saved !== null)
    await ctx.sys.setTermios(ctx, fd, {
      ...(silent ? { echo: false } : {}),
      ...(Number.isNaN(count) ? {} : { canonical: false }),
    });
  try {
    const { bytes, ended } = await readTimed(
      ctx,
      sh,
      fd,
      delimiter,
      Number.isNaN(count) ? undefined : count,
      options.get('t'),
    );
    if (bytes === null) return 142;
    let text = utf8(bytes.includes(0) ? bytes.filter((b) => b !== 0) : bytes);
    let done = ended;
    // Without -r a backslash at the end of the line continues it, and others quote the next character.
    while (!options.has('r') && done && !exact && /(^|[^\\])(\\\\)*\\$/.test(text)) {
      const more = await readDelimited(ctx, fd, delimiter);
      text = text.slice(0, -1) + utf8(more.bytes);
      done = more.ended;
    }
    // Backslashes do not count as characters: as many are read again.
    for (
      let missing = backslashes(text);
      !options.has('r') && !exact && !Number.isNaN(count) && !done && missing > 0;
    ) {
      const more = await readDelimited(ctx, fd, delimiter, missing);
      const tail = utf8(more.bytes);
      text += tail;
      done = more.ended;
      missing = tail === '' ? 0 : backslashes(text) - (text.length - tail.length - count);
      if (text.length - backslashes(text) >= count) break;
    }
    await assignFields(ctx, sh, text, rest, options.get('a'), options.has('r'), options.has('N'));
    const full = !Number.isNaN(count) && bytes.length >= count;
    return done || full ? 0 : 1;
  } catch (error) {
    if (!isErrno(error)) throw error;
    if (error.code === 'EINTR') {
      await checkSignals(ctx, sh);
      return 130;
    }
    await builtinError(
      ctx,
      sh,
      'read',
      options.has('u') && error.code === 'EBADF'
        ? `${fd}: invalid file descriptor: ${error.libc}`
        : `read error: ${fd}: ${error.libc}`,
    );
    return 1;
  } finally {
    if (saved !== null) await ctx.sys.setTermios(ctx, fd, saved);
  }
};

/** How many characters of a text do nothing but quote the next one, or vanish with a newline. */
function backslashes(text: string): number {
  let n = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] !== '\\') continue;
    n += text[i + 1] === '\n' ? 2 : 1;
    i++;
  }
  return n;
}

async function isTty(ctx: Context, fd: number): Promise<boolean> {
  try {
    return await ctx.sys.isTty(ctx, fd);
  } catch (error) {
    if (isErrno(error)) return false;
    throw error;
  }
}

async function readTimed(
  ctx: Context,
  sh: Shell,
  fd: number,
  delimiter: number,
  max: number | undefined,
  timeout: string | undefined,
): Promise<{ bytes: Uint8Array | null; ended: boolean }> {
  if (timeout === undefined) return readDelimited(ctx, fd, delimiter, max);
  // SIGALRM ends the blocked read, as in bash.
  const ns = Number(timeout) * 1e9;
  let expired = false;
  let finished = false;
  ctx.sys.sigaction(
    ctx,
    'SIGALRM',
    () => {
      expired = true;
    },
    { restart: false },
  );
  const pid = ctx.sys.getpid(ctx);
  ctx.go('alarm', async (c) => {
    await c.sleep(ns);
    if (!finished) await c.sys.kill(c, pid, 'SIGALRM');
  });
  try {
    return await readDelimited(ctx, fd, delimiter, max);
  } catch (error) {
    if (isErrno(error, 'EINTR') && expired && !sh.interrupted) return { bytes: null, ended: false };
    throw error;
  } finally {
    finished = true;
    ctx.sys.sigaction(ctx, 'SIGALRM', 'default');
  }
}

type Unit = { c: string; quoted: boolean };

async function assignFields(
  ctx: Context,
  sh: Shell,
  line: string,
  names: readonly string[],
  array: string | undefined,
  raw: boolean,
  exact: boolean,
): Promise<void> {
  const units: Unit[] = [];
  for (let i = 0; i < line.length; i++) {
    if (!raw && line[i] === '\\') {
      i++;
      if (i < line.length) units.push({ c: line[i] as string, quoted: true });
    } else units.push({ c: line[i] as string, quoted: false });
  }
  const separators = ifs(sh);
  const set = async (name: string, value: string): Promise<void> => {
    const place = await expandReference(ctx, sh, name);
    await setByText(ctx, sh, place.name, place.index, value);
  };
  if (exact || (names.length === 0 && array === undefined)) {
    await set(names[0] ?? 'REPLY', units.map((u) => u.c).join(''));
    return;
  }
  const fields = splitUnits(units, separators, array === undefined ? names.length : Number.POSITIVE_INFINITY);
  if (array !== undefined) {
    setArray(sh, array, fields);
    return;
  }
  for (let i = 0; i < names.length; i++) await set(names[i] as string, fields[i] ?? '');
}

/** At most `max` fields; the last takes the rest of the line without its trailing blanks. */
function splitUnits(units: readonly Unit[], separators: string, max: number): string[] {
  const blank = (u: Unit | undefined): boolean =>
    u !== undefined && !u.quoted && ' \t\n'.includes(u.c) && separators.includes(u.c);
  const hard = (u: Unit | undefined): boolean =>
    u !== undefined && !u.quoted && separators.includes(u.c) && !' \t\n'.includes(u.c);
  const out: string[] = [];
  let i = 0;
  while (blank(units[i])) i++;
  while (i < units.length) {
    if (out.length === max - 1) {
      let end = units.length;
      while (end > i && blank(units[end - 1])) end--;
      const rest = units.slice(i, end);
      // A single trailing delimiter after the last field belongs to no one.
      const inner = rest.slice(0, -1);
      if (hard(rest[rest.length - 1]) && !inner.some((u) => hard(u) || blank(u))) rest.pop();
      out.push(rest.map((u) => u.c).join(''));
      return out;
    }
    let field = '';
    while (i < units.length && !blank(units[i]) && !hard(units[i])) field += (units[i++] as Unit).c;
    out.push(field);
    while (blank(units[i])) i++;
    if (hard(units[i])) i++;
    while (blank(units[i])) i++;
  }
  return out;
}

const mapfile: Builtin = async (ctx, sh, argv) => {
  const parsed = parseOptions(argv, 'td:n:O:s:u:C:c:');
  if ('bad' in parsed)
    return usage(
      ctx,
      sh,
      argv[0] ?? 'mapfile',
      parsed.bad,
      `${argv[0]} [-d delim] [-n count] [-O origin] [-s count] [-t] [-u fd] [-C callback] [-c quantum] [array]`,
    );
  const { options, rest } = parsed;
  const name = rest[0] ?? 'MAPFILE';
  if (!isName(name)) {
    await builtinError(ctx, sh, argv[0] ?? 'mapfile', `\`${name}': not a valid identifier`);
    return 1;
  }
  const delimiterText = options.get('d') ?? '\n';
  const delimiter = delimiterText.charCodeAt(0) || 0;
  const limit = Number(options.get('n') ?? 0) || Number.POSITIVE_INFINITY;
  const skip = Number(options.get('s') ?? 0);
  const values: string[] = [];
  for (let n = 0; values.length < limit; n++) {
    const { bytes, ended } = await readDelimited(ctx, Number(options.get('u') ?? 0), delimiter);
    if (bytes.length === 0 && !ended) break;
    if (n >= skip) values.push(utf8(bytes) + (ended && !options.has('t') ? String.fromCharCode(delimiter) : ''));
    if (!ended) break;
  }
  const origin = Number(options.get('O') ?? 0);
  if (options.has('O')) {
    const v = ensureVariable(sh, name);
    v.indexed ??= new Map();
    for (const [i, value] of values.entries()) v.indexed.set(origin + i, value);
  } else setArray(sh, name, values);
  return 0;
};

export const ioBuiltins: Record<string, Builtin> = { echo, printf, read, mapfile, readarray: mapfile };
