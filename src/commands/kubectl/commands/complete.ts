/**
 * What kubectl offers on Tab: names of what the server has.
 * @models k8s.io/kubectl pkg/util/completion/completion.go @fidelity partial: one page of names, no plugins
 */
import {
  type CompletionSource,
  type Completions,
  cobraComplete,
  completionsText,
  DIRECTIVES,
  directiveText,
} from '../../../go/cobra-complete.ts';
import type { CobraApp, CobraCommand, CobraContext } from '../../../go/cobra-types.ts';
import type { Context } from '../../../linux/context.ts';
import { print, printError } from '../../../linux/io.ts';
import type { KubeObject } from '../../../protocols/kube/types.ts';
import { explainFailure } from '../failure.ts';
import { loadKubeconfig } from '../kubeconfig-file.ts';
import { type Action, Run } from '../run.ts';

/** The types whose names a command takes; 'any' for those of its first argument, 'pod' for pods or TYPE/NAME. */
type Offer = 'any' | 'type' | 'pod' | readonly string[];

const WORKLOADS = ['deployment', 'daemonset', 'statefulset'];
const SCALED = ['deployment', 'replicaset', 'replicationcontroller', 'statefulset'];
const OFFERS: Readonly<Record<string, Offer>> = {
  annotate: 'any',
  attach: 'pod',
  autoscale: SCALED,
  cordon: ['node'],
  debug: 'pod',
  delete: 'any',
  describe: 'any',
  drain: ['node'],
  edit: 'any',
  exec: 'pod',
  explain: 'type',
  expose: 'any',
  get: 'any',
  label: 'any',
  logs: 'pod',
  patch: 'any',
  'port-forward': 'pod',
  scale: SCALED,
  taint: ['node'],
  uncordon: ['node'],
  wait: 'any',
};
/** Commands whose words name the type before the object. */
const TYPE_FIRST: ReadonlySet<string> = new Set(['autoscale', 'scale', 'rollout', 'taint']);

const OUTPUTS =
  'custom-columns custom-columns-file go-template go-template-file json jsonpath jsonpath-as-json jsonpath-file kyaml name template templatefile wide yaml';
const VALUES: Readonly<Record<string, string>> = {
  output: OUTPUTS,
  'dry-run': 'none server client',
  restart: 'Always OnFailure Never',
  'image-pull-policy': 'Always IfNotPresent Never',
};

const plain = (words: readonly string[], directive: number = DIRECTIVES.noFileComp): Completions => ({
  words: words.map((word) => [word, ''] as const),
  directive,
});

/** `described` is false for __completeNoDesc. */
export function completeCommand(name: string, described: boolean, app: () => CobraApp<Action>): CobraCommand<Action> {
  return {
    name,
    use: '[command-line]',
    short: 'Request shell completion choices for the specified command-line',
    hidden: true,
    disableFlagParsing: true,
    action: async (ctx, run) => {
      const found = await cobraComplete(app(), sourceOf(ctx, run), run.cli.args);
      await print(ctx, completionsText(found, described));
      await printError(ctx, directiveText(found));
    },
  };
}

async function configNames(
  ctx: Context,
  context: CobraContext,
  kind: 'contexts' | 'clusters' | 'users',
): Promise<Completions> {
  const config = await loadKubeconfig(ctx, context);
  return plain(config[kind].map(({ name }) => name).sort());
}

type WithContainers = KubeObject & { spec: { initContainers?: { name: string }[]; containers: { name: string }[] } };

async function containerNames(ctx: Context, run: Run): Promise<Completions> {
  const pod = (run.cli.args[0] ?? '').replace(/^pods?\//, '');
  const { spec } = await (await run.client(ctx)).get<WithContainers>(ctx, 'pods', await run.namespace(ctx), pod);
  return plain([...(spec.initContainers ?? []), ...spec.containers].map(({ name }) => name));
}

function sourceOf(ctx: Context, { release }: Run): CompletionSource<Action> {
  /** Nobody who completes wants to know why the server does not answer. */
  const asked = async (ask: () => Promise<Completions>): Promise<Completions> => {
    try {
      return await ask();
    } catch (error) {
      if (explainFailure(error, '') === null) throw error;
      return plain([]);
    }
  };
  const names = async (run: Run, type: string): Promise<string[]> => {
    const resource = await run.resource(ctx, type);
    const all = run.cli.has('all-namespaces') && run.cli.bool('all-namespaces');
    const namespace = resource.namespaced && !all ? await run.namespace(ctx) : null;
    const { items } = await (await run.client(ctx)).list<KubeObject>(ctx, resource, namespace);
    return items.map(({ metadata }) => metadata.name).sort();
  };
  const types = async (run: Run): Promise<string[]> => {
    const listed = (await run.discovery(ctx, 1)).filter(({ verbs }) => verbs.includes('get'));
    const full = listed.map(({ group, resource }) => (group === '' ? resource : `${resource}.${group}`));
    return [...new Set(full)].sort();
  };
  /** `deployment/web`: a type, then its names. */
  const slashed = async (run: Run, typed: string): Promise<Completions> => {
    const [type = ''] = typed.split('/');
    return plain((await names(run, type)).map((name) => `${type}/${name}`));
  };
  const offered = async (run: Run, offer: Offer, path: readonly string[], typed: string): Promise<Completions> => {
    const { args } = run.cli;
    const [type] = args;
    if (offer === 'type') return plain(args.length === 0 ? await types(run) : []);
    if (typed.includes('/')) return slashed(run, typed);
    if (offer === 'pod') return plain(args.length === 0 ? await names(run, 'pods') : []);
    if (offer === 'any') {
      if (type === undefined) return plain(await types(run));
      return plain(type.includes('/') ? [] : (await names(run, type)).filter((name) => !args.includes(name)));
    }
    if (!TYPE_FIRST.has(path[0] ?? '')) return plain(await names(run, offer[0] ?? ''));
    if (type !== undefined) return plain(args.length === 1 ? await names(run, type) : []);
    return plain(offer);
  };
  const runOf = (context: CobraContext): Run => new Run(context, release);
  return {
    args: async (path, context, typed) => {
      const below = path.slice(1).map(({ name }) => name);
      const [command = '', sub] = below;
      if (command === 'completion')
        return plain(context.args.length === 0 ? ['bash', 'zsh', 'fish', 'powershell'] : []);
      if (command === 'config')
        return sub?.endsWith('-context') ? asked(() => configNames(ctx, context, 'contexts')) : null;
      if (command === 'top') return asked(async () => plain(await names(runOf(context), sub ?? '')));
      const offer = command === 'rollout' ? WORKLOADS : OFFERS[command];
      return offer === undefined ? null : asked(() => offered(runOf(context), offer, below, typed));
    },
    flag: async ({ name }, context) => {
      if (name === 'filename') return plain(['json', 'yaml', 'yml'], DIRECTIVES.filterFileExt);
      if (name === 'namespace') return asked(async () => plain(await names(runOf(context), 'namespaces')));
      if (name === 'context' || name === 'cluster' || name === 'user')
        return asked(() => configNames(ctx, context, `${name}s`));
      if (name === 'container' && context.args.length > 0) return asked(() => containerNames(ctx, runOf(context)));
      const values = VALUES[name];
      return values === undefined ? null : plain(values.split(' '));
    },
  };
}
