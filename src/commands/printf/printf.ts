/** @models coreutils 9.7 src/printf.c */
import { printError } from '../../linux/io.ts';
import type { Program } from '../../linux/program.ts';
import { quote, quoteAlways } from '../common/quoting.ts';
import { Output } from '../common/streams.ts';
import { interpretEscapes } from '../echo/escapes.ts';
import { type Conversion, formatFloat, formatInteger, pad, readFloat, readInteger } from './format.ts';

export const printf: Program = {
  name: 'printf',
  async main(ctx, argv) {
    const name = argv[0] ?? 'printf';
    const args = argv.slice(1);
    if (args[0] === '--') args.shift();
    const format = args.shift();
    if (format === undefined) {
      await printError(ctx, `${name}: missing operand\nTry '${name} --help' for more information.\n`);
      return 1;
    }
    const out = new Output(ctx);
    let status = 0;
    const complain = async (text: string): Promise<void> => {
      status = 1;
      await out.flush();
      await printError(ctx, `${name}: ${text}\n`);
    };
    const check = async (text: string, rest: string): Promise<void> => {
      if (text !== '' && rest === text) await complain(`${quote(ctx, text)}: expected a numeric value`);
      else if (rest !== '') await complain(`${quote(ctx, text)}: value not completely converted`);
    };
    let used = false;
    do {
      used = false;
      const next = (): string | undefined => {
        if (args.length > 0) used = true;
        return args.shift();
      };
      const pattern = /%([-+ 0#']*)(\*|\d+)?(?:\.(\*|-?\d*))?[hlLqjzt]*([a-zA-Z%])|%/g;
      let at = 0;
      for (const match of format.matchAll(pattern)) {
        const literal = interpretEscapes(format.slice(at, match.index), false);
        out.put(literal.text);
        if (literal.stop) {
          await out.flush();
          return status;
        }
        at = match.index + match[0].length;
        const letter = match[4];
        if (letter === '%' && match[0] === '%%') {
          out.put('%');
          continue;
        }
        const c: Conversion = { flags: match[1] ?? '', width: null, precision: null, letter: letter ?? '' };
        if (match[2] !== undefined) {
          c.width = match[2] === '*' ? Number(readInteger(next() ?? '0').value) : Number(match[2]);
          if (c.width < 0) {
            c.width = -c.width;
            c.flags += '-';
          }
        }
        if (match[3] !== undefined)
          c.precision = match[3] === '*' ? Number(readInteger(next() ?? '0').value) : Number(match[3] || 0);
        if (letter === undefined || !/[diouxXeEfFgGcsbq]/.test(letter)) {
          await complain(`${match[0]}: invalid conversion specification`);
          await out.flush();
          return 1;
        }
        const value = next();
        if (letter === 's') out.put(pad((value ?? '').slice(0, c.precision ?? undefined), c));
        else if (letter === 'c') out.put(pad(value === undefined ? '' : (value[0] ?? ''), c));
        else if (letter === 'q')
          out.put(pad(value === undefined ? "''" : /^[\w@%+:,./-]+$/.test(value) ? value : quoteAlways(value), c));
        else if (letter === 'b') {
          const { text, stop } = interpretEscapes(value ?? '', true);
          out.put(pad(text.slice(0, c.precision ?? undefined), c));
          if (stop) {
            await out.flush();
            return status;
          }
        } else if ('diouxX'.includes(letter)) {
          const { value: number, rest } = readInteger(value ?? '');
          out.put(formatInteger(number, c));
          await check(value ?? '', rest);
        } else {
          const { value: number, rest } = readFloat(value ?? '');
          out.put(formatFloat(number, c));
          await check(value ?? '', rest);
        }
      }
      const tail = interpretEscapes(format.slice(at), false);
      out.put(tail.text);
      if (tail.stop) break;
    } while (args.length > 0 && used);
    if (args.length > 0 && !used && status === 0) {
      await complain(`warning: ignoring excess arguments, starting with ${quote(ctx, args[0] as string)}`);
      status = 0;
    }
    await out.flush();
    return status;
  },
};
