/** @models k8s.io/kubectl pkg/describe describe.go describePod @fidelity full */
import { type Fields, field, list, number, text } from '../../../protocols/kube/fields.ts';
import { since } from '../../../protocols/kube/human-duration.ts';
import { containerLines, volumeLines } from './containers.ts';
import { annotationLines, controllerLines, labelLines, timeText, tolerationLines } from './text.ts';

export function podLines(pod: Fields, now: bigint): string[] {
  const lines: string[] = [];
  const line = (name: string, value: string): void => void lines.push(`${name}:\t${value}`);
  const optional = (name: string, ...path: string[]): void => {
    if (text(pod, ...path) !== '') line(name, text(pod, ...path));
  };
  line('Name', text(pod, 'metadata', 'name'));
  line('Namespace', text(pod, 'metadata', 'namespace'));
  if (number(pod, 'spec', 'priority') !== undefined) line('Priority', String(number(pod, 'spec', 'priority')));
  optional('Priority Class Name', 'spec', 'priorityClassName');
  optional('Runtime Class Name', 'spec', 'runtimeClassName');
  optional('Service Account', 'spec', 'serviceAccountName');
  const node = text(pod, 'spec', 'nodeName');
  line('Node', node === '' ? '<none>' : `${node}/${text(pod, 'status', 'hostIP')}`);
  if (text(pod, 'status', 'startTime') !== '') line('Start Time', timeText(field(pod, 'status', 'startTime')));
  lines.push(...labelLines('Labels', pod, 'metadata', 'labels'), ...annotationLines('Annotations', pod));
  const deleted = field(pod, 'metadata', 'deletionTimestamp');
  const isTerminal = ['Failed', 'Succeeded'].includes(text(pod, 'status', 'phase'));
  if (deleted !== undefined && !isTerminal) {
    line('Status', `Terminating (lasts ${since(deleted, now)})`);
    line('Termination Grace Period', `${number(pod, 'metadata', 'deletionGracePeriodSeconds') ?? 0}s`);
  } else line('Status', text(pod, 'status', 'phase'));
  optional('Reason', 'status', 'reason');
  optional('Message', 'status', 'message');
  const seccomp = text(pod, 'spec', 'securityContext', 'seccompProfile', 'type');
  if (seccomp !== '') {
    line('SeccompProfile', seccomp);
    if (seccomp === 'Localhost')
      line('LocalhostProfile', text(pod, 'spec', 'securityContext', 'seccompProfile', 'localhostProfile'));
  }
  line('IP', text(pod, 'status', 'podIP'));
  const ips = list(pod, 'status', 'podIPs');
  if (ips.length === 0) line('IPs', '<none>');
  else lines.push('IPs:', ...ips.map((ip) => `  IP:\t${text(ip, 'ip')}`));
  lines.push(...controllerLines(pod));
  optional('NominatedNodeName', 'status', 'nominatedNodeName');
  for (const [title, key, statuses] of [
    ['Init Containers', 'initContainers', 'initContainerStatuses'],
    ['Containers', 'containers', 'containerStatuses'],
    ['Ephemeral Containers', 'ephemeralContainers', 'ephemeralContainerStatuses'],
  ] as const) {
    const containers = list(pod, 'spec', key);
    if (containers.length > 0) lines.push(...containerLines(title, containers, list(pod, 'status', statuses), '', pod));
  }
  const gates = list(pod, 'spec', 'readinessGates');
  const conditions = list(pod, 'status', 'conditions');
  if (gates.length > 0) {
    lines.push('Readiness Gates:', '  Type\tStatus');
    for (const gate of gates) {
      const type = text(gate, 'conditionType');
      const status = conditions.find((c) => text(c, 'type') === type);
      lines.push(`  ${type} \t${status === undefined ? '<none>' : text(status, 'status')} `);
    }
  }
  if (conditions.length > 0) {
    lines.push('Conditions:', '  Type\tStatus');
    for (const condition of conditions) lines.push(`  ${text(condition, 'type')} \t${text(condition, 'status')} `);
  }
  lines.push(...volumeLines(list(pod, 'spec', 'volumes'), ''));
  optional('QoS Class', 'status', 'qosClass');
  lines.push(
    ...labelLines('Node-Selectors', pod, 'spec', 'nodeSelector'),
    ...tolerationLines('Tolerations', list(pod, 'spec', 'tolerations')),
  );
  return lines;
}
