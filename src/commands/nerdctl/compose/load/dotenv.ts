/**
 * `.env` files.
 * @models compose-go v2.12.1 dotenv/parser.go, dotenv/env.go
 * @fidelity full
 */
import { fail } from '../../run.ts';
import { substitute, type Variables } from './interpolate.ts';

const isBlank = (ch: string | undefined): boolean => ch !== undefined && /[\t\v\f\r \u0085\u00a0]/.test(ch);

/** Variables in their order. `variables` come before those of the file. */
export function parseDotenv(source: string, variables: Variables): Map<string, string> {
  const out = new Map<string, string>();
  const scope: Variables = { get: (name) => variables.get(name) ?? out.get(name), warn: variables.warn };
  let rest = source.replaceAll('\r\n', '\n');
  let line = 1;
  for (;;) {
    for (;;) {
      const lead = /^\s*/.exec(rest)?.[0] ?? '';
      line += lead.split('\n').length - 1;
      rest = rest.slice(lead.length);
      if (!rest.startsWith('#')) break;
      const end = rest.indexOf('\n');
      rest = end < 0 ? '' : rest.slice(end);
    }
    if (rest === '') break;
    const key = takeKey(rest, line);
    rest = key.rest;
    if (key.name.includes(' ')) fail(`line ${line}: key cannot contain a space`);
    if (key.isInherited) {
      line += 1;
      const value = variables.get(key.name);
      if (value !== undefined) out.set(key.name, value);
      continue;
    }
    const value = takeValue(rest, line, scope);
    out.set(key.name, value.text);
    rest = value.rest;
    line = value.line;
  }
  return out;
}

function takeKey(source: string, line: number): { name: string; rest: string; isInherited: boolean } {
  const text = /^export\s+/.test(source) ? source.slice('export'.length).replace(/^[\t\v\f\r ]+/, '') : source;
  for (let i = 0; i < text.length; i++) {
    const ch = text[i] as string;
    if (isBlank(ch)) continue;
    if (ch === '=' || ch === ':' || ch === '\n') {
      const after = text.slice(i + 1).replace(/^[\t\v\f\r ]+/, '');
      return { name: text.slice(0, i).trimEnd(), rest: after, isInherited: ch === '\n' };
    }
    if (/[_.\-[\]\p{L}\p{N}]/u.test(ch)) continue;
    fail(`line ${line}: unexpected character "${ch}" in variable name ${JSON.stringify(text.split('\n')[0])}`);
  }
  return { name: text.trimEnd(), rest: '', isInherited: true };
}

function takeValue(source: string, line: number, scope: Variables): { text: string; rest: string; line: number } {
  const quote = source[0];
  if (quote !== '"' && quote !== "'") {
    const end = source.indexOf('\n');
    const raw = end < 0 ? source : source.slice(0, end);
    const value = (raw.split(' #')[0] ?? '').trimEnd();
    return { text: substitute(value, scope), rest: end < 0 ? '' : source.slice(end + 1), line: line + 1 };
  }
  let at = line;
  let chars = '';
  let isEscaped = false;
  for (let i = 1; i < source.length; i++) {
    const ch = source[i] as string;
    if (ch === '\n') at += 1;
    if (ch !== quote) {
      if (!isEscaped && ch === '\\') {
        isEscaped = true;
        continue;
      }
      chars += isEscaped ? `\\${ch}` : ch;
      isEscaped = false;
    } else if (isEscaped) {
      isEscaped = false;
      chars += ch;
    } else {
      const text = quote === '"' ? substitute(unescaped(chars), scope) : chars;
      return { text, rest: source.slice(i + 1), line: at };
    }
  }
  return fail(`line ${at}: unterminated quoted value ${source.split('\n')[0]}`);
}

const ESCAPES: Readonly<Record<string, string>> = {
  a: '\u0007',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '"': '"',
  '\\': '\\',
  $: '$$',
};

function unescaped(text: string): string {
  return text.replace(/\\(?:([abcfnrtv$"\\])|0(\d{0,3}))/g, (found, letter?: string, octal?: string) => {
    if (letter !== undefined) return ESCAPES[letter] ?? found;
    return /^[0-7]{3}$/.test(octal ?? '') ? String.fromCharCode(Number.parseInt(octal ?? '', 8)) : found;
  });
}
