/**
 * Label and field selectors: their text, their structured form, and what they match.
 * @models apimachinery pkg/labels/selector.go, pkg/fields/selector.go
 * @fidelity partial: no gt and lt operators of node affinity here; parse errors name the offending text only
 */
import type { LabelSelector } from './types.ts';

export type Requirement = {
  key: string;
  operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';
  values: readonly string[];
};

export type Labels = Readonly<Record<string, string>> | undefined;

export function matches(requirements: readonly Requirement[], labels: Labels): boolean {
  return requirements.every(({ key, operator, values }) => {
    const value = labels !== undefined && Object.hasOwn(labels, key) ? labels[key] : undefined;
    switch (operator) {
      case 'In':
        return value !== undefined && values.includes(value);
      case 'NotIn':
        return value === undefined || !values.includes(value);
      case 'Exists':
        return value !== undefined;
      case 'DoesNotExist':
        return value === undefined;
    }
  });
}

/** A selector without any requirement matches everything; an absent one nothing. */
export function selectorRequirements(selector: LabelSelector | undefined): Requirement[] | null {
  if (selector === undefined) return null;
  const equal = Object.entries(selector.matchLabels ?? {}).map(
    ([key, value]): Requirement => ({ key, operator: 'In', values: [value] }),
  );
  const more = (selector.matchExpressions ?? []).map(
    ({ key, operator, values }): Requirement => ({ key, operator, values: values ?? [] }),
  );
  return [...equal, ...more];
}

export function selectorMatches(selector: LabelSelector | undefined, labels: Labels): boolean {
  const requirements = selectorRequirements(selector);
  return requirements !== null && matches(requirements, labels);
}

export type Parsed<T> = { ok: true; value: T } | { ok: false; error: string };

/** `app=web,tier!=db,env in (a,b),!old,new` */
export function parseLabelSelector(text: string): Parsed<Requirement[]> {
  const requirements: Requirement[] = [];
  for (const part of splitTopLevel(text)) {
    const set = /^([^\s!=()]+)\s+(in|notin)\s*\(([^()]*)\)$/.exec(part);
    const equal = /^([^\s!=(),]+)\s*(==|=|!=)\s*([^\s!=(),]*)$/.exec(part);
    const bare = /^(!?)\s*([^\s!=(),]+)$/.exec(part);
    if (set !== null) {
      const values = (set[3] ?? '').split(',').map((v) => v.trim());
      requirements.push({ key: set[1] ?? '', operator: set[2] === 'in' ? 'In' : 'NotIn', values });
    } else if (equal !== null) {
      const operator = equal[2] === '!=' ? 'NotIn' : 'In';
      requirements.push({ key: equal[1] ?? '', operator, values: [equal[3] ?? ''] });
    } else if (bare !== null) {
      requirements.push({ key: bare[2] ?? '', operator: bare[1] === '!' ? 'DoesNotExist' : 'Exists', values: [] });
    } else {
      return { ok: false, error: `unable to parse requirement: found '${part}', expected: identifier` };
    }
  }
  return { ok: true, value: requirements };
}

function splitTopLevel(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let from = 0;
  for (let at = 0; at <= text.length; at++) {
    const ch = text[at];
    if (ch === '(') depth++;
    else if (ch === ')') depth--;
    else if (ch === undefined || (ch === ',' && depth === 0)) {
      const part = text.slice(from, at).trim();
      if (part !== '') parts.push(part);
      from = at + 1;
    }
  }
  return parts;
}

export type FieldTerm = { path: string; equal: boolean; value: string };

/** `metadata.name=web,status.phase!=Running` */
export function parseFieldSelector(text: string): Parsed<FieldTerm[]> {
  const terms: FieldTerm[] = [];
  for (const part of text.split(',').filter((p) => p !== '')) {
    const match = /^([^!=]+)(==|=|!=)(.*)$/.exec(part);
    if (match === null) return { ok: false, error: `invalid selector: '${text}'; can't understand '${part}'` };
    terms.push({ path: match[1] ?? '', equal: match[2] !== '!=', value: match[3] ?? '' });
  }
  return { ok: true, value: terms };
}

export function matchesFields(terms: readonly FieldTerm[], object: unknown): boolean {
  return terms.every(({ path, equal, value }) => (fieldText(object, path) === value) === equal);
}

function fieldText(object: unknown, path: string): string {
  let at: unknown = object;
  for (const part of path.split('.')) at = (at as Record<string, unknown> | null | undefined)?.[part];
  return at === undefined || at === null ? '' : String(at);
}
