/**
 * POSIX regular expressions, basic and extended with GNU's additions, as JavaScript ones.
 * @models glibc 2.41 posix/regcomp.c
 * @fidelity partial: alternation takes the first branch that matches, not the longest; no collating symbols
 */
export class RegexError extends Error {}

const CLASSES: Record<string, string> = {
  alnum: '\\p{L}\\p{N}',
  alpha: '\\p{L}',
  blank: ' \\t',
  cntrl: '\\x00-\\x1f\\x7f',
  digit: '0-9',
  graph: '\\x21-\\x7e\\u{a1}-\\u{10ffff}',
  lower: '\\p{Ll}',
  print: '\\x20-\\x7e\\u{a0}-\\u{10ffff}',
  punct: '!-\\/:-@\\[-`\\{-~',
  space: '\\s',
  upper: '\\p{Lu}',
  xdigit: '0-9A-Fa-f',
};

const SPECIAL = /[\\^$.*+?()[\]{}|/]/;

function literal(character: string): string {
  return SPECIAL.test(character) ? `\\${character}` : character;
}

/** A member of a set: only there may `-` be escaped under the `u` flag, and there it must be. */
function member(character: string): string {
  return character === '-' ? '\\-' : literal(character);
}

/** `newlines`: a dot and `[^x]` match a newline too, as they do for awk. */
export type RegexOptions = { extended: boolean; ignoreCase?: boolean; newlines?: boolean };

/** Source for a `u` regular expression. @throws RegexError with glibc's words */
export function posixSource(pattern: string, { extended, newlines = false }: RegexOptions): string {
  let out = '';
  const characters = [...pattern];
  const groups: number[] = [];
  let groupCount = 0;
  /** Whether there is something a repetition can apply to. */
  let atom = false;
  const at = (i: number): string | undefined => characters[i];
  const isOperator = (i: number, operator: string): boolean =>
    extended ? at(i) === operator : at(i) === '\\' && at(i + 1) === operator;

  for (let i = 0; i < characters.length; ) {
    const c = characters[i] as string;
    if (c === '[') {
      const { source, end } = bracket(characters, i, newlines);
      out += source;
      i = end;
      atom = true;
      continue;
    }
    const escaped = c === '\\';
    if (escaped && at(i + 1) === undefined) throw new RegexError('Trailing backslash');
    const operator = escaped ? (extended ? '' : (at(i + 1) as string)) : extended ? c : '';
    const length = escaped ? 2 : 1;
    if (operator === '(') {
      groups.push(++groupCount);
      out += '(';
      i += length;
      atom = false;
      continue;
    }
    if (operator === ')') {
      if (groups.pop() === undefined) {
        if (!extended) throw new RegexError('Unmatched ) or \\)');
        out += '\\)';
      } else out += ')';
      i += length;
      atom = true;
      continue;
    }
    if (operator === '|') {
      out += '|';
      i += length;
      atom = false;
      continue;
    }
    if (operator === '{' || (c === '*' && !escaped) || operator === '+' || operator === '?') {
      const star = c === '*' && !escaped;
      if (operator === '{') {
        const rest = characters.slice(i + length).join('');
        const interval = (extended ? /^(\d*)(,?)(\d*)\}/ : /^(\d*)(,?)(\d*)\\\}/).exec(rest);
        if (interval === null || (interval[1] === '' && interval[2] === '') || !atom) {
          if (!extended)
            throw new RegexError(
              /\\\}/.test(rest)
                ? atom
                  ? 'Invalid content of \\{\\}'
                  : 'Invalid preceding regular expression'
                : 'Unmatched \\{',
            );
          if (interval !== null && !atom) throw new RegexError('Invalid preceding regular expression');
          out += '\\{';
          i += length;
          atom = true;
          continue;
        }
        const [, low, comma, high] = interval;
        if (high !== '' && Number(high) < Number(low)) throw new RegexError('Invalid content of \\{\\}');
        out += `{${low || '0'}${comma}${high}}`;
        i += length + [...interval[0]].length;
        continue;
      }
      if (!atom) {
        // At the beginning of a basic expression, and for GNU's matcher of an extended one, `*` stands for itself.
        if (star && !extended) {
          out += '\\*';
          atom = true;
        } else if (!extended) {
          out += literal(operator);
          atom = true;
        }
        i += length;
        continue;
      }
      // Repeated repetitions, a** or a+*, are the same as one here.
      const symbol = star ? '*' : operator;
      if (/(?<!\\)[*+?]$/.test(out) && !/\(\?$/.test(out)) {
        const last = out.at(-1) as string;
        if (last !== symbol) out = `${out.slice(0, -1)}*`;
      } else out += symbol;
      i += length;
      continue;
    }
    if (c === '^' && !escaped) {
      const anchor = extended || i === 0 || (at(i - 2) === '\\' && (at(i - 1) === '(' || at(i - 1) === '|'));
      out += anchor ? '^' : '\\^';
      atom = !anchor;
      i++;
      continue;
    }
    if (c === '$' && !escaped) {
      const anchor = extended || i === characters.length - 1 || isOperator(i + 1, ')') || isOperator(i + 1, '|');
      out += anchor ? '$' : '\\$';
      atom = !anchor;
      i++;
      continue;
    }
    if (c === '.' && !escaped) {
      out += newlines ? '[\\s\\S]' : '[^\\n]';
      atom = true;
      i++;
      continue;
    }
    if (escaped) {
      const next = at(i + 1) as string;
      if (/[1-9]/.test(next)) {
        if (Number(next) > groupCount) throw new RegexError('Invalid back reference');
        out += `(?:\\${next})`;
      } else if (next === 'w') out += '[\\p{L}\\p{N}_]';
      else if (next === 'W') out += '[^\\p{L}\\p{N}_]';
      else if (next === 's') out += '\\s';
      else if (next === 'S') out += '\\S';
      else if (next === 'b') out += '\\b';
      else if (next === 'B') out += '\\B';
      else if (next === '<') out += '\\b(?=\\w)';
      else if (next === '>') out += '\\b(?<=\\w)';
      else if (next === '`') out += '(?<![\\s\\S])';
      else if (next === "'") out += '(?![\\s\\S])';
      else if (next === 'n') out += '\\n';
      else if (next === 't') out += '\\t';
      else out += literal(next);
      atom = !/[bB<>`']/.test(next);
      i += 2;
      continue;
    }
    out += literal(c);
    atom = true;
    i++;
  }
  if (groups.length > 0) throw new RegexError('Unmatched ( or \\(');
  return out;
}

function bracket(characters: readonly string[], start: number, newlines: boolean): { source: string; end: number } {
  let i = start + 1;
  let negated = false;
  if (characters[i] === '^') {
    negated = true;
    i++;
  }
  let body = '';
  const unmatched = (): never => {
    throw new RegexError('Unmatched [, [^, [:, [., or [=');
  };
  for (let first = true; ; first = false) {
    const c = characters[i] ?? unmatched();
    if (c === ']' && !first) break;
    if (c === '[' && (characters[i + 1] === ':' || characters[i + 1] === '=' || characters[i + 1] === '.')) {
      const kind = characters[i + 1] as string;
      const rest = characters.slice(i + 2).join('');
      const close = rest.indexOf(`${kind}]`);
      if (close < 0) unmatched();
      const name = rest.slice(0, close);
      if (kind === ':') {
        const set = CLASSES[name];
        if (set === undefined) throw new RegexError('Invalid character class name');
        body += set;
      } else body += [...name].map(member).join('');
      i += [...name].length + 4;
      continue;
    }
    if (characters[i + 1] === '-' && characters[i + 2] !== undefined && characters[i + 2] !== ']') {
      const last = characters[i + 2] as string;
      if ((last.codePointAt(0) as number) < (c.codePointAt(0) as number)) throw new RegexError('Invalid range end');
      body += `${member(c)}-${member(last)}`;
      i += 3;
      continue;
    }
    body += member(c);
    i++;
  }
  return { source: negated ? `[^${body}${newlines ? '' : '\\n'}]` : `[${body}]`, end: i + 1 };
}

export function posixRegex(pattern: string, options: RegexOptions, flags = ''): RegExp {
  return new RegExp(posixSource(pattern, options), `u${options.ignoreCase ? 'i' : ''}${flags}`);
}
