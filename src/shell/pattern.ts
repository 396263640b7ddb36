/**
 * Shell patterns as regular expressions. In the pattern text a backslash quotes the next character.
 * @models bash 5.2 lib/glob/sm_loop.c @fidelity partial: no collating symbols or equivalence classes
 */
const cache = new Map<string, RegExp>();
const CACHE_MAX = 2_000;

const CLASSES: Readonly<Record<string, string>> = {
  alpha: 'A-Za-z',
  digit: '0-9',
  alnum: 'A-Za-z0-9',
  upper: 'A-Z',
  lower: 'a-z',
  space: ' \\t\\n\\r\\f\\v',
  blank: ' \\t',
  punct: '!-\\/:-@\\[-`{-~',
  print: '\\x20-\\x7e',
  graph: '!-~',
  cntrl: '\\x00-\\x1f\\x7f',
  xdigit: '0-9A-Fa-f',
  word: 'A-Za-z0-9_',
};

export function quotePattern(text: string): string {
  return text.replace(/[\\*?[\]()|+@!{}^-]/g, '\\$&');
}

export function hasMagic(pattern: string): boolean {
  for (let i = 0; i < pattern.length; i++) {
    const c = pattern[i];
    if (c === '\\') i++;
    else if (c === '*' || c === '?') return true;
    else if (c === '[' && pattern.indexOf(']', i + 2) > 0) return true;
    else if ((c === '+' || c === '@' || c === '!') && pattern[i + 1] === '(') return true;
  }
  return false;
}

export function unquotePattern(pattern: string): string {
  return pattern.replace(/\\([\s\S])/g, '$1');
}

export type PatternOptions = { ignoreCase?: boolean; lazy?: boolean };

/** Source of a regular expression for the pattern, unanchored. */
export function patternSource(pattern: string, lazy = false): string {
  let out = '';
  for (let i = 0; i < pattern.length; ) {
    const c = pattern[i] as string;
    if ('?*+@!'.includes(c) && pattern[i + 1] === '(') {
      const close = closingParen(pattern, i + 1);
      if (close > 0) {
        const alternatives = splitAlternatives(pattern.slice(i + 2, close)).map((p) => patternSource(p, lazy));
        const group = `(?:${alternatives.join('|')})`;
        if (c === '!') out += `(?:(?!${group}$)[\\s\\S])*?`;
        else out += c === '@' ? group : `${group}${c}`;
        i = close + 1;
        continue;
      }
    }
    if (c === '*') {
      while (pattern[i + 1] === '*') i++;
      out += lazy ? '[\\s\\S]*?' : '[\\s\\S]*';
      i++;
    } else if (c === '?') {
      out += '[\\s\\S]';
      i++;
    } else if (c === '[') {
      const bracket = bracketSource(pattern, i);
      if (bracket === null) {
        out += '\\[';
        i++;
      } else {
        out += bracket.source;
        i = bracket.end;
      }
    } else {
      let literal = c;
      if (c === '\\' && i + 1 < pattern.length) literal = pattern[++i] as string;
      out += literal.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
      i++;
    }
  }
  return out;
}

function closingParen(pattern: string, open: number): number {
  let depth = 0;
  for (let i = open; i < pattern.length; i++) {
    const c = pattern[i];
    if (c === '\\') i++;
    else if (c === '(') depth++;
    else if (c === ')' && --depth === 0) return i;
  }
  return -1;
}

function splitAlternatives(text: string): string[] {
  const out: string[] = [];
  let depth = 0;
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (c === '\\') i++;
    else if (c === '(') depth++;
    else if (c === ')') depth--;
    else if (c === '|' && depth === 0) {
      out.push(text.slice(start, i));
      start = i + 1;
    }
  }
  out.push(text.slice(start));
  return out;
}

function bracketSource(pattern: string, start: number): { source: string; end: number } | null {
  let i = start + 1;
  let out = '[';
  if (pattern[i] === '!' || pattern[i] === '^') {
    out += '^';
    i++;
  }
  const first = i;
  for (; i < pattern.length; i++) {
    const c = pattern[i] as string;
    if (c === ']' && i > first) return { source: out === '[' ? '(?!)' : `${out}]`, end: i + 1 };
    if (c === '[' && pattern[i + 1] === ':') {
      const end = pattern.indexOf(':]', i + 2);
      const set = end > 0 ? CLASSES[pattern.slice(i + 2, end)] : undefined;
      if (set !== undefined) {
        out += set;
        i = end + 1;
        continue;
      }
    }
    if (c === '\\' && i + 1 < pattern.length) {
      out += (pattern[++i] as string).replace(/[\\\]^[-]/g, '\\$&');
      continue;
    }
    out += c === '-' ? (i === first || pattern[i + 1] === ']' ? '\\-' : '-') : c.replace(/[\\\]^[]/g, '\\$&');
  }
  return null;
}

export function patternRegExp(pattern: string, options: PatternOptions = {}): RegExp {
  const key = `${options.ignoreCase ? 'i' : 's'}${pattern}`;
  let found = cache.get(key);
  if (found === undefined) {
    const flags = options.ignoreCase ? 'ui' : 'u';
    try {
      found = new RegExp(`^(?:${patternSource(pattern)})$`, flags);
    } catch {
      try {
        found = new RegExp(`^(?:${patternSource(pattern)})$`, options.ignoreCase ? 'i' : '');
      } catch {
        // A range out of order matches nothing.
        found = /(?!)/;
      }
    }
    if (cache.size > CACHE_MAX) cache.clear();
    cache.set(key, found);
  }
  return found;
}

export function matches(pattern: string, text: string, options: PatternOptions = {}): boolean {
  return patternRegExp(pattern, options).test(text);
}
