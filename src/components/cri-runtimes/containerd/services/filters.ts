/**
 * containerd's filter language: `name==x,labels."a.b"~=re`; several filters are alternatives.
 * @models containerd 2.1 pkg/filters
 * @fidelity partial: no escapes inside quotes other than \" and \\
 */
import { classed } from '../../shared/errors.ts';

/** Fields by path: `labels.KEY` for maps. */
export type Fields = { readonly [path: string]: string | undefined };

type Test = { path: string; operator: '' | '==' | '!=' | '~='; value: string };

export function matchesAny(filters: readonly string[], fields: Fields): boolean {
  if (filters.length === 0) return true;
  return filters.some((filter) => parse(filter).every((test) => holds(test, fields)));
}

/** Complains about a filter that cannot be read, also when there is nothing to apply it to. */
export function checkFilters(filters: readonly string[]): void {
  for (const filter of filters) parse(filter);
}

function holds({ path, operator, value }: Test, fields: Fields): boolean {
  const actual = fields[path];
  switch (operator) {
    case '':
      return actual !== undefined;
    case '==':
      return actual === value;
    case '!=':
      return actual !== value;
    default:
      return actual !== undefined && pattern(value).test(actual);
  }
}

function pattern(source: string): RegExp {
  try {
    return new RegExp(source);
  } catch {
    throw classed('InvalidArgument', `filters: bad regular expression ${source}`);
  }
}

function parse(source: string): Test[] {
  const tests: Test[] = [];
  let at = 0;
  const fail = (words: string): Error =>
    classed('InvalidArgument', `filters: parse error: [${source.slice(0, at)} >|${source.slice(at)}|< ]: ${words}`);
  const quoted = (mark: string): string => {
    let out = '';
    for (at++; at < source.length && source[at] !== mark; at++) out += source[at] === '\\' ? source[++at] : source[at];
    at++;
    return out;
  };
  const word = (stop: RegExp, quotes = '"'): string => {
    if (source[at] !== undefined && quotes.includes(source[at] as string)) return quoted(source[at] as string);
    const from = at;
    while (at < source.length && !stop.test(source[at] as string)) at++;
    return source.slice(from, at);
  };
  while (at < source.length) {
    const parts: string[] = [];
    do {
      if (parts.length > 0) at++;
      parts.push(word(/[.,=!~"]/));
    } while (source[at] === '.');
    if (parts[0] === '') throw fail('expected field or quoted');
    const operator = source.slice(at, at + 2);
    if (operator === '==' || operator === '!=' || operator === '~=') {
      at += 2;
      // A regular expression may stand between slashes or bars.
      tests.push({ path: parts.join('.'), operator, value: word(/,/, operator === '~=' ? '"/|' : '"') });
    } else if (at >= source.length || source[at] === ',') {
      tests.push({ path: parts.join('.'), operator: '', value: '' });
    } else {
      throw fail('expected an operator (`==`|`!=`|`~=`)');
    }
    if (source[at] === ',') at++;
  }
  return tests;
}

export function labelFields(labels: Readonly<Record<string, string>>): Fields {
  return Object.fromEntries(Object.entries(labels).map(([key, value]) => [`labels.${key}`, value]));
}
