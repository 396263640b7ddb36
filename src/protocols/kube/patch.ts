/**
 * The four ways to change an object in place.
 * @models apimachinery strategicpatch, evanphx/json-patch; structured-merge-diff for apply
 * @fidelity partial: apply merges like strategic merge and drops what the same manager had applied before and no longer
 * names; conflicts between managers are not raised
 */

import { isObject, type Json, type JsonObject } from './json.ts';
import { type FieldType, fieldsOf } from './schema.ts';
import { badRequest, failure } from './status-error.ts';

export function mergePatch(target: Json | undefined, patch: Json): Json {
  if (!isObject(patch)) return patch;
  const out: JsonObject = isObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete out[key];
    else out[key] = mergePatch(out[key], value);
  }
  return out;
}

export function strategicMerge(kind: string, target: JsonObject, patch: JsonObject): JsonObject {
  return mergeObject(target, patch, { kind: 'object', name: kind }, true);
}

function mergeObject(target: JsonObject, patch: JsonObject, type: FieldType | undefined, top = false): JsonObject {
  if (patch.$patch === 'replace') {
    const { $patch, ...rest } = patch;
    return rest;
  }
  const out: JsonObject = { ...target };
  const retained = patch.$retainKeys;
  if (Array.isArray(retained)) for (const key of Object.keys(out)) if (!retained.includes(key)) delete out[key];
  for (const [key, value] of Object.entries(patch)) {
    if (key === '$retainKeys' || key === '$patch' || key.startsWith('$setElementOrder/')) continue;
    if (key.startsWith('$deleteFromPrimitiveList/')) {
      const field = key.slice(key.indexOf('/') + 1);
      const drop = Array.isArray(value) ? value : [];
      if (Array.isArray(out[field])) out[field] = (out[field] as Json[]).filter((item) => !drop.includes(item));
      continue;
    }
    const field = fieldType(type, key, top);
    if (value === null) delete out[key];
    else if (isObject(value)) {
      if (value.$patch === 'delete') delete out[key];
      else out[key] = mergeObject(isObject(out[key]) ? (out[key] as JsonObject) : {}, value, field);
    } else if (Array.isArray(value) && Array.isArray(out[key]) && field?.kind === 'list' && field.mergeKey !== null)
      out[key] = mergeList(out[key] as Json[], value, field.of, field.mergeKey);
    else out[key] = Array.isArray(value) ? value.filter((item) => !(isObject(item) && '$patch' in item)) : value;
  }
  return out;
}

function fieldType(type: FieldType | undefined, key: string, top: boolean): FieldType | undefined {
  if (type?.kind === 'object') {
    const field = fieldsOf(type.name, top)?.get(key);
    // Status is not described; its conditions merge by type all the same.
    return field?.kind === 'any' && key === 'status' ? STATUS : field;
  }
  if (type === STATUS && key in STATUS_LISTS)
    return { kind: 'list', of: { kind: 'any' }, mergeKey: STATUS_LISTS[key] as string };
  return type?.kind === 'map' ? type.of : undefined;
}

const STATUS: FieldType = { kind: 'map', of: { kind: 'any' } };
const STATUS_LISTS: Readonly<Record<string, string>> = {
  conditions: 'type',
  addresses: 'type',
  podIPs: 'ip',
  hostIPs: 'ip',
};

function mergeList(target: Json[], patch: Json[], of: FieldType, mergeKey: string): Json[] {
  if (mergeKey === '') return [...target, ...patch.filter((item) => !target.includes(item))];
  let out = [...target];
  for (const item of patch) {
    if (!isObject(item)) continue;
    if (item.$patch === 'replace') {
      out = patch.filter((p) => !(isObject(p) && '$patch' in p));
      break;
    }
    const at = out.findIndex((old) => isObject(old) && old[mergeKey] === item[mergeKey]);
    if (item.$patch === 'delete') {
      if (at >= 0) out.splice(at, 1);
    } else if (at < 0) out.push(item);
    else out[at] = mergeObject(out[at] as JsonObject, item, of);
  }
  return out;
}

export type JsonPatchOperation = { op: string; path: string; value?: Json; from?: string };

export function jsonPatch(target: JsonObject, operations: readonly JsonPatchOperation[]): JsonObject {
  const root = structuredCopy(target) as JsonObject;
  for (const operation of operations) applyOperation(root, operation);
  return root;
}

function structuredCopy(value: Json): Json {
  return JSON.parse(JSON.stringify(value)) as Json;
}

function applyOperation(root: JsonObject, { op, path, value, from }: JsonPatchOperation): void {
  // What was wrong stays in the server.
  const refused = (): Error =>
    failure(422, 'Invalid', 'the server rejected our request due to an error in our request', {});
  if (typeof path !== 'string') throw refused();
  const keys = path
    .split('/')
    .slice(1)
    .map((k) => k.replaceAll('~1', '/').replaceAll('~0', '~'));
  const last = keys.pop() ?? '';
  let parent: Json | undefined = root;
  for (const key of keys)
    parent = Array.isArray(parent) ? parent[Number(key)] : isObject(parent) ? parent[key] : undefined;
  if (!Array.isArray(parent) && !isObject(parent)) throw refused();
  const list = Array.isArray(parent) ? parent : null;
  const index = last === '-' ? (list?.length ?? 0) : Number(last);
  const current = list === null ? (parent as JsonObject)[last] : list[index];
  switch (op) {
    case 'add':
      if (list === null) (parent as JsonObject)[last] = value ?? null;
      else list.splice(index, 0, value ?? null);
      return;
    case 'replace':
      if (current === undefined) throw refused();
      if (list === null) (parent as JsonObject)[last] = value ?? null;
      else list[index] = value ?? null;
      return;
    case 'remove':
      if (current === undefined) throw refused();
      if (list === null) delete (parent as JsonObject)[last];
      else list.splice(index, 1);
      return;
    case 'test':
      if (JSON.stringify(current) !== JSON.stringify(value)) throw refused();
      return;
    case 'move':
    case 'copy': {
      let source: Json | undefined = root;
      for (const key of (from ?? '').split('/').slice(1))
        source = Array.isArray(source) ? source[Number(key)] : isObject(source) ? source[key] : undefined;
      if (source === undefined) throw refused();
      if (op === 'move') applyOperation(root, { op: 'remove', path: from ?? '' });
      applyOperation(root, { op: 'add', path, value: structuredCopy(source) });
      return;
    }
    default:
      throw badRequest(`unknown operation ${JSON.stringify(op)}`);
  }
}

/** What `before` said and `after` no longer says, as a patch that removes it. */
export function removedFields(before: Json, after: Json | undefined): JsonObject {
  const out: JsonObject = {};
  if (!isObject(before)) return out;
  for (const [key, value] of Object.entries(before)) {
    const next = isObject(after) ? after[key] : undefined;
    if (next === undefined) out[key] = null;
    else if (isObject(value)) {
      const inner = removedFields(value, next);
      if (Object.keys(inner).length > 0) out[key] = inner;
    }
  }
  return out;
}
