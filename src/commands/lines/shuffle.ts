/** shuf, split, tsort. @models coreutils 9.7 src/shuf.c, split.c, tsort.c @fidelity partial: split by lines, bytes and number of parts */
import { isErrno } from '../../linux/errno.ts';
import { writeFile } from '../../linux/io.ts';
import { command } from '../common/command.ts';
import { eachLine, expectOperands, misuse, readOperand } from '../common/files.ts';
import { quote } from '../common/quoting.ts';
import { parseSize } from '../common/sizes.ts';
import { decode } from '../common/text.ts';

export const shuf = command(
  {
    name: 'shuf',
    usage: ['[OPTION]... [FILE]', '-e [OPTION]... [ARG]...', '-i LO-HI [OPTION]...'],
    about: 'Write lines in random order.',
    options: {
      'e,echo': 'each ARG is a line',
      'i,input-range=LO-HI': 'the numbers from LO to HI are the lines',
      'n,head-count=COUNT': 'at most COUNT lines',
      'o,output=FILE': 'write to FILE',
      'r,repeat': 'lines may come again',
      'z,zero-terminated': 'lines end with NUL',
    },
  },
  async (call) => {
    const { ctx, options, operands, out } = call;
    let lines: string[] = [];
    const range = options.value('input-range');
    if (options.has('echo')) lines = [...operands];
    else if (range !== undefined) {
      const match = /^(\d+)-(\d+)$/.exec(range);
      if (match === null || Number(match[1]) > Number(match[2]) + 1) {
        await call.complain(`invalid input range: ${quote(ctx, range)}`);
        return 1;
      }
      for (let i = Number(match[1]); i <= Number(match[2]); i++) lines.push(String(i));
    } else {
      await expectOperands(call, 0, 1);
      if (
        !(await eachLine(call, (line) => void lines.push(line), { delimiter: options.has('zero-terminated') ? 0 : 10 }))
      )
        return 1;
    }
    const end = options.has('zero-terminated') ? '\0' : '\n';
    const count = Number(options.value('head-count') ?? (options.has('repeat') ? Infinity : lines.length));
    const shown: string[] = [];
    if (options.has('repeat')) {
      if (lines.length === 0) {
        await call.complain('no lines to repeat');
        return 1;
      }
      for (let i = 0; i < count; i++) await out.write(lines[ctx.random.below(lines.length)] + end);
      return 0;
    }
    while (lines.length > 0 && shown.length < count) {
      const at = ctx.random.below(lines.length);
      shown.push(lines[at] as string);
      lines[at] = lines.at(-1) as string;
      lines.pop();
    }
    const text = shown.map((line) => line + end).join('');
    const file = options.value('output');
    if (file === undefined) await out.write(text);
    else await writeFile(ctx, file, text);
    return 0;
  },
);

function suffix(index: number, length: number, numeric: boolean): string {
  const alphabet = numeric ? '0123456789' : 'abcdefghijklmnopqrstuvwxyz';
  let out = '';
  let rest = index;
  for (let i = 0; i < length; i++) {
    out = (alphabet[rest % alphabet.length] as string) + out;
    rest = Math.floor(rest / alphabet.length);
  }
  return out;
}

export const split = command(
  {
    name: 'split',
    usage: ['[OPTION]... [FILE [PREFIX]]'],
    about: 'Write pieces of FILE to PREFIXaa, PREFIXab, ...; 1000 lines each, PREFIX x.',
    options: {
      'a,suffix-length=N': 'length of the suffixes (default 2)',
      'additional-suffix=SUFFIX': 'after the suffix',
      'b,bytes=SIZE': 'SIZE bytes each',
      'd,numeric-suffixes': 'digits instead of letters',
      'l,lines=NUMBER': 'NUMBER lines each',
      'n,number=CHUNKS': 'so many pieces',
      verbose: 'say what is written',
    },
    rewrite: (args) => args.map((a) => (/^-\d+$/.test(a) ? `-l${a.slice(1)}` : a)),
  },
  async (call) => {
    const { ctx, options, operands, out } = call;
    await expectOperands(call, 0, 2);
    const bytes = await readOperand(call, operands[0] ?? '-');
    if (bytes === null) return 1;
    const size = options.value('bytes');
    const pieces: Uint8Array[] = [];
    const count = options.value('number');
    if (size !== undefined || count !== undefined) {
      const length = size !== undefined ? parseSize(size) : Math.max(1, Math.floor(bytes.length / Number(count)));
      if (length === null || length === 0 || Number.isNaN(length))
        return misuse(call, `invalid number of bytes: ${quote(ctx, size ?? count ?? '')}`);
      // Of so many pieces the first ones take what does not come out even.
      const extra = count === undefined ? 0 : bytes.length % Number(count);
      for (let at = 0; at < bytes.length; ) {
        const end = at + length + (pieces.length < extra ? 1 : 0);
        pieces.push(bytes.subarray(at, end));
        at = end;
      }
    } else {
      const lines = Number(options.value('lines') ?? 1000);
      if (!Number.isInteger(lines) || lines <= 0)
        return misuse(call, `invalid number of lines: ${quote(ctx, options.value('lines') ?? '')}`);
      let start = 0;
      let seen = 0;
      for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) {
        if (++seen % lines !== 0) continue;
        pieces.push(bytes.subarray(start, at + 1));
        start = at + 1;
      }
      if (start < bytes.length) pieces.push(bytes.subarray(start));
    }
    const length = Number(options.value('suffix-length') ?? 2);
    for (const [i, piece] of pieces.entries()) {
      const name = `${operands[1] ?? 'x'}${suffix(i, length, options.has('numeric-suffixes'))}${options.value('additional-suffix') ?? ''}`;
      if (options.has('verbose')) await out.write(`creating file ${quote(ctx, name)}\n`);
      try {
        await writeFile(ctx, name, piece);
      } catch (error) {
        if (!isErrno(error)) throw error;
        await call.complain(`${name}: ${error.libc}`);
        return 1;
      }
    }
    return 0;
  },
);

export const tsort = command(
  {
    name: 'tsort',
    usage: ['[OPTION] [FILE]'],
    about: 'Write the words of FILE, which are pairs, in an order that all pairs agree with.',
    options: {},
  },
  async (call) => {
    const { out, operands } = call;
    await expectOperands(call, 0, 1);
    const path = operands[0] ?? '-';
    const bytes = await readOperand(call, path);
    if (bytes === null) return 1;
    const words = decode(bytes)
      .split(/[ \t\n]+/)
      .filter((w) => w !== '');
    if (words.length % 2 !== 0) {
      await call.complain(`${path}: input contains an odd number of tokens`);
      return 1;
    }
    const after = new Map<string, string[]>();
    const before = new Map<string, number>();
    for (let i = 0; i < words.length; i += 2) {
      const [a, b] = [words[i] as string, words[i + 1] as string];
      for (const word of [a, b])
        if (!before.has(word)) {
          before.set(word, 0);
          after.set(word, []);
        }
      if (a === b) continue;
      after.get(a)?.push(b);
      before.set(b, (before.get(b) ?? 0) + 1);
    }
    let status = 0;
    const ready = [...before].filter(([, n]) => n === 0).map(([word]) => word);
    let left = before.size;
    while (left > 0) {
      const word = ready.shift();
      if (word === undefined) {
        // A loop: told, broken, gone on with.
        const looping = [...before].filter(([, n]) => n > 0).map(([w]) => w);
        await call.complain(`${path}: input contains a loop:`);
        for (const w of looping) await call.complain(w);
        status = 1;
        const [freed] = looping;
        if (freed === undefined) break;
        before.set(freed, 0);
        ready.push(freed);
        continue;
      }
      left--;
      before.set(word, -1);
      await out.write(`${word}\n`);
      for (const next of after.get(word) ?? []) {
        const rest = (before.get(next) ?? 0) - 1;
        if (rest < 0) continue;
        before.set(next, rest);
        if (rest === 0) ready.push(next);
      }
    }
    return status;
  },
);
