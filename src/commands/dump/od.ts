/** @models coreutils 9.7 src/od.c @fidelity partial: integer, character and named-character types, -A -j -N -w -v; no floating point, no strings */
import { command, Exit } from '../common/command.ts';
import { misuse, readOperand } from '../common/files.ts';
import { quote } from '../common/quoting.ts';
import { parseSize } from '../common/sizes.ts';
import { concat } from '../common/streams.ts';
import { latin1 } from '../common/text.ts';

const NAMES =
  'nul soh stx etx eot enq ack bel bs ht nl vt ff cr so si dle dc1 dc2 dc3 dc4 nak syn etb can em sub esc fs gs rs us sp'.split(
    ' ',
  );
const ESCAPES: Record<number, string> = {
  0: '\\0',
  7: '\\a',
  8: '\\b',
  9: '\\t',
  10: '\\n',
  11: '\\v',
  12: '\\f',
  13: '\\r',
};

type Type = { size: number; width: number; show: (value: bigint) => string; characters: boolean };

const WIDTHS: Record<string, Record<number, number>> = {
  d: { 1: 4, 2: 6, 4: 11, 8: 20 },
  u: { 1: 3, 2: 5, 4: 10, 8: 20 },
  o: { 1: 3, 2: 6, 4: 11, 8: 22 },
  x: { 1: 2, 2: 4, 4: 8, 8: 16 },
};

function parseTypes(text: string): Type[] | null {
  const out: Type[] = [];
  let rest = text;
  while (rest !== '') {
    const match = /^(?:([ac])|([doux])(C|S|I|L|[1248])?)(z?)/.exec(rest);
    if (match === null) return null;
    rest = rest.slice(match[0].length);
    if (match[1] !== undefined) {
      const named = match[1] === 'a';
      out.push({
        size: 1,
        width: 3,
        characters: match[4] === 'z',
        show: (value) => {
          const byte = Number(value);
          if (named) return byte % 128 === 127 ? 'del' : (NAMES[byte % 128] ?? String.fromCharCode(byte % 128));
          return (
            ESCAPES[byte] ?? (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : byte.toString(8).padStart(3, '0'))
          );
        },
      });
      continue;
    }
    const letter = match[2] as 'd' | 'o' | 'u' | 'x';
    const size = { C: 1, S: 2, I: 4, L: 8 }[match[3] ?? 'I'] ?? Number(match[3]);
    const width = WIDTHS[letter]?.[size] ?? 11;
    out.push({
      size,
      width,
      characters: match[4] === 'z',
      show: (value) => {
        if (letter === 'd') return String(BigInt.asIntN(size * 8, value));
        if (letter === 'u') return String(value);
        return value.toString(letter === 'o' ? 8 : 16).padStart(width, '0');
      },
    });
  }
  return out;
}

const TRADITIONAL: Record<string, string> = {
  a: 'a',
  b: 'o1',
  c: 'c',
  d: 'u2',
  i: 'dI',
  l: 'dL',
  o: 'o2',
  s: 'd2',
  x: 'x2',
};

export const od = command(
  {
    name: 'od',
    usage: ['[OPTION]... [FILE]...'],
    about: 'Show the bytes of FILE, in octal unless told otherwise.',
    options: {
      'A,address-radix=RADIX': 'offsets in d, o, x or n (none)',
      'j,skip-bytes=BYTES': 'skip BYTES first',
      'N,read-bytes=BYTES': 'at most BYTES',
      't,format=TYPE': 'a, c, d[SIZE], o[SIZE], u[SIZE] or x[SIZE], with z for characters at the end',
      'v,output-duplicates': 'also lines that are the same as the one before',
      'w,width[=BYTES]': 'bytes a line (16; 32 without a number)',
      a: 'the same as -t a',
      b: 'the same as -t o1',
      c: 'the same as -t c',
      d: 'the same as -t u2',
      i: 'the same as -t dI',
      l: 'the same as -t dL',
      o: 'the same as -t o2',
      s: 'the same as -t d2',
      x: 'the same as -t x2',
    },
  },
  async (call) => {
    const { ctx, options, operands, out } = call;
    const size = async (key: string, otherwise: number): Promise<number> => {
      const text = options.value(key);
      if (text === undefined) return otherwise;
      return (
        (/^0x[0-9a-f]+$/i.test(text) ? Number(text) : parseSize(text)) ??
        misuse(call, `invalid argument ${quote(ctx, text)}`)
      );
    };
    const types: Type[] = [];
    for (const [key, value] of options.entries) {
      const spec = key === 'format' ? value : TRADITIONAL[key];
      if (spec === undefined) continue;
      const parsed = parseTypes(spec);
      if (parsed === null) return misuse(call, `invalid type string ${quote(ctx, spec)}`);
      types.push(...parsed);
    }
    if (types.length === 0) types.push(...(parseTypes('o2') ?? []));
    const parts: Uint8Array[] = [];
    for (const path of operands.length === 0 ? ['-'] : operands) {
      const bytes = await readOperand(call, path);
      if (bytes === null) throw new Exit(1);
      parts.push(bytes);
    }
    const skip = await size('skip-bytes', 0);
    const bytes = concat(parts).subarray(skip, skip + (await size('read-bytes', Infinity)));
    const width = options.has('width') ? Number(options.value('width') || 32) : 16;
    const radix = options.value('address-radix') ?? 'o';
    const address = (at: number): string =>
      radix === 'n'
        ? ''
        : radix === 'd'
          ? String(at).padStart(7, '0')
          : radix === 'x'
            ? at.toString(16).padStart(6, '0')
            : at.toString(8).padStart(7, '0');
    // Columns of different types stand under each other.
    const perByte = Math.max(...types.map((t) => (t.width + 1) / t.size));
    let before = '';
    let squeezed = false;
    for (let at = 0; at < bytes.length; at += width) {
      const row = bytes.subarray(at, at + width);
      const raw = latin1(row);
      if (raw === before && row.length === width && !options.has('output-duplicates')) {
        if (!squeezed) await out.write('*\n');
        squeezed = true;
        continue;
      }
      squeezed = false;
      before = raw;
      for (const [i, type] of types.entries()) {
        let line = i === 0 ? address(skip + at) : ' '.repeat(address(0).length);
        const cell = Math.round(perByte * type.size);
        for (let b = 0; b < row.length; b += type.size) {
          let value = 0n;
          for (let k = type.size - 1; k >= 0; k--) value = (value << 8n) | BigInt(row[b + k] ?? 0);
          line += type.show(value).padStart(cell);
        }
        if (type.characters)
          line += `${' '.repeat(Math.max(0, (Math.ceil(width / type.size) - Math.ceil(row.length / type.size)) * cell))}  >${[...row].map((c) => (c >= 32 && c < 127 ? String.fromCharCode(c) : '.')).join('')}<`;
        await out.write(`${line}\n`);
      }
    }
    if (radix !== 'n') await out.write(`${address(skip + bytes.length)}\n`);
    return 0;
  },
);
