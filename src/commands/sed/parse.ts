/** sed scripts. @models GNU sed 4.9 sed/compile.c */
import { posixSource, RegexError } from '../common/regex.ts';

/** What GNU sed makes of a backslash in the text of `a`, `i` and `c`. */
const TEXT_ESCAPES: Readonly<Record<string, string>> = { a: '\x07', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' };

export type Address =
  | { kind: 'line'; line: number }
  | { kind: 'last' }
  | { kind: 'regex'; regex: RegExp | null }
  | { kind: 'step'; first: number; step: number };

export type Replacement = (
  | { kind: 'text'; text: string }
  | { kind: 'group'; group: number }
  | { kind: 'case'; mode: string }
)[];

export type SedCommand = {
  first: Address | null;
  second: Address | { kind: 'plus'; count: number } | { kind: 'multiple'; of: number } | null;
  negated: boolean;
  name: string;
  text: string;
  regex: RegExp | null;
  replacement: Replacement;
  flags: { global: boolean; print: boolean; evaluate: boolean; nth: number; file: string | null };
  map: Map<string, string>;
  /** Where } of a { is, or where a label is. */
  target: number;
  active: boolean;
  endLine: number;
};

export class SedError extends Error {}

export function parseSed(script: string, extended: boolean): SedCommand[] {
  let at = 0;
  const commands: SedCommand[] = [];
  const open: number[] = [];
  const fail = (message: string): never => {
    throw new SedError(`-e expression #1, char ${at}: ${message}`);
  };
  const compile = (source: string, flags: string): RegExp | null => {
    if (source === '') return null;
    try {
      return new RegExp(
        posixSource(source, { extended }),
        `gu${/i/i.test(flags) ? 'i' : ''}${/m/i.test(flags) ? 'm' : ''}`,
      );
    } catch (error) {
      if (error instanceof RegexError) return fail(error.message);
      throw error;
    }
  };
  const spaces = (): void => {
    while (at < script.length && /[ \t]/.test(script[at] as string)) at++;
  };
  /** Up to an unescaped delimiter, which is unescaped where it was escaped; in a regex, brackets protect it. */
  const delimited = (delimiter: string, isRegex: boolean, what: string): string => {
    let out = '';
    for (;;) {
      const c = script[at];
      if (c === undefined) return fail(what);
      at++;
      if (c === delimiter) return out;
      if (c === '\\') {
        const next = script[at];
        if (next === undefined) return fail(what);
        at++;
        if (next === delimiter) out += isRegex && /[.*[\]^$+?(){}|]/.test(next) ? `\\${next}` : next;
        else if (next === 'n' && isRegex) out += '\\n';
        else out += `\\${next}`;
      } else if (c === '[' && isRegex) {
        const close = /^\[\^?\]?(?:\[[:.=][^\]]*[:.=]\]|[^\]])*\]/.exec(script.slice(at - 1));
        if (close === null) out += c;
        else {
          out += close[0];
          at += close[0].length - 1;
        }
      } else if (c === '\n' && isRegex) return fail(what);
      else out += c;
    }
  };
  const number = (): number => {
    const digits = /^\d+/.exec(script.slice(at))?.[0] ?? '';
    at += digits.length;
    return Number(digits);
  };
  const address = (): Address | null => {
    const c = script[at];
    if (c === undefined) return null;
    if (/\d/.test(c)) {
      const line = number();
      if (script[at] === '~') {
        at++;
        return { kind: 'step', first: line, step: number() };
      }
      return { kind: 'line', line };
    }
    if (c === '$') {
      at++;
      return { kind: 'last' };
    }
    if (c === '/' || c === '\\') {
      at += c === '/' ? 1 : 2;
      const source = delimited(c === '/' ? '/' : (script[at - 1] as string), true, 'unterminated address regex');
      const flags = /^[IM]*/.exec(script.slice(at))?.[0] ?? '';
      at += flags.length;
      return { kind: 'regex', regex: compile(source, flags) };
    }
    return null;
  };
  const replacement = (text: string): Replacement => {
    const parts: Replacement = [];
    let literal = '';
    const push = (part: Replacement[number]): void => {
      if (literal !== '') parts.push({ kind: 'text', text: literal });
      literal = '';
      parts.push(part);
    };
    for (let i = 0; i < text.length; i++) {
      const c = text[i] as string;
      if (c === '&') push({ kind: 'group', group: 0 });
      else if (c === '\\') {
        const next = text[++i] ?? '';
        if (/\d/.test(next)) push({ kind: 'group', group: Number(next) });
        else if (/[LUElu]/.test(next)) push({ kind: 'case', mode: next });
        else literal += { n: '\n', t: '\t', r: '\r', a: '\x07', f: '\f', v: '\v' }[next] ?? next;
      } else literal += c;
    }
    if (literal !== '') parts.push({ kind: 'text', text: literal });
    return parts;
  };
  const endOfCommand = (): void => {
    spaces();
    const c = script[at];
    if (c === undefined || c === '\n' || c === ';') at++;
    else if (c !== '}' && c !== '#') {
      at++;
      fail('extra characters after command');
    }
  };

  for (;;) {
    while (at < script.length && /[ \t\n;]/.test(script[at] as string)) at++;
    if (at >= script.length) break;
    if (script[at] === '#') {
      while (at < script.length && script[at] !== '\n') at++;
      continue;
    }
    const first = address();
    let second: SedCommand['second'] = null;
    spaces();
    if (first !== null && script[at] === ',') {
      at++;
      spaces();
      if (script[at] === '+') {
        at++;
        second = { kind: 'plus', count: number() };
      } else if (script[at] === '~') {
        at++;
        second = { kind: 'multiple', of: number() };
      } else {
        second = address();
        if (second === null) {
          at++;
          fail("unexpected `,'");
        }
      }
    }
    spaces();
    let negated = false;
    while (script[at] === '!') {
      negated = true;
      at++;
      spaces();
    }
    const name = script[at];
    at++;
    if (name === undefined || name === '\n') {
      at--;
      return fail('missing command');
    }
    const command: SedCommand = {
      first,
      second,
      negated,
      name,
      text: '',
      regex: null,
      replacement: [],
      flags: { global: false, print: false, evaluate: false, nth: 0, file: null },
      map: new Map(),
      target: -1,
      active: false,
      endLine: 0,
    };
    switch (name) {
      case '{':
        open.push(commands.length);
        break;
      case '}': {
        const start = open.pop();
        if (start === undefined) fail("unexpected `}'");
        else (commands[start] as SedCommand).target = commands.length;
        endOfCommand();
        break;
      }
      case 's': {
        const delimiter = script[at++] ?? fail("unterminated `s' command");
        const source = delimited(delimiter, true, "unterminated `s' command");
        const text = delimited(delimiter, false, "unterminated `s' command");
        let regexFlags = '';
        for (;;) {
          const flag = script[at];
          if (flag === 'g') command.flags.global = true;
          else if (flag === 'p') command.flags.print = true;
          else if (flag === 'e') command.flags.evaluate = true;
          else if (flag !== undefined && /[iImM]/.test(flag)) regexFlags += flag;
          else if (flag !== undefined && /\d/.test(flag)) {
            command.flags.nth = number();
            if (command.flags.nth === 0) fail("number option to `s' command may not be zero");
            continue;
          } else if (flag === 'w') {
            const rest = script.slice(at + 1).split('\n')[0] as string;
            command.flags.file = rest.trim();
            at += rest.length + 1;
            break;
          } else break;
          at++;
        }
        command.regex = compile(source, regexFlags);
        command.replacement = replacement(text);
        const groups = new RegExp(`${command.regex?.source ?? ''}|`, 'u').exec('')?.length ?? 1;
        for (const part of command.replacement)
          if (part.kind === 'group' && command.regex !== null && part.group >= groups)
            fail(`invalid reference \\${part.group} on \`s' command's RHS`);
        spaces();
        const c = script[at];
        if (c !== undefined && c !== '\n' && c !== ';' && c !== '}' && c !== '#') {
          at++;
          fail("unknown option to `s'");
        }
        break;
      }
      case 'y': {
        const delimiter = script[at++] ?? fail("unterminated `y' command");
        const unescape = (s: string): string[] => [
          ...s.replace(/\\n/g, '\n').replace(/\\t/g, '\t').replace(/\\\\/g, '\\'),
        ];
        const from = unescape(delimited(delimiter, false, "unterminated `y' command"));
        const to = unescape(delimited(delimiter, false, "unterminated `y' command"));
        if (from.length !== to.length) fail("strings for `y' command are different lengths");
        from.forEach((c, i) => command.map.set(c, to[i] as string));
        endOfCommand();
        break;
      }
      case 'a':
      case 'i':
      case 'c': {
        spaces();
        if (script[at] === undefined) fail("expected \\ after `a', `c' or `i'");
        if (script[at] === '\\') {
          at++;
          const blanks = /^[ \t]*\n/.exec(script.slice(at));
          if (blanks !== null) at += blanks[0].length;
        }
        let text = '';
        while (at < script.length && script[at] !== '\n') {
          const escaped = script[at] === '\\';
          if (escaped) at++;
          const character = script[at] ?? '';
          text += escaped ? (TEXT_ESCAPES[character] ?? character) : character;
          at++;
        }
        command.text = `${text}\n`;
        break;
      }
      case ':': {
        const label = /^[ \t]*([^\n;]*)/.exec(script.slice(at)) as RegExpExecArray;
        if (first !== null) fail(": doesn't want any addresses");
        command.text = (label[1] as string).trim();
        if (command.text === '') fail('":" lacks a label');
        at += label[0].length;
        break;
      }
      case 'b':
      case 't':
      case 'T': {
        const label = /^[ \t]*([^\n;}]*)/.exec(script.slice(at)) as RegExpExecArray;
        command.text = (label[1] as string).trim();
        at += label[0].length;
        break;
      }
      case 'r':
      case 'R':
      case 'w':
      case 'W': {
        const file = /^[ \t]*([^\n]*)/.exec(script.slice(at)) as RegExpExecArray;
        command.text = file[1] as string;
        if (command.text === '') fail('missing filename in r/R/w/W commands');
        at += file[0].length;
        break;
      }
      case 'q':
      case 'Q':
      case 'l':
      case 'L': {
        spaces();
        if (/\d/.test(script[at] ?? '')) command.text = String(number());
        endOfCommand();
        break;
      }
      case '=':
      case 'd':
      case 'D':
      case 'g':
      case 'G':
      case 'h':
      case 'H':
      case 'n':
      case 'N':
      case 'p':
      case 'P':
      case 'x':
      case 'z':
      case 'F':
        endOfCommand();
        break;
      default:
        fail(`unknown command: \`${name}'`);
    }
    commands.push(command);
  }
  if (open.length > 0) {
    at = 0;
    fail("unmatched `{'");
  }
  for (const command of commands) {
    if (!'btT'.includes(command.name) || command.text === '') continue;
    command.target = commands.findIndex((c) => c.name === ':' && c.text === command.text);
    if (command.target < 0)
      throw new SedError(
        `-e expression #1, char ${script.length}: can't find label for jump to \`${command.text}'`.replace(
          /-e expression #1, char \d+: /,
          '',
        ),
      );
  }
  return commands;
}
