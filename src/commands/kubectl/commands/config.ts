/** @models k8s.io/kubectl pkg/cmd/config view.go current_context.go get_contexts.go @fidelity full */
import type { CobraCommand } from '../../../go/cobra-types.ts';
import type { JsonValue } from '../../../go/json.ts';
import { marshalYaml } from '../../../go/yaml-out.ts';
import type { Context } from '../../../linux/context.ts';
import { print, readFileBytes } from '../../../linux/io.ts';
import { toBase64 } from '../../../protocols/base64.ts';
import type { Kubeconfig } from '../../../protocols/kube/kubeconfig.ts';
import { Failure, usageFailure } from '../failure.ts';
import { shaped } from '../kubeconfig-fields.ts';
import { directoryOf, kubeconfigPath, loadKubeconfig } from '../kubeconfig-file.ts';
import { objectPrinter } from '../output.ts';
import type { Action } from '../run.ts';
import { layOutTable } from '../tables.ts';
import { configWriters } from './config-write.ts';

type Entry = Readonly<Record<string, unknown>>;

const SECRET_KEYS = ['certificate-authority-data', 'client-certificate-data', 'client-key-data'];

function redacted(entry: Entry): Entry {
  return Object.fromEntries(
    Object.entries(entry).map(([key, value]) => [
      key,
      SECRET_KEYS.includes(key) ? 'DATA+OMITTED' : key === 'token' || key === 'password' ? 'REDACTED' : value,
    ]),
  );
}

/** What belongs to one context. */
function minified(config: Kubeconfig, current: string): Kubeconfig {
  if (current === '') throw new Failure('current-context must exist in order to minify');
  const contexts = config.contexts.filter(({ name }) => name === current);
  const [{ context } = { context: null }] = contexts;
  if (context === null) throw new Failure(`cannot locate context ${current}`);
  const missing = (section: 'clusters' | 'users', name: string): boolean =>
    name !== '' && !config[section].some((one) => one.name === name);
  if (missing('clusters', context.cluster)) throw new Failure(`cannot locate cluster ${context.cluster}`);
  if (missing('users', context.user)) throw new Failure(`cannot locate user ${context.user}`);
  return {
    ...config,
    contexts,
    clusters: config.clusters.filter(({ name }) => name === context.cluster),
    users: config.users.filter(({ name }) => name === context.user),
    'current-context': current,
  };
}

async function flattened(ctx: Context, directory: string, entry: Entry): Promise<Entry> {
  const out: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(entry)) {
    if (!['certificate-authority', 'client-certificate', 'client-key'].includes(key)) out[key] = value;
    else {
      const path = String(value);
      out[`${key}-data`] = toBase64(await readFileBytes(ctx, path.startsWith('/') ? path : `${directory}/${path}`));
    }
  }
  return out;
}

export const configCommand: CobraCommand<Action> = {
  name: 'config',
  use: 'SUBCOMMAND',
  short: 'Modify kubeconfig files',
  group: 'Other Commands',
  subcommands: [
    {
      name: 'view',
      short: 'Display merged kubeconfig settings or a specified kubeconfig file',
      flags: [
        { name: 'raw', kind: 'bool', usage: 'Show certificates and tokens, too.' },
        { name: 'minify', kind: 'bool', usage: 'Only what the current context uses.' },
        { name: 'flatten', kind: 'bool', usage: 'Put what lies in other files into the output.' },
        { name: 'output', short: 'o', kind: 'string', value: 'yaml', usage: 'Format, see the help of get.' },
        { name: 'template', kind: 'string', usage: 'Template of -o go-template or its file.' },
      ],
      action: async (ctx, run) => {
        const { cli } = run;
        if (cli.args.length > 0) throw usageFailure(cli.path, `unexpected arguments: [${cli.args.join(' ')}]`);
        const loaded = await loadKubeconfig(ctx, cli);
        const config = cli.bool('minify')
          ? minified(loaded, cli.string('context') || loaded['current-context'])
          : loaded;
        const directory = await directoryOf(ctx, await kubeconfigPath(ctx, cli));
        const show = async (entry: Entry): Promise<Entry> => {
          if (cli.bool('flatten')) return flattened(ctx, directory, entry);
          return cli.bool('raw') ? entry : redacted(entry);
        };
        const clusters: Kubeconfig['clusters'] = [];
        for (const { name, cluster } of config.clusters) clusters.push({ cluster: await show(cluster), name });
        const users: Kubeconfig['users'] = [];
        for (const { name, user } of config.users) users.push({ name, user: await show(user) });
        const printer = await objectPrinter(ctx, cli);
        const shown = shaped({ ...config, clusters, users }) as { readonly [key: string]: JsonValue };
        await print(ctx, printer === null ? marshalYaml(shown) : printer(shown));
      },
    },
    {
      name: 'current-context',
      short: 'Display the current-context',
      action: async (ctx, run) => {
        const current = (await loadKubeconfig(ctx, run.cli))['current-context'];
        if (current === '') throw new Failure('current-context is not set');
        await print(ctx, `${current}\n`);
      },
    },
    {
      name: 'get-contexts',
      use: '[(-o|--output=)name)]',
      short: 'Describe one or many contexts',
      flags: [
        { name: 'no-headers', kind: 'bool', usage: 'Leave the headers out.' },
        { name: 'output', short: 'o', kind: 'string', usage: 'Output format. One of: (name).' },
      ],
      action: async (ctx, run) => {
        const { cli } = run;
        const output = cli.string('output');
        if (output !== '' && output !== 'name')
          throw new Failure(
            `--output ${output} is not available in kubectl config get-contexts; resetting to default output format`,
          );
        const config = await loadKubeconfig(ctx, cli);
        const wanted = cli.args.length === 0 ? config.contexts.map(({ name }) => name).sort() : cli.args;
        const missing = wanted.find((one) => !config.contexts.some(({ name }) => name === one));
        const rows = wanted.flatMap((one) => {
          const context = config.contexts.find(({ name }) => name === one)?.context;
          if (context === undefined) return [];
          const current = one === config['current-context'] ? '*' : '';
          return [[current, one, context.cluster, context.user, context.namespace ?? '']];
        });
        const headers = cli.bool('no-headers') ? null : ['CURRENT', 'NAME', 'CLUSTER', 'AUTHINFO', 'NAMESPACE'];
        await print(ctx, output === 'name' ? rows.map((row) => `${row[1]}\n`).join('') : layOutTable(headers, rows));
        if (missing !== undefined) throw new Failure(`context ${missing} not found`);
      },
    },
    ...configWriters,
  ],
};
