/** @models k8s.io/kubectl pkg/cmd/rollout, pkg/polymorphichelpers @fidelity partial: one template at a time, -o of history is missing */
import type { CobraCommand } from '../../../go/cobra-types.ts';
import { rfc3339 } from '../../../go/time.ts';
import type { Context } from '../../../linux/context.ts';
import { print } from '../../../linux/io.ts';
import { equal } from '../../../protocols/kube/equal.ts';
import { type Fields, flag, list, number, object, text } from '../../../protocols/kube/fields.ts';
import { templateLines } from '../describe/containers.ts';
import { dryRunOf, dryRunSuffix, reportDone, writeQuery } from '../dry-run.ts';
import { Failure } from '../failure.ts';
import { DRY_RUN, FILENAME, PRINT, SELECTOR } from '../flags.ts';
import { nameOf } from '../output.ts';
import type { Action, Run } from '../run.ts';
import { hasManifests, selectTargets, type Target } from '../select.ts';
import { untilWithSync } from '../until.ts';
import { existing } from './label.ts';
import { historyOf } from './rollout-history.ts';

const COMMON = [...PRINT, ...FILENAME, DRY_RUN, SELECTOR] as const;
const HASH = 'pod-template-hash';

async function selected(ctx: Context, run: Run): Promise<{ target: Target & { name: string }; item: Fields }[]> {
  const { cli } = run;
  if (cli.args.length === 0 && !hasManifests(run)) throw new Failure('required resource not specified');
  return [...(await existing(ctx, run, await selectTargets(ctx, run, cli.args)))];
}

const rolloutStatus: CobraCommand<Action> = {
  name: 'status',
  use: '(TYPE NAME | TYPE/NAME) [flags]',
  short: 'Show the status of the rollout',
  flags: [
    ...FILENAME,
    SELECTOR,
    { name: 'revision', kind: 'int', value: 0, usage: 'Of which revision; the latest by default.' },
    { name: 'timeout', kind: 'duration', value: 0, usage: 'How long to watch.' },
    { name: 'watch', short: 'w', kind: 'bool', value: true, usage: 'Watch until it is done.' },
  ],
  action: async (ctx, run) => {
    const { cli } = run;
    const timeout = cli.duration('timeout');
    const deadline = timeout > 0 ? ctx.now + timeout : Number.POSITIVE_INFINITY;
    for (const { target } of await selected(ctx, run)) {
      const met = await untilWithSync(ctx, run, target, deadline, {
        isMet: async ({ type, object: item }) => {
          if (type === 'DELETED') throw new Failure('object has been deleted');
          const { done, words } = progressOf(target.resource.kind, item);
          await print(ctx, `${words}\n`);
          return done || !cli.bool('watch');
        },
      });
      if (met === null) throw new Failure('timed out waiting for the condition');
    }
  },
};

type Progress = { done: boolean; words: string };

function progressOf(kind: string, item: Fields): Progress {
  const waiting = (words: string): Progress => ({ done: false, words });
  const status = (key: string): number => number(item, 'status', key) ?? 0;
  const observed = (number(item, 'metadata', 'generation') ?? 0) <= status('observedGeneration');
  const name = text(item, 'metadata', 'name');
  if (kind === 'Deployment') return deploymentProgress(name, item, observed, status);
  if (kind === 'DaemonSet' || kind === 'StatefulSet') {
    if (text(item, 'spec', 'updateStrategy', 'type') === 'OnDelete')
      throw new Failure('rollout status is only available for RollingUpdate strategy type');
  }
  if (kind === 'DaemonSet') {
    if (!observed) return waiting('Waiting for daemon set spec update to be observed...');
    const wait = `Waiting for daemon set "${name}" rollout to finish:`;
    const wanted = status('desiredNumberScheduled');
    if (status('updatedNumberScheduled') < wanted)
      return waiting(`${wait} ${status('updatedNumberScheduled')} out of ${wanted} new pods have been updated...`);
    if (status('numberAvailable') < wanted)
      return waiting(`${wait} ${status('numberAvailable')} of ${wanted} updated pods are available...`);
    return { done: true, words: `daemon set "${name}" successfully rolled out` };
  }
  if (kind === 'StatefulSet') {
    if (!observed) return waiting('Waiting for statefulset spec update to be observed...');
    const wanted = number(item, 'spec', 'replicas') ?? 1;
    if (status('readyReplicas') < wanted)
      return waiting(`Waiting for ${wanted - status('readyReplicas')} pods to be ready...`);
    const updated = status('updatedReplicas');
    const partition = number(item, 'spec', 'updateStrategy', 'rollingUpdate', 'partition');
    // The server gives every rolling update a partition, of 0 where nobody else has.
    if (partition !== undefined) {
      const due = wanted - partition;
      return updated < due
        ? waiting(`Waiting for partitioned roll out to finish: ${updated} out of ${due} new pods have been updated...`)
        : { done: true, words: `partitioned roll out complete: ${updated} new pods have been updated...` };
    }
    const revision = text(item, 'status', 'updateRevision');
    if (revision !== text(item, 'status', 'currentRevision'))
      return waiting(`waiting for statefulset rolling update to complete ${updated} pods at revision ${revision}...`);
    return {
      done: true,
      words: `statefulset rolling update complete ${status('currentReplicas')} pods at revision ${text(item, 'status', 'currentRevision')}...`,
    };
  }
  throw new Failure(`no status viewer has been implemented for ${kind}`);
}

function deploymentProgress(name: string, item: Fields, observed: boolean, status: (key: string) => number): Progress {
  const waiting = (words: string): Progress => ({ done: false, words });
  if (!observed) return waiting('Waiting for deployment spec update to be observed...');
  const progressing = list(item, 'status', 'conditions').find((c) => text(c, 'type') === 'Progressing');
  if (text(progressing, 'reason') === 'ProgressDeadlineExceeded')
    throw new Failure(`deployment "${name}" exceeded its progress deadline`);
  const wanted = number(item, 'spec', 'replicas') ?? 1;
  const wait = `Waiting for deployment "${name}" rollout to finish:`;
  const updated = status('updatedReplicas');
  if (updated < wanted) return waiting(`${wait} ${updated} out of ${wanted} new replicas have been updated...`);
  if (status('replicas') > updated)
    return waiting(`${wait} ${status('replicas') - updated} old replicas are pending termination...`);
  if (status('availableReplicas') < updated)
    return waiting(`${wait} ${status('availableReplicas')} of ${updated} updated replicas are available...`);
  return { done: true, words: `deployment "${name}" successfully rolled out` };
}

const rolloutRestart: CobraCommand<Action> = {
  name: 'restart',
  use: 'RESOURCE',
  short: 'Restart a resource',
  flags: COMMON,
  action: async (ctx, run) => {
    const client = await run.client(ctx);
    for (const { target, item } of await selected(ctx, run)) {
      if (flag(item, 'spec', 'paused'))
        throw new Failure(
          `deployments.apps ${JSON.stringify(target.name)} can't restart paused deployment (run rollout resume first)`,
        );
      const annotations = { 'kubectl.kubernetes.io/restartedAt': rfc3339(ctx.wallTime) };
      const patch = { spec: { template: { metadata: { annotations } } } };
      const done = await client.patch<Fields>(ctx, target.resource, target.namespace, target.name, 'strategic', patch, {
        fieldManager: 'kubectl-rollout',
      });
      await reportDone(ctx, run.cli, done, 'restarted', 'none');
    }
  },
};

function pausing(name: 'pause' | 'resume', short: string): CobraCommand<Action> {
  const wanted = name === 'pause';
  const done = wanted ? 'paused' : 'resumed';
  return {
    name,
    use: 'RESOURCE',
    short,
    flags: COMMON,
    action: async (ctx, run) => {
      const client = await run.client(ctx);
      for (const { target, item } of await selected(ctx, run)) {
        const { kind, resource } = target.resource;
        if (kind !== 'Deployment')
          throw new Failure(
            `${resource}.${target.resource.group} "${target.name}" ${wanted ? 'pausing' : 'resuming'} is not supported`,
          );
        if (flag(item, 'spec', 'paused') === wanted) {
          throw new Failure(`deployments.apps "${target.name}" is ${wanted ? 'already' : 'not'} paused`);
        }
        const patch = { spec: { paused: wanted ? true : null } };
        const changed = await client.patch<Fields>(
          ctx,
          target.resource,
          target.namespace,
          target.name,
          'strategic',
          patch,
          {
            fieldManager: 'kubectl-rollout',
          },
        );
        await reportDone(ctx, run.cli, changed, done, 'none');
      }
    },
  };
}

const rolloutHistory: CobraCommand<Action> = {
  name: 'history',
  use: '(TYPE NAME | TYPE/NAME) [flags]',
  short: 'View rollout history',
  flags: [
    ...FILENAME,
    SELECTOR,
    { name: 'revision', kind: 'int', value: 0, usage: 'Show this one with its template.' },
  ],
  action: async (ctx, run) => {
    for (const { target, item } of await selected(ctx, run)) {
      const history = await historyOf(ctx, run, target.resource.kind, item);
      if (history === null)
        throw new Failure(
          `error retrieving history for ${JSON.stringify(kindText(target))}, no visitor method exists for {${target.resource.group} ${target.resource.kind}}`,
        );
      if (history.length === 0) {
        await print(ctx, `${nameOf(item)} \nNo rollout history found.\n`);
        continue;
      }
      const wanted = run.cli.number('revision');
      if (wanted > 0) {
        const found = history.find(({ revision }) => revision === wanted);
        if (found === undefined) throw new Failure('unable to find the specified revision');
        await print(ctx, `${nameOf(item)} with revision #${wanted}\n${templateLines(found.template).join('\n')}\n\n`);
        continue;
      }
      const rows = history.map(({ revision, cause }) => `${String(revision).padEnd(8)}  ${cause || '<none>'}\n`);
      await print(ctx, `${nameOf(item)} \nREVISION  CHANGE-CAUSE\n${rows.join('')}\n`);
    }
  },
};

/** What a Deployment keeps for itself, its sets not having it or having another. */
const KEPT_ANNOTATIONS: readonly string[] = [
  'kubectl.kubernetes.io/last-applied-configuration',
  'deployment.kubernetes.io/revision',
  'deployment.kubernetes.io/revision-history',
  'deployment.kubernetes.io/desired-replicas',
  'deployment.kubernetes.io/max-replicas',
  'deprecated.deployment.rollback.to',
];

/** With the template come the words that went with it, such as the cause of the change. */
function annotationsOfThen(item: Fields, then: Fields): Fields {
  const isKept = ([key]: [string, unknown]): boolean => KEPT_ANNOTATIONS.includes(key);
  const own = Object.entries(object(item, 'metadata', 'annotations') ?? {}).filter(isKept);
  return Object.fromEntries([...own, ...Object.entries(then).filter((entry) => !isKept(entry))]) as Fields;
}

const rolloutUndo: CobraCommand<Action> = {
  name: 'undo',
  use: '(TYPE NAME | TYPE/NAME) [flags]',
  short: 'Undo a previous rollout',
  flags: [...COMMON, { name: 'to-revision', kind: 'int', value: 0, usage: 'Which one; the one before by default.' }],
  action: async (ctx, run) => {
    const { cli } = run;
    const client = await run.client(ctx);
    const dryRun = await dryRunOf(ctx, cli);
    for (const { target, item } of await selected(ctx, run)) {
      const wanted = cli.number('to-revision');
      const history = await historyOf(ctx, run, target.resource.kind, item);
      if (history === null)
        throw new Failure(`no rollbacker has been implemented for ${JSON.stringify(kindText(target))}`);
      if (flag(item, 'spec', 'paused'))
        throw new Failure(
          "you cannot rollback a paused deployment; resume it first with 'kubectl rollout resume' and try again",
        );
      if (wanted < 0) throw new Failure(`unable to find specified revision ${wanted} in history`);
      if (wanted === 0 && history.length <= 1)
        throw new Failure(
          target.resource.kind === 'Deployment'
            ? `no rollout history found for deployment ${JSON.stringify(target.name)}`
            : 'no last revision to roll back to',
        );
      const found = wanted === 0 ? history.at(-2) : history.find(({ revision }) => revision === wanted);
      if (found === undefined) throw new Failure(`unable to find specified revision ${wanted} in history`);
      const template = withoutHash(found.template);
      const present = withoutHash(object(item, 'spec', 'template') ?? {});
      if (dryRun === 'client') {
        // As it was kept: with the label that a Deployment's ReplicaSets are told apart by.
        const will = target.resource.kind === 'Deployment' ? '' : 'will roll back to ';
        await print(
          ctx,
          `${nameOf(item)} ${will}${templateLines(found.template).join('\n')}\n${dryRunSuffix(dryRun)}\n`,
        );
        continue;
      }
      if (equal(template, present)) {
        await print(
          ctx,
          `${nameOf(item)} skipped rollback (current template already matches revision ${wanted})${dryRunSuffix(dryRun)}\n`,
        );
        continue;
      }
      const patch = found.patch ?? [
        { op: 'replace', path: '/spec/template', value: template },
        { op: 'replace', path: '/metadata/annotations', value: annotationsOfThen(item, found.annotations) },
      ];
      const changed = await client.patch<Fields>(
        ctx,
        target.resource,
        target.namespace,
        target.name,
        found.patch === null ? 'json' : 'strategic',
        patch,
        writeQuery(dryRun, 'kubectl-rollout'),
      );
      await reportDone(ctx, cli, changed, 'rolled back', dryRun);
    }
  },
};

/** `apps` kinds are quoted with their group. */
function kindText({ resource: { kind, group } }: Target): string {
  return group === '' ? kind : `${kind}.${group}`;
}

function withoutHash(template: Fields): Fields {
  const metadata = object(template, 'metadata') ?? {};
  const labels = Object.fromEntries(Object.entries(object(metadata, 'labels') ?? {}).filter(([key]) => key !== HASH));
  return { ...template, metadata: { ...metadata, labels } };
}

export const rolloutCommand: CobraCommand<Action> = {
  name: 'rollout',
  use: 'SUBCOMMAND',
  short: 'Manage the rollout of a resource',
  group: 'Deploy Commands',
  subcommands: [
    rolloutHistory,
    pausing('pause', 'Mark the provided resource as paused'),
    rolloutRestart,
    pausing('resume', 'Resume a paused resource'),
    rolloutStatus,
    rolloutUndo,
  ],
};
