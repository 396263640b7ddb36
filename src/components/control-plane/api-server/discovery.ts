/** What the API offers: `/api`, `/apis`, and the resources of each group. */
import { apiVersionOf, type Resource, resourceOfKind, resources } from '../../../protocols/kube/resources.ts';
import type { VersionInfo } from '../common/releases.ts';

const VERBS = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];

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
  return second === 'v1' ? resourceList(first, second) : null;
}

function groupOf(name: string): Record<string, unknown> {
  const version = { groupVersion: `${name}/v1`, version: 'v1' };
  return { name, versions: [version], preferredVersion: version };
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
        verbs: ['get', 'patch', 'update'],
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
