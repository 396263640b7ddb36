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
  if (pattern.includes('!(')) return endsOf(nodesOf(pattern), text, 0, options).has(text.length);
  return patternRegExp(pattern, options).test(text);
}

/** A run without groups, or a group: expressions cannot say "anything but" in the middle of a word. */
type Node = { kind: 'run'; pattern: string } | { kind: 'group'; operator: string; alternatives: Node[][] };

function nodesOf(pattern: string): Node[] {
  const out: Node[] = [];
  let run = '';
  for (let i = 0; i < pattern.length; i++) {
    const c = pattern[i] as string;
    const close = '?*+@!'.includes(c) && pattern[i + 1] === '(' ? closingParen(pattern, i + 1) : -1;
    if (close > 0) {
      if (run !== '') out.push({ kind: 'run', pattern: run });
      run = '';
      out.push({
        kind: 'group',
        operator: c,
        alternatives: splitAlternatives(pattern.slice(i + 2, close)).map(nodesOf),
      });
      i = close;
      continue;
    }
    if (c === '[') {
      const bracket = bracketSource(pattern, i);
      if (bracket !== null) {
        run += pattern.slice(i, bracket.end);
        i = bracket.end - 1;
        continue;
      }
    }
    run += c === '\\' ? c + (pattern[++i] ?? '') : c;
  }
  if (run !== '') out.push({ kind: 'run', pattern: run });
  return out;
}

/** Where a match that begins at `start` may end. */
function endsOf(nodes: readonly Node[], text: string, start: number, options: PatternOptions): Set<number> {
  let from = new Set([start]);
  for (const node of nodes) {
    const next = new Set<number>();
    for (const at of from) {
      if (node.kind === 'run') {
        const expression = patternRegExp(node.pattern, options);
        for (let end = at; end <= text.length; end++) if (expression.test(text.slice(at, end))) next.add(end);
        continue;
      }
      const once = (place: number): Set<number> => {
        const ends = new Set<number>();
        for (const alternative of node.alternatives)
          for (const end of endsOf(alternative, text, place, options)) ends.add(end);
        return ends;
      };
      if (node.operator === '!') {
        const taken = once(at);
        for (let end = at; end <= text.length; end++) if (!taken.has(end)) next.add(end);
        continue;
      }
      if (node.operator === '?' || node.operator === '*') next.add(at);
      const waiting = [...once(at)];
      for (const end of waiting) {
        if (next.has(end) && end !== at) continue;
        next.add(end);
        if ((node.operator === '*' || node.operator === '+') && end > at)
          waiting.push(...[...once(end)].filter((e) => !next.has(e)));
      }
    }
    from = next;
  }
  return from;
}
