/** @models k8s.io/kubectl pkg/cmd/set set_image.go set_env.go set_resources.go set_selector.go set_serviceaccount.go @fidelity partial: no --local, no --from, no --resolve; no subject */
import type { CobraCommand } from '../../../go/cobra-types.ts';
import type { Context } from '../../../linux/context.ts';
import { print } from '../../../linux/io.ts';
import { type Fields, list, object, text } from '../../../protocols/kube/fields.ts';
import { parseLabelSelector } from '../../../protocols/kube/label-selector.ts';
import { parseQuantity } from '../../../protocols/kube/quantity.ts';
import { dryRunOf, reportDone, writeQuery } from '../dry-run.ts';
import { Failure, NotSimulated } from '../failure.ts';
import { DRY_RUN, FILENAME, PRINT, SELECTOR } from '../flags.ts';
import { annotated, changeCause, RECORD } from '../record.ts';
import type { Action, Run } from '../run.ts';
import { selectTargets, type Target } from '../select.ts';
import { existing } from './label.ts';

const COMMON = [
  ...PRINT,
  ...FILENAME,
  DRY_RUN,
  SELECTOR,
  { name: 'all', kind: 'bool', usage: 'All objects of the type' },
] as const;
const CONTAINERS = {
  name: 'containers',
  short: 'c',
  kind: 'string',
  value: '*',
  usage: 'Names of the containers; * stands for any letters.',
} as const;

/** Where the pod's spec is in an object of this kind. */
function pathOf(kind: string): readonly string[] {
  if (kind === 'Pod') return ['spec'];
  return kind === 'CronJob' ? ['spec', 'jobTemplate', 'spec', 'template', 'spec'] : ['spec', 'template', 'spec'];
}

async function change(
  ctx: Context,
  run: Run,
  { resource, namespace, name }: Target & { name: string },
  spec: Fields,
  done: string,
  cause: Fields,
): Promise<void> {
  const dryRun = await dryRunOf(ctx, run.cli);
  const client = await run.client(ctx);
  const path = pathOf(resource.kind);
  const patch = annotated(
    path.reduceRight<Fields>((inner, key) => ({ [key]: inner }), spec),
    cause,
  );
  const query = writeQuery(dryRun, 'kubectl-set');
  const changed =
    dryRun === 'client'
      ? ((await client.get(ctx, resource, namespace, name)) as Fields)
      : await client.patch<Fields>(ctx, resource, namespace, name, 'strategic', patch, query);
  await reportDone(ctx, run.cli, changed, done, dryRun);
}

function chosen(item: Fields, kind: string, pattern: string): string[] {
  const regex = new RegExp(`^${pattern.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')}$`);
  return list(item, ...pathOf(kind), 'containers')
    .map((container) => text(container, 'name'))
    .filter((name) => regex.test(name));
}

const setImage: CobraCommand<Action> = {
  name: 'image',
  use: '(-f FILENAME | TYPE NAME) CONTAINER_NAME_1=CONTAINER_IMAGE_1 ... CONTAINER_NAME_N=CONTAINER_IMAGE_N',
  short: 'Update the image of a pod template',
  flags: [...COMMON, RECORD],
  action: async (ctx, run) => {
    const images = run.cli.args
      .filter((word) => word.includes('='))
      .map((word): [string, string] => [word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1)]);
    const cause = changeCause(run.cli);
    if (images.length === 0) throw new Failure('at least one image update is required');
    const words = run.cli.args.filter((word) => !word.includes('='));
    for (const { target, item } of await existing(ctx, run, await selectTargets(ctx, run, words))) {
      const { kind } = target.resource;
      const of = (member: string): string[] => list(item, ...pathOf(kind), member).map((c) => text(c, 'name'));
      const spec: Record<string, Fields[]> = {};
      for (const [name, image] of images) {
        const found = (['containers', 'initContainers'] as const).flatMap((member) =>
          of(member)
            .filter((one) => name === '*' || one === name)
            .map((one) => ({ member, one })),
        );
        if (found.length === 0) throw new Failure(`unable to find container named ${JSON.stringify(name)}`);
        for (const { member, one } of found) {
          spec[member] ??= [];
          spec[member].push({ name: one, image });
        }
      }
      await change(ctx, run, target, spec, 'image updated', cause);
    }
  },
};

const setEnv: CobraCommand<Action> = {
  name: 'env',
  use: 'RESOURCE/NAME KEY_1=VAL_1 ... KEY_N=VAL_N',
  short: 'Update environment variables on a pod template',
  flags: [
    ...COMMON,
    CONTAINERS,
    { name: 'env', short: 'e', kind: 'stringArray', usage: 'KEY=VALUE, or KEY- to remove it.' },
    { name: 'list', kind: 'bool', usage: 'Print the variables.' },
    { name: 'overwrite', kind: 'bool', value: true, usage: 'Replace values that exist.' },
  ],
  action: async (ctx, run) => {
    const { cli } = run;
    const isChange = (word: string): boolean => /^[A-Za-z_][\w.-]*(=.*|-)$/s.test(word) && !word.includes('/');
    const words = [...cli.args.filter(isChange), ...cli.strings('env')];
    const targets = cli.args.filter((word) => !isChange(word));
    if (targets.length === 0)
      throw new Failure('one or more resources must be specified as <resource> <name> or <resource>/<name>');
    if (words.length === 0 && !cli.bool('list'))
      throw new Failure('at least one environment variable must be provided');
    for (const { target, item } of await existing(ctx, run, await selectTargets(ctx, run, targets))) {
      const { kind } = target.resource;
      const names = chosen(item, kind, cli.string('containers'));
      const containers = list(item, ...pathOf(kind), 'containers').filter((c) => names.includes(text(c, 'name')));
      if (cli.bool('list')) {
        for (const container of containers) await listEnv(ctx, target, container);
        continue;
      }
      if (!cli.bool('overwrite'))
        for (const current of containers.flatMap((container) => list(container, 'env')))
          if (words.some((word) => word.startsWith(`${text(current, 'name')}=`)))
            throw new Failure(
              `'${text(current, 'name')}' already has a value (${text(current, 'value')}), and --overwrite is false`,
            );
      const env = words.map((word): Fields => {
        const equals = word.indexOf('=');
        return equals < 0
          ? { $patch: 'delete', name: word.slice(0, -1) }
          : { name: word.slice(0, equals), value: word.slice(equals + 1) };
      });
      await change(ctx, run, target, { containers: names.map((name) => ({ name, env })) }, 'env updated', {});
    }
  },
};

async function listEnv(ctx: Context, { resource, name }: Target, container: Fields): Promise<void> {
  const lines = list(container, 'env').map((one) => {
    const from = Object.entries((one['valueFrom'] as Record<string, Fields> | undefined) ?? {})[0];
    if (from === undefined) return `${text(one, 'name')}=${text(one, 'value')}\n`;
    const [kind, ref] = from;
    const noun = kind === 'secretKeyRef' ? 'secret' : kind === 'configMapKeyRef' ? 'configmap' : 'field path';
    const what = noun === 'field path' ? text(ref, 'fieldPath') : `${text(ref, 'name')}, key ${text(ref, 'key')}`;
    return `# ${text(one, 'name')} from ${noun} ${what}\n`;
  });
  await print(ctx, `# ${resource.kind} ${name}, container ${text(container, 'name')}\n${lines.join('')}`);
}

const setResources: CobraCommand<Action> = {
  name: 'resources',
  use: '(-f FILENAME | TYPE NAME) ([--limits=LIMITS & --requests=REQUESTS]',
  short: 'Update resource requests/limits on objects with pod templates',
  flags: [
    ...COMMON,
    CONTAINERS,
    RECORD,
    { name: 'limits', kind: 'string', usage: 'What may not be exceeded: cpu=100m,memory=256Mi' },
    { name: 'requests', kind: 'string', usage: 'What is promised: cpu=100m,memory=256Mi' },
  ],
  action: async (ctx, run) => {
    const { cli } = run;
    const cause = changeCause(cli);
    const [limits, requests] = [amounts(cli.string('limits')), amounts(cli.string('requests'))];
    if (limits === null && requests === null)
      throw new Failure('you must specify an update to requests or limits (in the form of --requests/--limits)');
    const resources = { ...(limits === null ? {} : { limits }), ...(requests === null ? {} : { requests }) };
    for (const { target, item } of await existing(ctx, run, await selectTargets(ctx, run, cli.args))) {
      const names = chosen(item, target.resource.kind, cli.string('containers'));
      if (names.length === 0) throw new Failure(`unable to find container named ${cli.string('containers')}`);
      const containers = names.map((name) => ({ name, resources }));
      await change(ctx, run, target, { containers }, 'resource requirements updated', cause);
    }
  },
};

function amounts(words: string): Fields | null {
  if (words === '') return null;
  return Object.fromEntries(
    words.split(',').map((word) => {
      const parts = word.split('=');
      if (parts.length !== 2) throw new Failure(`invalid argument syntax ${word}, expected <resource>=<value>`);
      const [key = '', amount = ''] = parts;
      const parsed = parseQuantity(amount);
      if (parsed === null)
        throw new Failure(
          "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
        );
      return [key, amount];
    }),
  );
}

const setServiceAccount: CobraCommand<Action> = {
  name: 'serviceaccount',
  aliases: ['sa'],
  use: '(-f FILENAME | TYPE NAME) SERVICE_ACCOUNT',
  short: 'Update the service account of a resource',
  flags: [...COMMON, RECORD],
  action: async (ctx, run) => {
    const cause = changeCause(run.cli);
    const serviceAccountName = run.cli.args.at(-1);
    if (serviceAccountName === undefined) throw new Failure('serviceaccount is required');
    const targets = await selectTargets(ctx, run, run.cli.args.slice(0, -1));
    for (const { target } of await existing(ctx, run, targets))
      await change(ctx, run, target, { serviceAccountName }, 'serviceaccount updated', cause);
  },
};

const setSelector: CobraCommand<Action> = {
  name: 'selector',
  use: '(-f FILENAME | TYPE NAME) EXPRESSIONS [--resource-version=version]',
  short: 'Set the selector on a resource',
  flags: [...COMMON, { name: 'resource-version', kind: 'string', usage: 'Only if this is the version now.' }],
  action: async (ctx, run) => {
    const { cli } = run;
    const dryRun = await dryRunOf(ctx, cli);
    const expression = cli.args.at(-1);
    if (expression === undefined) throw new Failure('one selector is required');
    const parsed = parseLabelSelector(expression);
    if (!parsed.ok)
      throw new Failure(`couldn't parse the selector string ${JSON.stringify(expression)}: ${parsed.error}`);
    const client = await run.client(ctx);
    for (const { target, item } of await existing(ctx, run, await selectTargets(ctx, run, cli.args.slice(0, -1)))) {
      const { resource, namespace, name } = target;
      if (resource.kind !== 'Service') throw new Failure('setting a selector is only supported for Services');
      if (parsed.value.some(({ operator, values }) => operator !== 'In' || values.length !== 1))
        throw new NotSimulated('set selector: not simulated: the words about an expression that is no equality');
      const selector = Object.fromEntries(parsed.value.map(({ key, values: [value = ''] }) => [key, value]));
      const before = Object.keys(object(item, 'spec', 'selector') ?? {});
      const gone = before.filter((key) => !(key in selector)).map((key) => [key, null]);
      const version = cli.string('resource-version');
      const patch = {
        ...(version === '' ? {} : { metadata: { resourceVersion: version } }),
        spec: { selector: { ...Object.fromEntries(gone), ...selector } },
      };
      const done =
        dryRun === 'client'
          ? { ...item, spec: { ...object(item, 'spec'), selector } }
          : await client.patch<Fields>(
              ctx,
              resource,
              namespace,
              name,
              'strategic',
              patch,
              writeQuery(dryRun, 'kubectl-set'),
            );
      await reportDone(ctx, cli, done, 'selector updated', dryRun);
    }
  },
};

export const setCommand: CobraCommand<Action> = {
  name: 'set',
  use: 'SUBCOMMAND',
  short: 'Set specific features on objects',
  group: 'Basic Commands (Beginner)',
  subcommands: [setEnv, setImage, setResources, setSelector, setServiceAccount],
};
