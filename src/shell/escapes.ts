/** Backslash escapes of `$'…'`, echo -e and printf. @models bash 5.2 lib/sh/strtrans.c */

const SIMPLE: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  e: '\x1b',
  E: '\x1b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
};

export type Escape = { text: string; end: number; stop: boolean };

/** The escape whose backslash is at `at`. `echo` style takes \0NNN, printf's and $'' take \NNN. */
export function readEscape(text: string, at: number, style: 'echo' | 'printf' | 'ansi'): Escape {
  const c = text[at + 1];
  if (c === undefined) return { text: '\\', end: at + 1, stop: false };
  const simple = SIMPLE[c];
  if (simple !== undefined) return { text: simple, end: at + 2, stop: false };
  if (c === 'c' && style !== 'ansi') return { text: '', end: at + 2, stop: true };
  if (c === 'c') {
    const next = text[at + 2] ?? '';
    return { text: String.fromCharCode(next.charCodeAt(0) & 31), end: at + 3, stop: false };
  }
  if (style !== 'echo' && (c === "'" || c === '"' || c === '?')) return { text: c, end: at + 2, stop: false };
  const octal = style === 'echo' ? /^\\0([0-7]{0,3})/ : /^\\(0?[0-7]{1,3})/;
  const found = octal.exec(text.slice(at, at + 6));
  if (found !== null) {
    const digits = style === 'echo' ? (found[1] ?? '') : (found[1] ?? '').slice(0, 3);
    const length = style === 'echo' ? found[0].length : 1 + digits.length;
    return { text: String.fromCharCode(Number.parseInt(digits || '0', 8) & 255), end: at + length, stop: false };
  }
  const hex = /^\\(?:x([0-9A-Fa-f]{1,2})|u([0-9A-Fa-f]{1,4})|U([0-9A-Fa-f]{1,8}))/.exec(text.slice(at, at + 11));
  if (hex !== null) {
    const code = Number.parseInt(hex[1] ?? hex[2] ?? hex[3] ?? '0', 16);
    return { text: String.fromCodePoint(Math.min(code, 0x10ffff)), end: at + hex[0].length, stop: false };
  }
  return { text: `\\${c}`, end: at + 2, stop: false };
}

export function ansiUnescape(text: string): string {
  return unescape(text, 'ansi').text;
}

export function unescape(text: string, style: 'echo' | 'printf' | 'ansi'): { text: string; stop: boolean } {
  let out = '';
  for (let i = 0; i < text.length; ) {
    if (text[i] !== '\\') {
      out += text[i++];
      continue;
    }
    const escape = readEscape(text, i, style);
    out += escape.text;
    if (escape.stop) return { text: out, stop: true };
    i = escape.end;
  }
  return { text: out, stop: false };
}
