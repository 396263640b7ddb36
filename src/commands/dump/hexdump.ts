/** hexdump, hd, xxd, strings. @models util-linux 2.41 text-utils/hexdump.c, vim 9.1 xxd.c, binutils 2.44 strings.c @fidelity partial: hexdump without -e and -f */
import { command, Exit, type Invocation } from '../common/command.ts';
import { misuse, readOperand } from '../common/files.ts';
import { shortCommand } from '../common/short-command.ts';
import { parseSize } from '../common/sizes.ts';
import { concat } from '../common/streams.ts';
import { decode, latin1 } from '../common/text.ts';

const hex = (value: number, width: number): string => value.toString(16).padStart(width, '0');
const printable = (byte: number): string => (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : '.');

async function input(call: Invocation, skip: number, length: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for (const path of call.operands.length === 0 ? ['-'] : call.operands) {
    const bytes = await readOperand(call, path);
    if (bytes === null) throw new Exit(1);
    parts.push(bytes);
  }
  return concat(parts).subarray(skip, skip + length);
}

type Row = (bytes: Uint8Array) => string;

const word = (bytes: Uint8Array, i: number): number => (bytes[i] as number) | ((bytes[i + 1] ?? 0) << 8);
const words = (bytes: Uint8Array, show: (value: number) => string): string => {
  let out = '';
  for (let i = 0; i < bytes.length; i += 2) out += show(word(bytes, i));
  return out;
};
const CHARACTERS: Record<number, string> = {
  0: '\\0',
  7: '\\a',
  8: '\\b',
  9: '\\t',
  10: '\\n',
  11: '\\v',
  12: '\\f',
  13: '\\r',
};

const FORMATS: Record<string, Row> = {
  canonical: (bytes) => {
    const cells = [...bytes].map((b) => hex(b, 2));
    return `  ${cells.slice(0, 8).join(' ').padEnd(23)}  ${cells.slice(8).join(' ').padEnd(23)}  |${[...bytes].map(printable).join('')}|`;
  },
  'one-byte-octal': (bytes) => [...bytes].map((b) => ` ${b.toString(8).padStart(3, '0')}`).join(''),
  'one-byte-char': (bytes) =>
    [...bytes]
      .map(
        (b) =>
          ` ${(CHARACTERS[b] ?? (b >= 32 && b < 127 ? String.fromCharCode(b) : b.toString(8).padStart(3, '0'))).padStart(3)}`,
      )
      .join(''),
  'two-bytes-decimal': (bytes) => words(bytes, (v) => `   ${String(v).padStart(5, '0')}`),
  'two-bytes-octal': (bytes) => words(bytes, (v) => `  ${v.toString(8).padStart(6, '0')}`),
  'two-bytes-hex': (bytes) => words(bytes, (v) => `    ${hex(v, 4)}`),
  // Its format pads a line that is not full.
  plain: (bytes) => words(bytes, (v) => ` ${hex(v, 4)}`).padEnd(40),
};

const OPTIONS = {
  'b,one-byte-octal': 'bytes in octal',
  'c,one-byte-char': 'bytes as characters',
  'C,canonical': 'bytes in hexadecimal, and as characters',
  'd,two-bytes-decimal': 'pairs of bytes in decimal',
  'o,two-bytes-octal': 'pairs of bytes in octal',
  'x,two-bytes-hex': 'pairs of bytes in hexadecimal',
  'n,length=LENGTH': 'at most LENGTH bytes',
  's,skip=OFFSET': 'skip OFFSET bytes',
  'v,no-squeezing': 'also lines that are the same as the one before',
};

async function dump(call: Invocation, fallback: string): Promise<number> {
  const { options, out } = call;
  const size = async (key: string, otherwise: number): Promise<number> => {
    const text = options.value(key);
    if (text === undefined) return otherwise;
    const value = /^0x[0-9a-f]+$/i.test(text) ? Number(text) : parseSize(text);
    return value ?? misuse(call, `failed to parse ${key}: '${text}'`);
  };
  const skip = await size('skip', 0);
  const bytes = await input(call, skip, await size('length', Infinity));
  const format = options.entries.findLast(([key]) => FORMATS[key] !== undefined)?.[0] ?? fallback;
  const width = format === 'canonical' ? 8 : 7;
  let before = '';
  let squeezed = false;
  for (let at = 0; at < bytes.length; at += 16) {
    const row = bytes.subarray(at, at + 16);
    const raw = latin1(row);
    if (raw === before && row.length === 16 && !options.has('no-squeezing')) {
      if (!squeezed) await out.write('*\n');
      squeezed = true;
      continue;
    }
    squeezed = false;
    before = raw;
    await out.write(`${hex(skip + at, width)}${(FORMATS[format] as Row)(row)}\n`);
  }
  if (bytes.length > 0) await out.write(`${hex(skip + bytes.length, width)}\n`);
  return 0;
}

const spec = (name: string) => ({
  name,
  usage: ['[options] <file>...'],
  about: 'Show bytes as hexadecimal, decimal, octal or characters.',
  version: 'hexdump from util-linux 2.41',
  options: OPTIONS,
});
export const hexdump = shortCommand(spec('hexdump'), (call) => dump(call, 'plain'));
export const hd = shortCommand(spec('hd'), (call) => dump(call, 'canonical'));

export const xxd = command(
  {
    name: 'xxd',
    usage: ['[options] [infile [outfile]]'],
    about: 'Make a hexadecimal dump, or turn one back.',
    version: 'xxd 2025-01-24',
    options: {
      'b,bits': 'bits instead of hexadecimal',
      'c,cols=N': 'N bytes a line (16; 30 with -p)',
      'g,groupsize=N': 'N bytes a group (2)',
      'i,include': 'as a C array',
      'l,len=N': 'stop after N bytes',
      'p,ps,postscript,plain': 'only the digits',
      'r,revert': 'from a dump back to bytes',
      's,seek=N': 'start at byte N',
      'u,uppercase': 'upper case',
    },
    rewrite: (args) => args.map((a) => (a === '-ps' ? '-p' : /^-(cols|len|seek)$/.test(a) ? `-${a[1]}` : a)),
  },
  async (call) => {
    const { options, out } = call;
    const [path = '-'] = call.operands;
    call.operands = [path];
    const number = (key: string, otherwise: number): number => Number(options.value(key) ?? otherwise);
    if (options.has('revert')) {
      const text = decode(await input(call, 0, Infinity));
      const bytes: number[] = [];
      for (const line of text.split('\n')) {
        const digits = options.has('ps')
          ? line.replace(/\s/g, '')
          : (/^[0-9a-f]+: (.*?)(?: {2}.*)?$/i.exec(line)?.[1] ?? '').replace(/\s/g, '');
        for (let i = 0; i + 1 < digits.length; i += 2) bytes.push(Number.parseInt(digits.slice(i, i + 2), 16));
      }
      await out.bytes(Uint8Array.from(bytes));
      return 0;
    }
    const start = number('seek', 0);
    const bytes = await input(call, start, number('len', Infinity));
    const shown = (byte: number): string => (options.has('uppercase') ? hex(byte, 2).toUpperCase() : hex(byte, 2));
    const plain = options.has('ps');
    const bits = options.has('bits');
    const columns = number('cols', plain ? 30 : bits ? 6 : options.has('include') ? 12 : 16) || bytes.length || 1;
    if (options.has('include')) {
      const cells = [...bytes].map((b) => `0x${hex(b, 2)}`);
      const rows: string[] = [];
      for (let i = 0; i < cells.length; i += columns) rows.push(`  ${cells.slice(i, i + columns).join(', ')}`);
      const name = path.replace(/[^A-Za-z0-9]/g, '_');
      const body = rows.join(',\n');
      await out.write(
        path === '-'
          ? `${body}\n`
          : `unsigned char ${name}[] = {\n${body}\n};\nunsigned int ${name}_len = ${bytes.length};\n`,
      );
      return 0;
    }
    const group = number('groupsize', bits ? 1 : 2) || columns;
    for (let at = 0; at < bytes.length; at += columns) {
      const row = [...bytes.subarray(at, at + columns)];
      if (plain) {
        await out.write(`${row.map(shown).join('')}\n`);
        continue;
      }
      const cell = (b: number): string => (bits ? b.toString(2).padStart(8, '0') : shown(b));
      let text = '';
      for (let i = 0; i < columns; i++) {
        if (i > 0 && i % group === 0) text += ' ';
        text += row[i] === undefined ? ' '.repeat(bits ? 8 : 2) : cell(row[i] as number);
      }
      await out.write(`${hex(start + at, 8)}: ${text}  ${row.map(printable).join('')}\n`);
    }
    return 0;
  },
);

const LENGTH_DEFAULT = 4;

export const strings = command(
  {
    name: 'strings',
    usage: ['[option(s)] [file(s)]'],
    about: 'Print the sequences of printable characters in files.',
    version: 'GNU Binutils for Debian) 2.44',
    options: {
      'a,all': 'the whole file (default)',
      'f,print-file-name': 'the file before each string',
      'n,bytes=NUMBER': 'at least NUMBER characters (default 4)',
      't,radix=RADIX': 'the place before each string: o, d or x',
      'w,include-all-whitespace': 'line ends are printable too',
    },
    rewrite: (args) => args.map((a) => (/^-\d+$/.test(a) ? `-n${a.slice(1)}` : a)),
  },
  async (call) => {
    const { options, out } = call;
    const least = Number(options.value('bytes') ?? LENGTH_DEFAULT);
    const radix = { o: 8, d: 10, x: 16 }[options.value('radix') ?? ''] ?? 0;
    let status = 0;
    for (const path of call.operands.length === 0 ? ['-'] : call.operands) {
      const bytes = await readOperand(call, path);
      if (bytes === null) {
        status = 1;
        continue;
      }
      const text = latin1(bytes);
      const set = options.has('include-all-whitespace') ? /[\x20-\x7e\s]+/g : /[\x20-\x7e\t]+/g;
      for (const match of text.matchAll(set)) {
        if (match[0].length < least) continue;
        const where = radix === 0 ? '' : `${match.index.toString(radix).padStart(7)} `;
        await out.write(`${options.has('print-file-name') ? `${path}: ` : ''}${where}${match[0]}\n`);
      }
    }
    return status;
  },
);
