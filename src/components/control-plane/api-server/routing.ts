/** A request's path into what it is about. */
import { type Resource, resources } from '../../../protocols/kube/resources.ts';

export type Route = {
  readonly resource: Resource;
  readonly namespace: string | null;
  readonly name: string;
  readonly subresource?: string;
  readonly rest: string;
};

const byPath = new Map(resources.map((r) => [`${r.group}/${r.version}/${r.resource}`, r]));

const routes = new Map<string, Route | null>();
const ROUTES_MAX = 500;

export function routeOf(path: string): Route | null {
  let route = routes.get(path);
  if (route === undefined) {
    route = findRoute(path);
    if (routes.size >= ROUTES_MAX) routes.clear();
    routes.set(path, route);
  }
  return route;
}

function findRoute(path: string): Route | null {
  const parts = partsOf(path);
  const root = parts[0];
  if (root !== 'api' && root !== 'apis') return null;
  let at = 1;
  const group = root === 'apis' ? (parts[at++] ?? '') : '';
  const version = parts[at++] ?? '';
  let namespace: string | null = null;
  // `namespaces/x` alone, and its own sub-resources, are about the namespace itself.
  const below = parts[at + 2];
  if (parts[at] === 'namespaces' && below !== undefined && below !== 'status' && below !== 'finalize') {
    namespace = parts[at + 1] ?? '';
    at += 2;
  }
  const resource = byPath.get(`${group}/${version}/${parts[at] ?? ''}`);
  if (resource === undefined) return null;
  const name = parts[at + 1] ?? '';
  const subresource = parts[at + 2];
  if (subresource === undefined) return { resource, namespace, name, rest: '' };
  if (!resource.subresources.includes(subresource)) return null;
  return { resource, namespace, name, rest: parts.slice(at + 3).join('/'), subresource };
}

function partsOf(path: string): string[] {
  const parts: string[] = [];
  for (const part of path.split('/')) if (part !== '') parts.push(part.includes('%') ? unescapePart(part) : part);
  return parts;
}

function unescapePart(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
