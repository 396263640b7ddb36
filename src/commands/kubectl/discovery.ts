/**
 * Which resources the server has: asked for at most once in six hours, kept in files below ~/.kube/cache.
 * @models k8s.io/client-go discovery/cached/disk, discovery/cached/memory/memcache.go, restmapper
 * @fidelity partial: the cache has no check sums; groups that cannot be asked are left out
 */

import { klogStructured } from '../../go/klog.ts';
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { getenv, mkdirAll, printError, readFile, writeFile } from '../../linux/io.ts';
import type { KubeClient } from '../../protocols/kube/client.ts';
import { list, text, texts } from '../../protocols/kube/fields.ts';
import { isGoError } from './failure.ts';

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

const CACHE_NS_MAX = 6n * 3600n * 1_000_000_000n;

/** `attempts`: how often the caller's layers ask again before they give up; each failure is logged. */
export async function discover(ctx: Context, client: KubeClient, attempts: number): Promise<ApiResource[]> {
  const cached = await readCache(ctx, client);
  if (cached !== null) return cached;
  for (let attempt = 1; ; attempt++) {
    try {
      const found = await fetchAll(ctx, client);
      await writeCache(ctx, client, found);
      return found;
    } catch (error) {
      if (!isGoError(error)) throw error;
      const err = `couldn't get current server API group list: ${error.message}`;
      const source = { severity: 'E', timeNs: ctx.wallTime, pid: ctx.process.pid, caller: 'memcache.go:265' } as const;
      await printError(ctx, klogStructured(source, 'Unhandled Error', [['err', err]]));
      if (attempt >= attempts) throw error;
    }
  }
}

async function fetchAll(ctx: Context, client: KubeClient): Promise<ApiResource[]> {
  const query = { timeout: '32s' };
  const core = await client.request<unknown>(ctx, 'GET', '/api', { query });
  const groups = await client.request<unknown>(ctx, 'GET', '/apis', { query });
  const versions: [group: string, version: string][] = texts(core, 'versions').map((version) => ['', version]);
  for (const group of list(groups, 'groups')) {
    for (const { version } of list(group, 'versions')) versions.push([text(group, 'name'), String(version)]);
  }
  const found: ApiResource[] = [];
  for (const [group, version] of versions) {
    const path = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
    const answer = await client.request<unknown>(ctx, 'GET', path, { query });
    for (const item of list(answer, 'resources')) {
      if (text(item, 'name').includes('/')) continue;
      found.push({
        group,
        version,
        resource: text(item, 'name'),
        singular: text(item, 'singularName') || text(item, 'kind').toLowerCase(),
        kind: text(item, 'kind'),
        namespaced: item['namespaced'] === true,
        shortNames: texts(item, 'shortNames'),
        categories: texts(item, 'categories'),
        verbs: texts(item, 'verbs'),
      });
    }
  }
  return found;
}

function cacheFile(ctx: Context, client: KubeClient): string {
  const host = client.transport.host.replace(/[^\w.-]/g, '_');
  return `${getenv(ctx, 'HOME') ?? '/root'}/.kube/cache/discovery/${host}/serverresources.json`;
}

async function readCache(ctx: Context, client: KubeClient): Promise<ApiResource[] | null> {
  const path = cacheFile(ctx, client);
  try {
    if (ctx.wallTime - (await ctx.sys.stat(ctx, path)).mtime > CACHE_NS_MAX) return null;
    return JSON.parse(await readFile(ctx, path)) as ApiResource[];
  } catch (error) {
    if (!isErrno(error)) throw error;
    return null;
  }
}

async function writeCache(ctx: Context, client: KubeClient, found: readonly ApiResource[]): Promise<void> {
  const path = cacheFile(ctx, client);
  try {
    await mkdirAll(ctx, path.slice(0, path.lastIndexOf('/')), 0o750);
    await writeFile(ctx, path, JSON.stringify(found), { mode: 0o660 });
  } catch (error) {
    if (!isErrno(error)) throw error;
  }
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
