/** printf's formatting. @models bash 5.2 builtins/printf.def @fidelity partial: floating point through JavaScript numbers */
import { readEscape, unescape } from './escapes.ts';
import { civilTime, strftime } from './prompt.ts';
import { backslashQuote } from './quote.ts';

export class PrintfProblem {
  readonly message: string;
  readonly partial: string;
  constructor(message: string, partial: string) {
    this.message = message;
    this.partial = partial;
  }
}

type Spec = { flags: string; width: number | null; precision: number | null; conversion: string; time: string };

const clamp = (value: bigint, least: bigint, most: bigint): bigint =>
  value < least ? least : value > most ? most : value;
/** strtoumax: what is too large stays at the end of the range. */
const unsigned = (value: bigint): bigint => {
  const most = 2n ** 64n - 1n;
  return value < -most || value > most ? most : BigInt.asUintN(64, value);
};

export function formatPrintf(format: string, args: readonly string[], wallNs: bigint, problems: string[]): string {
  let out = '';
  let at = 0;
  const next = (): string | undefined => args[at++];
  const number = (text: string | undefined): bigint => {
    if (text === undefined || text === '') return 0n;
    if (/^['"]/.test(text)) return BigInt(text.codePointAt(1) ?? 0);
    const match = /^\s*([+-]?)(0[xX][0-9A-Fa-f]+|0[0-7]*|[1-9]\d*)/.exec(text);
    if (match === null || match[0].length !== text.length)
      problems.push(`${text}: invalid ${/^0\d*[89]/.test(text) ? 'octal ' : ''}number`);
    if (match === null) return 0n;
    const digits = match[2] as string;
    const value = BigInt(/^0[0-7]+$/.test(digits) ? `0o${digits.slice(1)}` : digits);
    return match[1] === '-' ? -value : value;
  };
  const float = (text: string | undefined): number => {
    if (text === undefined || text === '') return 0;
    if (/^['"]/.test(text)) return text.codePointAt(1) ?? 0;
    if (/^\s*[+-]?(inf|nan)/i.test(text))
      return /nan/i.test(text) ? Number.NaN : text.includes('-') ? -Infinity : Infinity;
    const match = /^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?/.exec(text);
    if (match === null || match[0].length !== text.length) problems.push(`${text}: invalid number`);
    return match === null ? 0 : Number(match[0]);
  };
  do {
    const before = at;
    for (let i = 0; i < format.length; ) {
      const c = format[i] as string;
      if (c === '\\') {
        const escape = readEscape(format, i, 'printf');
        if (escape.stop) return out;
        out += escape.text;
        i = escape.end;
        continue;
      }
      if (c !== '%') {
        out += c;
        i++;
        continue;
      }
      if (format[i + 1] === '%') {
        out += '%';
        i += 2;
        continue;
      }
      const match = /^%([-+ 0#']*)(\*|\d+)?(?:\.(\*|-?\d*))?(?:hh|h|ll|l|L|q|j|z|t)*(?:\(([^)]*)\))?([a-zA-Z])?/.exec(
        format.slice(i),
      ) as RegExpExecArray;
      const conversionText = match[5] ?? (/q$/.test(match[0]) ? 'q' : '');
      if (conversionText === '') {
        const wrong = format[i + match[0].length];
        throw new PrintfProblem(
          wrong === undefined
            ? `\`${match[0].slice(-1)}': missing format character`
            : `\`${wrong}': invalid format character`,
          out,
        );
      }
      const width = match[2] === '*' ? Number(number(next())) : match[2] === undefined ? null : Number(match[2]);
      const precision =
        match[3] === '*' ? Number(number(next())) : match[3] === undefined ? null : Number(match[3] || 0);
      const spec: Spec = {
        flags: (match[1] ?? '') + (width !== null && width < 0 ? '-' : ''),
        width: width === null ? null : Math.abs(width),
        precision,
        conversion: conversionText,
        time: match[4] ?? '',
      };
      i += match[0].length;
      switch (spec.conversion) {
        case 's':
          out += pad(clip(next() ?? '', spec.precision), spec);
          break;
        case 'q':
          out += pad(backslashQuote(next() ?? ''), spec);
          break;
        case 'Q':
          out += pad(backslashQuote(clip(next() ?? '', spec.precision)), spec);
          break;
        case 'c':
          out += pad([...(next() ?? '')][0] ?? '', spec);
          break;
        case 'b': {
          const done = unescape((next() ?? '').replace(/\\([1-7])/g, '\\0$1'), 'echo');
          out += pad(clip(done.text, spec.precision), spec);
          if (done.stop) return out;
          break;
        }
        case 'd':
        case 'i':
          out += integer(clamp(number(next()), -(2n ** 63n), 2n ** 63n - 1n), spec, 10, false);
          break;
        case 'u':
          out += integer(unsigned(number(next())), spec, 10, true);
          break;
        case 'o':
          out += integer(unsigned(number(next())), spec, 8, true);
          break;
        case 'x':
        case 'X':
          out += integer(unsigned(number(next())), spec, 16, true);
          break;
        case 'f':
        case 'F':
        case 'e':
        case 'E':
        case 'g':
        case 'G':
          out += floating(float(next()), spec);
          break;
        case 'T': {
          const when = next();
          const ns =
            when === undefined || when === '-1' || when === '-2'
              ? wallNs
              : BigInt(Math.trunc(Number(when))) * 1_000_000_000n;
          out += pad(strftime(spec.time === '' ? '%T' : spec.time, civilTime(ns), ns / 1_000_000_000n), spec);
          break;
        }
        case 'n':
          next();
          break;
        default:
          throw new PrintfProblem(`\`${spec.conversion}': invalid format character`, out);
      }
    }
    if (at === before) break;
  } while (at < args.length);
  return out;
}

function clip(text: string, precision: number | null): string {
  return precision === null || precision < 0 ? text : [...text].slice(0, precision).join('');
}

function pad(text: string, spec: Spec): string {
  const missing = (spec.width ?? 0) - [...text].length;
  if (missing <= 0) return text;
  return spec.flags.includes('-') ? text + ' '.repeat(missing) : ' '.repeat(missing) + text;
}

function signed(negative: boolean, flags: string): string {
  return negative ? '-' : flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : '';
}

function zeroPad(sign: string, digits: string, spec: Spec): string {
  const missing = (spec.width ?? 0) - sign.length - digits.length;
  if (missing > 0 && spec.flags.includes('0') && !spec.flags.includes('-')) return sign + '0'.repeat(missing) + digits;
  return pad(sign + digits, spec);
}

function integer(value: bigint, spec: Spec, base: number, unsigned: boolean): string {
  const negative = value < 0n;
  let digits = (negative ? -value : value).toString(base);
  if (spec.conversion === 'X') digits = digits.toUpperCase();
  if (spec.precision !== null) digits = digits.padStart(spec.precision, '0');
  let sign = unsigned ? '' : signed(negative, spec.flags);
  if (spec.flags.includes('#') && value !== 0n) {
    if (base === 16) sign = spec.conversion === 'X' ? '0X' : '0x';
    else if (base === 8) digits = `0${digits}`;
  }
  return zeroPad(sign, digits, spec.precision === null ? spec : { ...spec, flags: spec.flags.replace('0', '') });
}

function floating(value: number, spec: Spec): string {
  const negative = value < 0 || Object.is(value, -0);
  const sign = signed(negative, spec.flags);
  const a = Math.abs(value);
  if (!Number.isFinite(a)) return pad(sign + (Number.isNaN(a) ? 'nan' : 'inf'), spec);
  const precision = spec.precision ?? 6;
  const kind = spec.conversion.toLowerCase();
  let text: string;
  if (kind === 'f') text = a.toFixed(Math.min(precision, 100));
  else if (kind === 'e') text = exponential(a, precision);
  else {
    const p = precision === 0 ? 1 : precision;
    const exponent = a === 0 ? 0 : Number(a.toExponential(p - 1).split('e')[1]);
    text = exponent < -4 || exponent >= p ? exponential(a, p - 1) : a.toFixed(Math.max(0, p - 1 - exponent));
    if (!spec.flags.includes('#') && text.includes('.')) text = text.replace(/\.?0+(?=e|$)/, '');
  }
  if (spec.conversion !== kind) text = text.toUpperCase();
  return zeroPad(sign, text, spec);
}

function exponential(a: number, precision: number): string {
  return a.toExponential(Math.min(precision, 100)).replace(/e([+-])(\d)$/, 'e$10$2');
}
