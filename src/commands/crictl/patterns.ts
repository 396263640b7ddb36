/**
 * Go's regular expressions for --name, --namespace and reference filters.
 * @models go regexp (RE2 syntax)
 * @fidelity partial: run by JavaScript's engine; a leading flag group is understood, \pN one-letter classes are not
 */
import { Failure } from './failure.ts';

export function compilePattern(pattern: string): RegExp {
  const flags = /^\(\?([ims]+)\)/.exec(pattern);
  const source = (flags === null ? pattern : pattern.slice(flags[0].length))
    .replace(/\\A/g, '^')
    .replace(/\\z/g, '$')
    .replace(/\(\?P</g, '(?<');
  try {
    return new RegExp(source, `u${flags?.[1] ?? ''}`);
  } catch {
    throw new Failure(`error parsing regexp: ${faultOf(pattern)}`);
  }
}

/** A pattern that does not parse matches nothing; an empty one everything. */
export function matchesPattern(pattern: string, target: string): boolean {
  if (pattern === '') return true;
  try {
    return compilePattern(pattern).test(target);
  } catch {
    return false;
  }
}

function faultOf(pattern: string): string {
  const repeat = /^[*+?]/.exec(pattern)?.[0] ?? /[(|]([*+])/.exec(pattern)?.[1];
  if (repeat !== undefined) return `missing argument to repetition operator: \`${repeat}\``;
  const bare = pattern.replace(/\\./g, '');
  const open = bare.lastIndexOf('[');
  if (open >= 0 && bare.indexOf(']', open + 2) < 0) return `missing closing ]: \`${bare.slice(open)}\``;
  const depth = [...bare].reduce((sum, ch) => sum + (ch === '(' ? 1 : ch === ')' ? -1 : 0), 0);
  if (depth > 0) return `missing closing ): \`${pattern}\``;
  if (depth < 0) return `unexpected ): \`${pattern}\``;
  return `invalid escape sequence: \`${/\\.?/.exec(pattern)?.[0] ?? pattern}\``;
}
