/** getopt: options of shell scripts in order. @models util-linux 2.41 misc-utils/getopt.c @fidelity partial: no -T scripts' old mode but the one without -o */
import type { Context } from '../../linux/context.ts';
import { print, printError } from '../../linux/io.ts';
import type { Program } from '../../linux/program.ts';

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

type Rules = { name: string; short: string; long: string[]; alternative: boolean; quiet: boolean; raw: boolean };

async function main(ctx: Context, argv: string[]): Promise<number> {
  const rules: Rules = { name: 'getopt', short: '', long: [], alternative: false, quiet: false, raw: false };
  let noOutput = false;
  let given = false;
  const args = argv.slice(1);
  if (args.length === 0) {
    await printError(ctx, "getopt: missing optstring argument\nTry 'getopt --help' for more information.\n");
    return 2;
  }
  while (args[0]?.startsWith('-')) {
    const arg = args.shift() as string;
    if (arg === '--') break;
    const value = (): string =>
      arg.includes('=')
        ? arg.slice(arg.indexOf('=') + 1)
        : !arg.startsWith('--') && arg.length > 2
          ? arg.slice(2)
          : (args.shift() ?? '');
    if (arg.startsWith('-o') || arg.startsWith('--options')) {
      rules.short = value();
      given = true;
    } else if (arg.startsWith('-l') || arg.startsWith('--long'))
      rules.long.push(
        ...value()
          .split(/[\s,]+/)
          .filter((w) => w !== ''),
      );
    else if (arg.startsWith('-n') || arg.startsWith('--name')) rules.name = value();
    else if (arg === '-a' || arg === '--alternative') rules.alternative = true;
    else if (arg === '-q' || arg === '--quiet') rules.quiet = true;
    else if (arg === '-Q' || arg === '--quiet-output') noOutput = true;
    else if (arg === '-u' || arg === '--unquoted') rules.raw = true;
    else if (arg === '-s' || arg === '--shell') value();
    else if (arg === '-T' || arg === '--test') return 4;
    else if (arg === '-V' || arg === '--version') {
      await print(ctx, 'getopt from util-linux 2.41\n');
      return 0;
    } else if (arg === '-h' || arg === '--help') {
      await print(
        ctx,
        '\nUsage:\n getopt <optstring> <parameters>\n getopt [options] -o|--options <optstring> [options] [--] <parameters>\n\nPut the options of a script in order.\n',
      );
      return 0;
    } else {
      await printError(
        ctx,
        `getopt: invalid option -- '${arg.replace(/^-+/, '')}'\nTry 'getopt --help' for more information.\n`,
      );
      return 2;
    }
  }
  if (!given) {
    rules.short = args.shift() ?? '';
    if (args[0] === '--') args.shift();
    rules.raw = true;
  }
  const { line, errors } = order(rules, args);
  if (!rules.quiet) for (const error of errors) await printError(ctx, `${rules.name}: ${error}\n`);
  if (!noOutput) await print(ctx, `${line}\n`);
  return errors.length > 0 ? 1 : 0;
}

function order(rules: Rules, args: readonly string[]): { line: string; errors: string[] } {
  const short = rules.short.replace(/^[+-]/, '');
  const stops = rules.short.startsWith('+');
  const inPlace = rules.short.startsWith('-');
  const errors: string[] = [];
  const operands: string[] = [];
  let line = '';
  const put = (text: string): void => void (line += ` ${text}`);
  const word = (text: string): string => (rules.raw ? text : quoted(text));
  const takesValue = (letter: string): 0 | 1 | 2 => {
    const at = letter === ':' ? -1 : short.indexOf(letter);
    return short[at + 1] !== ':' ? 0 : short[at + 2] === ':' ? 2 : 1;
  };
  const long = (arg: string, dashes: string, i: number): number => {
    const [name = '', value] = [
      arg.replace(/=.*$/s, ''),
      arg.includes('=') ? arg.slice(arg.indexOf('=') + 1) : undefined,
    ];
    const exact = rules.long.filter((l) => l.replace(/:+$/, '') === name);
    const found = exact.length > 0 ? exact : rules.long.filter((l) => l.startsWith(name));
    const [one] = found;
    if (one === undefined || found.length > 1) {
      errors.push(
        one === undefined
          ? `unrecognized option '${dashes}${name}'`
          : `option '${dashes}${name}' is ambiguous; possibilities: ${found.map((l) => `'${dashes}${l.replace(/:+$/, '')}'`).join(' ')}`,
      );
      return i;
    }
    const plain = one.replace(/:+$/, '');
    put(`--${plain}`);
    if (one.endsWith('::')) put(word(value ?? ''));
    else if (one.endsWith(':')) {
      const next = value ?? args[i + 1];
      if (next === undefined) {
        errors.push(`option '${dashes}${plain}' requires an argument`);
        line = line.slice(0, -(plain.length + 3));
      } else put(word(next));
      return value === undefined ? i + 1 : i;
    } else if (value !== undefined) errors.push(`option '${dashes}${plain}' doesn't allow an argument`);
    return i;
  };
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] as string;
    if (arg === '--') {
      operands.push(...args.slice(i + 1));
      break;
    }
    if (!arg.startsWith('-') || arg === '-') {
      if (stops) {
        operands.push(...args.slice(i));
        break;
      }
      if (inPlace) put(word(arg));
      else operands.push(arg);
    } else if (arg.startsWith('--')) i = long(arg.slice(2), '--', i);
    else if (rules.alternative && rules.long.some((l) => l.startsWith(arg.slice(1).replace(/=.*$/s, ''))))
      i = long(arg.slice(1), '-', i);
    else {
      for (let at = 1; at < arg.length; at++) {
        const letter = arg[at] as string;
        if (letter === ':' || !short.includes(letter)) {
          errors.push(`invalid option -- '${letter}'`);
          continue;
        }
        const kind = takesValue(letter);
        if (kind === 0) {
          put(`-${letter}`);
          continue;
        }
        const rest = arg.slice(at + 1);
        if (kind === 2) {
          put(`-${letter}`);
          put(word(rest));
        } else if (rest !== '' || args[i + 1] !== undefined) {
          put(`-${letter}`);
          put(word(rest !== '' ? rest : (args[++i] as string)));
        } else errors.push(`option requires an argument -- '${letter}'`);
        break;
      }
    }
  }
  put('--');
  for (const operand of operands) put(word(operand));
  return { line, errors };
}

export const getopt: Program = { name: 'getopt', main };
