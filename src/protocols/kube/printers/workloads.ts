/**
 * @models kubernetes pkg/printers/internalversion/printers.go printDeployment printReplicaSet printDaemonSet printStatefulSet printJob printCronJob printReplicationController printControllerRevision
 * @fidelity full
 */
import { type Fields, field, list, number, object, text } from '../fields.ts';
import { humanDuration, since, timeOf } from '../human-duration.ts';
import { formatSelector, mapSelector } from '../selector-text.ts';
import { containerColumns } from './pod.ts';
import type { Printer } from './printer.ts';

const CONTAINERS = [
  ['Containers', 1],
  ['Images', 1],
  ['Selector', 1],
] as const;

function age(object: Fields, now: bigint): string {
  return since(field(object, 'metadata', 'creationTimestamp'), now);
}

function name(object: Fields): string {
  return text(object, 'metadata', 'name');
}

function wide(object: Fields): string[] {
  return [...containerColumns(field(object, 'spec', 'template')), formatSelector(field(object, 'spec', 'selector'))];
}

export const deploymentPrinter: Printer = {
  columns: [['Name', 0], ['Ready', 0], ['Up-to-date', 0], ['Available', 0], ['Age', 0], ...CONTAINERS],
  cells: (deployment, now) => [
    name(deployment),
    `${number(deployment, 'status', 'readyReplicas') ?? 0}/${number(deployment, 'spec', 'replicas') ?? 0}`,
    number(deployment, 'status', 'updatedReplicas') ?? 0,
    number(deployment, 'status', 'availableReplicas') ?? 0,
    age(deployment, now),
    ...wide(deployment),
  ],
};

export const replicaSetPrinter: Printer = {
  columns: [['Name', 0], ['Desired', 0], ['Current', 0], ['Ready', 0], ['Age', 0], ...CONTAINERS],
  cells: (set, now) => [
    name(set),
    number(set, 'spec', 'replicas') ?? 0,
    number(set, 'status', 'replicas') ?? 0,
    number(set, 'status', 'readyReplicas') ?? 0,
    age(set, now),
    ...wide(set),
  ],
};

export const replicationControllerPrinter: Printer = {
  columns: replicaSetPrinter.columns,
  cells: (set, now) => [
    name(set),
    number(set, 'spec', 'replicas') ?? 0,
    number(set, 'status', 'replicas') ?? 0,
    number(set, 'status', 'readyReplicas') ?? 0,
    age(set, now),
    ...containerColumns(field(set, 'spec', 'template')),
    mapSelector(object(set, 'spec', 'selector')),
  ],
};

export const daemonSetPrinter: Printer = {
  columns: [
    ['Name', 0],
    ['Desired', 0],
    ['Current', 0],
    ['Ready', 0],
    ['Up-to-date', 0],
    ['Available', 0],
    ['Node Selector', 0],
    ['Age', 0],
    ...CONTAINERS,
  ],
  cells: (set, now) => [
    name(set),
    number(set, 'status', 'desiredNumberScheduled') ?? 0,
    number(set, 'status', 'currentNumberScheduled') ?? 0,
    number(set, 'status', 'numberReady') ?? 0,
    number(set, 'status', 'updatedNumberScheduled') ?? 0,
    number(set, 'status', 'numberAvailable') ?? 0,
    mapSelector(object(set, 'spec', 'template', 'spec', 'nodeSelector')),
    age(set, now),
    ...wide(set),
  ],
};

export const statefulSetPrinter: Printer = {
  columns: [
    ['Name', 0],
    ['Ready', 0],
    ['Age', 0],
    ['Containers', 1],
    ['Images', 1],
  ],
  cells: (set, now) => [
    name(set),
    `${number(set, 'status', 'readyReplicas') ?? 0}/${number(set, 'spec', 'replicas') ?? 0}`,
    age(set, now),
    ...containerColumns(field(set, 'spec', 'template')),
  ],
};

export const controllerRevisionPrinter: Printer = {
  columns: [
    ['Name', 0],
    ['Controller', 0],
    ['Revision', 0],
    ['Age', 0],
  ],
  cells(revision, now) {
    const owner = list(revision, 'metadata', 'ownerReferences').find((one) => field(one, 'controller') === true);
    const group = text(owner, 'apiVersion').split('/').slice(0, -1).join('');
    const kind = text(owner, 'kind').toLowerCase();
    return [
      name(revision),
      owner === undefined ? '<none>' : `${group === '' ? kind : `${kind}.${group}`}/${text(owner, 'name')}`,
      number(revision, 'revision') ?? 0,
      age(revision, now),
    ];
  },
};

export const jobPrinter: Printer = {
  columns: [['Name', 0], ['Status', 0], ['Completions', 0], ['Duration', 0], ['Age', 0], ...CONTAINERS],
  cells: (job, now) => [
    name(job),
    jobStatus(job),
    completions(job),
    jobDuration(job, now),
    age(job, now),
    ...wide(job),
  ],
};

function completions(job: Fields): string {
  const succeeded = number(job, 'status', 'succeeded') ?? 0;
  const wanted = number(job, 'spec', 'completions');
  if (wanted !== undefined) return `${succeeded}/${wanted}`;
  const parallelism = number(job, 'spec', 'parallelism') ?? 0;
  return parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`;
}

function jobStatus(job: Fields): string {
  const isTrue = (type: string): boolean =>
    list(job, 'status', 'conditions').some((c) => text(c, 'type') === type && text(c, 'status') === 'True');
  if (isTrue('Complete')) return 'Complete';
  if (isTrue('Failed')) return 'Failed';
  if (field(job, 'metadata', 'deletionTimestamp') !== undefined) return 'Terminating';
  if (isTrue('Suspended')) return 'Suspended';
  if (isTrue('FailureTarget')) return 'FailureTarget';
  return isTrue('SuccessCriteriaMet') ? 'SuccessCriteriaMet' : 'Running';
}

function jobDuration(job: Fields, now: bigint): string {
  const start = timeOf(field(job, 'status', 'startTime'));
  if (start === null) return '';
  return humanDuration((timeOf(field(job, 'status', 'completionTime')) ?? now) - start);
}

export const cronJobPrinter: Printer = {
  columns: [
    ['Name', 0],
    ['Schedule', 0],
    ['Timezone', 0],
    ['Suspend', 0],
    ['Active', 0],
    ['Last Schedule', 0],
    ['Age', 0],
    ...CONTAINERS,
  ],
  cells(job, now) {
    const last = field(job, 'status', 'lastScheduleTime');
    const suspend = field(job, 'spec', 'suspend');
    const template = field(job, 'spec', 'jobTemplate', 'spec', 'template');
    return [
      name(job),
      text(job, 'spec', 'schedule'),
      text(job, 'spec', 'timeZone') || '<none>',
      suspend === undefined ? '<unset>' : suspend === true ? 'True' : 'False',
      list(job, 'status', 'active').length,
      last === undefined ? '<none>' : since(last, now),
      age(job, now),
      ...containerColumns(template),
      formatSelector(field(job, 'spec', 'jobTemplate', 'spec', 'selector')),
    ];
  },
};
