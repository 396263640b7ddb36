/**
 * Which kubeconfig counts, and what the flags change of it.
 * @models k8s.io/client-go tools/clientcmd loader.go overrides.go
 * @fidelity partial: of several files in $KUBECONFIG the first that exists; certificates given by flag are not read
 */
import type { CobraContext } from '../../go/cobra-types.ts';
import { parseDuration } from '../../go/duration.ts';
import type { JsonValue } from '../../go/json.ts';
import { marshalYaml } from '../../go/yaml-out.ts';
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { exists, getenv, mkdirAll, readFile, writeFile } from '../../linux/io.ts';
import {
  type Impersonation,
  type Kubeconfig,
  parseKubeconfig,
  type RestConfig,
  restConfig,
} from '../../protocols/kube/kubeconfig.ts';
import { Failure, NotSimulated } from './failure.ts';
import { shaped } from './kubeconfig-fields.ts';
import type { KubectlRelease } from './release.ts';

const EMPTY: Kubeconfig = { clusters: [], users: [], contexts: [], 'current-context': '' };

export async function kubeconfigPath(ctx: Context, cli: CobraContext): Promise<string> {
  const given = cli.string('kubeconfig');
  if (given !== '') return given;
  const paths = (getenv(ctx, 'KUBECONFIG') ?? '').split(':').filter((path) => path !== '');
  for (const path of paths) if (await exists(ctx, path)) return path;
  return paths[0] ?? `${getenv(ctx, 'HOME') ?? '/root'}/.kube/config`;
}

export async function loadKubeconfig(ctx: Context, cli: CobraContext): Promise<Kubeconfig> {
  const path = await kubeconfigPath(ctx, cli);
  let text: string;
  try {
    text = await readFile(ctx, path);
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) {
      throw isErrno(error) ? new Failure(`error loading config file "${path}": open ${path}: ${error.go}`) : error;
    }
    if (cli.string('kubeconfig') !== '') throw new Failure(`stat ${path}: no such file or directory`);
    return EMPTY;
  }
  const parsed = parseKubeconfig(text);
  if (!parsed.ok) throw new Failure(`error loading config file "${path}": ${parsed.error}`);
  return parsed.value;
}

/** What is there, or an empty file where there is none yet. */
export async function loadOrEmpty(ctx: Context, cli: CobraContext): Promise<Kubeconfig> {
  return (await exists(ctx, await kubeconfigPath(ctx, cli))) ? loadKubeconfig(ctx, cli) : EMPTY;
}

export async function saveKubeconfig(ctx: Context, cli: CobraContext, config: Kubeconfig): Promise<void> {
  const path = await kubeconfigPath(ctx, cli);
  const directory = path.slice(0, path.lastIndexOf('/'));
  if (directory !== '') await mkdirAll(ctx, directory);
  await writeFile(ctx, path, marshalYaml(shaped(config) as JsonValue), { mode: 0o600 });
}

type Named = { name: string };

export function put<T extends Named>(items: readonly T[], item: T): T[] {
  return [...items.filter(({ name }) => name !== item.name), item];
}

/** A path as the file has it: below its own directory it is told from there. */
export async function pathInConfig(ctx: Context, cli: CobraContext, path: string): Promise<string> {
  const whole = await absolute(ctx, path);
  const directory = await directoryOf(ctx, await kubeconfigPath(ctx, cli));
  return whole.startsWith(`${directory}/`) ? whole.slice(directory.length + 1) : whole;
}

export async function directoryOf(ctx: Context, path: string): Promise<string> {
  const whole = await absolute(ctx, path);
  return whole.slice(0, whole.lastIndexOf('/'));
}

/** @models go path/filepath Abs */
async function absolute(ctx: Context, path: string): Promise<string> {
  const parts: string[] = [];
  for (const part of (path.startsWith('/') ? path : `${await ctx.sys.getcwd(ctx)}/${path}`).split('/'))
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  return `/${parts.join('/')}`;
}

export async function loadRest(ctx: Context, cli: CobraContext, { client }: KubectlRelease): Promise<RestConfig> {
  const timeoutNs = requestTimeoutNs(cli);
  const config = await loadKubeconfig(ctx, cli);
  const context = cli.string('context') || config['current-context'];
  if (context !== '' && !config.contexts.some(({ name }) => name === context)) {
    const text = `context was not found for specified context: ${context}`;
    throw new Failure(`Error in configuration: ${text}`, { bare: true });
  }
  const named = config.contexts.find(({ name }) => name === context)?.context.cluster;
  const cluster = config.clusters.find(({ name }) => name === (cli.string('cluster') || named))?.cluster;
  if (cluster?.['proxy-url'] !== undefined)
    throw new NotSimulated(`proxy-url: not simulated: reaching the API server by a proxy`);
  const user = config.users.find(
    ({ name }) => name === config.contexts.find((one) => one.name === context)?.context.user,
  );
  for (const plugin of ['exec', 'auth-provider'] as const)
    if (user?.user[plugin] !== undefined) throw new NotSimulated(`${plugin}: not simulated: credentials from a plugin`);
  const directory = await directoryOf(ctx, await kubeconfigPath(ctx, cli));
  const rest = await restConfig(ctx, withWholePaths(config, directory), {
    context,
    userAgent: `kubectl/${client['gitVersion']} (linux/amd64) kubernetes/${client['gitCommit']?.slice(0, 7)}`,
  });
  const server = cli.string('server');
  const namespace = cli.string('namespace');
  const token = cli.string('token');
  const impersonate = impersonation(cli) ?? rest.impersonate;
  return {
    ...rest,
    timeoutNs,
    ...(impersonate === undefined ? {} : { impersonate }),
    ...(server === '' ? {} : { server: /^https?:\/\//.test(server) ? server : `http://${server}` }),
    ...(namespace === '' ? {} : { namespace }),
    ...(token === '' ? {} : { token }),
    skipVerify: rest.skipVerify || cli.bool('insecure-skip-tls-verify'),
  };
}

/** What is named without a leading slash lies beside the file. @models k8s.io/client-go tools/clientcmd loader.go ResolveLocalPaths */
function withWholePaths(config: Kubeconfig, directory: string): Kubeconfig {
  const whole = <T extends object>(entry: T): T => {
    const out = { ...entry } as Record<string, unknown>;
    for (const key of ['certificate-authority', 'client-certificate', 'client-key', 'tokenFile']) {
      const path = out[key];
      if (typeof path === 'string' && path !== '' && !path.startsWith('/')) out[key] = `${directory}/${path}`;
    }
    return out as T;
  };
  return {
    ...config,
    clusters: config.clusters.map(({ name, cluster }) => ({ name, cluster: whole(cluster) })),
    users: config.users.map(({ name, user }) => ({ name, user: whole(user) })),
  };
}

/** --request-timeout in ns; 0 is for ever. */
function requestTimeoutNs(cli: CobraContext): number {
  const given = cli.string('request-timeout');
  const parsed = parseDuration(/^\d+$/.test(given) ? `${given}s` : given);
  if (!parsed.ok)
    throw new Failure(
      'Invalid timeout value. Timeout must be a single integer in seconds, or an integer followed by a corresponding time unit (e.g. 1s | 2m | 3h)',
    );
  return parsed.ns;
}

/** --as and its companions; undefined when none is given. */
function impersonation(cli: CobraContext): Impersonation | undefined {
  const [user, groups, uid] = [cli.string('as'), cli.strings('as-group'), cli.string('as-uid')];
  const extra = cli.strings('as-user-extra').map((word): [string, string] => {
    const equals = word.indexOf('=');
    if (equals < 0) throw new Failure(`invalid extra value ${JSON.stringify(word)}, must be in the form key=value`);
    return [word.slice(0, equals), word.slice(equals + 1)];
  });
  if (user === '' && groups.length === 0 && uid === '' && extra.length === 0) return undefined;
  if (user === '') throw new Failure('requesting uid, groups or user-extra for  without impersonating a user');
  return { user, groups, uid, extra };
}
