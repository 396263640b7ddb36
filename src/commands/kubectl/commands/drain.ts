/**
 * @models k8s.io/kubectl pkg/cmd/drain drain.go, pkg/drain drain.go filters.go
 * @fidelity full, but for --chunk-size: lists come whole
 */
import type { CobraCommand } from '../../../go/cobra-types.ts';
import { durationString } from '../../../go/duration.ts';
import { parseRfc3339 } from '../../../go/time.ts';
import type { Context } from '../../../linux/context.ts';
import { print, printError } from '../../../linux/io.ts';
import { type Fields, field, flag, list, text } from '../../../protocols/kube/fields.ts';
import { isStatusError } from '../../../protocols/kube/status-error.ts';
import { Queue } from '../../../sim/primitives.ts';
import { type DryRun, dryRunOf, dryRunSuffix } from '../dry-run.ts';
import { explainFailure, Failure, usageFailure } from '../failure.ts';
import { DRY_RUN, SELECTOR } from '../flags.ts';
import type { Action, Run } from '../run.ts';
import { selectTargets } from '../select.ts';
import { markSchedulable } from './change.ts';
import { existing } from './label.ts';

/** How long a pod that is to go is left alone before it is looked at again, and an eviction that was refused tried again. */
const POLL_NS = 1_000_000_000;
const RETRY_NS = 5_000_000_000;
const MIRROR = 'kubernetes.io/config.mirror';

export const drainCommand: CobraCommand<Action> = {
  name: 'drain',
  use: 'NODE',
  short: 'Drain node in preparation for maintenance',
  group: 'Cluster Management Commands',
  flags: [
    { name: 'chunk-size', kind: 'int64', value: 500, usage: 'How many to ask for at once.' },
    { name: 'delete-emptydir-data', kind: 'bool', usage: 'Go on although pods use emptyDir: its data is lost.' },
    { name: 'disable-eviction', kind: 'bool', usage: 'Delete pods rather than evict them; budgets do not hold.' },
    DRY_RUN,
    { name: 'force', kind: 'bool', usage: 'Go on although pods declare no controller.' },
    { name: 'grace-period', kind: 'int', value: -1, usage: 'Seconds for a pod to end in; negative for its own.' },
    { name: 'ignore-daemonsets', kind: 'bool', usage: 'Leave pods of DaemonSets where they are.' },
    { name: 'pod-selector', kind: 'string', usage: 'Label query for the pods that are to go.' },
    SELECTOR,
    {
      name: 'skip-wait-for-delete-timeout',
      kind: 'int',
      value: 0,
      usage: 'Seconds after which a pod that is being deleted is not waited for any more; zero is for ever.',
    },
    { name: 'timeout', kind: 'duration', value: 0, usage: 'How long to wait before giving up; zero is for ever.' },
  ],
  action: async (ctx, run) => {
    const { cli } = run;
    const dryRun = await dryRunOf(ctx, cli);
    if (cli.args.length === 0 && cli.string('selector') === '')
      throw usageFailure(cli.path, `at least one of \`drain NODE\` or \`drain --selector\` is required`);
    const nodes = await existing(ctx, run, await selectTargets(ctx, run, ['nodes', ...cli.args]));
    for (const node of nodes) await markSchedulable(ctx, run, node, 'cordon', dryRun);
    const pending: string[] = [];
    const faults: string[] = [];
    for (const { target } of nodes) {
      const found = await drainNode(ctx, run, target.name, dryRun);
      if (found.length === 0) {
        await print(ctx, `node/${target.name} drained${dryRunSuffix(dryRun)}\n`);
        continue;
      }
      await printError(
        ctx,
        `error: unable to drain node "${target.name}" due to error: ${aggregate(found)}, continuing command...\n`,
      );
      pending.push(target.name);
      faults.push(...found);
    }
    if (pending.length === 0) return;
    await printError(ctx, `There are pending nodes to be drained:\n${pending.map((name) => ` ${name}\n`).join('')}`);
    throw new Failure(faults.join('\n'), { bare: true });
  },
};

/** @models apimachinery pkg/util/errors Aggregate */
function aggregate(errors: readonly string[]): string {
  const different = [...new Set(errors)];
  return different.length === 1 ? (different[0] ?? '') : `[${different.join(', ')}]`;
}

/** What the filters say of a pod; `warning` goes with either answer. */
type Verdict = { readonly deletes: boolean; readonly error?: string; readonly warning?: string };

/** The errors that kept the node from being drained. */
async function drainNode(ctx: Context, run: Run, node: string, dryRun: DryRun): Promise<string[]> {
  const { leaving, errors, warnings } = await podsOf(ctx, run, node);
  if (errors.length > 0) return errors;
  if (warnings !== '') await printError(ctx, `Warning: ${warnings}\n`);
  return await removePods(ctx, run, node, leaving, dryRun);
}

/** @models k8s.io/kubectl pkg/drain drain.go GetPodsForDeletion */
async function podsOf(
  ctx: Context,
  run: Run,
  node: string,
): Promise<{ leaving: Fields[]; errors: string[]; warnings: string }> {
  const client = await run.client(ctx);
  const selector = run.cli.string('pod-selector');
  const pods = list(
    await client.list<Fields>(ctx, 'pods', null, {
      fieldSelector: `spec.nodeName=${node}`,
      ...(selector === '' ? {} : { labelSelector: selector }),
    }),
    'items',
  );
  const errors = new Map<string, string[]>();
  const warnings = new Map<string, string[]>();
  const leaving: Fields[] = [];
  for (const pod of pods) {
    const verdict = await judge(ctx, run, pod);
    const add = (to: Map<string, string[]>, why: string): unknown => to.set(why, [...(to.get(why) ?? []), nameIn(pod)]);
    if (verdict.error !== undefined) add(errors, verdict.error);
    if (verdict.warning !== undefined) add(warnings, verdict.warning);
    if (verdict.deletes) leaving.push(pod);
  }
  return {
    leaving,
    errors: [...errors].map(([why, names]) => `cannot delete ${why}: ${names.join(', ')}`),
    warnings: [...warnings].map(([why, names]) => `${why}: ${names.join(', ')}`).join('; '),
  };
}

/** The words that the server has for it where a pod's DaemonSet is no more. */
async function missingSet(ctx: Context, run: Run, namespace: string, name: string): Promise<string | null> {
  try {
    await (await run.client(ctx)).get(ctx, 'daemonsets', namespace, name);
    return null;
  } catch (error) {
    if (!isStatusError(error, 'NotFound')) throw error;
    return error.message;
  }
}

/** The filters in their order; the first that keeps a pod has the last word. */
async function judge(ctx: Context, run: Run, pod: Fields): Promise<Verdict> {
  const { cli } = run;
  if (isStuck(ctx, pod, cli.number('skip-wait-for-delete-timeout'))) return { deletes: false };
  const owner = list(pod, 'metadata', 'ownerReferences').find((one) => flag(one, 'controller'));
  const finished = ['Succeeded', 'Failed'].includes(text(pod, 'status', 'phase'));
  let warning: string | undefined;
  if (text(owner, 'kind') === 'DaemonSet' && !finished) {
    const lost = await missingSet(ctx, run, text(pod, 'metadata', 'namespace'), text(owner, 'name'));
    if (lost !== null) return cli.bool('force') ? { deletes: true, warning: lost } : { deletes: false, error: lost };
    if (!cli.bool('ignore-daemonsets'))
      return { deletes: false, error: 'DaemonSet-managed Pods (use --ignore-daemonsets to ignore)' };
    return { deletes: false, warning: 'ignoring DaemonSet-managed Pods' };
  }
  if (field(pod, 'metadata', 'annotations', MIRROR) !== undefined) return { deletes: false };
  if (!finished && list(pod, 'spec', 'volumes').some((volume) => field(volume, 'emptyDir') !== undefined)) {
    if (!cli.bool('delete-emptydir-data'))
      return { deletes: false, error: 'Pods with local storage (use --delete-emptydir-data to override)' };
    warning = 'deleting Pods with local storage';
  }
  if (!finished && owner === undefined) {
    if (!cli.bool('force'))
      return { deletes: false, error: 'Pods that declare no controller (use --force to override)' };
    warning = 'deleting Pods that declare no controller';
  }
  return { deletes: true, ...(warning === undefined ? {} : { warning }) };
}

/** What is left on the node is told of before the errors go on. */
async function removePods(
  ctx: Context,
  run: Run,
  node: string,
  pods: readonly Fields[],
  dryRun: DryRun,
): Promise<string[]> {
  const evicts = !run.cli.bool('disable-eviction');
  const timeout = run.cli.duration('timeout');
  const removal: Removal = { run, evicts, dryRun, timeout, deadline: timeout > 0 ? ctx.now + timeout : null };
  if (dryRun === 'client') {
    for (const pod of pods) await tellStart(ctx, removal, pod);
    return [];
  }
  const errors = evicts ? await evictAll(ctx, removal, pods) : await deleteAll(ctx, removal, pods);
  if (errors.length === 0) return [];
  const { leaving, errors: refused } = await podsOf(ctx, run, node);
  if (leaving.length > 0) {
    const names = leaving.map((pod) => `pod/${text(pod, 'metadata', 'name')}\n`).join('');
    await printError(
      ctx,
      `There are pending pods in node "${node}" when an error occurred: ${aggregate(errors)}\n${names}`,
    );
  }
  if (refused.length > 0)
    await printError(ctx, `Following errors occurred while getting the list of pods to delete:\n${aggregate(refused)}`);
  return errors;
}

type Removal = {
  readonly run: Run;
  readonly evicts: boolean;
  readonly dryRun: DryRun;
  readonly timeout: number;
  readonly deadline: number | null;
};

const isLate = (ctx: Context, { deadline }: Removal): boolean => deadline !== null && ctx.now >= deadline;
const lateText = ({ timeout }: Removal): string => `global timeout reached: ${durationString(timeout)}`;

async function tellStart(ctx: Context, { evicts, dryRun }: Removal, pod: Fields): Promise<void> {
  await print(ctx, `${evicts ? 'evicting' : 'deleting'} pod ${nameIn(pod)}${dryRunSuffix(dryRun)}\n`);
}

/** All at once; each goes its own way to its end. */
async function evictAll(ctx: Context, removal: Removal, pods: readonly Fields[]): Promise<string[]> {
  const ends = new Queue<string | null>(ctx.scheduler);
  for (const pod of pods) ctx.go('evict', async (c) => ends.push(await evict(c, removal, pod)));
  const errors: string[] = [];
  for (let done = 0; done < pods.length; done++) {
    const error = await ends.take();
    if (error !== null) errors.push(error);
  }
  return errors;
}

/** What has gone wrong, or null. */
async function evict(ctx: Context, removal: Removal, pod: Fields): Promise<string | null> {
  const { run, dryRun } = removal;
  const [name, namespace] = [text(pod, 'metadata', 'name'), text(pod, 'metadata', 'namespace')];
  const failed = (why: string): string => `error when evicting pods/"${name}" -n "${namespace}": ${why}`;
  for (;;) {
    await tellStart(ctx, removal, pod);
    if (isLate(ctx, removal)) return failed(lateText(removal));
    try {
      await requestEnd(ctx, run, pod, true, dryRun);
      break;
    } catch (error) {
      if (!isStatusError(error)) throw error;
      if (error.status.reason === 'NotFound') return null;
      if (error.status.reason !== 'TooManyRequests')
        return failed(explainFailure(error, run.server)?.text.replace(/^Error from server \(\w+\): /, '') ?? '');
      await printError(
        ctx,
        `error when evicting pods/"${name}" -n "${namespace}" (will retry after 5s): ${error.message}\n`,
      );
      await ctx.sleep(RETRY_NS);
    }
  }
  if (dryRun === 'server') return null;
  const why = await untilGone(ctx, removal, [pod]);
  return why === null ? null : `error when waiting for pod "${name}" in namespace "${namespace}" to terminate: ${why}`;
}

/** One after the other; the first that cannot be deleted ends it. */
async function deleteAll(ctx: Context, removal: Removal, pods: readonly Fields[]): Promise<string[]> {
  const { run, dryRun } = removal;
  for (const pod of pods) {
    await tellStart(ctx, removal, pod);
    try {
      await requestEnd(ctx, run, pod, false, dryRun);
    } catch (error) {
      if (!isStatusError(error)) throw error;
      if (error.status.reason !== 'NotFound') return [error.message];
    }
  }
  if (dryRun === 'server') return [];
  const why = await untilGone(ctx, removal, pods);
  return why === null ? [] : [why];
}

/** Null once none is left that is waited for. */
async function untilGone(ctx: Context, removal: Removal, pods: readonly Fields[]): Promise<string | null> {
  const { run, evicts } = removal;
  const patience = run.cli.number('skip-wait-for-delete-timeout');
  for (let left = pods; ; ) {
    const still: Fields[] = [];
    for (const pod of left) {
      const name = text(pod, 'metadata', 'name');
      const now = await found(ctx, run, pod);
      if (now === null) await print(ctx, `pod/${name} ${evicts ? 'evicted' : 'deleted'}\n`);
      else if (isStuck(ctx, now, patience))
        await print(ctx, `pod "${name}" has DeletionTimestamp older than ${patience} seconds, skipping\n`);
      else still.push(pod);
    }
    left = still;
    if (left.length === 0) return null;
    if (isLate(ctx, removal)) return lateText(removal);
    await ctx.sleep(POLL_NS);
  }
}

/** It was to be gone so many seconds ago. */
function isStuck(ctx: Context, pod: unknown, seconds: number): boolean {
  const since = text(pod, 'metadata', 'deletionTimestamp');
  const parsed = seconds > 0 && since !== '' ? parseRfc3339(since) : null;
  return parsed?.ok === true && ctx.wallTime - parsed.ns > BigInt(seconds) * 1_000_000_000n;
}

async function requestEnd(ctx: Context, run: Run, pod: Fields, evicts: boolean, dryRun: DryRun): Promise<void> {
  const client = await run.client(ctx);
  const [name, namespace] = [text(pod, 'metadata', 'name'), text(pod, 'metadata', 'namespace')];
  const grace = run.cli.number('grace-period');
  const deleteOptions = {
    ...(grace >= 0 ? { gracePeriodSeconds: grace } : {}),
    ...(dryRun === 'server' ? { dryRun: ['All'] } : {}),
  };
  if (!evicts) {
    await client.delete(ctx, 'pods', namespace, name, deleteOptions);
    return;
  }
  await client.request(ctx, 'POST', `/api/v1/namespaces/${namespace}/pods/${name}/eviction`, {
    body: { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace }, deleteOptions },
  });
}

/** The pod as it is now; another of its name does not count. */
async function found(ctx: Context, run: Run, pod: Fields): Promise<unknown> {
  const client = await run.client(ctx);
  try {
    const name = text(pod, 'metadata', 'name');
    const now: unknown = await client.get(ctx, 'pods', text(pod, 'metadata', 'namespace'), name);
    return text(now, 'metadata', 'uid') === text(pod, 'metadata', 'uid') ? now : null;
  } catch (error) {
    if (isStatusError(error, 'NotFound')) return null;
    throw error;
  }
}

function nameIn(pod: Fields): string {
  return `${text(pod, 'metadata', 'namespace')}/${text(pod, 'metadata', 'name')}`;
}
