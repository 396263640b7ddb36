/**
 * A compose file against its schema: the fault that lies deepest is told.
 * @models compose-go v2.12.1 schema/schema.go (getMostSpecificError), santhosh-tekuri/jsonschema v6.0.1 validator.go, kind/kind.go
 * @fidelity full
 */
import { fail } from '../../run.ts';
import type { JsonType, Schema } from './schema.ts';
import { isDict, type Value } from './tree.ts';

type Fault = { readonly path: readonly string[]; readonly words: string; readonly depth: number };

export function validate(value: Value, schema: Schema): void {
  let worst: Fault | null = null;
  for (const fault of faults(value, schema, [])) if (worst === null || fault.depth > worst.depth) worst = fault;
  if (worst !== null) fail(`${worst.path.join('.')} ${worst.words}`);
}

function typeOf(value: Value): JsonType {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (isDict(value)) return 'object';
  return typeof value as 'string' | 'number' | 'boolean';
}

function isOfType(value: Value, types: readonly JsonType[]): boolean {
  return types.includes(typeOf(value)) || (types.includes('integer') && Number.isInteger(value));
}

const quoted = (words: readonly string[]): string => words.map((word) => `'${word}'`).join(', ');

function faults(value: Value, schema: Schema, path: readonly string[]): Fault[] {
  const fault = (words: string, extra = 0): Fault => ({ path, words, depth: path.length + extra });
  if (schema.types !== undefined && !isOfType(value, schema.types)) return [fault(`must be a ${wanted(schema.types)}`)];
  if (schema.enum !== undefined && !schema.enum.includes(String(value)))
    return [
      fault(
        schema.enum.length === 1
          ? `value must be ${quoted(schema.enum)}`
          : `value must be one of ${quoted(schema.enum)}`,
      ),
    ];
  const found: Fault[] = [];
  if (isDict(value)) {
    const missing = (schema.required ?? []).filter((name) => value[name] === undefined);
    if (missing.length > 0)
      found.push(fault(`missing ${missing.length === 1 ? 'property' : 'properties'} ${quoted(missing)}`));
    const unknown: string[] = [];
    for (const name of Object.keys(value).sort()) {
      const item = value[name] as Value;
      const below = [
        ...(schema.properties?.[name] === undefined ? [] : [schema.properties[name]]),
        ...(schema.patterns ?? []).filter(([pattern]) => new RegExp(pattern).test(name)).map(([, inner]) => inner),
      ];
      for (const inner of below) found.push(...faults(item, inner, [...path, name]));
      if (below.length === 0 && schema.isClosed === true) unknown.push(name);
    }
    if (unknown.length > 0) found.push(fault(`additional properties ${quoted(unknown)} not allowed`, 1));
  } else if (Array.isArray(value)) {
    const pair = schema.isUnique === true ? doubles(value) : null;
    if (pair !== null) found.push(fault(`items at ${pair[0]} and ${pair[1]} are equal`));
    if (schema.items !== undefined)
      for (const [i, item] of value.entries()) found.push(...faults(item, schema.items, [...path, String(i)]));
  } else if (typeof value === 'string') {
    if (schema.pattern !== undefined && !new RegExp(schema.pattern).test(value))
      found.push(fault(`'${value}' does not match pattern '${schema.pattern}'`));
  } else if (typeof value === 'number') {
    if (schema.minimum !== undefined && value < schema.minimum)
      found.push(fault(`must be greater than or equal to ${schema.minimum}`));
    if (schema.maximum !== undefined && value > schema.maximum)
      found.push(fault(`must be less than or equal to ${schema.maximum}`));
  }
  if (schema.oneOf !== undefined) {
    const each = schema.oneOf.map((inner) => faults(value, inner, path));
    if (!each.some((list) => list.length === 0)) found.push(...each.flat());
  }
  return found;
}

/** `boolean, null, number or string` */
function wanted(types: readonly JsonType[]): string {
  const names = types.map((name) => (name === 'object' && types.length === 1 ? 'mapping' : name));
  if (names.length === 1) return names[0] ?? '';
  const sorted = names.map((name) => (name === 'object' ? 'mapping' : name)).sort();
  return `${sorted.slice(0, -1).join(', ')} or ${sorted.at(-1)}`;
}

function doubles(list: readonly Value[]): readonly [number, number] | null {
  const seen = new Map<string, number>();
  for (const [i, item] of list.entries()) {
    const key = JSON.stringify(item);
    const before = seen.get(key);
    if (before !== undefined) return [before, i];
    seen.set(key, i);
  }
  return null;
}
