/** Backslash escapes of echo -e, printf and printf %b. @models coreutils 9.7 src/echo.c, src/printf.c */

const NAMED: Record<string, string> = {
  a: '\x07',
  b: '\b',
  e: '\x1b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  '"': '"',
};

function byte(code: number): string {
  return code < 0x80 ? String.fromCharCode(code) : String.fromCharCode(0xdc00 + (code & 255));
}

/** `octalNeedsZero`: \0NNN (echo, %b) rather than \NNN (printf's format). `stop`: \c ends all output. */
export function interpretEscapes(text: string, octalNeedsZero: boolean): { text: string; stop: boolean } {
  let out = '';
  for (let i = 0; i < text.length; i++) {
    if (text[i] !== '\\' || i + 1 >= text.length) {
      out += text[i];
      continue;
    }
    const rest = text.slice(i + 1);
    const octal =
      (octalNeedsZero ? /^0([0-7]{0,3})/ : /^([0-7]{1,3})/).exec(rest) ??
      (octalNeedsZero ? /^([1-7][0-7]{0,2})/.exec(rest) : null);
    const hex = /^x([0-9a-fA-F]{1,2})/.exec(rest);
    const unicode = /^u([0-9a-fA-F]{4})/.exec(rest) ?? /^U([0-9a-fA-F]{8})/.exec(rest);
    if (rest[0] === 'c') return { text: out, stop: true };
    if (octal !== null) {
      out += byte(Number.parseInt(octal[1] || '0', 8) & 255);
      i += octal[0].length;
    } else if (hex !== null) {
      out += byte(Number.parseInt(hex[1] as string, 16));
      i += hex[0].length;
    } else if (unicode !== null) {
      out += String.fromCodePoint(Number.parseInt(unicode[1] as string, 16));
      i += unicode[0].length;
    } else {
      const named = NAMED[rest[0] as string];
      out += named ?? `\\${rest[0]}`;
      i++;
    }
  }
  return { text: out, stop: false };
}
