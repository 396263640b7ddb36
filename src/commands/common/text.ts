/**
 * Bytes to text and back without loss: what is not UTF-8 becomes a lone surrogate (U+DC80 + byte - 0x80), as Python's
 * surrogateescape does, so that filters pass binary data through unchanged.
 */
import { toBytes } from '../../linux/rope.ts';

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();
const LONE = /[\uDC80-\uDCFF]/u;

/** A decoder's fixed cost is more than a short line is worth. */
const SHORT_MAX = 48;

function shortAscii(bytes: Uint8Array): string | null {
  let text = '';
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] as number;
    if (byte > 127) return null;
    text += String.fromCharCode(byte);
  }
  return text;
}

export function decode(bytes: Uint8Array): string {
  const short = bytes.length <= SHORT_MAX ? shortAscii(bytes) : null;
  if (short !== null) return short;
  try {
    return strict.decode(bytes);
  } catch {
    return decodeLossless(bytes);
  }
}

function decodeLossless(bytes: Uint8Array): string {
  let out = '';
  for (let i = 0; i < bytes.length; ) {
    const first = bytes[i] as number;
    const length =
      first < 0x80
        ? 1
        : first >= 0xc2 && first < 0xe0
          ? 2
          : first >= 0xe0 && first < 0xf0
            ? 3
            : first >= 0xf0 && first < 0xf5
              ? 4
              : 0;
    if (length === 1) {
      out += String.fromCharCode(first);
      i++;
      continue;
    }
    let text = '';
    if (length > 0 && i + length <= bytes.length) {
      try {
        text = strict.decode(bytes.subarray(i, i + length));
      } catch {
        text = '';
      }
    }
    if (text === '') {
      out += String.fromCharCode(0xdc00 + first);
      i++;
    } else {
      out += text;
      i += length;
    }
  }
  return out;
}

export function encode(text: string): Uint8Array {
  if (!LONE.test(text)) return toBytes(text);
  const out: number[] = [];
  for (const character of text) {
    const code = character.codePointAt(0) as number;
    if (code >= 0xdc80 && code <= 0xdcff) out.push(code - 0xdc00);
    else out.push(...encoder.encode(character));
  }
  return Uint8Array.from(out);
}

/** One character a byte: for programs that count and translate bytes. */
export function latin1(bytes: Uint8Array): string {
  let out = '';
  for (let i = 0; i < bytes.length; i += 8192) out += String.fromCharCode(...bytes.subarray(i, i + 8192));
  return out;
}

/** Columns on a terminal: two for the wide characters of East Asia, none for combining ones. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const character of text) {
    const code = character.codePointAt(0) as number;
    if (code < 0x300) width += 1;
    else if (code < 0x370) width += 0;
    else {
      const wide =
        (code >= 0x1100 && code <= 0x115f) ||
        (code >= 0x2e80 && code <= 0xa4cf) ||
        (code >= 0xac00 && code <= 0xd7a3) ||
        (code >= 0xf900 && code <= 0xfaff) ||
        (code >= 0xfe30 && code <= 0xfe6f) ||
        (code >= 0xff00 && code <= 0xff60) ||
        (code >= 0xffe0 && code <= 0xffe6) ||
        (code >= 0x1f300 && code <= 0x1faff) ||
        (code >= 0x20000 && code <= 0x3fffd);
      width += wide ? 2 : 1;
    }
  }
  return width;
}
