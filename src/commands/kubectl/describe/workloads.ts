/** @models k8s.io/kubectl pkg/describe describe.go describeDeployment describeReplicaSet describeReplicationController describeDaemonSet describeJob @fidelity partial: no indexed jobs */
import type { Context } from '../../../linux/context.ts';
import { type Fields, field, flag, list, number, object, text } from '../../../protocols/kube/fields.ts';
import { humanDuration, timeOf } from '../../../protocols/kube/human-duration.ts';
import { formatSelector, mapSelector } from '../../../protocols/kube/selector-text.ts';
import type { Run } from '../run.ts';
import { templateLines } from './containers.ts';
import { annotationLines, controllerLines, labelLines, timeText } from './text.ts';

const n = (from: unknown, ...path: string[]): number => number(from, ...path) ?? 0;

export async function deploymentLines(ctx: Context, run: Run, deployment: Fields): Promise<string[]> {
  const rolling = object(deployment, 'spec', 'strategy', 'rollingUpdate');
  const shown = (key: string): string => String(field(rolling, key) ?? '');
  const counts = [
    `${n(deployment, 'spec', 'replicas')} desired`,
    `${n(deployment, 'status', 'updatedReplicas')} updated`,
    `${n(deployment, 'status', 'replicas')} total`,
    `${n(deployment, 'status', 'availableReplicas')} available`,
    `${n(deployment, 'status', 'unavailableReplicas')} unavailable`,
  ];
  const lines = [
    `Name:\t${text(deployment, 'metadata', 'name')}`,
    `Namespace:\t${text(deployment, 'metadata', 'namespace')}`,
    `CreationTimestamp:\t${timeText(field(deployment, 'metadata', 'creationTimestamp'))}`,
    ...labelLines('Labels', deployment, 'metadata', 'labels'),
    ...annotationLines('Annotations', deployment),
    `Selector:\t${formatSelector(field(deployment, 'spec', 'selector'))}`,
    `Replicas:\t${counts.join(' | ')}`,
    `StrategyType:\t${text(deployment, 'spec', 'strategy', 'type')}`,
    `MinReadySeconds:\t${n(deployment, 'spec', 'minReadySeconds')}`,
    ...(rolling === undefined
      ? []
      : [`RollingUpdateStrategy:\t${shown('maxUnavailable')} max unavailable, ${shown('maxSurge')} max surge`]),
    ...templateLines(field(deployment, 'spec', 'template')),
  ];
  const conditions = list(deployment, 'status', 'conditions');
  if (conditions.length > 0) {
    lines.push('Conditions:', '  Type\tStatus\tReason', '  ----\t------\t------');
    for (const c of conditions) lines.push(`  ${text(c, 'type')} \t${text(c, 'status')}\t${text(c, 'reason')}`);
  }
  const sets = await ownedSets(ctx, run, deployment);
  const revision = (item: unknown): string =>
    text(item, 'metadata', 'annotations', 'deployment.kubernetes.io/revision');
  const current = sets.find((set) => revision(set) === revision(deployment));
  const describeSet = (set: Fields): string =>
    `${text(set, 'metadata', 'name')} (${n(set, 'status', 'replicas')}/${n(set, 'spec', 'replicas')} replicas created)`;
  const old = sets.filter(
    (set) => set !== current && (n(set, 'spec', 'replicas') > 0 || n(set, 'status', 'replicas') >= 0),
  );
  lines.push(`OldReplicaSets:\t${old.map(describeSet).join(', ') || '<none>'}`);
  lines.push(`NewReplicaSet:\t${current === undefined ? '<none>' : describeSet(current)}`);
  return lines;
}

/** The ReplicaSets of a deployment, oldest first. */
export async function ownedSets(ctx: Context, run: Run, deployment: Fields): Promise<Fields[]> {
  const client = await run.client(ctx);
  const labelSelector = formatSelector(field(deployment, 'spec', 'selector'));
  const found = await client.list<Fields>(ctx, 'replicasets', text(deployment, 'metadata', 'namespace'), {
    labelSelector,
  });
  const uid = text(deployment, 'metadata', 'uid');
  return list(found, 'items')
    .filter((set) => list(set, 'metadata', 'ownerReferences').some((owner) => text(owner, 'uid') === uid))
    .sort((a, b) => revisionOf(a) - revisionOf(b));
}

export function revisionOf(set: unknown): number {
  return Number(text(set, 'metadata', 'annotations', 'deployment.kubernetes.io/revision') || '0');
}

/** Of those that it owns: not of such as are merely labelled like them. */
export async function podPhases(ctx: Context, run: Run, owner: Fields): Promise<string> {
  const client = await run.client(ctx);
  const labelSelector = selectorOf(owner);
  const pods = await client.list<Fields>(ctx, 'pods', text(owner, 'metadata', 'namespace'), { labelSelector });
  const uid = text(owner, 'metadata', 'uid');
  const own = list(pods, 'items').filter((pod) =>
    list(pod, 'metadata', 'ownerReferences').some((one) => flag(one, 'controller') && text(one, 'uid') === uid),
  );
  const count = (phase: string): number => own.filter((pod) => text(pod, 'status', 'phase') === phase).length;
  return `${count('Running')} Running / ${count('Pending')} Waiting / ${count('Succeeded')} Succeeded / ${count('Failed')} Failed`;
}

/** A selector with its parts, or the mere labels of a ReplicationController. */
function selectorOf(owner: Fields): string {
  const selector = object(owner, 'spec', 'selector') ?? {};
  return ['matchLabels', 'matchExpressions'].some((part) => typeof selector[part] === 'object')
    ? formatSelector(selector)
    : mapSelector(selector);
}

export async function replicaSetLines(ctx: Context, run: Run, set: Fields): Promise<string[]> {
  return [
    `Name:\t${text(set, 'metadata', 'name')}`,
    `Namespace:\t${text(set, 'metadata', 'namespace')}`,
    `Selector:\t${selectorOf(set)}`,
    ...labelLines('Labels', set, 'metadata', 'labels'),
    ...annotationLines('Annotations', set),
    ...controllerLines(set),
    `Replicas:\t${n(set, 'status', 'replicas')} current / ${n(set, 'spec', 'replicas')} desired`,
    `Pods Status:\t${await podPhases(ctx, run, set)}`,
    ...templateLines(field(set, 'spec', 'template')),
  ];
}

export async function daemonSetLines(ctx: Context, run: Run, set: Fields): Promise<string[]> {
  return [
    `Name:\t${text(set, 'metadata', 'name')}`,
    `Namespace:\t${text(set, 'metadata', 'namespace')}`,
    `Selector:\t${formatSelector(field(set, 'spec', 'selector'))}`,
    ...labelLines('Node-Selector', set, 'spec', 'template', 'spec', 'nodeSelector'),
    ...labelLines('Labels', set, 'metadata', 'labels'),
    ...annotationLines('Annotations', set),
    `Desired Number of Nodes Scheduled: ${n(set, 'status', 'desiredNumberScheduled')}`,
    `Current Number of Nodes Scheduled: ${n(set, 'status', 'currentNumberScheduled')}`,
    `Number of Nodes Scheduled with Up-to-date Pods: ${n(set, 'status', 'updatedNumberScheduled')}`,
    `Number of Nodes Scheduled with Available Pods: ${n(set, 'status', 'numberAvailable')}`,
    `Number of Nodes Misscheduled: ${n(set, 'status', 'numberMisscheduled')}`,
    `Pods Status:\t${await podPhases(ctx, run, set)}`,
    ...templateLines(field(set, 'spec', 'template')),
  ];
}

export function jobLines(job: Fields): string[] {
  const start = timeOf(field(job, 'status', 'startTime'));
  const end = timeOf(field(job, 'status', 'completionTime'));
  return [
    `Name:\t${text(job, 'metadata', 'name')}`,
    `Namespace:\t${text(job, 'metadata', 'namespace')}`,
    `Selector:\t${formatSelector(field(job, 'spec', 'selector'))}`,
    ...labelLines('Labels', job, 'metadata', 'labels'),
    ...annotationLines('Annotations', job),
    ...controllerLines(job),
    `Parallelism:\t${n(job, 'spec', 'parallelism')}`,
    `Completions:\t${number(job, 'spec', 'completions') ?? '<unset>'}`,
    `Completion Mode:\t${text(job, 'spec', 'completionMode')}`,
    `Suspend:\t${flag(job, 'spec', 'suspend')}`,
    `Backoff Limit:\t${n(job, 'spec', 'backoffLimit')}`,
    ...(start === null ? [] : [`Start Time:\t${timeText(field(job, 'status', 'startTime'))}`]),
    ...(end === null ? [] : [`Completed At:\t${timeText(field(job, 'status', 'completionTime'))}`]),
    ...(start === null || end === null ? [] : [`Duration:\t${humanDuration(end - start)}`]),
    `Pods Statuses:\t${n(job, 'status', 'active')} Active (${n(job, 'status', 'ready')} Ready) / ${n(job, 'status', 'succeeded')} Succeeded / ${n(job, 'status', 'failed')} Failed`,
    ...templateLines(field(job, 'spec', 'template')),
  ];
}
