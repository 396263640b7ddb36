/** @models k8s.io/kubectl pkg/cmd/config set*.go use_context.go delete_*.go rename_context.go unset.go get_clusters.go get_users.go @fidelity partial: certificates are written as paths or embedded; no tokens from files */
import type { CobraCommand } from '../../../go/cobra-types.ts';
import { base64 } from '../../../go/json.ts';
import { marshalYaml } from '../../../go/yaml-out.ts';
import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import { mkdirAll, print, readFileBytes, writeFile } from '../../../linux/io.ts';
import type { Kubeconfig } from '../../../protocols/kube/kubeconfig.ts';
import { Failure, NotSimulated, usageFailure } from '../failure.ts';
import { kubeconfigPath, loadKubeconfig } from '../kubeconfig-file.ts';
import type { Action, Run } from '../run.ts';

const EMPTY: Kubeconfig = { clusters: [], users: [], contexts: [], 'current-context': '' };

/** What is there, or an empty file where there is none yet. */
async function load(ctx: Context, run: Run): Promise<Kubeconfig> {
  try {
    return await loadKubeconfig(ctx, run.cli);
  } catch (error) {
    if (error instanceof Failure && error.message.endsWith('no such file or directory')) return EMPTY;
    throw error;
  }
}

async function save(ctx: Context, run: Run, config: Kubeconfig): Promise<void> {
  const path = await kubeconfigPath(ctx, run.cli);
  const directory = path.slice(0, path.lastIndexOf('/'));
  if (directory !== '') await mkdirAll(ctx, directory);
  const orNull = <T>(items: readonly T[]): readonly T[] | null => (items.length === 0 ? null : items);
  const text = marshalYaml({
    apiVersion: 'v1',
    clusters: orNull(config.clusters.map(({ name, cluster }) => ({ cluster, name }))),
    contexts: orNull(config.contexts.map(({ name, context }) => ({ context, name }))),
    'current-context': config['current-context'],
    kind: 'Config',
    users: orNull(config.users.map(({ name, user }) => ({ name, user }))),
  } as never);
  await writeFile(ctx, path, text, { mode: 0o600 });
}

function nameOf(run: Run): string {
  const [name, ...more] = run.cli.args;
  if (name === undefined || more.length > 0)
    throw usageFailure(run.cli.path, `Unexpected args: [${run.cli.args.join(' ')}]`);
  return name;
}

type Named = { name: string };

function put<T extends Named>(items: readonly T[], item: T): T[] {
  const others = items.filter(({ name }) => name !== item.name);
  return [...others, item].sort((a, b) => (a.name < b.name ? -1 : 1));
}

const useContext: CobraCommand<Action> = {
  name: 'use-context',
  aliases: ['use'],
  use: 'CONTEXT_NAME',
  short: 'Set the current-context in a kubeconfig file',
  action: async (ctx, run) => {
    const name = nameOf(run);
    const config = await load(ctx, run);
    if (!config.contexts.some((one) => one.name === name))
      throw new Failure(`no context exists with the name: ${JSON.stringify(name)}`);
    await save(ctx, run, { ...config, 'current-context': name });
    await print(ctx, `Switched to context "${name}".\n`);
  },
};

const setContext: CobraCommand<Action> = {
  name: 'set-context',
  use: '[NAME | --current] [--cluster=cluster_nickname] [--user=user_nickname] [--namespace=namespace]',
  short: 'Set a context entry in kubeconfig',
  flags: [{ name: 'current', kind: 'bool', usage: 'Change the current context.' }],
  action: async (ctx, run) => {
    const { cli } = run;
    const config = await load(ctx, run);
    const name = cli.bool('current') ? config['current-context'] : nameOf(run);
    if (cli.bool('current') && name === '') throw new Failure('no current context is set');
    const old = config.contexts.find((one) => one.name === name);
    const context = { ...(old?.context ?? { cluster: '', user: '' }) };
    for (const key of ['cluster', 'user', 'namespace'] as const) if (cli.isSet(key)) context[key] = cli.string(key);
    await save(ctx, run, { ...config, contexts: put(config.contexts, { name, context }) });
    await print(ctx, `Context "${name}" ${old === undefined ? 'created' : 'modified'}.\n`);
  },
};

const setCluster: CobraCommand<Action> = {
  name: 'set-cluster',
  use: 'NAME [--server=server] [--certificate-authority=path/to/certificate/authority] [--insecure-skip-tls-verify=true]',
  short: 'Set a cluster entry in kubeconfig',
  flags: [
    { name: 'embed-certs', kind: 'bool', usage: 'Write the certificate itself into the file.' },
    { name: 'proxy-url', kind: 'string', usage: 'Proxy to reach the cluster by.' },
  ],
  action: async (ctx, run) => {
    const { cli } = run;
    const name = nameOf(run);
    const config = await load(ctx, run);
    const cluster = { ...config.clusters.find((one) => one.name === name)?.cluster };
    if (cli.isSet('server')) cluster.server = cli.string('server');
    if (cli.isSet('insecure-skip-tls-verify'))
      cluster['insecure-skip-tls-verify'] = cli.bool('insecure-skip-tls-verify');
    if (cli.isSet('tls-server-name')) cluster['tls-server-name'] = cli.string('tls-server-name');
    if (cli.isSet('proxy-url')) cluster['proxy-url'] = cli.string('proxy-url');
    await certificate(ctx, run, 'certificate-authority', cluster);
    await save(ctx, run, { ...config, clusters: put(config.clusters, { name, cluster }) });
    await print(ctx, `Cluster "${name}" set.\n`);
  },
};

const setCredentials: CobraCommand<Action> = {
  name: 'set-credentials',
  use: 'NAME [--client-certificate=path/to/certfile] [--client-key=path/to/keyfile] [--token=bearer_token]',
  short: 'Set a user entry in kubeconfig',
  flags: [{ name: 'embed-certs', kind: 'bool', usage: 'Write certificate and key themselves into the file.' }],
  action: async (ctx, run) => {
    const { cli } = run;
    const name = nameOf(run);
    const config = await load(ctx, run);
    const user = { ...config.users.find((one) => one.name === name)?.user };
    if (cli.isSet('token')) user.token = cli.string('token');
    for (const key of ['client-certificate', 'client-key'] as const) await certificate(ctx, run, key, user);
    await save(ctx, run, { ...config, users: put(config.users, { name, user }) });
    await print(ctx, `User "${name}" set.\n`);
  },
};

async function certificate(ctx: Context, run: Run, key: string, entry: Record<string, unknown>): Promise<void> {
  const path = run.cli.string(key);
  if (path === '') return;
  if (!run.cli.bool('embed-certs')) {
    entry[key] = path;
    delete entry[`${key}-data`];
    return;
  }
  try {
    entry[`${key}-data`] = base64(await readFileBytes(ctx, path));
    delete entry[key];
  } catch (error) {
    if (!isErrno(error)) throw error;
    throw new Failure(`could not stat ${key} file ${path}: stat ${path}: ${error.go}`);
  }
}

type Section = 'clusters' | 'contexts' | 'users';

/** What a kubeconfig may hold besides. */
const KNOWN_SECTIONS = new Set(['kind', 'apiVersion', 'preferences', 'extensions']);

function deleting(name: string, section: Section, noun: string): CobraCommand<Action> {
  return {
    name,
    use: 'NAME',
    short: `Delete the specified ${noun} from the kubeconfig`,
    action: async (ctx, run) => {
      const wanted = nameOf(run);
      const config = await load(ctx, run);
      const path = await kubeconfigPath(ctx, run.cli);
      const items: readonly Named[] = config[section];
      if (!items.some((one) => one.name === wanted))
        throw new Failure(`cannot delete ${noun} ${wanted}, not in ${path}`);
      await save(ctx, run, { ...config, [section]: items.filter((one) => one.name !== wanted) });
      await print(ctx, `deleted ${noun} ${wanted} from ${path}\n`);
    },
  };
}

function listing(name: string, section: Section, noun: string): CobraCommand<Action> {
  return {
    name,
    short: `Display ${noun} defined in the kubeconfig`,
    action: async (ctx, run) => {
      const names = (await load(ctx, run))[section].map((one) => `${one.name}\n`).sort();
      await print(ctx, `NAME\n${names.join('')}`);
    },
  };
}

const renameContext: CobraCommand<Action> = {
  name: 'rename-context',
  use: 'CONTEXT_NAME NEW_NAME',
  short: 'Rename a context from the kubeconfig file',
  action: async (ctx, run) => {
    const [from, to, ...more] = run.cli.args;
    if (from === undefined || to === undefined || more.length > 0)
      throw usageFailure(run.cli.path, `Unexpected args: [${run.cli.args.join(' ')}]`);
    const config = await load(ctx, run);
    const old = config.contexts.find((one) => one.name === from);
    if (old === undefined)
      throw new Failure(
        `cannot rename the context ${JSON.stringify(from)}, it's not in ${await kubeconfigPath(ctx, run.cli)}`,
      );
    if (config.contexts.some((one) => one.name === to))
      throw new Failure(
        `cannot rename the context ${JSON.stringify(from)}, the context ${JSON.stringify(to)} already exists in ${await kubeconfigPath(ctx, run.cli)}`,
      );
    const contexts = put(
      config.contexts.filter((one) => one !== old),
      { name: to, context: old.context },
    );
    const current = config['current-context'] === from ? to : config['current-context'];
    await save(ctx, run, { ...config, contexts, 'current-context': current });
    await print(ctx, `Context ${JSON.stringify(from)} renamed to ${JSON.stringify(to)}.\n`);
  },
};

const unset: CobraCommand<Action> = {
  name: 'unset',
  use: 'PROPERTY_NAME',
  short: 'Unset an individual value in a kubeconfig file',
  action: async (ctx, run) => {
    const property = nameOf(run);
    const config = await load(ctx, run);
    const [section = '', name] = property.split('.');
    if (section === 'current-context') await save(ctx, run, { ...config, 'current-context': '' });
    else if (section === 'clusters' || section === 'contexts' || section === 'users') {
      const items: readonly Named[] = config[section];
      await save(ctx, run, {
        ...config,
        [section]: name === undefined ? [] : items.filter((one) => one.name !== name),
      });
    } else if (!KNOWN_SECTIONS.has(section)) throw new Failure(`unable to parse ${property} after [] at api.Config`);
    else throw new NotSimulated(`config unset ${property}: not simulated: a single value of an entry`);
    await print(ctx, `Property ${JSON.stringify(property)} unset.\n`);
  },
};

export const configWriters: readonly CobraCommand<Action>[] = [
  deleting('delete-cluster', 'clusters', 'cluster'),
  deleting('delete-context', 'contexts', 'context'),
  deleting('delete-user', 'users', 'user'),
  listing('get-clusters', 'clusters', 'clusters'),
  listing('get-users', 'users', 'users'),
  renameContext,
  setCluster,
  setContext,
  setCredentials,
  unset,
  useContext,
];
