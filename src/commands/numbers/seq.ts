/** @models coreutils 9.7 src/seq.c @fidelity partial: doubles instead of long doubles */
import { command } from '../common/command.ts';
import { expectOperands, misuse } from '../common/files.ts';
import { quote } from '../common/quoting.ts';
import { formatFloat } from '../printf/format.ts';

/** Digits after the point as it was typed. */
function precision(text: string): number {
  const match = /^[-+]?\d*\.(\d*)$/.exec(text);
  return match === null ? 0 : (match[1] as string).length;
}

export const seq = command(
  {
    name: 'seq',
    usage: ['[OPTION]... LAST', '[OPTION]... FIRST LAST', '[OPTION]... FIRST INCREMENT LAST'],
    about: 'Print the numbers from FIRST (1) to LAST in steps of INCREMENT (1).',
    options: {
      'f,format=FORMAT': 'one printf conversion for floating-point numbers',
      's,separator=STRING': 'between the numbers (default: newline)',
      'w,equal-width': 'as wide as the widest, with leading zeros',
    },
    stopAtOperand: true,
    // A negative number is no option.
    rewrite: (args) => {
      const at = args.findIndex((a) => /^-[\d.]/.test(a));
      return at < 0 || args.slice(0, at).some((a) => a === '--' || !a.startsWith('-'))
        ? args
        : [...args.slice(0, at), '--', ...args.slice(at)];
    },
  },
  async (call) => {
    const { ctx, options, operands, out } = call;
    await expectOperands(call, 1, 3);
    for (const operand of operands) {
      if (!/^[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$/.test(operand))
        await misuse(call, `invalid floating point argument: ${quote(ctx, operand)}`);
    }
    const [first, increment, last] =
      operands.length === 1
        ? ['1', '1', operands[0] as string]
        : operands.length === 2
          ? [operands[0] as string, '1', operands[1] as string]
          : (operands as [string, string, string]);
    const step = Number(increment);
    if (step === 0) await misuse(call, `invalid Zero increment value: ${quote(ctx, increment)}`);
    const digits = Math.max(precision(first), precision(increment));
    const format = options.value('format');
    if (format !== undefined && options.has('equal-width'))
      await misuse(call, 'format string may not be specified when printing equal width strings');
    if (format !== undefined && !/%/.test(format.replaceAll('%%', '')))
      await misuse(call, `format ${quote(ctx, format)} has no % directive`);
    const [from, to] = [Number(first), Number(last)];
    const width = options.has('equal-width') ? Math.max(from.toFixed(digits).length, to.toFixed(digits).length) : 0;
    const show = (value: number): string => {
      if (format !== undefined)
        return format.replace(/%([-+ #0']*)(\d+)?(?:\.(\d+))?([eEfFgG%])/g, (_, flags, columns, places, letter) =>
          letter === '%'
            ? '%'
            : formatFloat(value, {
                flags,
                width: columns === undefined ? null : Number(columns),
                precision: places === undefined ? null : Number(places),
                letter,
              }),
        );
      const text = value.toFixed(digits);
      return text.startsWith('-') ? `-${text.slice(1).padStart(width - 1, '0')}` : text.padStart(width, '0');
    };
    const separator = options.value('separator') ?? '\n';
    let wrote = false;
    const slack = digits === 0 ? 0 : Math.abs(step) * 1e-9;
    for (let i = 0; ; i++) {
      const value = from + i * step;
      if (step > 0 ? value > to + slack : value < to - slack) break;
      await out.write(`${wrote ? separator : ''}${show(value)}`);
      wrote = true;
    }
    if (wrote) await out.write('\n');
    return 0;
  },
);
