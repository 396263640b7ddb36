/**
 * @models k8s.io/kubectl pkg/cmd/drain drain.go, pkg/drain drain.go filters.go
 * @fidelity partial: several nodes and pods are treated one after the other; no --skip-wait-for-delete-timeout
 */
import type { CobraCommand } from '../../../go/cobra-types.ts';
import { durationString } from '../../../go/duration.ts';
import type { Context } from '../../../linux/context.ts';
import { print, printError } from '../../../linux/io.ts';
import { type Fields, field, flag, list, text } from '../../../protocols/kube/fields.ts';
import { isStatusError } from '../../../protocols/kube/status-error.ts';
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
    { name: 'delete-emptydir-data', kind: 'bool', usage: 'Go on although pods use emptyDir: its data is lost.' },
    { name: 'disable-eviction', kind: 'bool', usage: 'Delete pods rather than evict them; budgets do not hold.' },
    DRY_RUN,
    { name: 'force', kind: 'bool', usage: 'Go on although pods declare no controller.' },
    { name: 'grace-period', kind: 'int', value: -1, usage: 'Seconds for a pod to end in; negative for its own.' },
    { name: 'ignore-daemonsets', kind: 'bool', usage: 'Leave pods of DaemonSets where they are.' },
    { name: 'pod-selector', kind: 'string', usage: 'Label query for the pods that are to go.' },
    SELECTOR,
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
      const all = found.length === 1 ? found[0] : `[${found.join(', ')}]`;
      await printError(
        ctx,
        `error: unable to drain node "${target.name}" due to error: ${all}, continuing command...\n`,
      );
      pending.push(target.name);
      faults.push(...found);
    }
    if (pending.length === 0) return;
    await printError(ctx, `There are pending nodes to be drained:\n${pending.map((name) => ` ${name}\n`).join('')}`);
    throw new Failure(faults.join('\n'), { bare: true });
  },
};

/** What the filters say of a pod; `warning` goes with either answer. */
type Verdict = { readonly deletes: boolean; readonly error?: string; readonly warning?: string };

/** The errors that kept the node from being drained. */
async function drainNode(ctx: Context, run: Run, node: string, dryRun: DryRun): Promise<string[]> {
  const { cli } = run;
  const client = await run.client(ctx);
  const selector = cli.string('pod-selector');
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
    const verdict = judge(run, pod);
    const add = (to: Map<string, string[]>, why: string): unknown => to.set(why, [...(to.get(why) ?? []), nameIn(pod)]);
    if (verdict.error !== undefined) add(errors, verdict.error);
    if (verdict.warning !== undefined) add(warnings, verdict.warning);
    if (verdict.deletes) leaving.push(pod);
  }
  if (errors.size > 0) return [...errors].map(([why, names]) => `cannot delete ${why}: ${names.join(', ')}`);
  if (warnings.size > 0)
    await printError(
      ctx,
      `Warning: ${[...warnings].map(([why, names]) => `${why}: ${names.join(', ')}`).join('; ')}\n`,
    );
  return await removePods(ctx, run, leaving, dryRun);
}

/** The filters in their order; the first that keeps a pod has the last word. */
function judge(run: Run, pod: Fields): Verdict {
  const { cli } = run;
  const owner = list(pod, 'metadata', 'ownerReferences').find((one) => flag(one, 'controller'));
  const finished = ['Succeeded', 'Failed'].includes(text(pod, 'status', 'phase'));
  let warning: string | undefined;
  if (text(owner, 'kind') === 'DaemonSet' && !finished) {
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

async function removePods(ctx: Context, run: Run, pods: readonly Fields[], dryRun: DryRun): Promise<string[]> {
  const { cli } = run;
  const evicts = !cli.bool('disable-eviction');
  const timeout = cli.duration('timeout');
  const deadline = timeout > 0 ? ctx.now + timeout : null;
  const isLate = (): boolean => deadline !== null && ctx.now >= deadline;
  for (const pod of pods)
    await print(ctx, `${evicts ? 'evicting' : 'deleting'} pod ${nameIn(pod)}${dryRunSuffix(dryRun)}\n`);
  if (dryRun === 'client') return [];
  const errors: string[] = [];
  const ending: Fields[] = [];
  for (const pod of pods) {
    const [name, namespace] = [text(pod, 'metadata', 'name'), text(pod, 'metadata', 'namespace')];
    for (;;) {
      try {
        await requestEnd(ctx, run, pod, evicts, dryRun);
        ending.push(pod);
      } catch (error) {
        if (!isStatusError(error)) throw error;
        const { reason } = error.status;
        if (reason === 'NotFound') {
          ending.push(pod);
        } else if (evicts && reason === 'TooManyRequests' && !isLate()) {
          await printError(
            ctx,
            `error when evicting pods/"${name}" -n "${namespace}" (will retry after 5s): ${error.message}\n`,
          );
          await ctx.sleep(RETRY_NS);
          continue;
        } else {
          const why = explainFailure(error, run.server)?.text.replace(/^Error from server \(\w+\): /, '') ?? '';
          errors.push(`error when ${evicts ? 'evicting' : 'deleting'} pods/"${name}" -n "${namespace}": ${why}`);
        }
      }
      break;
    }
  }
  if (dryRun === 'server') return errors;
  let left = ending;
  for (;;) {
    const still: Fields[] = [];
    for (const pod of left) {
      if (await isThere(ctx, run, pod)) still.push(pod);
      else await print(ctx, `pod/${text(pod, 'metadata', 'name')} ${evicts ? 'evicted' : 'deleted'}\n`);
    }
    left = still;
    if (left.length === 0) return errors;
    if (isLate()) break;
    await ctx.sleep(POLL_NS);
  }
  const [late] = left;
  return [
    ...errors,
    evicts
      ? `error when waiting for pod "${text(late, 'metadata', 'name')}" in namespace "${text(late, 'metadata', 'namespace')}" to terminate: global timeout reached: ${durationString(timeout)}`
      : 'timed out waiting for the condition',
  ];
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

/** Whether the pod exists yet; another of its name does not count. */
async function isThere(ctx: Context, run: Run, pod: Fields): Promise<boolean> {
  const client = await run.client(ctx);
  try {
    const name = text(pod, 'metadata', 'name');
    const now: unknown = await client.get(ctx, 'pods', text(pod, 'metadata', 'namespace'), name);
    return text(now, 'metadata', 'uid') === text(pod, 'metadata', 'uid');
  } catch (error) {
    if (isStatusError(error, 'NotFound')) return false;
    throw error;
  }
}

function nameIn(pod: Fields): string {
  return `${text(pod, 'metadata', 'namespace')}/${text(pod, 'metadata', 'name')}`;
}
