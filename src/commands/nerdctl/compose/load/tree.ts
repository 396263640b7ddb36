/** A compose file as plain values, and places in it. @models compose-go v2.12.1 tree/path.go @fidelity full */
export type Value = string | number | boolean | null | Value[] | Dict;
export type Dict = { [key: string]: Value };
/** Keys and, for what stands in a list, `[]`. */
export type Path = readonly string[];

export function isDict(value: Value | undefined): value is Dict {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function dictOf(value: Value | undefined): Dict {
  return isDict(value) ? value : {};
}

export function listOf(value: Value | undefined): Value[] {
  return Array.isArray(value) ? value : [];
}

/** Sorted, where Go would take them in any order. */
export function entriesOf(value: Value | undefined): [string, Value][] {
  return Object.entries(dictOf(value)).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}

/** `services.*.ports`: a star is any one part. */
export function matches(path: Path, pattern: string): boolean {
  const parts = pattern.split('.');
  return parts.length === path.length && parts.every((part, i) => part === '*' || part === path[i]);
}

/** What a table of patterns has for a place. */
export function lookUp<T>(table: ReadonlyMap<string, T>, path: Path): T | undefined {
  for (const [pattern, found] of table) if (matches(path, pattern)) return found;
  return undefined;
}

/** fmt.Sprint of a scalar. */
export function text(value: Value | undefined): string {
  if (value === null || value === undefined) return '<nil>';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

export function copyOf<T extends Value>(value: T): T {
  return structuredCloneOf(value) as T;
}

function structuredCloneOf(value: Value): Value {
  if (Array.isArray(value)) return value.map(structuredCloneOf);
  if (!isDict(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, structuredCloneOf(item)]));
}
