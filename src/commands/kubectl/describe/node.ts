/** @models k8s.io/kubectl pkg/describe describe.go describeNode describeNodeResource @fidelity partial: no images, no extended resources in the summary */
import type { Context } from '../../../linux/context.ts';
import { type Fields, field, flag, list, object, pairs, text, texts } from '../../../protocols/kube/fields.ts';
import { since } from '../../../protocols/kube/human-duration.ts';
import { nodeRoles } from '../../../protocols/kube/printers/core.ts';
import { formatQuantity, milliValue, parseQuantity, type QuantityFormat } from '../../../protocols/kube/quantity.ts';
import { isStatusError } from '../../../protocols/kube/status-error.ts';
import type { Run } from '../run.ts';
import { annotationLines, labelLines, timeText } from './text.ts';

const INFO: readonly (readonly [title: string, key: string])[] = [
  ['Machine ID', 'machineID'],
  ['System UUID', 'systemUUID'],
  ['Boot ID', 'bootID'],
  ['Kernel Version', 'kernelVersion'],
  ['OS Image', 'osImage'],
  ['Operating System', 'operatingSystem'],
  ['Architecture', 'architecture'],
  ['Container Runtime Version', 'containerRuntimeVersion'],
  ['Kubelet Version', 'kubeletVersion'],
];

export async function nodeLines(ctx: Context, run: Run, node: Fields): Promise<string[]> {
  const name = text(node, 'metadata', 'name');
  const client = await run.client(ctx);
  const taints = list(node, 'spec', 'taints').map(
    (t) => `${text(t, 'key')}${text(t, 'value') === '' ? '' : `=${text(t, 'value')}`}:${text(t, 'effect')}`,
  );
  const lines = [
    `Name:\t${name}`,
    `Roles:\t${nodeRoles(node).join(',') || '<none>'}`,
    ...labelLines('Labels', node, 'metadata', 'labels'),
    ...annotationLines('Annotations', node),
    `CreationTimestamp:\t${timeText(field(node, 'metadata', 'creationTimestamp'))}`,
    ...(taints.length === 0 ? ['Taints:\t<none>'] : taints.map((taint, i) => `${i === 0 ? 'Taints:' : ''}\t${taint}`)),
    `Unschedulable:\t${flag(node, 'spec', 'unschedulable')}`,
  ];
  try {
    const lease = (await client.get(ctx, 'leases', 'kube-node-lease', name)) as Fields;
    lines.push(
      'Lease:',
      `  HolderIdentity:\t${text(lease, 'spec', 'holderIdentity') || '<unset>'}`,
      `  AcquireTime:\t${timeText(field(lease, 'spec', 'acquireTime'))}`,
      `  RenewTime:\t${timeText(field(lease, 'spec', 'renewTime'))}`,
    );
  } catch (error) {
    if (!isStatusError(error)) throw error;
    lines.push('Lease:', `  Failed to get lease: ${error.message}`);
  }
  const conditions = list(node, 'status', 'conditions');
  if (conditions.length > 0) {
    lines.push(
      'Conditions:',
      '  Type\tStatus\tLastHeartbeatTime\tLastTransitionTime\tReason\tMessage',
      '  ----\t------\t-----------------\t------------------\t------\t-------',
      ...conditions.map(
        (c) =>
          `  ${text(c, 'type')} \t${text(c, 'status')} \t${timeText(field(c, 'lastHeartbeatTime'))} \t${timeText(field(c, 'lastTransitionTime'))} \t${text(c, 'reason')} \t${text(c, 'message')}`,
      ),
    );
  }
  lines.push(
    'Addresses:',
    ...list(node, 'status', 'addresses').map((a) => `  ${text(a, 'type')}:\t${text(a, 'address')}`),
  );
  for (const [title, key] of [
    ['Capacity', 'capacity'],
    ['Allocatable', 'allocatable'],
  ] as const) {
    if (object(node, 'status', key) !== undefined) {
      lines.push(`${title}:`, ...pairs(node, 'status', key).map(([resource, amount]) => `  ${resource}:\t${amount}`));
    }
  }
  lines.push('System Info:', ...INFO.map(([title, key]) => `  ${title}:\t${text(node, 'status', 'nodeInfo', key)}`));
  if (text(node, 'spec', 'podCIDR') !== '') lines.push(`PodCIDR:\t${text(node, 'spec', 'podCIDR')}`);
  const cidrs = texts(node, 'spec', 'podCIDRs');
  if (cidrs.length > 0) lines.push(`PodCIDRs:\t${cidrs.join(',')}`);
  if (text(node, 'spec', 'providerID') !== '') lines.push(`ProviderID:\t${text(node, 'spec', 'providerID')}`);
  const pods = await client.list<Fields>(ctx, 'pods', null, {
    fieldSelector: `spec.nodeName=${name},status.phase!=Succeeded,status.phase!=Failed`,
  });
  return [...lines, ...usageLines(node, list(pods, 'items'), ctx.wallTime)];
}

type Amounts = Readonly<Record<'requests' | 'limits', (resource: string) => number>>;

/** Thousandths of what a pod asks for: its containers together or its greatest init container, and the overhead. */
function amountsOf(pod: Fields): Amounts {
  const of = (kind: 'requests' | 'limits') => (resource: string) => {
    const amount = (container: Fields): number => milliValue(text(container, 'resources', kind, resource) || undefined);
    const init = list(pod, 'spec', 'initContainers');
    const sidecars = init.filter((c) => text(c, 'restartPolicy') === 'Always');
    const main = [...list(pod, 'spec', 'containers'), ...sidecars].reduce((sum, c) => sum + amount(c), 0);
    const most = Math.max(0, ...init.map(amount));
    const total = Math.max(main, most);
    const overhead = milliValue(text(pod, 'spec', 'overhead', resource) || undefined);
    return kind === 'requests' || total > 0 ? total + overhead : 0;
  };
  return { requests: of('requests'), limits: of('limits') };
}

function usageLines(node: Fields, pods: readonly Fields[], now: bigint): string[] {
  const allocatable = object(node, 'status', 'allocatable') ?? object(node, 'status', 'capacity') ?? {};
  const share = (milli: number, resource: string): string => {
    const all = milliValue(text(allocatable, resource) || undefined);
    return `${all === 0 ? 0 : Math.trunc((milli * 100) / all)}%`;
  };
  const shown = (milli: number, format: QuantityFormat): string =>
    formatQuantity({ milli: BigInt(Math.round(milli)), format });
  const cell = (milli: number, resource: string, format: QuantityFormat): string =>
    `${shown(milli, format)} (${share(milli, resource)})`;
  const sorted = [...pods].sort((a, b) => (key(a) < key(b) ? -1 : 1));
  const lines = [
    `Non-terminated Pods:\t(${pods.length} in total)`,
    '  Namespace\tName\tCPU Requests\tCPU Limits\tMemory Requests\tMemory Limits\tAge',
    '  ---------\t----\t------------\t----------\t---------------\t-------------\t---',
    ...sorted.map((pod) => {
      const { requests, limits } = amountsOf(pod);
      const cells = [
        cell(requests('cpu'), 'cpu', 'DecimalSI'),
        cell(limits('cpu'), 'cpu', 'DecimalSI'),
        cell(requests('memory'), 'memory', 'BinarySI'),
        cell(limits('memory'), 'memory', 'BinarySI'),
      ];
      const age = since(field(pod, 'metadata', 'creationTimestamp'), now);
      return `  ${text(pod, 'metadata', 'namespace')}\t${text(pod, 'metadata', 'name')}\t${cells.join('\t')}\t${age}`;
    }),
    'Allocated resources:',
    '  (Total limits may be over 100 percent, i.e., overcommitted.)',
    '  Resource\tRequests\tLimits',
    '  --------\t--------\t------',
  ];
  const others = Object.keys(allocatable).filter((r) => !['cpu', 'memory', 'ephemeral-storage', 'pods'].includes(r));
  for (const resource of ['cpu', 'memory', 'ephemeral-storage', ...others.sort()]) {
    const sum = (kind: 'requests' | 'limits'): number =>
      pods.reduce((all, pod) => all + amountsOf(pod)[kind](resource), 0);
    const format: QuantityFormat = resource === 'cpu' ? 'DecimalSI' : (parseQuantity('1Mi')?.format ?? 'BinarySI');
    lines.push(`  ${resource}\t${cell(sum('requests'), resource, format)}\t${cell(sum('limits'), resource, format)}`);
  }
  return lines;
}

function key(pod: Fields): string {
  return `${text(pod, 'metadata', 'namespace')}/${text(pod, 'metadata', 'name')}`;
}
