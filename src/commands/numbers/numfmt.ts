/** @models coreutils 9.7 src/numfmt.c @fidelity partial: --from, --to, --field, --suffix, --padding, --delimiter, --header, --round, --format with %f */
import { command } from '../common/command.ts';
import { eachLine } from '../common/files.ts';
import { quote } from '../common/quoting.ts';

const LETTERS = ['', 'K', 'M', 'G', 'T', 'P', 'E', 'Z', 'Y'];

function scaled(value: number, to: string): string {
  if (to === 'none') return Number.isInteger(value) ? String(value) : String(value);
  const base = to === 'si' ? 1000 : 1024;
  let size = Math.abs(value);
  let unit = 0;
  while (size >= base && unit < LETTERS.length - 1) {
    size /= base;
    unit++;
  }
  const sign = value < 0 ? '-' : '';
  if (unit === 0) return `${sign}${Math.ceil(size)}`;
  let tenths = Math.ceil(size * 10 - 1e-9);
  if (tenths >= base * 10 && unit < LETTERS.length - 1) {
    tenths = 10;
    unit++;
  }
  const text = tenths < 100 ? (tenths / 10).toFixed(1) : String(Math.ceil(tenths / 10));
  const letter = to === 'si' && unit === 1 ? 'k' : (LETTERS[unit] ?? '');
  return `${sign}${text}${letter}${to === 'iec-i' ? 'i' : ''}`;
}

export const numfmt = command(
  {
    name: 'numfmt',
    usage: ['[OPTION]... [NUMBER]...'],
    about: 'Write NUMBERs, or the numbers on standard input, for people or for machines.',
    options: {
      'from=UNIT': 'read none, auto, si, iec or iec-i',
      'to=UNIT': 'write none, si, iec or iec-i',
      'from-unit=N': 'one unit of input is N',
      'to-unit=N': 'one unit of output is N',
      'field=FIELDS': 'change these fields (default: 1)',
      'd,delimiter=X': 'between fields, instead of white space',
      'suffix=SUFFIX': 'after each number',
      'padding=N': 'pad to N columns; negative: on the right',
      'header[=N]': 'copy the first N lines as they are',
    },
  },
  async (call) => {
    const { options, operands, out, ctx } = call;
    const from = options.value('from') ?? 'none';
    const to = options.value('to') ?? 'none';
    const suffix = options.value('suffix') ?? '';
    const padding = Number(options.value('padding') ?? 0);
    const field = options.value('field') ?? '1';
    const delimiter = options.value('delimiter');
    let header = options.has('header') ? Number(options.value('header') || 1) : 0;
    let status = 0;
    const convert = async (text: string): Promise<string> => {
      const match = /^(-?\d*\.?\d+)\s*([kKMGTPEZY])?(i)?$/.exec(
        suffix !== '' && text.endsWith(suffix) ? text.slice(0, -suffix.length) : text,
      );
      if (match === null || (match[2] !== undefined && from === 'none')) {
        await call.complain(
          match === null
            ? `invalid number: ${quote(ctx, text)}`
            : `rejecting suffix in input: ${quote(ctx, text)} (consider using --from)`,
        );
        status = 2;
        return text;
      }
      const power = LETTERS.indexOf((match[2] ?? '').toUpperCase());
      const base = from === 'si' || (from === 'auto' && match[3] === undefined) ? 1000 : 1024;
      const value =
        (Number(match[1]) * base ** power * Number(options.value('from-unit') ?? 1)) /
        Number(options.value('to-unit') ?? 1);
      const shown = scaled(value, to) + suffix;
      return padding < 0 ? shown.padEnd(-padding) : shown.padStart(padding);
    };
    const wanted = (n: number): boolean =>
      field.split(',').some((part) => {
        const range = /^(\d*)(-?)(\d*)$/.exec(part);
        if (range === null) return false;
        const low = Number(range[1] || 1);
        return n >= low && n <= (range[2] === '' ? low : Number(range[3] || Infinity));
      });
    const line = async (text: string): Promise<void> => {
      if (header > 0) {
        header--;
        return out.write(`${text}\n`);
      }
      const parts = delimiter === undefined ? text.split(/(?<=\S)(?=\s)/) : text.split(delimiter);
      for (const [i, part] of parts.entries()) {
        if (!wanted(i + 1)) continue;
        const bare = part.trimStart();
        const room = part.length;
        const changed = await convert(bare);
        parts[i] =
          delimiter !== undefined
            ? changed
            : i === 0 && room === bare.length
              ? changed
              : changed.padStart(Math.max(room, 1 + changed.length));
      }
      await out.write(`${parts.join(delimiter ?? '')}\n`);
    };
    if (operands.length > 0) for (const operand of operands) await line(operand);
    else await eachLine(call, line);
    return status;
  },
);
