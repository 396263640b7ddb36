/** @models k8s.io/kubectl pkg/describe/describe.go describeStatefulSet describeCronJob describeEndpointSliceV1 describeEndpoints @fidelity full */
import type { Context } from '../../../linux/context.ts';
import { type Fields, field, list, number, text, texts } from '../../../protocols/kube/fields.ts';
import { formatSelector } from '../../../protocols/kube/selector-text.ts';
import type { Run } from '../run.ts';
import { templateLines } from './containers.ts';
import { annotationLines, labelLines, timeText } from './text.ts';
import { podPhases } from './workloads.ts';

const unset = (value: unknown, suffix = ''): string => (value === undefined ? '<unset>' : `${String(value)}${suffix}`);

export async function statefulSetLines(ctx: Context, run: Run, set: Fields): Promise<string[]> {
  const partition = number(set, 'spec', 'updateStrategy', 'rollingUpdate', 'partition');
  const service = text(set, 'spec', 'serviceName');
  const claims = list(set, 'spec', 'volumeClaimTemplates');
  return [
    `Name:\t${text(set, 'metadata', 'name')}`,
    `Namespace:\t${text(set, 'metadata', 'namespace')}`,
    `CreationTimestamp:\t${timeText(field(set, 'metadata', 'creationTimestamp'))}`,
    `Selector:\t${formatSelector(field(set, 'spec', 'selector'))}`,
    ...labelLines('Labels', set, 'metadata', 'labels'),
    ...annotationLines('Annotations', set),
    ...(service === '' ? [] : [`Service Name:\t${service}`]),
    `Pod Management Policy:\t${text(set, 'spec', 'podManagementPolicy')}`,
    `Replicas:\t${number(set, 'spec', 'replicas') ?? 0} desired | ${number(set, 'status', 'replicas') ?? 0} total`,
    `Update Strategy:\t${text(set, 'spec', 'updateStrategy', 'type')}`,
    ...(partition === undefined ? [] : [`  Partition:\t${partition}`]),
    `Pods Status:\t${await podPhases(ctx, run, set)}`,
    ...templateLines(field(set, 'spec', 'template')),
    ...(claims.length === 0
      ? ['Volume Claims:\t<none>']
      : [
          'Volume Claims:',
          ...claims.flatMap((claim) => [
            `  Name:\t${text(claim, 'metadata', 'name')}`,
            `  StorageClass:\t${text(claim, 'spec', 'storageClassName')}`,
            ...labelLines('  Labels', claim, 'metadata', 'labels'),
            ...labelLines('  Annotations', claim, 'metadata', 'annotations'),
            `  Capacity:\t${text(claim, 'spec', 'resources', 'requests', 'storage') || '<default>'}`,
            `  Access Modes:\t[${texts(claim, 'spec', 'accessModes').join(' ')}]`,
          ]),
        ]),
  ];
}

export function cronJobLines(job: Fields): string[] {
  const template = field(job, 'spec', 'jobTemplate', 'spec');
  const deadline = number(template, 'activeDeadlineSeconds');
  const selector = field(template, 'selector');
  const active = list(job, 'status', 'active').map((one) => text(one, 'name'));
  return [
    `Name:\t${text(job, 'metadata', 'name')}`,
    `Namespace:\t${text(job, 'metadata', 'namespace')}`,
    ...labelLines('Labels', job, 'metadata', 'labels'),
    ...annotationLines('Annotations', job),
    `Schedule:\t${text(job, 'spec', 'schedule')}`,
    `Concurrency Policy:\t${text(job, 'spec', 'concurrencyPolicy')}`,
    `Suspend:\t${field(job, 'spec', 'suspend') === true ? 'True' : 'False'}`,
    `Time Zone:\t${unset(field(job, 'spec', 'timeZone'))}`,
    `Successful Job History Limit:\t${unset(field(job, 'spec', 'successfulJobsHistoryLimit'))}`,
    `Failed Job History Limit:\t${unset(field(job, 'spec', 'failedJobsHistoryLimit'))}`,
    `Starting Deadline Seconds:\t${unset(field(job, 'spec', 'startingDeadlineSeconds'), 's')}`,
    `Selector:\t${selector === undefined ? '<unset>' : formatSelector(selector)}`,
    `Parallelism:\t${unset(field(template, 'parallelism'))}`,
    `Completions:\t${unset(field(template, 'completions'))}`,
    ...(deadline === undefined ? [] : [`Active Deadline Seconds:\t${deadline}s`]),
    ...templateLines(field(template, 'template')),
    `Last Schedule Time:\t${timeText(field(job, 'status', 'lastScheduleTime'))}`,
    `Active Jobs:\t${active.join(', ') || '<none>'}`,
  ];
}

export function endpointSliceLines(slice: Fields): string[] {
  const ports = list(slice, 'ports');
  const endpoints = list(slice, 'endpoints');
  return [
    `Name:\t${text(slice, 'metadata', 'name')}`,
    `Namespace:\t${text(slice, 'metadata', 'namespace')}`,
    ...labelLines('Labels', slice, 'metadata', 'labels'),
    ...annotationLines('Annotations', slice),
    `AddressType:\t${text(slice, 'addressType')}`,
    ...(ports.length === 0 ? ['Ports: <unset>'] : ['Ports:', '  Name\tPort\tProtocol', '  ----\t----\t--------']),
    ...ports.map(
      (port) => `  ${text(port, 'name') || '<unset>'}\t${unset(field(port, 'port'))}\t${text(port, 'protocol')}`,
    ),
    ...(endpoints.length === 0 ? ['Endpoints: <none>'] : ['Endpoints:']),
    ...endpoints.flatMap((endpoint) => {
      const kind = text(endpoint, 'targetRef', 'kind');
      return [
        `  - Addresses:\t${texts(endpoint, 'addresses').join(', ') || '<none>'}`,
        '    Conditions:',
        `      Ready:\t${unset(field(endpoint, 'conditions', 'ready'))}`,
        `    Hostname:\t${unset(field(endpoint, 'hostname'))}`,
        ...(kind === '' ? [] : [`    TargetRef:\t${kind}/${text(endpoint, 'targetRef', 'name')}`]),
        `    NodeName:\t${unset(field(endpoint, 'nodeName'))}`,
        `    Zone:\t${unset(field(endpoint, 'zone'))}`,
      ];
    }),
  ];
}

export function endpointsLines(endpoints: Fields): string[] {
  const addresses = (subset: Fields, key: string): string =>
    list(subset, key)
      .map((address) => text(address, 'ip'))
      .join(',') || '<none>';
  return [
    `Name:\t${text(endpoints, 'metadata', 'name')}`,
    `Namespace:\t${text(endpoints, 'metadata', 'namespace')}`,
    ...labelLines('Labels', endpoints, 'metadata', 'labels'),
    ...annotationLines('Annotations', endpoints),
    'Subsets:',
    ...list(endpoints, 'subsets').flatMap((subset) => {
      const ports = list(subset, 'ports');
      return [
        `  Addresses:\t${addresses(subset, 'addresses')}`,
        `  NotReadyAddresses:\t${addresses(subset, 'notReadyAddresses')}`,
        ...(ports.length === 0 ? [] : ['  Ports:', '    Name\tPort\tProtocol', '    ----\t----\t--------']),
        ...ports.map(
          (port) => `    ${text(port, 'name') || '<unset>'}\t${number(port, 'port') ?? 0}\t${text(port, 'protocol')}`,
        ),
        '',
      ];
    }),
  ];
}
