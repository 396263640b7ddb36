/** A request's path into what it is about. */
import { type Resource, resources } from '../../../protocols/kube/resources.ts';

export type Route = { resource: Resource; namespace: string | null; name: string; subresource?: string; rest: string };

const byPath = new Map(resources.map((r) => [`${r.group}/${r.version}/${r.resource}`, r]));

export function routeOf(path: string): Route | null {
  const parts = path
    .split('/')
    .filter((p) => p !== '')
    .map(unescapePart);
  const [root] = parts.splice(0, 1);
  const group = root === 'apis' ? (parts.shift() ?? '') : '';
  if (root !== 'api' && root !== 'apis') return null;
  const version = parts.shift() ?? '';
  let namespace: string | null = null;
  // `namespaces/x` alone, and its own sub-resources, are about the namespace itself.
  if (parts[0] === 'namespaces' && parts.length > 2 && parts[2] !== 'status' && parts[2] !== 'finalize') {
    namespace = parts[1] ?? '';
    parts.splice(0, 2);
  }
  const [plural = '', name = '', subresource, ...rest] = parts;
  const resource = byPath.get(`${group}/${version}/${plural}`);
  if (resource === undefined) return null;
  if (subresource !== undefined && !resource.subresources.includes(subresource)) return null;
  return { resource, namespace, name, rest: rest.join('/'), ...(subresource === undefined ? {} : { subresource }) };
}

function unescapePart(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
