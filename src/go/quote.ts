/**
 * Quoting of strings the way Go programs print them.
 * @models go strconv quote.go; logrus v1.9 text_formatter.go (needsQuoting)
 * @fidelity partial: code points that no Unicode version assigns are taken for printable
 */

/** `"text"` with Go's escapes: strconv.Quote and %q. */
export function quote(text: string): string {
  return quoteWith(text, '"', false);
}

/** As quote, with everything outside ASCII escaped: %+q. */
export function quoteToAscii(text: string): string {
  return quoteWith(text, '"', true);
}

/** `'x'` for one character: %q of a rune. */
export function quoteRune(text: string): string {
  return quoteWith(text, "'", false);
}

/** Backquotes when the text can stand between them, else as quote: %#q. */
export function quoteRaw(text: string): string {
  return /^[\t -_a-~\u0080-\ufefe\uff00-\uffff]*$/.test(text) ? `\`${text}\`` : quote(text);
}

const SHORT_ESCAPES: ReadonlyMap<string, string> = new Map([
  ['\u0007', '\\a'],
  ['\b', '\\b'],
  ['\f', '\\f'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
  ['\v', '\\v'],
]);

/** Nearly all texts there are: printable ASCII without anything to escape. */
const PLAIN = /^[ !#-[\]-~]*$/;
const PLAIN_RUNE = /^[ -&(-[\]-~]*$/;

/** What is not so, a character at a time. */
const OTHERS = /["\\]|[^ -~]/gu;
const OTHERS_RUNE = /['\\]|[^ -~]/gu;

function quoteWith(text: string, mark: string, asciiOnly: boolean): string {
  if ((mark === '"' ? PLAIN : PLAIN_RUNE).test(text)) return mark + text + mark;
  const quoted = text.replace(mark === '"' ? OTHERS : OTHERS_RUNE, (ch) => {
    if (ch === mark || ch === '\\') return `\\${ch}`;
    const code = ch.codePointAt(0) ?? 0;
    return !asciiOnly && isPrintable(code) ? ch : (SHORT_ESCAPES.get(ch) ?? escapeCode(code));
  });
  return mark + quoted + mark;
}

function escapeCode(code: number): string {
  if (code < 0x20 || code === 0x7f) return `\\x${hex(code, 2)}`;
  if (code >= 0xd800 && code <= 0xdfff) return '\\ufffd';
  return code < 0x10000 ? `\\u${hex(code, 4)}` : `\\U${hex(code, 8)}`;
}

function hex(code: number, width: number): string {
  return code.toString(16).padStart(width, '0');
}

/** Controls, spaces other than U+0020, format characters, surrogates, private use, non-characters. */
const UNPRINTABLE_RANGES: readonly (readonly [from: number, to: number])[] = [
  [0x00, 0x1f],
  [0x7f, 0xa0],
  [0xad, 0xad],
  [0x600, 0x605],
  [0x61c, 0x61c],
  [0x6dd, 0x6dd],
  [0x1680, 0x1680],
  [0x180e, 0x180e],
  [0x2000, 0x200f],
  [0x2028, 0x202f],
  [0x205f, 0x206f],
  [0x3000, 0x3000],
  [0xd800, 0xf8ff],
  [0xfeff, 0xfeff],
  [0xfff0, 0xfffb],
  [0xfffe, 0xffff],
  [0xe0000, 0xe00ff],
  [0xf0000, 0x10ffff],
];

/** unicode.IsPrint, from fixed ranges: the platform's own tables differ from one JavaScript engine to the next. */
export function isPrintable(code: number): boolean {
  if (code >= 0x20 && code < 0x7f) return true;
  return !UNPRINTABLE_RANGES.some(([from, to]) => code >= from && code <= to);
}

/** The text as logrus prints it as a value: quoted only when it holds something beyond its plain characters. */
export function logrusQuote(text: string): string {
  return /^[a-zA-Z0-9\-._/@^+]*$/.test(text) ? text : quote(text);
}

/** The text as one word of a POSIX shell, in single quotes only when it needs them. */
export function shellQuote(text: string): string {
  if (/^[a-zA-Z0-9_@%+=:,./-]+$/.test(text)) return text;
  return `'${text.replaceAll("'", `'"'"'`)}'`;
}

/** Order by code point, which is the order of UTF-8 bytes that Go sorts strings by. */
export function compareStrings(a: string, b: string): number {
  if (a === b) return 0;
  let i = 0;
  while (i < a.length && i < b.length && a.charCodeAt(i) === b.charCodeAt(i)) i += 1;
  if (i >= a.length || i >= b.length) return a.length - b.length;
  const isSurrogate = (code: number): boolean => code >= 0xd800 && code <= 0xdfff;
  const [left, right] = [a.charCodeAt(i), b.charCodeAt(i)];
  // Surrogates stand for code points above every other UTF-16 unit.
  if (isSurrogate(left) !== isSurrogate(right)) return isSurrogate(left) ? 1 : -1;
  return left - right;
}
