/**
 * What the API offers: `/api` and `/apis`, either of which answers with everything below it for those who ask for that, and
 * the resources of each group.
 * @models k8s.io/apiserver 0.36 pkg/endpoints discovery, discovery/aggregated, installer.go; cmd/kube-apiserver app/aggregator.go
 * @fidelity partial: the groups that are served; JSON only
 */
import { sha256, sha512 } from '@noble/hashes/sha2.js';
import type { Context } from '../../../linux/context.ts';
import { toBytes } from '../../../linux/rope.ts';
import { toBase64 } from '../../../protocols/base64.ts';
import { type Headers, headerValue } from '../../../protocols/http/http1.ts';
import { apiVersionOf, type Resource, resourceOfKind, resources } from '../../../protocols/kube/resources.ts';
import type { Exchange } from '../../../protocols/kube/server.ts';
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

/** By GroupPriorityMinimum. */
const GROUP_ORDER = [
  'apps',
  'events.k8s.io',
  'authentication.k8s.io',
  'authorization.k8s.io',
  'autoscaling',
  'batch',
  'certificates.k8s.io',
  'networking.k8s.io',
  'policy',
  'rbac.authorization.k8s.io',
  'storage.k8s.io',
  'scheduling.k8s.io',
  'coordination.k8s.io',
  'node.k8s.io',
  'discovery.k8s.io',
];

const groups = GROUP_ORDER.filter((name) => resources.some(({ group }) => group === name));

/** Since when aggregated discovery is on by itself, in the form that is answered here. */
const AGGREGATED_SINCE_MINOR = 30;
const AGGREGATED_TYPE = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

const aggregated = {
  '/api': lazy(() => aggregate([''])),
  '/apis': lazy(() => aggregate(groups)),
} as const;

/** Undefined for a path that is none of discovery's. */
export function serveDiscovery(ctx: Context, exchange: Exchange, version: VersionInfo): Promise<void> | undefined {
  const { path, headers } = exchange;
  if ((path === '/api' || path === '/apis') && Number(version.minor) >= AGGREGATED_SINCE_MINOR) {
    const accept = headerValue(headers, 'accept') ?? '';
    if (acceptsAggregated(accept)) {
      const { text, etag } = aggregated[path]();
      const caching: Headers = [
        ['Cache-Control', 'public'],
        ['ETag', etag],
        ['Vary', 'Accept'],
      ];
      if (headerValue(headers, 'if-none-match') === etag) return exchange.reply(ctx, 304, '', caching);
      return exchange.reply(ctx, 200, text, [...caching, ['Content-Type', AGGREGATED_TYPE]]);
    }
  }
  const found = discovery(path, version);
  if (found === null) return undefined;
  // The version alone is written for people.
  const indent = path === '/version' ? 2 : 0;
  return exchange.reply(ctx, 200, JSON.stringify(found, null, indent), [['Content-Type', 'application/json']]);
}

/** Whether of what is accepted the first that can be given is the aggregated form. */
function acceptsAggregated(accept: string): boolean {
  for (const clause of accept.split(',')) {
    const [type = '', ...rest] = clause.split(';').map((part) => part.trim());
    if (!['application/json', 'application/*', '*/*'].includes(type)) continue;
    const given = new Map(rest.map((part) => part.split('=', 2) as [string, string]));
    if (given.get('as') === undefined) return false;
    if (['g', 'v', 'as'].map((key) => given.get(key)).join() === 'apidiscovery.k8s.io,v2,APIGroupDiscoveryList')
      return true;
  }
  return false;
}

function lazy<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

function discovery(path: string, version: VersionInfo): unknown {
  if (path === '/version') return version;
  if (path === '/api')
    return {
      kind: 'APIVersions',
      versions: ['v1'],
      serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: '192.168.1.10:6443' }],
    };
  if (path === '/apis') return { kind: 'APIGroupList', apiVersion: 'v1', groups: groups.map(groupOf) };
  const [, root, first = '', second] = path.split('/');
  if (root === 'api' && first === 'v1' && second === undefined) return resourceList('', 'v1');
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

/** By their paths. */
function resourcesOf(group: string, version: string): Resource[] {
  return resources
    .filter((one) => one.group === group && one.version === version)
    .sort((a, b) => (a.resource < b.resource ? -1 : 1));
}

function subresourcesOf({ subresources, kind: own }: Resource) {
  return [...subresources].sort().map((name) => {
    const { verbs, kind = own, in: other } = OTHERS[name] ?? { verbs: ['get', 'patch', 'update'] };
    const [group = '', version = ''] = other?.split('/') ?? [];
    return { name, group, version, kind, verbs };
  });
}

function resourceList(group: string, version: string): unknown {
  const listed: Record<string, unknown>[] = [];
  for (const r of resourcesOf(group, version)) {
    listed.push({
      name: r.resource,
      singularName: r.singular,
      namespaced: r.namespaced,
      kind: r.kind,
      verbs: r.verbs ?? VERBS,
      ...(r.shortNames.length === 0 ? {} : { shortNames: r.shortNames }),
      ...(r.categories === undefined ? {} : { categories: r.categories }),
      ...((r.verbs ?? VERBS).includes('update') ? { storageVersionHash: storageVersionHash(r) } : {}),
    });
    for (const { name, group: g, version: v, kind, verbs } of subresourcesOf(r))
      listed.push({
        name: `${r.resource}/${name}`,
        singularName: '',
        namespaced: r.namespaced,
        ...(g === '' ? {} : { group: g }),
        ...(v === '' ? {} : { version: v }),
        kind,
        verbs,
      });
  }
  return {
    kind: 'APIResourceList',
    ...(group === '' ? {} : { apiVersion: 'v1' }),
    groupVersion: apiVersionOf({ group, version }),
    resources: listed,
  };
}

function storageVersionHash({ group, version, kind, storedAs }: Resource): string {
  const stored = storedAs === undefined ? `${group}/${version}` : storedAs.includes('/') ? storedAs : `/${storedAs}`;
  return toBase64(sha256(toBytes(`${stored}/${kind}`)).subarray(0, 8));
}

function aggregate(names: readonly string[]): { text: string; etag: string } {
  const list = { metadata: {}, items: names.map(groupDiscovery) };
  const digest = sha512(toBytes(JSON.stringify(list)));
  const etag = Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
  const head = { kind: 'APIGroupDiscoveryList', apiVersion: 'apidiscovery.k8s.io/v2' };
  return { text: JSON.stringify({ ...head, ...list }), etag: `"${etag.toUpperCase()}"` };
}

function groupDiscovery(group: string): unknown {
  return {
    metadata: group === '' ? {} : { name: group },
    versions: versionsOf(group).map((version) => ({
      version,
      resources: resourcesOf(group, version).map((r) => {
        const subresources = subresourcesOf(r);
        return {
          resource: r.resource,
          // Of what is asked here group and version go without saying.
          responseKind: { group: '', version: '', kind: r.kind },
          scope: r.namespaced ? 'Namespaced' : 'Cluster',
          singularResource: r.singular,
          verbs: r.verbs ?? VERBS,
          ...(r.shortNames.length === 0 ? {} : { shortNames: r.shortNames }),
          ...(r.categories === undefined ? {} : { categories: r.categories }),
          ...(subresources.length === 0 ? {} : { subresources: subresources.map(subresourceDiscovery) }),
        };
      }),
      freshness: 'Current',
    })),
  };
}

function subresourceDiscovery({ name, group, version, kind, verbs }: ReturnType<typeof subresourcesOf>[number]) {
  return { subresource: name, responseKind: { group, version, kind }, verbs };
}

export function listKind(resource: Resource): string {
  return `${resourceOfKind(apiVersionOf(resource), resource.kind)?.kind ?? resource.kind}List`;
}
