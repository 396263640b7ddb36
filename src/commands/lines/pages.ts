/** csplit, pr. @models coreutils 9.7 src/csplit.c, pr.c @fidelity partial: pr prints one column; csplit takes line numbers, /RE/ and %RE% with offsets and {N} */
import { isErrno } from '../../linux/errno.ts';
import { writeFile } from '../../linux/io.ts';
import { command, Exit } from '../common/command.ts';
import { strftime } from '../common/dates.ts';
import { readOperand } from '../common/files.ts';
import { quote } from '../common/quoting.ts';
import { posixRegex } from '../common/regex.ts';
import { decode } from '../common/text.ts';

export const csplit = command(
  {
    name: 'csplit',
    usage: ['[OPTION]... FILE PATTERN...'],
    about: 'Cut FILE into pieces where PATTERNs say, xx00, xx01, and print their sizes.',
    options: {
      'b,suffix-format=FORMAT': '',
      'f,prefix=PREFIX': 'instead of xx',
      'k,keep-files': 'keep the pieces after an error',
      'm,suppress-matched': 'without the lines that match',
      'n,digits=DIGITS': 'digits in names (2)',
      's,quiet': 'no sizes',
      'z,elide-empty-files': 'no empty pieces',
    },
  },
  async (call) => {
    const { ctx, options, operands, out } = call;
    const [path, ...patterns] = operands;
    if (path === undefined || patterns.length === 0) {
      await call.complain(
        `missing operand${path === undefined ? '' : ` after ${quote(ctx, path)}`}\nTry '${call.name} --help' for more information.`,
      );
      return 1;
    }
    const bytes = await readOperand(call, path);
    if (bytes === null) return 1;
    const lines = decode(bytes).match(/[^\n]*\n|[^\n]+$/g) ?? [];
    const prefix = options.value('prefix') ?? 'xx';
    const digits = Number(options.value('digits') ?? 2);
    const made: string[] = [];
    let at = 0;
    const piece = async (end: number): Promise<void> => {
      const text = lines.slice(at, end).join('');
      at = end;
      if (text === '' && options.has('elide-empty-files')) return;
      const name = `${prefix}${String(made.length).padStart(digits, '0')}`;
      await writeFile(ctx, name, text);
      made.push(name);
      if (!options.has('quiet')) await out.write(`${new TextEncoder().encode(text).length}\n`);
    };
    const fail = async (text: string): Promise<never> => {
      await call.complain(text);
      if (!options.has('keep-files')) for (const name of made) await ctx.sys.unlink(ctx, name);
      throw new Exit(1);
    };
    try {
      for (let i = 0; i < patterns.length; i++) {
        const pattern = patterns[i] as string;
        const repeat = /^\{(\d+|\*)\}$/.exec(patterns[i + 1] ?? '');
        if (repeat !== null) i++;
        const times = repeat === null ? 1 : repeat[1] === '*' ? Number.POSITIVE_INFINITY : Number(repeat[1]) + 1;
        for (let n = 0; n < times; n++) {
          const [, kind, source = '', , offset = '0'] = /^([/%])(.*)\1(([+-]?\d+)?)$/.exec(pattern) ?? [];
          if (kind === undefined) {
            if (!/^\d+$/.test(pattern)) return await fail(`${pattern}: invalid pattern`);
            const end = Number(pattern) * (n + 1) - 1;
            if (end > lines.length || end < at) {
              await piece(lines.length);
              return await fail(
                `${quote(ctx, pattern)}: line number out of range${n > 0 ? ` on repetition ${n}` : ''}`,
              );
            }
            await piece(end);
            continue;
          }
          const regex = posixRegex(source, { extended: false });
          let found = lines.findIndex(
            (line, k) => k >= at + (n > 0 || made.length > 0 ? 1 : 0) && regex.test(line.replace(/\n$/, '')),
          );
          if (found < 0) {
            if (times === Number.POSITIVE_INFINITY) break;
            await piece(lines.length);
            return await fail(`${quote(ctx, pattern)}: match not found${n > 0 ? ` on repetition ${n}` : ''}`);
          }
          found += Number(offset);
          if (kind === '/') await piece(found);
          else at = found;
          if (options.has('suppress-matched')) at = found + 1;
        }
      }
      await piece(lines.length);
    } catch (error) {
      if (!isErrno(error)) throw error;
      await call.complain(`${made.at(-1) ?? prefix}: ${error.libc}`);
      return 1;
    }
    return 0;
  },
);

const PAGE_LENGTH = 66;
const HEADER_LINES = 5;
const TRAILER_LINES = 5;
const WIDTH = 72;

export const pr = command(
  {
    name: 'pr',
    usage: ['[OPTION]... [FILE]...'],
    about: 'Cut FILEs into pages for printing.',
    options: {
      'd,double-space': 'blank lines between',
      'h,header=HEADER': 'instead of the name',
      'l,length=PAGE_LENGTH': 'lines a page (66)',
      'n,number-lines': 'number the lines',
      'o,indent=MARGIN': 'spaces in front',
      't,omit-header': 'no headers and trailers',
      'w,width=PAGE_WIDTH': 'columns (72)',
      'T,omit-pagination': '',
    },
  },
  async (call) => {
    const { ctx, options, operands, out } = call;
    let status = 0;
    const length = Number(options.value('length') ?? PAGE_LENGTH);
    const bare = options.has('omit-header') || options.has('omit-pagination') || length <= HEADER_LINES + TRAILER_LINES;
    const room = bare ? Number.POSITIVE_INFINITY : length - HEADER_LINES - TRAILER_LINES;
    const width = Number(options.value('width') ?? WIDTH);
    const margin = ' '.repeat(Number(options.value('indent') ?? 0));
    for (const path of operands.length === 0 ? ['-'] : operands) {
      const bytes = await readOperand(call, path);
      if (bytes === null) {
        status = 1;
        continue;
      }
      const time = path === '-' ? ctx.wallTime : (await ctx.sys.stat(ctx, path)).mtime;
      const text = decode(bytes).replace(/\n$/, '');
      let lines = text === '' && bytes.length === 0 ? [] : text.split('\n');
      if (options.has('number-lines')) lines = lines.map((line, i) => `${String(i + 1).padStart(5)}\t${line}`);
      if (options.has('double-space')) lines = lines.flatMap((line) => [line, '']);
      for (let page = 0; page === 0 ? lines.length > 0 : page * room < lines.length; page++) {
        const body = lines.slice(page * room, bare ? undefined : (page + 1) * room);
        if (!bare) {
          const date = strftime('%Y-%m-%d %H:%M', time);
          const title = options.value('header') ?? (path === '-' ? '' : path);
          const number = `Page ${page + 1}`;
          const free = width - date.length - number.length - title.length;
          const left = Math.floor(free / 2);
          await out.write(
            `${margin}\n\n${margin}${date}${' '.repeat(Math.max(1, left))}${title}${' '.repeat(Math.max(1, free - left))}${number}\n\n\n`,
          );
        }
        for (const line of body) await out.write(`${margin}${line}\n`);
        if (!bare) await out.write('\n'.repeat(Math.max(0, room - body.length) + TRAILER_LINES));
      }
    }
    return status;
  },
);
