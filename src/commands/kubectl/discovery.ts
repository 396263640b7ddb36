/**
 * Which resources the server has: asked for at most once in six hours, kept in files below ~/.kube/cache/discovery, one for the
 * groups and one for each version of each, so that it is there for the next command.
 * @models k8s.io/client-go discovery, discovery/cached/disk, discovery/cached/memory/memcache.go
 * @fidelity partial: groups that cannot be asked are left out
 */
import { klogStructured } from '../../go/klog.ts';
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { mkdirAll, printError, readFile, writeFile } from '../../linux/io.ts';
import { headerValue } from '../../protocols/http/http1.ts';
import { type KubeClient, statusErrorOf } from '../../protocols/kube/client.ts';
import { field, list, text, texts } from '../../protocols/kube/fields.ts';
import { type ApiResource, apiResourcesOf } from './api-resource.ts';
import { isGoError } from './failure.ts';

type GroupVersion = { readonly groupVersion: string; readonly version: string };
export type ApiGroup = {
  readonly name: string;
  readonly versions: readonly GroupVersion[];
  readonly preferredVersion?: GroupVersion;
};

/** What was asked for: the groups, and all lists if the server has sent them along. */
type Answer = { readonly groups: readonly ApiGroup[]; readonly lists: ReadonlyMap<string, unknown> | null };

const CACHE_NS_MAX = 6n * 3600n * 1_000_000_000n;
const AGGREGATED = 'g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
/** The aggregated form before the one of old. */
export const DISCOVERY_ACCEPT = [AGGREGATED, AGGREGATED.replace('v=v2', 'v=v2beta1'), '']
  .map((form) => (form === '' ? 'application/json' : `application/json;${form}`))
  .join(',');
const QUERY = { timeout: '32s' };

export class Discovery {
  private readonly client: KubeClient;
  private readonly folder: string;
  private readonly accept: string;
  private readonly ownFiles = new Set<string>();
  private invalidated = false;
  private isFresh = true;
  private answer: Answer | null = null;

  /** `folder`: of this server's files. Clients before 1.26 do not know the aggregated form. */
  constructor(client: KubeClient, folder: string, aggregated: boolean) {
    this.client = client;
    this.folder = folder;
    this.accept = aggregated ? DISCOVERY_ACCEPT : 'application/json, */*';
  }

  /** Whether asking again could tell nothing new: no file of an earlier command was used. */
  get fresh(): boolean {
    return this.isFresh;
  }

  /** Files of earlier commands are no longer looked at. */
  invalidate(): void {
    this.ownFiles.clear();
    this.isFresh = true;
    this.invalidated = true;
    this.answer = null;
  }

  /** `attempts`: how often the caller's layers ask again before they give up; each failure is logged. */
  async groups(ctx: Context, attempts: number): Promise<readonly ApiGroup[]> {
    const path = `${this.folder}/servergroups.json`;
    const cached = await this.readCached(ctx, path);
    if (cached !== null) return list(cached, 'groups') as unknown as ApiGroup[];
    const { groups } = await this.ask(ctx, attempts);
    await this.writeCached(ctx, path, { kind: 'APIGroupList', apiVersion: 'v1', groups });
    return groups;
  }

  async resources(ctx: Context, attempts: number): Promise<ApiResource[]> {
    const found: ApiResource[] = [];
    for (const { name, versions } of await this.groups(ctx, attempts))
      for (const { groupVersion, version } of versions)
        found.push(...apiResourcesOf(await this.resourceList(ctx, groupVersion, attempts), name, version));
    return found;
  }

  private async resourceList(ctx: Context, groupVersion: string, attempts: number): Promise<unknown> {
    const path = `${this.folder}/${groupVersion}/serverresources.json`;
    const cached = await this.readCached(ctx, path);
    if (cached !== null) return cached;
    const { lists } = await this.ask(ctx, attempts);
    const root = groupVersion.includes('/') ? '/apis' : '/api';
    const listed =
      lists?.get(groupVersion) ??
      (await this.client.request<unknown>(ctx, 'GET', `${root}/${groupVersion}`, {
        query: QUERY,
        accept: 'application/json, */*',
      }));
    const resources = list(listed, 'resources');
    if (resources.length > 0)
      await this.writeCached(ctx, path, { kind: 'APIResourceList', apiVersion: 'v1', groupVersion, resources });
    return listed;
  }

  private async ask(ctx: Context, attempts: number): Promise<Answer> {
    for (let attempt = 1; this.answer === null; attempt++) {
      try {
        this.answer = await this.askOnce(ctx);
      } catch (error) {
        if (!isGoError(error)) throw error;
        const err = `couldn't get current server API group list: ${error.message}`;
        const source = {
          severity: 'E',
          timeNs: ctx.wallTime,
          pid: ctx.process.pid,
          caller: 'memcache.go:265',
        } as const;
        await printError(ctx, klogStructured(source, 'Unhandled Error', [['err', err]]));
        if (attempt >= attempts) throw error;
      }
    }
    return this.answer;
  }

  private async askOnce(ctx: Context): Promise<Answer> {
    const groups: ApiGroup[] = [];
    const lists = new Map<string, unknown>();
    let whole = true;
    for (const path of ['/api', '/apis']) {
      const { status, headers, body } = await this.client.raw(ctx, 'GET', path, { query: QUERY, accept: this.accept });
      if (status >= 300) throw statusErrorOf(status, body);
      const answer: unknown = JSON.parse(body);
      if ((headerValue(headers, 'content-type') ?? '').includes(AGGREGATED)) {
        for (const item of list(answer, 'items')) groups.push(splitGroup(item, lists));
        continue;
      }
      whole = false;
      if (path === '/apis') groups.push(...(list(answer, 'groups') as unknown as ApiGroup[]));
      else
        groups.push(
          groupOf(
            '',
            texts(answer, 'versions').map((name) => ({ groupVersion: name, version: name })),
          ),
        );
    }
    return { groups, lists: whole ? lists : null };
  }

  private async readCached(ctx: Context, path: string): Promise<unknown> {
    const own = this.ownFiles.has(path);
    if (this.invalidated && !own) return null;
    try {
      if (ctx.wallTime - (await ctx.sys.stat(ctx, path)).mtime > CACHE_NS_MAX) return null;
      const value = JSON.parse(await readFile(ctx, path)) as unknown;
      this.isFresh &&= own;
      return value;
    } catch (error) {
      // Half a file, or none.
      if (!isErrno(error) && !(error instanceof SyntaxError)) throw error;
      return null;
    }
  }

  private async writeCached(ctx: Context, path: string, value: unknown): Promise<void> {
    try {
      await mkdirAll(ctx, path.slice(0, path.lastIndexOf('/')), 0o750);
      const temporary = `${path}.${ctx.random.below(2 ** 32)}`;
      await writeFile(ctx, temporary, `${JSON.stringify(value)}\n`, { mode: 0o600 });
      await ctx.sys.chmod(ctx, temporary, 0o660);
      await ctx.sys.rename(ctx, temporary, path);
      this.ownFiles.add(path);
    } catch (error) {
      if (!isErrno(error)) throw error;
    }
  }
}

/** The first version is the preferred one. */
function groupOf(name: string, versions: readonly GroupVersion[]): ApiGroup {
  const [preferredVersion] = versions;
  return preferredVersion === undefined ? { name, versions } : { name, versions, preferredVersion };
}

/** A group of the aggregated form; its lists in the form of old go to `lists`. */
function splitGroup(item: unknown, lists: Map<string, unknown>): ApiGroup {
  const name = text(item, 'metadata', 'name');
  const versions: GroupVersion[] = [];
  for (const each of list(item, 'versions')) {
    if (text(each, 'freshness') === 'Stale') continue;
    const version = text(each, 'version');
    const groupVersion = name === '' ? version : `${name}/${version}`;
    versions.push({ groupVersion, version });
    const resources = list(each, 'resources').flatMap((resource) => {
      const own = resourceEntry(resource, text(resource, 'resource'), resource);
      const parts = list(resource, 'subresources').map((part) =>
        resourceEntry(resource, `${own.name}/${text(part, 'subresource')}`, part),
      );
      return [own, ...parts];
    });
    lists.set(groupVersion, { groupVersion, resources });
  }
  return groupOf(name, versions);
}

/** A resource, or a part of it that answers with a kind and verbs of its own. */
function resourceEntry(resource: unknown, name: string, part: unknown) {
  const [group, version] = [text(part, 'responseKind', 'group'), text(part, 'responseKind', 'version')];
  const [shortNames, categories] = [field(part, 'shortNames'), field(part, 'categories')];
  return {
    name,
    singularName: text(resource, 'singularResource'),
    namespaced: text(resource, 'scope') === 'Namespaced',
    ...(group === '' ? {} : { group }),
    ...(version === '' ? {} : { version }),
    kind: text(part, 'responseKind', 'kind'),
    verbs: field(part, 'verbs'),
    ...(shortNames === undefined ? {} : { shortNames }),
    ...(categories === undefined ? {} : { categories }),
  };
}
