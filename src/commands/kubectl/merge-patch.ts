/**
 * The patch of kubectl apply: what the manifest says anew, and what it no longer says since it was last applied.
 * @models k8s.io/apimachinery pkg/util/strategicpatch CreateThreeWayMergePatch, pkg/util/jsonmergepatch
 * @fidelity partial: no $setElementOrder and no $retainKeys; lists of plain values are replaced whole
 */
import type { Fields } from '../../protocols/kube/fields.ts';

/** Lists whose items are merged by a key rather than replaced, as the types of k8s.io/api tag them. */
const MERGE_KEYS: Readonly<Record<string, readonly string[]>> = {
  conditions: ['type'],
  containers: ['name'],
  env: ['name'],
  ephemeralContainers: ['name'],
  hostAliases: ['ip'],
  imagePullSecrets: ['name'],
  initContainers: ['name'],
  ownerReferences: ['uid'],
  ports: ['containerPort', 'port'],
  secrets: ['name'],
  subjects: ['name'],
  topologySpreadConstraints: ['topologyKey'],
  volumeDevices: ['devicePath'],
  volumeMounts: ['mountPath'],
  volumes: ['name'],
};

/** `{}` when nothing is to be done. `strategic` false: lists are replaced, as for custom resources. */
export function threeWayPatch(original: Fields, modified: Fields, current: Fields, strategic = true): Fields {
  return diffMaps(original, modified, current, strategic);
}

function isMap(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function diffMaps(original: Fields, modified: Fields, current: Fields, strategic: boolean): Fields {
  const patch: Record<string, unknown> = {};
  for (const [key, wanted] of Object.entries(modified)) {
    const [was, is] = [original[key], current[key]];
    if (wanted === null) {
      if (is !== undefined && is !== null) patch[key] = null;
      continue;
    }
    if (isMap(wanted) && isMap(is)) {
      const inner = diffMaps(isMap(was) ? was : {}, wanted, is, strategic);
      if (Object.keys(inner).length > 0) patch[key] = inner;
      continue;
    }
    const mergeKey = strategic && Array.isArray(wanted) && Array.isArray(is) ? mergeKeyOf(key, wanted, is) : undefined;
    if (mergeKey !== undefined) {
      const inner = diffLists(Array.isArray(was) ? was : [], wanted as Fields[], is as Fields[], mergeKey);
      if (inner.length > 0) patch[key] = inner;
      continue;
    }
    if (!isSame(wanted, is)) patch[key] = wanted;
  }
  for (const key of Object.keys(original)) {
    if (!Object.hasOwn(modified, key) && Object.hasOwn(current, key)) patch[key] = null;
  }
  return patch;
}

function mergeKeyOf(list: string, ...lists: readonly (readonly unknown[])[]): string | undefined {
  return (MERGE_KEYS[list] ?? []).find((key) =>
    lists.every((items) => items.every((item) => isMap(item) && item[key] !== undefined)),
  );
}

function diffLists(
  original: readonly Fields[],
  modified: readonly Fields[],
  current: readonly Fields[],
  key: string,
): Fields[] {
  const find = (items: readonly Fields[], item: Fields): Fields | undefined =>
    items.find((other) => other[key] === item[key]);
  const patch: Fields[] = [];
  for (const wanted of modified) {
    const is = find(current, wanted);
    if (is === undefined) {
      patch.push(wanted);
      continue;
    }
    const inner = diffMaps(find(original, wanted) ?? {}, wanted, is, true);
    if (Object.keys(inner).length > 0) patch.push({ ...inner, [key]: wanted[key] });
  }
  for (const was of original) {
    if (find(modified, was) === undefined && find(current, was) !== undefined) {
      patch.push({ $patch: 'delete', [key]: was[key] });
    }
  }
  return patch;
}

export function isSame(a: unknown, b: unknown): boolean {
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item, i) => isSame(item, b[i]));
  }
  if (isMap(a) && isMap(b)) {
    const keys = Object.keys(a);
    return keys.length === Object.keys(b).length && keys.every((key) => isSame(a[key], b[key]));
  }
  return a === b;
}
