/** What the API offers: `/api`, `/apis`, and the resources of each group. */
import { apiVersionOf, type Resource, resourceOfKind, resources } from '../../../protocols/kube/resources.ts';
import type { VersionInfo } from '../common/releases.ts';

const VERBS = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];

/** Sub-resources that are no part of the object. */
const CREATED = new Set(['binding', 'eviction', 'token']);
const STREAMED = new Set(['exec', 'attach', 'portforward']);

const groups = [...new Set(resources.map((r) => r.group))].filter((g) => g !== '');

export function discovery(path: string, version: VersionInfo): unknown {
  if (path === '/version') return version;
  if (path === '/api')
    return {
      kind: 'APIVersions',
      versions: ['v1'],
      serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: '192.168.1.10:6443' }],
    };
  if (path === '/apis') return { kind: 'APIGroupList', apiVersion: 'v1', groups: groups.map(groupOf) };
  const [, root, first = '', second] = path.split('/');
  if (root === 'api' && first === 'v1') return resourceList('', 'v1');
  if (root !== 'apis' || !groups.includes(first)) return null;
  if (second === undefined) return { kind: 'APIGroup', apiVersion: 'v1', ...groupOf(first) };
  return versionsOf(first).includes(second) ? resourceList(first, second) : null;
}

/** The preferred one first. */
function versionsOf(group: string): string[] {
  return [...new Set(resources.filter((r) => r.group === group).map(({ version }) => version))];
}

function groupOf(name: string): Record<string, unknown> {
  const versions = versionsOf(name).map((version) => ({ groupVersion: `${name}/${version}`, version }));
  return { name, versions, preferredVersion: versions[0] };
}

function resourceList(group: string, version: string): unknown {
  const listed: Record<string, unknown>[] = [];
  for (const r of resources.filter((one) => one.group === group && one.version === version)) {
    listed.push({
      name: r.resource,
      singularName: r.singular,
      namespaced: r.namespaced,
      kind: r.kind,
      verbs: r.verbs ?? VERBS,
      ...(r.shortNames.length === 0 ? {} : { shortNames: r.shortNames }),
      ...(r.categories === undefined ? {} : { categories: r.categories }),
    });
    for (const sub of r.subresources)
      listed.push({
        name: `${r.resource}/${sub}`,
        singularName: '',
        namespaced: r.namespaced,
        kind: r.kind,
        verbs: CREATED.has(sub)
          ? ['create']
          : sub === 'log'
            ? ['get']
            : STREAMED.has(sub)
              ? ['create', 'get']
              : ['get', 'patch', 'update'],
      });
  }
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: apiVersionOf({ group, version }),
    resources: listed,
  };
}

export function listKind(resource: Resource): string {
  return `${resourceOfKind(apiVersionOf(resource), resource.kind)?.kind ?? resource.kind}List`;
}
