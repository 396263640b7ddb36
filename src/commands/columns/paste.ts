/** paste, comm, join. @models coreutils 9.7 src/paste.c, comm.c, join.c @fidelity partial: comm and join do not check the order of their input */
import { command, Exit, type Invocation } from '../common/command.ts';
import { expectOperands, misuse, readOperand } from '../common/files.ts';
import { quote } from '../common/quoting.ts';
import { decode } from '../common/text.ts';

async function lines(call: Invocation, path: string, cache: Map<string, string[]>, end = '\n'): Promise<string[]> {
  // Standard input named twice is read line about: here it is read once.
  const known = path === '-' ? cache.get('-') : undefined;
  if (known !== undefined) return known;
  const bytes = await readOperand(call, path);
  if (bytes === null) throw new Exit(1);
  const text = decode(bytes);
  const out = text === '' ? [] : (text.endsWith(end) ? text.slice(0, -1) : text).split(end);
  cache.set(path, out);
  return out;
}

const ESCAPES: Record<string, string> = { n: '\n', t: '\t', '\\': '\\', '0': '', b: '\b', f: '\f', r: '\r', v: '\v' };

export const paste = command(
  {
    name: 'paste',
    usage: ['[OPTION]... [FILE]...'],
    about: 'Put the lines of each FILE side by side, with TABs between.',
    options: {
      'd,delimiters=LIST': 'use the characters of LIST in turn instead of TAB',
      's,serial': 'one file after the other, each on one line',
      'z,zero-terminated': 'lines end with NUL',
    },
  },
  async (call) => {
    const { options, operands, out } = call;
    const end = options.has('zero-terminated') ? '\0' : '\n';
    const list = options.value('delimiters') ?? '\t';
    const delimiters = [...list.matchAll(/\\([\s\S])|([\s\S])/gu)].map((m) =>
      m[1] === undefined ? (m[2] as string) : (ESCAPES[m[1]] ?? m[1]),
    );
    const delimiter = (i: number): string => delimiters[i % Math.max(1, delimiters.length)] ?? '';
    const paths = operands.length === 0 ? ['-'] : operands;
    const cache = new Map<string, string[]>();
    const files: string[][] = [];
    for (const path of paths) files.push(await lines(call, path, cache, end));
    if (options.has('serial')) {
      for (const file of files) {
        await out.write(file.map((line, i) => (i === 0 ? line : delimiter(i - 1) + line)).join('') + end);
      }
      return 0;
    }
    const dashes = paths.filter((p) => p === '-').length;
    const columns = paths.map((path, i) => {
      const all = files[i] as string[];
      if (path !== '-' || dashes === 1) return all;
      const mine = paths.slice(0, i).filter((p) => p === '-').length;
      return all.filter((_, n) => n % dashes === mine);
    });
    const height = Math.max(...columns.map((c) => c.length));
    for (let row = 0; row < height; row++)
      await out.write(columns.map((c, i) => `${i === 0 ? '' : delimiter(i - 1)}${c[row] ?? ''}`).join('') + end);
    return 0;
  },
);

export const comm = command(
  {
    name: 'comm',
    usage: ['[OPTION]... FILE1 FILE2'],
    about: 'Compare two sorted files: lines only in FILE1, only in FILE2, in both, in three columns.',
    options: {
      1: 'without the first column',
      2: 'without the second',
      3: 'without the third',
      'check-order': '',
      'nocheck-order': '',
      'output-delimiter=STR': 'between the columns (default: TAB)',
      total: 'count at the end',
      'z,zero-terminated': 'lines end with NUL',
    },
  },
  async (call) => {
    const { options, operands, out } = call;
    await expectOperands(call, 2, 2);
    const cache = new Map<string, string[]>();
    const end = options.has('zero-terminated') ? '\0' : '\n';
    const [left, right] = [
      await lines(call, operands[0] as string, cache, end),
      await lines(call, operands[1] as string, cache, end),
    ];
    const glue = options.value('output-delimiter') ?? '\t';
    const shown = [1, 2, 3].map((n) => !options.has(String(n)));
    const totals = [0, 0, 0];
    const put = async (column: number, line: string): Promise<void> => {
      totals[column] = (totals[column] ?? 0) + 1;
      if (shown[column]) await out.write(glue.repeat(shown.slice(0, column).filter((s) => s).length) + line + end);
    };
    let [i, j] = [0, 0];
    while (i < left.length || j < right.length) {
      const [a, b] = [left[i], right[j]];
      if (b === undefined || (a !== undefined && a < b)) {
        await put(0, a as string);
        i++;
      } else if (a === undefined || b < a) {
        await put(1, b);
        j++;
      } else {
        await put(2, a);
        i++;
        j++;
      }
    }
    if (options.has('total')) await out.write([...totals.map(String), 'total'].join(glue) + end);
    return 0;
  },
);

export const join = command(
  {
    name: 'join',
    usage: ['[OPTION]... FILE1 FILE2'],
    about: 'Join the lines of two sorted files that have a field in common, the first one.',
    options: {
      'a=FILENUM': 'also lines of FILE1 or FILE2 without a partner',
      'e=STRING': 'for what is missing',
      'i,ignore-case': 'upper and lower case are the same',
      'j=FIELD': 'the same as -1 FIELD -2 FIELD',
      'o=FORMAT': 'which fields to write: FILENUM.FIELD, 0, or auto',
      't=CHAR': 'between fields',
      'v=FILENUM': 'only lines without a partner',
      '1=FIELD': 'join on this field of FILE1',
      '2=FIELD': 'join on this field of FILE2',
      'check-order': '',
      'nocheck-order': '',
      header: 'the first lines are headings',
      'z,zero-terminated': 'lines end with NUL',
    },
  },
  async (call) => {
    const { ctx, options, operands, out } = call;
    await expectOperands(call, 2, 2);
    const cache = new Map<string, string[]>();
    const separator = options.value('t');
    const glue = separator ?? ' ';
    const fieldsOf = (line: string): string[] =>
      separator === undefined ? line.trim().split(/[ \t]+/) : line.split(separator);
    const index = async (key: string): Promise<number> => {
      const text = options.value(key) ?? options.value('j') ?? '1';
      if (!/^[1-9]\d*$/.test(text)) await misuse(call, `invalid field number: ${quote(ctx, text)}`);
      return Number(text) - 1;
    };
    const keys = [await index('1'), await index('2')] as const;
    const tables = [
      (await lines(call, operands[0] as string, cache)).map(fieldsOf),
      (await lines(call, operands[1] as string, cache)).map(fieldsOf),
    ] as const;
    const fold = (text: string): string => (options.has('ignore-case') ? text.toLowerCase() : text);
    const key = (side: 0 | 1, row: string[]): string => row[keys[side]] ?? '';
    const empty = options.value('e') ?? '';
    const format = options.value('o');
    const put = async (value: string, left: string[] | null, right: string[] | null): Promise<void> => {
      let shown: string[];
      if (format !== undefined && format !== 'auto')
        shown = format.split(/[, ]/).map((spec) => {
          if (spec === '0') return value;
          const [file, field] = spec.split('.').map(Number);
          return (file === 1 ? left : right)?.[(field ?? 1) - 1] || empty;
        });
      else {
        const others = (row: string[] | null, side: 0 | 1): string[] => (row ?? []).filter((_, i) => i !== keys[side]);
        shown = [value, ...others(left, 0), ...others(right, 1)];
      }
      await out.write(`${shown.join(glue)}\n`);
    };
    const only = options.values('v');
    const unpaired = new Set([...options.values('a'), ...only]);
    let [i, j] = [0, 0];
    const [left, right] = tables;
    if (options.has('header') && left[0] !== undefined && right[0] !== undefined) {
      await put(key(0, left[0]), left[0], right[0]);
      [i, j] = [1, 1];
    }
    while (i < left.length || j < right.length) {
      const [a, b] = [left[i], right[j]];
      const [s, t] = [a === undefined ? null : fold(key(0, a)), b === undefined ? null : fold(key(1, b))];
      if (t === null || (s !== null && s < t)) {
        if (unpaired.has('1') && a !== undefined) await put(key(0, a), a, null);
        i++;
      } else if (s === null || t < s) {
        if (unpaired.has('2') && b !== undefined) await put(key(1, b), null, b);
        j++;
      } else {
        let [iEnd, jEnd] = [i, j];
        while (iEnd < left.length && fold(key(0, left[iEnd] as string[])) === s) iEnd++;
        while (jEnd < right.length && fold(key(1, right[jEnd] as string[])) === t) jEnd++;
        if (only.length === 0)
          for (let x = i; x < iEnd; x++)
            for (let y = j; y < jEnd; y++)
              await put(key(0, left[x] as string[]), left[x] as string[], right[y] as string[]);
        [i, j] = [iEnd, jEnd];
      }
    }
    return 0;
  },
);
