/** Reading objects of any kind by path, as unstructured.Nested* does: absent and of another type are the same. */
export type Fields = { readonly [key: string]: unknown };

export function field(from: unknown, ...path: readonly string[]): unknown {
  let value: unknown = from;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Fields)[key];
  }
  return value ?? undefined;
}

export function text(from: unknown, ...path: readonly string[]): string {
  const value = field(from, ...path);
  return typeof value === 'string' ? value : '';
}

export function number(from: unknown, ...path: readonly string[]): number | undefined {
  const value = field(from, ...path);
  return typeof value === 'number' ? value : undefined;
}

export function flag(from: unknown, ...path: readonly string[]): boolean {
  return field(from, ...path) === true;
}

export function list(from: unknown, ...path: readonly string[]): readonly Fields[] {
  const value = field(from, ...path);
  return Array.isArray(value) ? (value as readonly Fields[]) : [];
}

export function texts(from: unknown, ...path: readonly string[]): readonly string[] {
  const value = field(from, ...path);
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];
}

export function object(from: unknown, ...path: readonly string[]): Fields | undefined {
  const value = field(from, ...path);
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
}

/** A map of strings, sorted by key. */
export function pairs(from: unknown, ...path: readonly string[]): readonly (readonly [key: string, value: string])[] {
  return Object.entries(object(from, ...path) ?? {})
    .map(([key, value]): [string, string] => [key, String(value)])
    .sort(([a], [b]) => (a < b ? -1 : 1));
}
