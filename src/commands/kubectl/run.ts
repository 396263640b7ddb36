/** What every action of kubectl works with. */

import type { CobraContext } from '../../go/cobra-types.ts';
import type { Context } from '../../linux/context.ts';
import { getenv, printError } from '../../linux/io.ts';
import { type KubeClient, newKubeClient } from '../../protocols/kube/client.ts';
import type { RestConfig } from '../../protocols/kube/kubeconfig.ts';
import { newTransport } from '../../protocols/kube/transport.ts';
import { type ApiResource, findResource, resourceOfKind } from './api-resource.ts';
import { type ApiGroup, Discovery } from './discovery.ts';
import { Failure } from './failure.ts';
import { kubeconfigPath, loadRest } from './kubeconfig-file.ts';
import { type KubectlRelease, kubectl136 } from './release.ts';
import { heardTransport, tellConfiguration, tellPlain } from './verbose.ts';

export type Action = (ctx: Context, run: Run) => Promise<void>;

/** How often the layers around discovery ask again when nobody answers; commands differ. */
const DISCOVERY_ATTEMPTS = 5;
/** Since when clients ask for all groups with their resources at once. */
const AGGREGATED_SINCE_MINOR = 26;

export class Run {
  readonly cli: CobraContext;
  readonly release: KubectlRelease;
  private rest: RestConfig | null = null;
  private api: KubeClient | null = null;
  private readonly warned = new Set<string>();
  private discovered: Discovery | null = null;
  private resources: readonly ApiResource[] | null = null;

  constructor(cli: CobraContext, release: KubectlRelease = kubectl136) {
    this.release = release;
    this.cli = cli;
  }

  /** The server that was last asked, for messages. */
  get server(): string {
    return this.rest?.server ?? 'http://localhost:8080';
  }

  /** What only who asks for more words is told. */
  async log(ctx: Context, level: number, caller: string, text: string): Promise<void> {
    if (this.verbosity >= level) await tellPlain(ctx, caller, text);
  }

  /** -v; commands whose flags are not parsed have none. */
  private get verbosity(): number {
    return this.cli.has('v') ? this.cli.number('v') : 0;
  }

  async config(ctx: Context): Promise<RestConfig> {
    if (this.rest === null) {
      this.rest = await loadRest(ctx, this.cli, this.release);
      await tellConfiguration(ctx, this.verbosity, await kubeconfigPath(ctx, this.cli));
    }
    return this.rest;
  }

  async client(ctx: Context): Promise<KubeClient> {
    if (this.api === null) {
      const config = await this.config(ctx);
      const transport = heardTransport(newTransport(config), this.verbosity);
      this.api = newKubeClient(config, (c, text) => this.warn(c, text), transport);
    }
    return this.api;
  }

  /** What the server warns of, each thing once, yellow on a terminal. */
  private async warn(ctx: Context, text: string): Promise<void> {
    if (this.warned.has(text)) return;
    this.warned.add(text);
    const plain = (getenv(ctx, 'NO_COLOR') ?? '') !== '' || getenv(ctx, 'TERM') === 'dumb';
    const coloured = !plain && (await ctx.sys.isTty(ctx, 2));
    await printError(ctx, coloured ? `\x1b[33;1mWarning:\x1b[0m ${text}\n` : `Warning: ${text}\n`);
  }

  async namespace(ctx: Context): Promise<string> {
    return (await this.config(ctx)).namespace;
  }

  private async discoveryClient(ctx: Context): Promise<Discovery> {
    if (this.discovered === null) {
      const { server } = await this.config(ctx);
      const given = this.cli.has('cache-dir') && this.cli.isSet('cache-dir') ? this.cli.string('cache-dir') : '';
      const home = `${getenv(ctx, 'HOME') ?? ''}/.kube/cache`;
      const folder = `${given || getenv(ctx, 'KUBECACHEDIR') || home}/discovery/${folderOf(server)}`;
      const aggregated = Number(this.release.client['minor']) >= AGGREGATED_SINCE_MINOR;
      this.discovered = new Discovery(await this.client(ctx), folder, aggregated);
    }
    return this.discovered;
  }

  async discovery(ctx: Context, attempts = DISCOVERY_ATTEMPTS): Promise<readonly ApiResource[]> {
    this.resources ??= await (await this.discoveryClient(ctx)).resources(ctx, attempts);
    return this.resources;
  }

  async groups(ctx: Context): Promise<readonly ApiGroup[]> {
    return (await this.discoveryClient(ctx)).groups(ctx, 1);
  }

  /** What is discovered from here on is fresh from the server. */
  async invalidateDiscovery(ctx: Context): Promise<void> {
    (await this.discoveryClient(ctx)).invalidate();
    this.resources = null;
  }

  /** What is not among the resources that an earlier command has found may be new. */
  private async look<T>(
    ctx: Context,
    attempts: number,
    find: (all: readonly ApiResource[]) => T | undefined,
  ): Promise<T | undefined> {
    const found = find(await this.discovery(ctx, attempts));
    if (found !== undefined || (await this.discoveryClient(ctx)).fresh) return found;
    await this.log(ctx, 5, 'discovery.go:214', 'Invalidating discovery information');
    await this.invalidateDiscovery(ctx);
    return find(await this.discovery(ctx, attempts));
  }

  async resource(ctx: Context, word: string): Promise<ApiResource> {
    const found = await this.find(ctx, word, DISCOVERY_ATTEMPTS);
    if (found === undefined) throw new Failure(`the server doesn't have a resource type "${word.split('.')[0]}"`);
    return found;
  }

  find(ctx: Context, word: string, attempts: number): Promise<ApiResource | undefined> {
    return this.look(ctx, attempts, (all) => findResource(all, word));
  }

  kind(ctx: Context, apiVersion: string, kind: string): Promise<ApiResource | undefined> {
    return this.look(ctx, 1, (all) => resourceOfKind(all, apiVersion, kind));
  }
}

/** A server's address as the name of a folder. */
function folderOf(server: string): string {
  return server.replace(/^https?:\/\//, '').replace(/[^\w/.)(]/g, '_');
}
