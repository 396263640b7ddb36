/** What the API offers: `/api`, `/apis`, and the resources of each group. */
import { apiVersionOf, type Resource, resourceOfKind, resources } from '../../../protocols/kube/resources.ts';

const VERBS = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];

export const VERSION = {
  major: '1',
  minor: '36',
  emulationMajor: '1',
  emulationMinor: '36',
  minCompatibilityMajor: '1',
  minCompatibilityMinor: '35',
  gitVersion: 'v1.36.4',
  gitCommit: '5f1b7bf1a2c9e6d1c4f7a5e7e1a0c3d9b8e2f604',
  gitTreeState: 'clean',
  buildDate: '2026-11-11T09:48:22Z',
  goVersion: 'go1.25.5',
  compiler: 'gc',
  platform: 'linux/amd64',
};

const groups = [...new Set(resources.map((r) => r.group))].filter((g) => g !== '');

export function discovery(path: string): unknown {
  if (path === '/version') return VERSION;
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
      verbs: VERBS,
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
