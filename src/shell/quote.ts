/** Text quoted so that the shell reads it back. @models bash 5.2 lib/sh/shquote.c */

const ESCAPES: Readonly<Record<string, string>> = {
  '\x07': '\\a',
  '\b': '\\b',
  '\x1b': '\\E',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
  "'": "\\'",
};

export function ansiQuote(text: string): string {
  let out = "$'";
  for (const c of text) {
    const code = c.charCodeAt(0);
    out += ESCAPES[c] ?? (code < 32 || code === 127 ? `\\${code.toString(8).padStart(3, '0')}` : c);
  }
  return `${out}'`;
}

export function hasControl(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 32 || code === 127) return true;
  }
  return false;
}

export function singleQuote(text: string): string {
  return `'${text.replace(/'/g, "'\\''")}'`;
}

/** `${x@Q}`: always quoted. */
export function quoteAlways(text: string): string {
  return hasControl(text) ? ansiQuote(text) : singleQuote(text);
}

/** As `set` and xtrace show a value: only where it must be. */
export function quoteIfNeeded(text: string): string {
  if (text === '') return "''";
  if (hasControl(text)) return ansiQuote(text);
  return /[\s'"\\|&;()<>!{}*[\]?^$`]/.test(text) || /^[#~]/.test(text) || /[=:]~/.test(text) ? singleQuote(text) : text;
}

/** As xtrace shows a word: newlines and tabs stand as they are, a lone quote or backslash is escaped. */
export function traceQuote(text: string): string {
  if (text === "'") return "\\'";
  if (!/[\x00-\x08\x0b-\x1f\x7f]/.test(text) && /[\n\t]/.test(text)) return singleQuote(text);
  return quoteIfNeeded(text);
}

/** printf %q: backslashes. */
export function backslashQuote(text: string): string {
  if (text === '') return "''";
  if (hasControl(text)) return ansiQuote(text);
  return text.replace(/[\s'"\\|&;()<>!{}*[\]?^$`,]/g, '\\$&').replace(/^[#~]/, '\\$&');
}

/** declare -p: in double quotes. */
export function doubleQuote(text: string): string {
  if (hasControl(text)) return ansiQuote(text);
  return `"${text.replace(/["\\$`]/g, '\\$&')}"`;
}
