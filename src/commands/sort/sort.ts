/** @models coreutils 9.7 src/sort.c @fidelity partial: C locale; no --files0-from, --compress-program, --parallel effects */

import { compareStrings } from '../../go/quote.ts';
import { Heap } from '../../linux/heap.ts';
import { command, Exit, reporting } from '../common/command.ts';
import { quote } from '../common/quoting.ts';
import { Output, openInput } from '../common/streams.ts';
import { compareVersions } from '../ls/ls.ts';

type Key = { from: number; fromChar: number; to: number; toChar: number; flags: string };
/** `struct line` on a 64-bit machine. */
const LINE_BYTES = 32;
/** So many are counted at once. */
const LINES_COUNTED = 256;
const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const LONG: Record<string, string> = {
  'ignore-leading-blanks': 'b',
  'dictionary-order': 'd',
  'ignore-case': 'f',
  'general-numeric-sort': 'g',
  'human-numeric-sort': 'h',
  'ignore-nonprinting': 'i',
  'month-sort': 'M',
  'numeric-sort': 'n',
  'random-sort': 'R',
  reverse: 'r',
  'version-sort': 'V',
};

function parseKey(text: string): Key | null {
  const match = /^(\d+)(?:\.(\d+))?([bdfghiMnRrV]*)(?:,(\d+)(?:\.(\d+))?([bdfghiMnRrV]*))?$/.exec(text);
  if (match === null || Number(match[1]) === 0) return null;
  return {
    from: Number(match[1]),
    fromChar: Number(match[2] ?? 1),
    to: match[4] === undefined ? Infinity : Number(match[4]),
    toChar: Number(match[5] ?? 0),
    flags: (match[3] ?? '') + (match[6] ?? ''),
  };
}

function fieldsOf(line: string, separator: string | undefined): string[] {
  // Without -t a field begins with the blanks before it.
  return separator === undefined ? (line.match(/[ \t]*[^ \t]+|[ \t]+$/g) ?? ['']) : line.split(separator);
}

function extract(line: string, key: Key, separator: string | undefined, flags: string): string {
  const fields = fieldsOf(line, separator);
  const glue = separator ?? '';
  const skip = (field: string): string => (flags.includes('b') ? field.replace(/^[ \t]+/, '') : field);
  if (key.from > fields.length) return '';
  const last = Math.min(key.to, fields.length);
  const picked = fields.slice(key.from - 1, last);
  if (picked.length === 0) return '';
  if (key.to <= fields.length && key.toChar > 0)
    picked[picked.length - 1] = skip(picked.at(-1) as string).slice(0, key.toChar);
  picked[0] = skip(picked[0] as string).slice(key.fromChar - 1);
  return picked.join(glue);
}

function numeric(text: string): number {
  const match = /^\s*(-?\d*\.?\d*)/.exec(text);
  return Number(match?.[1] === '-' || match?.[1] === '.' ? 0 : match?.[1]) || 0;
}

function human(text: string): [number, number] {
  const match = /^\s*(-?)(\d*\.?\d*)([kKMGTPEZY]?)/.exec(text);
  const value = Number(match?.[2]) || 0;
  const unit = ' KMGTPEZY'.indexOf((match?.[3] ?? '').toUpperCase() || ' ');
  const sign = match?.[1] === '-' ? -1 : 1;
  return [value === 0 ? 0 : sign * (unit + 1), sign * value];
}

function comparator(flags: string): (a: string, b: string) => number {
  const clean = (text: string): string => {
    let out = text;
    if (flags.includes('b')) out = out.replace(/^[ \t]+/, '');
    if (flags.includes('d')) out = out.replace(/[^A-Za-z0-9 \t]/g, '');
    if (flags.includes('i')) out = out.replace(/[^ -~]/g, '');
    if (flags.includes('f')) out = out.toUpperCase();
    return out;
  };
  if (flags.includes('n')) return (a, b) => numeric(a) - numeric(b);
  if (flags.includes('g')) return (a, b) => (Number.parseFloat(a) || 0) - (Number.parseFloat(b) || 0);
  if (flags.includes('h')) {
    return (a, b) => {
      const [x, y] = [human(a), human(b)];
      return x[0] - y[0] || x[1] - y[1];
    };
  }
  if (flags.includes('M'))
    return (a, b) =>
      MONTHS.indexOf(a.trim().slice(0, 3).toUpperCase()) - MONTHS.indexOf(b.trim().slice(0, 3).toUpperCase());
  if (flags.includes('V')) return compareVersions;
  return (a, b) => compareStrings(clean(a), clean(b));
}

export const sort = command(
  {
    name: 'sort',
    usage: ['[OPTION]... [FILE]...'],
    about: 'Write all lines of all FILEs in order.\n\nWithout FILE, or where FILE is -, standard input is read.',
    trouble: 2,
    options: {
      'b,ignore-leading-blanks': 'blanks before a key do not count',
      'd,dictionary-order': 'only blanks, letters and digits count',
      'f,ignore-case': 'upper and lower case are the same',
      'g,general-numeric-sort': 'by floating-point value',
      'i,ignore-nonprinting': 'only printable characters count',
      'M,month-sort': 'JAN before DEC',
      'h,human-numeric-sort': 'by sizes like 2K 1G',
      'n,numeric-sort': 'by number',
      'R,random-sort': 'shuffle, equal keys together',
      'random-source=FILE': '',
      'r,reverse': 'the other way round',
      'V,version-sort': 'by version numbers in the text',
      'c,check': 'only check the order and name the first line out of it',
      C: 'the same in silence',
      'k,key=KEYDEF': 'sort by a key: F[.C][OPTS][,F[.C][OPTS]]',
      'm,merge': 'the files are sorted already',
      'o,output=FILE': 'write to FILE',
      's,stable': 'do not compare whole lines last',
      'S,buffer-size=SIZE': '(ignored)',
      't,field-separator=SEP': 'fields are separated by SEP',
      'T,temporary-directory=DIR': '(ignored)',
      'u,unique': 'one of each run of equal lines',
      'z,zero-terminated': 'lines end with NUL, not newline',
    },
  },
  async (call) => {
    const { ctx, options, operands } = call;
    const fail = async (text: string): Promise<never> => {
      await call.complain(text);
      throw new Exit(2);
    };
    const global = options.entries.map(([k]) => LONG[k] ?? '').join('');
    const keys: Key[] = [];
    for (const text of options.values('key'))
      keys.push(
        parseKey(text) ??
          (await fail(
            /^0/.test(text)
              ? `field number is zero: invalid field specification ${quote(ctx, text)}`
              : `invalid number at field start: invalid count at start of ${quote(ctx, text)}`,
          )),
      );
    let separator = options.value('field-separator');
    if (separator === '\\0') separator = '\0';
    if (separator !== undefined && [...separator].length !== 1)
      await fail(separator === '' ? 'empty tab' : `multi-character tab ${quote(ctx, separator)}`);
    const comparisons = keys.map((key) => {
      const flags = key.flags.replace('b', '') === '' ? key.flags + global : key.flags;
      const compare = comparator(flags);
      const sign = flags.includes('r') ? -1 : 1;
      return (a: string, b: string): number =>
        sign * compare(extract(a, key, separator, flags), extract(b, key, separator, flags));
    });
    if (keys.length === 0) {
      const compare = comparator(global);
      const sign = global.includes('r') ? -1 : 1;
      comparisons.push((a, b) => sign * compare(a, b));
    }
    const byKeys = (a: string, b: string): number => {
      for (const compare of comparisons) {
        const order = compare(a, b);
        if (order !== 0) return order;
      }
      return 0;
    };
    const lastResort = !options.has('stable') && !options.has('unique');
    const full = (a: string, b: string): number =>
      byKeys(a, b) || (lastResort ? (global.includes('r') ? -1 : 1) * compareStrings(a, b) : 0);
    const end = options.has('zero-terminated') ? '\0' : '\n';
    const lines: string[] = [];
    const heap = new Heap();
    let bytes = 0;
    for (const path of operands.length === 0 ? ['-'] : operands) {
      const ok = await reporting(
        {
          ...call,
          complain: (text) =>
            call.complain(
              text.startsWith('cannot') || /Is a directory/.test(text)
                ? /Is a directory/.test(text)
                  ? `read failed: ${text}`
                  : text
                : `cannot read: ${text}`,
            ),
        },
        path,
        async () => {
          const input = await openInput(ctx, path, end.charCodeAt(0));
          for (let line = await input.line(); line !== null; line = await input.line()) {
            lines.push(line);
            bytes += line.length + LINE_BYTES;
            if (lines.length % LINES_COUNTED === 0) await heap.hold(ctx, bytes);
          }
          await input.close();
        },
      );
      if (!ok) return 2;
    }
    const check = options.last('check', 'C');
    if (check !== undefined) {
      for (let i = 1; i < lines.length; i++) {
        const order = full(lines[i - 1] as string, lines[i] as string);
        if (order < 0 || (order === 0 && !options.has('unique'))) continue;
        if (check === 'check') await call.complain(`${operands[0] ?? '-'}:${i + 1}: disorder: ${lines[i]}`);
        return 1;
      }
      return 0;
    }
    if (global.includes('R')) shuffle(lines, ctx.random);
    else lines.sort(full);
    let { out } = call;
    const target = options.value('output');
    if (target !== undefined) {
      const opened = await reporting(
        { ...call, complain: (text) => call.complain(`open failed: ${text}`) },
        target,
        async () => {
          out = new Output(ctx, await ctx.sys.open(ctx, target, { write: true, create: true, truncate: true }));
        },
      );
      if (!opened) return 2;
    }
    let previous: string | null = null;
    for (const line of lines) {
      if (options.has('unique') && previous !== null && byKeys(previous, line) === 0) continue;
      previous = line;
      await out.write(line + end);
    }
    await out.flush();
    return 0;
  },
);

function shuffle(lines: string[], random: { bytes: (n: number) => Uint8Array }): void {
  for (let i = lines.length - 1; i > 0; i--) {
    const [a = 0, b = 0, c = 0] = random.bytes(3);
    const j = (a * 65_536 + b * 256 + c) % (i + 1);
    [lines[i], lines[j]] = [lines[j] as string, lines[i] as string];
  }
}
