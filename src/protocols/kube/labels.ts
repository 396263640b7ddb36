/**
 * Label and field selectors: their structured form, and what they match.
 * @models apimachinery pkg/labels/selector.go, pkg/fields/selector.go
 * @fidelity full but for field selectors' escapes; the text of label selectors is parsed in label-selector.ts
 */
import type { LabelSelector } from './types.ts';

export type Requirement = {
  key: string;
  operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist' | 'Gt' | 'Lt';
  values: readonly string[];
};

export type Labels = Readonly<Record<string, string>> | undefined;

export function matches(requirements: readonly Requirement[], labels: Labels): boolean {
  for (let i = 0; i < requirements.length; i++) if (!holds(requirements[i] as Requirement, labels)) return false;
  return true;
}

function holds({ key, operator, values }: Requirement, labels: Labels): boolean {
  return suits(operator, values, labels !== undefined && Object.hasOwn(labels, key) ? labels[key] : undefined);
}

/** Whether a value, or that there is none, is what one requirement asks for. Nothing suits an operator that there is not. */
export function suits(operator: string, values: readonly string[], value: string | undefined): boolean {
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'Gt':
    case 'Lt': {
      const [than] = values;
      if (value === undefined || than === undefined || !/^[-+]?\d+$/.test(value)) return false;
      return operator === 'Gt' ? Number(value) > Number(than) : Number(value) < Number(than);
    }
    default:
      return false;
  }
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

/** A watch asks for the same fields of every object. */
const steps = new Map<string, readonly string[]>();
const STEPS_MAX = 100;

function stepsOf(path: string): readonly string[] {
  let found = steps.get(path);
  if (found === undefined) {
    if (steps.size >= STEPS_MAX) steps.clear();
    found = path.split('.');
    steps.set(path, found);
  }
  return found;
}

function fieldText(object: unknown, path: string): string {
  let at: unknown = object;
  for (const part of stepsOf(path)) at = (at as Record<string, unknown> | null | undefined)?.[part];
  return at === undefined || at === null ? '' : String(at);
}
