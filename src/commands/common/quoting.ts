/** How GNU programs show names in messages and lists. @models gnulib quotearg.c @fidelity partial: shell-escape, locale and clocale styles */
import type { Context } from '../../linux/context.ts';
import { getenv } from '../../linux/io.ts';

const NEEDS_QUOTES = /[\s!"$&()*;<=>?[\\^`|']|^[#~]|^[{}]?$/;
const CONTROL = /[\x00-\x1f\x7f\uDC80-\uDCFF]/u;

function controlEscape(character: string): string {
  const code = character.codePointAt(0) as number;
  const named = { 7: 'a', 8: 'b', 9: 't', 10: 'n', 11: 'v', 12: 'f', 13: 'r' }[code];
  return named === undefined
    ? `\\${(code >= 0xdc80 ? code - 0xdc00 : code).toString(8).padStart(3, '0')}`
    : `\\${named}`;
}

/** quoteaf: always in quotes that a shell would take. */
export function quoteAlways(name: string): string {
  if (CONTROL.test(name)) {
    let out = "'";
    let inside = true;
    for (const character of name) {
      if (CONTROL.test(character)) {
        out += `${inside ? "'" : ''}$'${controlEscape(character)}'`;
        inside = false;
      } else {
        out += inside ? '' : "'";
        inside = true;
        out += character === "'" ? "'\\''" : character;
      }
    }
    return inside ? `${out}'` : out;
  }
  if (!name.includes("'")) return `'${name}'`;
  if (!/["$`\\]/.test(name)) return `"${name}"`;
  return `'${name.replaceAll("'", "'\\''")}'`;
}

/** quotef: only if a shell would need it. */
export function quoteIfNeeded(name: string): string {
  return NEEDS_QUOTES.test(name) || CONTROL.test(name) ? quoteAlways(name) : name;
}

export function isUtf8Locale(ctx: Context): boolean {
  const locale = getenv(ctx, 'LC_ALL') || getenv(ctx, 'LC_CTYPE') || getenv(ctx, 'LANG') || '';
  return /utf-?8/i.test(locale);
}

/** quote(): ‘x’ in a UTF-8 locale, 'x' otherwise. */
export function quote(ctx: Context, text: string): string {
  return isUtf8Locale(ctx) ? `‘${text}’` : `'${text}'`;
}
