/** What the API offers: `/api`, `/apis`, and the resources of each group. */
import { apiVersionOf, type Resource, resourceOfKind, resources } from '../../../protocols/kube/resources.ts';
import type { VersionInfo } from '../common/releases.ts';

const VERBS = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];

/** Sub-resources that are no part of the object, with verbs and kinds of their own. */
const OTHERS: Readonly<Record<string, { verbs: readonly string[]; kind?: string; in?: string }>> = {
  attach: { verbs: ['create', 'get'], kind: 'PodAttachOptions' },
  binding: { verbs: ['create'], kind: 'Binding' },
  eviction: { verbs: ['create'], kind: 'Eviction', in: 'policy/v1' },
  exec: { verbs: ['create', 'get'], kind: 'PodExecOptions' },
  finalize: { verbs: ['update'] },
  log: { verbs: ['get'] },
  portforward: { verbs: ['create', 'get'], kind: 'PodPortForwardOptions' },
  proxy: { verbs: ['create', 'delete', 'get', 'patch', 'update'], kind: 'NodeProxyOptions' },
  scale: { verbs: ['get', 'patch', 'update'], kind: 'Scale', in: 'autoscaling/v1' },
  token: { verbs: ['create'], kind: 'TokenRequest', in: 'authentication.k8s.io/v1' },
};

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
    for (const sub of r.subresources) {
      const { verbs, kind = r.kind, in: other } = OTHERS[sub] ?? { verbs: ['get', 'patch', 'update'] };
      const [group, version] = other?.split('/') ?? [];
      listed.push({
        name: `${r.resource}/${sub}`,
        singularName: '',
        namespaced: r.namespaced,
        ...(other === undefined ? {} : { group, version }),
        kind,
        verbs,
      });
    }
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
