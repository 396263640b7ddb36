/** @models coreutils 9.7 src/tr.c @fidelity partial: bytes, as GNU's; no equivalence classes */
import { command, Exit } from '../common/command.ts';
import { quote } from '../common/quoting.ts';
import { Input } from '../common/streams.ts';
import { encode, latin1 } from '../common/text.ts';

const CLASSES: Record<string, (c: number) => boolean> = {
  alnum: (c) => (c >= 48 && c <= 57) || (c >= 65 && c <= 90) || (c >= 97 && c <= 122),
  alpha: (c) => (c >= 65 && c <= 90) || (c >= 97 && c <= 122),
  blank: (c) => c === 9 || c === 32,
  cntrl: (c) => c < 32 || c === 127,
  digit: (c) => c >= 48 && c <= 57,
  graph: (c) => c > 32 && c < 127,
  lower: (c) => c >= 97 && c <= 122,
  print: (c) => c >= 32 && c < 127,
  punct: (c) => (c > 32 && c < 48) || (c > 57 && c < 65) || (c > 90 && c < 97) || (c > 122 && c < 127),
  space: (c) => (c >= 9 && c <= 13) || c === 32,
  upper: (c) => c >= 65 && c <= 90,
  xdigit: (c) => (c >= 48 && c <= 57) || (c >= 65 && c <= 70) || (c >= 97 && c <= 102),
};
const ESCAPES: Record<string, number> = { a: 7, b: 8, f: 12, n: 10, r: 13, t: 9, v: 11, '\\': 92 };

class SetError extends Error {}

type TrSet = { bytes: number[] /** Position of a `[x*]` that fills up. */; fill: { at: number; byte: number } | null };

function parseSet(text: string): TrSet {
  const raw = latin1(encode(text));
  const tokens: { byte: number; literal: boolean }[] = [];
  for (let i = 0; i < raw.length; i++) {
    if (raw[i] === '\\' && i + 1 < raw.length) {
      const octal = /^[0-7]{1,3}/.exec(raw.slice(i + 1))?.[0];
      if (octal !== undefined) {
        tokens.push({ byte: Number.parseInt(octal, 8) & 255, literal: true });
        i += octal.length;
      } else {
        const next = raw[++i] as string;
        tokens.push({ byte: ESCAPES[next] ?? next.charCodeAt(0), literal: true });
      }
    } else tokens.push({ byte: raw.charCodeAt(i), literal: false });
  }
  const plain = tokens.map((t) => (t.literal ? '\u0100' : String.fromCharCode(t.byte))).join('');
  const bytes: number[] = [];
  let fill: TrSet['fill'] = null;
  for (let i = 0; i < tokens.length; ) {
    const rest = plain.slice(i);
    const named = /^\[:([a-z]*):\]/.exec(rest);
    if (named !== null) {
      const test = CLASSES[named[1] as string];
      if (test === undefined) throw new SetError(`invalid character class \u0000${named[1]}\u0001`);
      for (let c = 0; c < 256; c++) if (test(c)) bytes.push(c);
      i += named[0].length;
      continue;
    }
    const repeat = /^\[[\s\S]\*(\d*)\]/.exec(rest);
    if (repeat !== null) {
      const { byte } = tokens[i + 1] as { byte: number };
      const count = repeat[1] as string;
      if (count === '' || Number(count) === 0) fill = { at: bytes.length, byte };
      else for (let n = Number.parseInt(count, count.startsWith('0') ? 8 : 10); n > 0; n--) bytes.push(byte);
      i += repeat[0].length;
      continue;
    }
    const first = tokens[i] as { byte: number };
    if (rest[1] === '-' && tokens[i + 2] !== undefined) {
      const last = tokens[i + 2] as { byte: number };
      if (last.byte < first.byte)
        throw new SetError(
          `range-endpoints of '${String.fromCharCode(first.byte)}-${String.fromCharCode(last.byte)}' are in reverse collating sequence order`,
        );
      for (let c = first.byte; c <= last.byte; c++) bytes.push(c);
      i += 3;
    } else {
      bytes.push(first.byte);
      i++;
    }
  }
  return { bytes, fill };
}

export const tr = command(
  {
    name: 'tr',
    usage: ['[OPTION]... STRING1 [STRING2]'],
    about: 'Translate, squeeze or delete characters on their way from standard input to standard output.',
    options: {
      'c,complement': 'use what is not in STRING1',
      C: 'same as -c',
      'd,delete': 'delete the characters of STRING1',
      's,squeeze-repeats': 'write only one of a run of equal characters of the last STRING',
      't,truncate-set1': 'cut STRING1 to the length of STRING2 first',
    },
    notes: 'A STRING may hold \\NNN (octal), \\n and the like, ranges a-z, [x*N], and classes such as [:alpha:].',
    stopAtOperand: true,
  },
  async (call) => {
    const { ctx, options, operands, out } = call;
    const usage = async (text: string): Promise<never> => {
      await call.complain(`${text}\nTry '${call.name} --help' for more information.`);
      throw new Exit(1);
    };
    const deleting = options.has('delete');
    const squeezing = options.has('squeeze-repeats');
    const complement = options.has('complement') || options.has('C');
    const [one, two, extra] = operands;
    if (one === undefined) return usage('missing operand');
    const wanted = deleting ? (squeezing ? 2 : 1) : squeezing ? 1 : 2;
    if (two === undefined && wanted === 2) {
      return usage(
        `missing operand after ${quote(ctx, one)}\n${deleting ? 'Two strings must be given when both deleting and squeezing repeats.' : 'Two strings must be given when translating.'}`,
      );
    }
    if (deleting && !squeezing && two !== undefined)
      return usage(
        `extra operand ${quote(ctx, two)}\nOnly one string may be given when deleting without squeezing repeats.`,
      );
    if (extra !== undefined) return usage(`extra operand ${quote(ctx, extra)}`);
    let first: number[];
    let second: TrSet | null;
    try {
      first = parseSet(one).bytes;
      second = two === undefined ? null : parseSet(two);
    } catch (error) {
      if (!(error instanceof SetError)) throw error;
      await call.complain(error.message.replace(/\u0000(.*)\u0001/, (_, text: string) => quote(ctx, text)));
      return 1;
    }
    if (complement) first = Array.from({ length: 256 }, (_, c) => c).filter((c) => !first.includes(c));
    const map = new Uint8Array(256).map((_, i) => i);
    const remove = new Uint8Array(256);
    const squeeze = new Uint8Array(256);
    if (deleting) for (const c of first) remove[c] = 1;
    else if (second !== null) {
      const to = [...second.bytes];
      if (second.fill !== null)
        to.splice(second.fill.at, 0, ...Array<number>(Math.max(0, first.length - to.length)).fill(second.fill.byte));
      if (to.length === 0) {
        await call.complain('when not truncating set1, string2 must be non-empty');
        return 1;
      }
      const from = options.has('truncate-set1') ? first.slice(0, to.length) : first;
      from.forEach((c, i) => {
        map[c] = to[Math.min(i, to.length - 1)] as number;
      });
    }
    if (squeezing) for (const c of second?.bytes ?? first) squeeze[c] = 1;
    const input = new Input(ctx, 0);
    let previous = -1;
    for (let bytes = await input.chunk(); bytes.length > 0; bytes = await input.chunk()) {
      const result = new Uint8Array(bytes.length);
      let at = 0;
      for (const byte of bytes) {
        if (remove[byte] === 1) continue;
        const to = map[byte] as number;
        if (squeeze[to] === 1 && to === previous) continue;
        previous = to;
        result[at++] = to;
      }
      await out.bytes(result.subarray(0, at));
    }
    return 0;
  },
);
