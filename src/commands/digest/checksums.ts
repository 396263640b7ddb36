/** cksum, sum, base32, basenc. @models coreutils 9.7 src/cksum.c, sum.c, basenc.c @fidelity partial: cksum's digests other than CRC are named with -a; basenc has base64, base64url, base32, base32hex and base16 */
import { blake2b } from '@noble/hashes/blake2.js';
import { md5, sha1 } from '@noble/hashes/legacy.js';
import { sha224, sha256, sha384, sha512 } from '@noble/hashes/sha2.js';
import { command, type Invocation } from '../common/command.ts';
import { readOperand } from '../common/files.ts';
import { quote } from '../common/quoting.ts';

const POLYNOMIAL = 0x04c11db7;

/** POSIX's CRC: the bytes, then their number, least byte first. */
export function posixCrc(bytes: Uint8Array): number {
  let crc = 0;
  const feed = (byte: number): void => {
    crc ^= byte << 24;
    for (let bit = 0; bit < 8; bit++) crc = crc & 0x80000000 ? (crc << 1) ^ POLYNOMIAL : crc << 1;
  };
  for (const byte of bytes) feed(byte);
  for (let length = bytes.length; length > 0; length = Math.floor(length / 256)) feed(length & 255);
  return ~crc >>> 0;
}

function bsdSum(bytes: Uint8Array): number {
  let sum = 0;
  for (const byte of bytes) sum = ((sum >> 1) + ((sum & 1) << 15) + byte) & 0xffff;
  return sum;
}

function sysvSum(bytes: Uint8Array): number {
  let sum = 0;
  for (const byte of bytes) sum += byte;
  const folded = (sum & 0xffff) + Math.floor((sum % 0x100000000) / 0x10000);
  return (folded & 0xffff) + (folded >>> 16);
}

const HASHES: Readonly<Record<string, readonly [string, (bytes: Uint8Array) => Uint8Array]>> = {
  md5: ['MD5', md5],
  sha1: ['SHA1', sha1],
  sha224: ['SHA224', sha224],
  sha256: ['SHA256', sha256],
  sha384: ['SHA384', sha384],
  sha512: ['SHA512', sha512],
  blake2b: ['BLAKE2b', (bytes) => blake2b(bytes)],
};

async function each(call: Invocation, run: (bytes: Uint8Array, path: string | null) => Promise<void>): Promise<number> {
  let status = 0;
  for (const path of call.operands.length === 0 ? [null] : call.operands) {
    const bytes = await readOperand(call, path ?? '-');
    if (bytes === null) status = 1;
    else await run(bytes, path);
  }
  return status;
}

export const cksum = command(
  {
    name: 'cksum',
    usage: ['[OPTION]... [FILE]...'],
    about: 'Print checksums and sizes.',
    options: {
      'a,algorithm=TYPE': 'bsd, sysv, crc, md5, sha1, sha224, sha256, sha384, sha512 or blake2b',
      tag: 'BSD-style lines (default)',
      untagged: 'digest and name only',
    },
  },
  async (call) => {
    const { ctx, options, out } = call;
    const algorithm = options.value('algorithm') ?? 'crc';
    const hash = HASHES[algorithm];
    if (hash === undefined && !['crc', 'bsd', 'sysv'].includes(algorithm)) {
      await call.complain(
        `invalid argument ${quote(ctx, algorithm)} for ${quote(ctx, '--algorithm')}\nTry '${call.name} --help' for more information.`,
      );
      return 1;
    }
    return each(call, async (bytes, path) => {
      const name = path === null ? '' : ` ${path}`;
      if (hash !== undefined) {
        const digest = [...hash[1](bytes)].map((b) => b.toString(16).padStart(2, '0')).join('');
        await out.write(
          options.has('untagged') ? `${digest}  ${path ?? '-'}\n` : `${hash[0]} (${path ?? '-'}) = ${digest}\n`,
        );
      } else if (algorithm === 'crc') await out.write(`${posixCrc(bytes)} ${bytes.length}${name}\n`);
      else await out.write(sumLine(bytes, algorithm === 'bsd', path));
    });
  },
);

const sumLine = (bytes: Uint8Array, bsd: boolean, path: string | null): string =>
  bsd
    ? `${String(bsdSum(bytes)).padStart(5, '0')} ${String(Math.ceil(bytes.length / 1024)).padStart(5)}${path === null ? '' : ` ${path}`}\n`
    : `${sysvSum(bytes)} ${Math.ceil(bytes.length / 512)}${path === null ? '' : ` ${path}`}\n`;

export const sum = command(
  {
    name: 'sum',
    usage: ['[OPTION]... [FILE]...'],
    about: 'Print checksums and numbers of blocks.',
    options: { r: 'as BSD does (default)', 's,sysv': 'as System V does' },
  },
  (call) =>
    each(call, async (bytes, path) => call.out.write(sumLine(bytes, call.options.last('r', 'sysv') !== 'sysv', path))),
);

type Coding = { alphabet: string; bits: number; group: number };
const UPPER = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';
const CODINGS: Readonly<Record<string, Coding>> = {
  base64: { alphabet: `${UPPER}${UPPER.toLowerCase()}0123456789+/`, bits: 6, group: 4 },
  base64url: { alphabet: `${UPPER}${UPPER.toLowerCase()}0123456789-_`, bits: 6, group: 4 },
  base32: { alphabet: `${UPPER}234567`, bits: 5, group: 8 },
  base32hex: { alphabet: '0123456789ABCDEFGHIJKLMNOPQRSTUV', bits: 5, group: 8 },
  base16: { alphabet: '0123456789ABCDEF', bits: 4, group: 1 },
};

function encodeWith({ alphabet, bits, group }: Coding, bytes: Uint8Array): string {
  let out = '';
  let held = 0;
  let count = 0;
  for (const byte of bytes) {
    held = ((held << 8) | byte) & 0xffff;
    for (count += 8; count >= bits; count -= bits) out += alphabet[(held >> (count - bits)) & (2 ** bits - 1)];
  }
  if (count > 0) out += alphabet[(held << (bits - count)) & (2 ** bits - 1)];
  while (out.length % group !== 0) out += '=';
  return out;
}

function decodeWith({ alphabet, bits, group }: Coding, text: string): { bytes: Uint8Array; valid: boolean } {
  const out: number[] = [];
  let held = 0;
  let count = 0;
  let valid = text.length % group === 0;
  for (const letter of text.replace(/=+$/, '')) {
    const value = alphabet.indexOf(letter);
    if (value < 0) {
      valid = false;
      break;
    }
    held = ((held << bits) | value) & 0xffff;
    count += bits;
    if (count >= 8) {
      count -= 8;
      out.push((held >> count) & 255);
    }
  }
  return { bytes: Uint8Array.from(out), valid };
}

async function transcode(call: Invocation, coding: Coding): Promise<number> {
  const { ctx, options, operands, out } = call;
  if (operands[1] !== undefined) {
    await call.complain(`extra operand ${quote(ctx, operands[1])}\nTry '${call.name} --help' for more information.`);
    return 1;
  }
  const wrap = options.value('wrap') ?? '76';
  if (!/^\d+$/.test(wrap)) {
    await call.complain(`invalid wrap size: ${quote(ctx, wrap)}`);
    return 1;
  }
  const bytes = await readOperand(call, operands[0] ?? '-');
  if (bytes === null) return 1;
  if (options.has('decode')) {
    const raw = new TextDecoder().decode(bytes);
    const text = options.has('ignore-garbage')
      ? [...raw].filter((c) => coding.alphabet.includes(c) || c === '=').join('')
      : raw.replaceAll('\n', '');
    const decoded = decodeWith(coding, text);
    await out.bytes(decoded.bytes);
    if (decoded.valid) return 0;
    await call.complain('invalid input');
    return 1;
  }
  const text = encodeWith(coding, bytes);
  const width = Number(wrap);
  if (width === 0) await out.write(text);
  else for (let i = 0; i < text.length; i += width) await out.write(`${text.slice(i, i + width)}\n`);
  return 0;
}

const TRANSCODING = {
  'd,decode': 'decode',
  'i,ignore-garbage': 'when decoding, skip other characters',
  'w,wrap=COLS': 'lines of COLS characters (default 76), 0 for one line',
};

export const base32 = command(
  {
    name: 'base32',
    usage: ['[OPTION]... [FILE]'],
    about: 'Encode or decode FILE, or standard input, in base32.',
    options: TRANSCODING,
  },
  (call) => transcode(call, CODINGS['base32'] as Coding),
);

export const basenc = command(
  {
    name: 'basenc',
    usage: ['[OPTION]... [FILE]'],
    about: 'Encode or decode FILE, or standard input.',
    options: {
      base64: 'as base64 does',
      base64url: 'base64 for file names and URLs',
      base32: 'as base32 does',
      base32hex: 'with digits first',
      base16: 'hexadecimal',
      ...TRANSCODING,
    },
  },
  async (call) => {
    const chosen = call.options.entries.map(([key]) => CODINGS[key]).find((coding) => coding !== undefined);
    if (chosen === undefined) {
      await call.complain(`missing encoding type\nTry '${call.name} --help' for more information.`);
      return 1;
    }
    return transcode(call, chosen);
  },
);
