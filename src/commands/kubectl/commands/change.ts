/** @models k8s.io/kubectl pkg/cmd/patch, pkg/cmd/scale, pkg/cmd/set set_image.go, pkg/cmd/drain (cordon), pkg/cmd/taint, pkg/cmd/rollout @fidelity partial: rollout status, restart and history of deployments only */
import type { CobraCommand } from '../../../go/cobra-types.ts';
import { rfc3339 } from '../../../go/time.ts';
import { parseYaml } from '../../../go/yaml-in.ts';
import type { Context } from '../../../linux/context.ts';
import { print } from '../../../linux/io.ts';
import { type Fields, field, flag, list, number, text } from '../../../protocols/kube/fields.ts';
import { ownedSets, revisionOf } from '../describe/workloads.ts';
import { type DryRun, dryRunOf, reportDone, writeQuery } from '../dry-run.ts';
import { Failure, usageFailure } from '../failure.ts';
import { DRY_RUN, FIELD_MANAGER, FILENAME, PRINT, SELECTOR } from '../flags.ts';
import { nameOf } from '../output.ts';
import type { Action, Run } from '../run.ts';
import { selectTargets, type Target } from '../select.ts';
import { existing } from './label.ts';

const COMMON = [...PRINT, ...FILENAME, DRY_RUN, SELECTOR] as const;

export const patchCommand: CobraCommand<Action> = {
  name: 'patch',
  use: '(-f FILENAME | TYPE NAME) [-p PATCH|--patch-file FILE]',
  short: 'Update fields of a resource',
  group: 'Advanced Commands',
  flags: [
    ...COMMON,
    FIELD_MANAGER('kubectl-patch'),
    { name: 'patch', short: 'p', kind: 'string', usage: 'The patch, as JSON or YAML.' },
    { name: 'type', kind: 'string', value: 'strategic', usage: 'One of [json merge strategic].' },
    { name: 'subresource', kind: 'string', usage: 'Subresource to patch: status, scale or resize.' },
  ],
  action: async (ctx, run) => {
    const { cli } = run;
    const dryRun = await dryRunOf(ctx, cli);
    if (cli.string('patch') === '')
      throw usageFailure(cli.path, 'must specify --patch or --patch-file containing the contents of the patch');
    const type = cli.string('type');
    if (type !== 'json' && type !== 'merge' && type !== 'strategic')
      throw usageFailure(cli.path, `--type must be one of [json merge strategic], not ${JSON.stringify(type)}`);
    const parsed = parseYaml(cli.string('patch'));
    const body = parsed.ok ? parsed.value : cli.string('patch');
    const client = await run.client(ctx);
    for (const { target, item } of await existing(ctx, run, await selectTargets(ctx, run, cli.args))) {
      const subresource = cli.string('subresource');
      const options = {
        ...writeQuery(dryRun, cli.string('field-manager')),
        ...(subresource === '' ? {} : { subresource }),
      };
      const done = await client.patch<Fields>(ctx, target.resource, target.namespace, target.name, type, body, options);
      const same = field(done, 'metadata', 'resourceVersion') === field(item, 'metadata', 'resourceVersion');
      await reportDone(ctx, cli, done, same && dryRun === 'none' ? 'patched (no change)' : 'patched', dryRun);
    }
  },
};

export const scaleCommand: CobraCommand<Action> = {
  name: 'scale',
  use: '[--resource-version=version] [--current-replicas=count] --replicas=COUNT (-f FILENAME | TYPE NAME)',
  short: 'Set a new size for a deployment, replica set, or replication controller',
  group: 'Deploy Commands',
  flags: [...COMMON, { name: 'replicas', kind: 'int', usage: 'The new number of pods.', required: true }],
  action: async (ctx, run) => {
    const { cli } = run;
    const dryRun = await dryRunOf(ctx, cli);
    const client = await run.client(ctx);
    for (const { target } of await existing(ctx, run, await selectTargets(ctx, run, cli.args))) {
      const patch = { spec: { replicas: cli.number('replicas') } };
      const done = await client.patch<Fields>(
        ctx,
        target.resource,
        target.namespace,
        target.name,
        'merge',
        patch,
        writeQuery(dryRun, 'kubectl-scale'),
      );
      await reportDone(ctx, cli, done, 'scaled', dryRun);
    }
  },
};

const setImage: CobraCommand<Action> = {
  name: 'image',
  use: '(-f FILENAME | TYPE NAME) CONTAINER_NAME_1=CONTAINER_IMAGE_1 ... CONTAINER_NAME_N=CONTAINER_IMAGE_N',
  short: 'Update the image of a pod template',
  flags: COMMON,
  action: async (ctx, run) => {
    const { cli } = run;
    const dryRun = await dryRunOf(ctx, cli);
    const client = await run.client(ctx);
    const images = cli.args
      .filter((word) => word.includes('='))
      .map((word): [string, string] => [word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1)]);
    if (images.length === 0) throw new Failure('at least one image update is required');
    const words = cli.args.filter((word) => !word.includes('='));
    for (const { target, item } of await existing(ctx, run, await selectTargets(ctx, run, words))) {
      const path = target.resource.kind === 'Pod' ? ['spec'] : ['spec', 'template', 'spec'];
      const known = list(item, ...path, 'containers').map((c) => text(c, 'name'));
      for (const [name] of images)
        if (name !== '*' && !known.includes(name))
          throw new Failure(`unable to find container named ${JSON.stringify(name)}`);
      const containers = images.flatMap(([name, image]) =>
        (name === '*' ? known : [name]).map((one) => ({ name: one, image })),
      );
      const patch = path.reduceRight<Fields>((inner, key) => ({ [key]: inner }), { containers });
      const done = await client.patch<Fields>(
        ctx,
        target.resource,
        target.namespace,
        target.name,
        'strategic',
        patch,
        writeQuery(dryRun, 'kubectl-set'),
      );
      await reportDone(ctx, cli, done, 'image updated', dryRun);
    }
  },
};

export const setCommand: CobraCommand<Action> = {
  name: 'set',
  use: 'SUBCOMMAND',
  short: 'Set specific features on objects',
  group: 'Basic Commands (Beginner)',
  subcommands: [setImage],
};

function cordon(name: 'cordon' | 'uncordon', short: string): CobraCommand<Action> {
  return {
    name,
    use: 'NODE',
    short,
    group: 'Cluster Management Commands',
    flags: [DRY_RUN, SELECTOR],
    action: async (ctx, run) => {
      const { cli } = run;
      const dryRun = await dryRunOf(ctx, cli);
      if (cli.args.length === 0 && cli.string('selector') === '')
        throw usageFailure(cli.path, `at least one of \`${name} NODE\` or \`${name} --selector\` is required`);
      for (const node of await existing(ctx, run, await selectTargets(ctx, run, ['nodes', ...cli.args])))
        await markSchedulable(ctx, run, node, name, dryRun, `kubectl-${name}`);
    },
  };
}

export async function markSchedulable(
  ctx: Context,
  run: Run,
  { target, item }: { readonly target: Target & { name: string }; readonly item: Fields },
  name: 'cordon' | 'uncordon',
  dryRun: DryRun,
  manager: string,
): Promise<void> {
  const wanted = name === 'cordon';
  if (flag(item, 'spec', 'unschedulable') === wanted)
    return await reportDone(ctx, run.cli, item, `already ${name}ed`, dryRun);
  if (dryRun !== 'client') {
    const client = await run.client(ctx);
    const patch = { spec: { unschedulable: wanted ? true : null } };
    await client.patch<Fields>(
      ctx,
      target.resource,
      null,
      target.name,
      'strategic',
      patch,
      writeQuery(dryRun, manager),
    );
  }
  await reportDone(ctx, run.cli, item, `${name}ed`, dryRun);
}

export const cordonCommand = cordon('cordon', 'Mark node as unschedulable');
export const uncordonCommand = cordon('uncordon', 'Mark node as schedulable');

export const taintCommand: CobraCommand<Action> = {
  name: 'taint',
  use: 'NODE NAME KEY_1=VAL_1:TAINT_EFFECT_1 ... KEY_N=VAL_N:TAINT_EFFECT_N',
  short: 'Update the taints on one or more nodes',
  group: 'Cluster Management Commands',
  flags: [
    ...PRINT,
    DRY_RUN,
    SELECTOR,
    { name: 'all', kind: 'bool', usage: 'All nodes' },
    { name: 'overwrite', kind: 'bool', usage: 'Replace taints that exist.' },
  ],
  action: async (ctx, run) => {
    const { cli } = run;
    const dryRun = await dryRunOf(ctx, cli);
    const at = cli.args.findIndex((word, i) => i > 0 && /[=:]|-$/.test(word));
    const specs = at < 0 ? [] : cli.args.slice(at);
    if (specs.length === 0) throw usageFailure(cli.path, 'at least one taint update is required');
    const changes = specs.map((spec) => {
      const [, key = '', value, effect = '', removes] = /^([^=:]+?)(?:=([^:]*))?(?::([^-]*))?(-)?$/.exec(spec) ?? [];
      if (effect !== '' && !['NoSchedule', 'PreferNoSchedule', 'NoExecute'].includes(effect))
        throw usageFailure(cli.path, `invalid taint effect: ${effect}, unsupported taint effect`);
      return { key, effect, removes: removes !== undefined, ...(value === undefined || value === '' ? {} : { value }) };
    });
    const client = await run.client(ctx);
    for (const { target, item } of await existing(ctx, run, await selectTargets(ctx, run, cli.args.slice(0, at)))) {
      let taints = [...list(item, 'spec', 'taints')];
      let outcome = 'tainted';
      for (const { key, effect, removes, ...rest } of changes) {
        const same = (taint: Fields): boolean =>
          text(taint, 'key') === key && (effect === '' || text(taint, 'effect') === effect);
        const exists = taints.some(same);
        if (removes) {
          if (!exists) throw new Failure(`taint ${JSON.stringify(effect === '' ? key : `${key}:${effect}`)} not found`);
          outcome = 'untainted';
          taints = taints.filter((taint) => !same(taint));
          continue;
        }
        if (exists && !cli.bool('overwrite'))
          throw new Failure(
            `node ${target.name} already has ${key} taint(s) with same effect(s) and --overwrite is false`,
          );
        if (exists) outcome = 'modified';
        taints = [...taints.filter((taint) => !same(taint)), { effect, key, ...rest }];
      }
      const patch = { spec: { taints: taints.length === 0 ? null : taints } };
      if (dryRun !== 'client')
        await client.patch<Fields>(
          ctx,
          target.resource,
          null,
          target.name,
          'merge',
          patch,
          writeQuery(dryRun, 'kubectl-taint'),
        );
      await reportDone(ctx, cli, item, outcome, dryRun);
    }
  },
};

const rolloutStatus: CobraCommand<Action> = {
  name: 'status',
  use: '(TYPE NAME | TYPE/NAME) [flags]',
  short: 'Show the status of the rollout',
  flags: [...FILENAME, { name: 'timeout', kind: 'duration', value: 0, usage: 'How long to watch.' }],
  action: async (ctx, run) => {
    const { cli } = run;
    const client = await run.client(ctx);
    const deadline = cli.duration('timeout') > 0 ? ctx.now + cli.duration('timeout') : null;
    for (const { target } of await existing(ctx, run, await selectTargets(ctx, run, cli.args))) {
      if (target.resource.kind !== 'Deployment')
        throw new Failure(`rollout status of ${target.resource.kind}: not simulated`);
      let told = '';
      for (;;) {
        const item = (await client.get(ctx, target.resource, target.namespace, target.name)) as Fields;
        const progress = progressOf(item);
        if (progress === null) break;
        const version = text(item, 'metadata', 'resourceVersion');
        if (version !== told) await print(ctx, `${progress}\n`);
        told = version;
        if (deadline !== null && ctx.now >= deadline) throw new Failure('timed out waiting for the condition');
        await ctx.sleep(POLL_NS);
      }
      await print(ctx, `deployment "${target.name}" successfully rolled out\n`);
    }
  },
};

/** How long after one state of a rollout the next one is looked for; upstream watches. */
const POLL_NS = 100_000_000;

/** Null when the rollout is complete. */
function progressOf(deployment: Fields): string | null {
  const status = (key: string): number => number(deployment, 'status', key) ?? 0;
  const name = text(deployment, 'metadata', 'name');
  if ((number(deployment, 'metadata', 'generation') ?? 0) > status('observedGeneration'))
    return 'Waiting for deployment spec update to be observed...';
  const failed = list(deployment, 'status', 'conditions').find((c) => text(c, 'type') === 'Progressing');
  if (text(failed, 'reason') === 'ProgressDeadlineExceeded')
    throw new Failure(`deployment "${name}" exceeded its progress deadline`);
  const wanted = number(deployment, 'spec', 'replicas') ?? 1;
  const wait = `Waiting for deployment "${name}" rollout to finish:`;
  if (status('updatedReplicas') < wanted)
    return `${wait} ${status('updatedReplicas')} out of ${wanted} new replicas have been updated...`;
  if (status('replicas') > status('updatedReplicas'))
    return `${wait} ${status('replicas') - status('updatedReplicas')} old replicas are pending termination...`;
  if (status('availableReplicas') < status('updatedReplicas'))
    return `${wait} ${status('availableReplicas')} of ${status('updatedReplicas')} updated replicas are available...`;
  return null;
}

const rolloutRestart: CobraCommand<Action> = {
  name: 'restart',
  use: 'RESOURCE',
  short: 'Restart a resource',
  flags: COMMON,
  action: async (ctx, run) => {
    const { cli } = run;
    const client = await run.client(ctx);
    for (const { target } of await existing(ctx, run, await selectTargets(ctx, run, cli.args))) {
      const annotations = { 'kubectl.kubernetes.io/restartedAt': rfc3339(ctx.wallTime) };
      const patch = { spec: { template: { metadata: { annotations } } } };
      const done = await client.patch<Fields>(ctx, target.resource, target.namespace, target.name, 'strategic', patch, {
        fieldManager: 'kubectl-rollout',
      });
      await reportDone(ctx, cli, done, 'restarted', 'none');
    }
  },
};

const rolloutHistory: CobraCommand<Action> = {
  name: 'history',
  use: '(TYPE NAME | TYPE/NAME) [flags]',
  short: 'View rollout history',
  flags: FILENAME,
  action: async (ctx, run) => {
    for (const { target, item } of await existing(ctx, run, await selectTargets(ctx, run, run.cli.args))) {
      if (target.resource.kind !== 'Deployment')
        throw new Failure(`rollout history of ${target.resource.kind}: not simulated`);
      const rows = (await ownedSets(ctx, run, item)).map(
        (set) =>
          `${String(revisionOf(set)).padEnd(8)}  ${text(set, 'metadata', 'annotations', 'kubernetes.io/change-cause') || '<none>'}\n`,
      );
      await print(ctx, `${nameOf(item)} \nREVISION  CHANGE-CAUSE\n${rows.join('')}\n`);
    }
  },
};

export const rolloutCommand: CobraCommand<Action> = {
  name: 'rollout',
  use: 'SUBCOMMAND',
  short: 'Manage the rollout of a resource',
  group: 'Deploy Commands',
  subcommands: [rolloutHistory, rolloutRestart, rolloutStatus],
};
