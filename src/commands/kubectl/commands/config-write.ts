/**
 * Commands that change a kubeconfig.
 * @models k8s.io/kubectl pkg/cmd/config set*.go use_context.go delete_*.go rename_context.go unset.go get_clusters.go get_users.go,
 * k8s.io/client-go tools/clientcmd config.go ModifyConfig
 * @fidelity partial: one file; a lock beside it is not made
 */
import type { CobraCommand } from '../../../go/cobra-types.ts';
import { quote } from '../../../go/quote.ts';
import { print, printError } from '../../../linux/io.ts';
import { Failure, usageFailure } from '../failure.ts';
import { setProperty, unsetProperty } from '../kubeconfig-fields.ts';
import { kubeconfigPath, loadOrEmpty, pathInConfig, put, saveKubeconfig } from '../kubeconfig-file.ts';
import type { Action, Run } from '../run.ts';
import { embedded, setCredentials } from './config-credentials.ts';

function nameOf(run: Run): string {
  const [name, ...more] = run.cli.args;
  if (name === undefined || more.length > 0) throw unexpectedArgs(run);
  return name;
}

function unexpectedArgs(run: Run): Failure {
  return new Failure(`Unexpected args: [${run.cli.args.join(' ')}]`, { showsHelp: true });
}

type Named = { name: string };

const useContext: CobraCommand<Action> = {
  name: 'use-context',
  aliases: ['use'],
  use: 'CONTEXT_NAME',
  short: 'Set the current-context in a kubeconfig file',
  action: async (ctx, run) => {
    const name = nameOf(run);
    const config = await loadOrEmpty(ctx, run.cli);
    if (!config.contexts.some((one) => one.name === name))
      throw new Failure(`no context exists with the name: ${quote(name)}`);
    await saveKubeconfig(ctx, run.cli, { ...config, 'current-context': name });
    await print(ctx, `Switched to context ${quote(name)}.\n`);
  },
};

const setContext: CobraCommand<Action> = {
  name: 'set-context',
  use: '[NAME | --current] [--cluster=cluster_nickname] [--user=user_nickname] [--namespace=namespace]',
  short: 'Set a context entry in kubeconfig',
  flags: [{ name: 'current', kind: 'bool', usage: 'Change the current context.' }],
  action: async (ctx, run) => {
    const { cli } = run;
    if (cli.args.length > 1) throw unexpectedArgs(run);
    const [given = ''] = cli.args;
    const isCurrent = cli.bool('current');
    if (given === '' && !isCurrent) throw new Failure('you must specify a non-empty context name or --current');
    if (given !== '' && isCurrent) throw new Failure('you cannot specify both a context name and --current');
    const config = await loadOrEmpty(ctx, cli);
    const name = isCurrent ? config['current-context'] : given;
    if (name === '') throw new Failure('no current context is set');
    const old = config.contexts.find((one) => one.name === name);
    const context = { ...(old?.context ?? { cluster: '', user: '' }) };
    for (const key of ['cluster', 'user', 'namespace'] as const) if (cli.isSet(key)) context[key] = cli.string(key);
    await saveKubeconfig(ctx, cli, { ...config, contexts: put(config.contexts, { name, context }) });
    await print(ctx, `Context ${quote(name)} ${old === undefined ? 'created' : 'modified'}.\n`);
  },
};

const setCluster: CobraCommand<Action> = {
  name: 'set-cluster',
  use: 'NAME [--server=server] [--certificate-authority=path/to/certificate/authority] [--insecure-skip-tls-verify=true] [--tls-server-name=example.com]',
  short: 'Set a cluster entry in kubeconfig',
  flags: [
    { name: 'embed-certs', kind: 'bool', usage: 'Write the certificate itself into the file.' },
    { name: 'proxy-url', kind: 'string', usage: 'Proxy to reach the cluster by.' },
  ],
  action: async (ctx, run) => {
    const { cli } = run;
    const name = nameOf(run);
    const authority = cli.string('certificate-authority');
    const isInsecure = cli.bool('insecure-skip-tls-verify');
    if (name === '') throw new Failure('you must specify a non-empty cluster name');
    if (isInsecure && authority !== '')
      throw new Failure('you cannot specify a certificate authority and insecure mode at the same time');
    if (cli.bool('embed-certs') && authority === '')
      throw new Failure('you must specify a --certificate-authority to embed');
    const data = cli.bool('embed-certs') ? await embedded(ctx, 'certificate-authority', authority) : '';
    const config = await loadOrEmpty(ctx, cli);
    const cluster = { ...config.clusters.find((one) => one.name === name)?.cluster };
    for (const key of ['server', 'tls-server-name', 'proxy-url'] as const)
      if (cli.isSet(key)) cluster[key] = cli.string(key);
    if (cli.isSet('insecure-skip-tls-verify')) cluster['insecure-skip-tls-verify'] = isInsecure;
    if (isInsecure || cli.isSet('certificate-authority')) {
      delete cluster['certificate-authority'];
      delete cluster['certificate-authority-data'];
    }
    if (authority !== '') {
      delete cluster['insecure-skip-tls-verify'];
      if (data === '') cluster['certificate-authority'] = await pathInConfig(ctx, cli, authority);
      else cluster['certificate-authority-data'] = data;
    }
    await saveKubeconfig(ctx, cli, { ...config, clusters: put(config.clusters, { name, cluster }) });
    await print(ctx, `Cluster ${quote(name)} set.\n`);
  },
};

const set: CobraCommand<Action> = {
  name: 'set',
  use: 'PROPERTY_NAME PROPERTY_VALUE',
  short: 'Set an individual value in a kubeconfig file',
  long: `Set an individual value in a kubeconfig file.

 The name of the property is a path: names of fields, and of entries, with dots between them. What is bytes, such as
certificate-authority-data, is given in base64, unless --set-raw-bytes says otherwise.`,
  examples: `  # Where the cluster "mine" is
  kubectl config set clusters.mine.server https://1.2.3.4

  # The namespace of the context "mine"
  kubectl config set contexts.mine.namespace web`,
  flags: [
    {
      name: 'set-raw-bytes',
      kind: 'bool',
      bare: 'true',
      usage: 'Bytes are given as they are, not in base64.',
    },
  ],
  action: async (ctx, run) => {
    const { cli } = run;
    const [property = '', value = '', ...more] = cli.args;
    if (cli.args.length < 2 || more.length > 0) throw unexpectedArgs(run);
    if (value === '') throw new Failure('you cannot use set to unset a property');
    if (property === '') throw new Failure('you must specify a property');
    const config = setProperty(await loadOrEmpty(ctx, cli), property, value, cli.bool('set-raw-bytes'));
    await saveKubeconfig(ctx, cli, config);
    await print(ctx, `Property ${quote(property)} set.\n`);
  },
};

const unset: CobraCommand<Action> = {
  name: 'unset',
  use: 'PROPERTY_NAME',
  short: 'Unset an individual value in a kubeconfig file',
  action: async (ctx, run) => {
    const property = nameOf(run);
    if (property === '') throw new Failure('you must specify a property');
    const config = await loadOrEmpty(ctx, run.cli);
    await saveKubeconfig(ctx, run.cli, unsetProperty(config, property));
    await print(ctx, `Property ${quote(property)} unset.\n`);
  },
};

function deleting(name: string, section: 'clusters' | 'contexts' | 'users', noun: string): CobraCommand<Action> {
  return {
    name,
    use: 'NAME',
    short: `Delete the specified ${noun} from the kubeconfig`,
    action: async (ctx, run) => {
      const { cli } = run;
      const [wanted, ...more] = cli.args;
      if (wanted === undefined || more.length > 0) {
        if (section === 'users') throw usageFailure(cli.path, 'user to delete is required');
        // The original shows its help, and is content.
        throw new Failure('', { showsHelp: true, exitCode: 0, bare: true });
      }
      const config = await loadOrEmpty(ctx, cli);
      const path = await kubeconfigPath(ctx, cli);
      const items: readonly Named[] = config[section];
      if (!items.some((one) => one.name === wanted))
        throw new Failure(`cannot delete ${noun} ${wanted}, not in ${path}`);
      if (section === 'contexts' && config['current-context'] === wanted)
        await printError(
          ctx,
          'warning: this removed your active context, use "kubectl config use-context" to select a different one\n',
        );
      await saveKubeconfig(ctx, cli, { ...config, [section]: items.filter((one) => one.name !== wanted) });
      await print(ctx, `deleted ${noun} ${wanted} from ${path}\n`);
    },
  };
}

function listing(name: string, section: 'clusters' | 'users', noun: string): CobraCommand<Action> {
  return {
    name,
    short: `Display ${noun} defined in the kubeconfig`,
    action: async (ctx, run) => {
      const names = (await loadOrEmpty(ctx, run.cli))[section].map((one) => `${one.name}\n`).sort();
      await print(ctx, `NAME\n${names.join('')}`);
    },
  };
}

const renameContext: CobraCommand<Action> = {
  name: 'rename-context',
  use: 'CONTEXT_NAME NEW_NAME',
  short: 'Rename a context from the kubeconfig file',
  action: async (ctx, run) => {
    const { cli } = run;
    const [from, to, ...more] = cli.args;
    if (from === undefined || to === undefined || more.length > 0) throw unexpectedArgs(run);
    const config = await loadOrEmpty(ctx, cli);
    const old = config.contexts.find((one) => one.name === from);
    const path = await kubeconfigPath(ctx, cli);
    if (old === undefined) throw new Failure(`cannot rename the context ${quote(from)}, it's not in ${path}`);
    if (config.contexts.some((one) => one.name === to))
      throw new Failure(`cannot rename the context ${quote(from)}, the context ${quote(to)} already exists in ${path}`);
    const contexts = put(
      config.contexts.filter((one) => one !== old),
      { name: to, context: old.context },
    );
    const current = config['current-context'] === from ? to : config['current-context'];
    await saveKubeconfig(ctx, cli, { ...config, contexts, 'current-context': current });
    await print(ctx, `Context ${quote(from)} renamed to ${quote(to)}.\n`);
  },
};

export const configWriters: readonly CobraCommand<Action>[] = [
  deleting('delete-cluster', 'clusters', 'cluster'),
  deleting('delete-context', 'contexts', 'context'),
  deleting('delete-user', 'users', 'user'),
  listing('get-clusters', 'clusters', 'clusters'),
  listing('get-users', 'users', 'users'),
  renameContext,
  set,
  setCluster,
  setContext,
  setCredentials,
  unset,
  useContext,
];
