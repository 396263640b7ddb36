/**
 * A resource as discovery lists it, and the words by which a command line means one.
 * @models k8s.io/client-go restmapper discovery.go shortcut.go category_expansion.go
 * @fidelity full
 */
import { list, text, texts } from '../../protocols/kube/fields.ts';

export type ApiResource = {
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly singular: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly verbs: readonly string[];
};

/** Those of one APIResourceList, without parts of resources. */
export function apiResourcesOf(answer: unknown, group: string, version: string): ApiResource[] {
  return list(answer, 'resources').flatMap((item) => {
    const name = text(item, 'name');
    if (name.includes('/')) return [];
    return {
      group,
      version,
      resource: name,
      singular: text(item, 'singularName') || text(item, 'kind').toLowerCase(),
      kind: text(item, 'kind'),
      namespaced: item['namespaced'] === true,
      shortNames: texts(item, 'shortNames'),
      categories: texts(item, 'categories'),
      verbs: texts(item, 'verbs'),
    };
  });
}

/** Of what a group has in several versions the first: the server lists the one that it prefers first. */
export function preferredOf(all: readonly ApiResource[]): ApiResource[] {
  const first = new Map<string, ApiResource>();
  for (const item of all) {
    const key = `${item.group} ${item.resource}`;
    if (!first.has(key)) first.set(key, item);
  }
  return [...first.values()];
}

/** `pods`, `po`, `pod`, `deployments.apps`, `deployments.v1.apps`, `Pod`. */
export function findResource(all: readonly ApiResource[], word: string): ApiResource | undefined {
  const [name = '', ...rest] = word.toLowerCase().split('.');
  const inGroup = (item: ApiResource): boolean => {
    if (rest.length === 0) return true;
    const qualified = rest.join('.');
    return (
      item.group === qualified ||
      `${item.version}.${item.group}` === qualified ||
      (item.group === '' && item.version === qualified)
    );
  };
  const candidates = all.filter(inGroup);
  return (
    candidates.find(({ resource, singular }) => resource === name || singular === name) ??
    candidates.find(({ shortNames }) => shortNames.includes(name)) ??
    candidates.find(({ kind }) => kind.toLowerCase() === name)
  );
}

export function resourceOfKind(all: readonly ApiResource[], apiVersion: string, kind: string): ApiResource | undefined {
  return all.find((item) => item.kind === kind && apiVersionText(item) === apiVersion);
}

export function apiVersionText({ group, version }: { group: string; version: string }): string {
  return group === '' ? version : `${group}/${version}`;
}

/** `pod`, `deployment.apps`: what stands before the name in a command's message. */
export function kindText({ kind, group }: { kind: string; group: string }): string {
  return group === '' ? kind.toLowerCase() : `${kind.toLowerCase()}.${group}`;
}
