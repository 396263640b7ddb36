/**
 * @models k8s.io/kubectl pkg/describe describe.go describeContainers describeVolumes DescribePodTemplate
 * @fidelity partial: kinds of volume that are not named here show only their kind
 */
import { type Fields, field, flag, list, number, object, pairs, text, texts } from '../../../protocols/kube/fields.ts';
import { annotationLines, labelLines, probeText, timeText, tolerationLines } from './text.ts';

/** `margin` of the title; a template's containers stand one column nearer than a pod's. */
export function containerLines(
  title: string,
  containers: readonly Fields[],
  statuses: readonly Fields[] | null,
  margin: string,
  pod: unknown,
): string[] {
  const nameMargin = margin === '' ? '  ' : `${margin} `;
  return [
    `${margin}${title}:`,
    ...containers.flatMap((container) => {
      const status = statuses?.find((s) => text(s, 'name') === text(container, 'name'));
      return [`${nameMargin}${text(container, 'name')}:`, ...oneContainer(container, status, pod)];
    }),
  ];
}

function oneContainer(container: Fields, status: Fields | undefined, pod: unknown): string[] {
  const lines: string[] = [];
  const line = (name: string, value: string): void => void lines.push(`    ${name}:\t${value}`);
  const inner = (name: string, value: string): void => void lines.push(`      ${name}:\t${value}`);
  if (status !== undefined) line('Container ID', text(status, 'containerID'));
  line('Image', text(container, 'image'));
  if (status !== undefined) line('Image ID', text(status, 'imageID'));
  const ports = list(container, 'ports');
  const shown = ports.map(
    (p) =>
      `${number(p, 'containerPort') ?? 0}/${text(p, 'protocol') || 'TCP'}${text(p, 'name') === '' ? '' : ` (${text(p, 'name')})`}`,
  );
  const hostPorts = ports.map(
    (p) =>
      `${number(p, 'hostPort') ?? 0}/${text(p, 'protocol') || 'TCP'}${text(p, 'name') === '' ? '' : ` (${text(p, 'name')})`}`,
  );
  line(ports.length > 1 ? 'Ports' : 'Port', shown.join(', ') || '<none>');
  line(ports.length > 1 ? 'Host Ports' : 'Host Port', hostPorts.join(', ') || '<none>');
  for (const [key, title] of [
    ['command', 'Command'],
    ['args', 'Args'],
  ] as const) {
    const words = texts(container, key);
    if (words.length === 0) continue;
    lines.push(`    ${title}:`, ...words.flatMap((word) => word.split('\n').map((part) => `      ${part}`)));
  }
  if (status !== undefined) {
    lines.push(...stateLines('State', field(status, 'state')));
    if (object(status, 'lastState', 'terminated') !== undefined) {
      lines.push(...stateLines('Last State', field(status, 'lastState')));
    }
    line('Ready', flag(status, 'ready') ? 'True' : 'False');
    line('Restart Count', String(number(status, 'restartCount') ?? 0));
  }
  for (const [key, title] of [
    ['limits', 'Limits'],
    ['requests', 'Requests'],
  ] as const) {
    const amounts = pairs(container, 'resources', key);
    if (amounts.length === 0) continue;
    lines.push(`    ${title}:`);
    for (const [name, amount] of amounts) inner(name, amount);
  }
  for (const [key, title] of [
    ['livenessProbe', 'Liveness'],
    ['readinessProbe', 'Readiness'],
    ['startupProbe', 'Startup'],
  ] as const) {
    const probe = object(container, key);
    if (probe !== undefined) line(title, probeText(probe));
  }
  lines.push(...environmentLines(container, pod));
  const mounts = [...list(container, 'volumeMounts')].sort((a, b) =>
    text(a, 'mountPath') < text(b, 'mountPath') ? -1 : 1,
  );
  if (mounts.length === 0) line('Mounts', '<none>');
  else {
    lines.push('    Mounts:');
    for (const mount of mounts) {
      const flags = [flag(mount, 'readOnly') ? 'ro' : 'rw'];
      if (text(mount, 'subPath') !== '') flags.push(`path="${text(mount, 'subPath')}"`);
      lines.push(`      ${text(mount, 'mountPath')} from ${text(mount, 'name')} (${flags.join(',')})`);
    }
  }
  return lines;
}

function stateLines(title: string, state: unknown): string[] {
  const running = object(state, 'running');
  if (running !== undefined)
    return [`    ${title}:\tRunning`, `      Started:\t${timeText(field(running, 'startedAt'))}`];
  const terminated = object(state, 'terminated');
  if (terminated !== undefined) {
    const optional = (name: string, value: string): string[] => (value === '' ? [] : [`      ${name}:\t${value}`]);
    const signal = number(terminated, 'signal') ?? 0;
    return [
      `    ${title}:\tTerminated`,
      ...optional('Reason', text(terminated, 'reason')),
      ...optional('Message', text(terminated, 'message')),
      `      Exit Code:\t${number(terminated, 'exitCode') ?? 0}`,
      ...(signal > 0 ? [`      Signal:\t${signal}`] : []),
      `      Started:\t${timeText(field(terminated, 'startedAt'))}`,
      `      Finished:\t${timeText(field(terminated, 'finishedAt'))}`,
    ];
  }
  const reason = text(state, 'waiting', 'reason');
  return [`    ${title}:\tWaiting`, ...(reason === '' ? [] : [`      Reason:\t${reason}`])];
}

function environmentLines(container: Fields, pod: unknown): string[] {
  const lines: string[] = [];
  const sources = list(container, 'envFrom');
  if (sources.length > 0) {
    lines.push('    Environment Variables from:');
    for (const source of sources) {
      const isMap = object(source, 'configMapRef') !== undefined;
      const ref = object(source, isMap ? 'configMapRef' : 'secretRef');
      lines.push(`      ${text(ref, 'name')}\t${isMap ? 'ConfigMap' : 'Secret'}\tOptional: ${flag(ref, 'optional')}`);
    }
  }
  const env = list(container, 'env');
  if (env.length === 0) return [...lines, '    Environment:\t<none>'];
  lines.push('    Environment:');
  for (const variable of env) {
    const name = text(variable, 'name');
    const from = object(variable, 'valueFrom');
    if (from === undefined) {
      const [first = '', ...more] = text(variable, 'value').split('\n');
      lines.push(`      ${name}:\t${first}`, ...more.map((part) => `      \t${part}`));
      continue;
    }
    const secret = object(from, 'secretKeyRef');
    const map = object(from, 'configMapKeyRef');
    const fieldRef = object(from, 'fieldRef');
    const resource = object(from, 'resourceFieldRef');
    if (secret !== undefined) {
      lines.push(
        `      ${name}:\t<set to the key '${text(secret, 'key')}' in secret '${text(secret, 'name')}'>\tOptional: ${flag(secret, 'optional')}`,
      );
    } else if (map !== undefined) {
      lines.push(
        `      ${name}:\t<set to the key '${text(map, 'key')}' of config map '${text(map, 'name')}'>\tOptional: ${flag(map, 'optional')}`,
      );
    } else if (fieldRef !== undefined) {
      const path = text(fieldRef, 'fieldPath');
      const value =
        path.startsWith('metadata.') || path.startsWith('spec.') ? String(field(pod, ...path.split('.')) ?? '') : '';
      lines.push(`      ${name}:\t${value} (${text(fieldRef, 'apiVersion') || 'v1'}:${path})`);
    } else if (resource !== undefined) {
      lines.push(`      ${name}:\t (${text(resource, 'resource')})`);
    }
  }
  return lines;
}

export function volumeLines(volumes: readonly Fields[], margin: string): string[] {
  if (volumes.length === 0) return [`${margin}Volumes:\t<none>`];
  const at = margin === '' ? '  ' : `${margin} `;
  return [
    `${margin}Volumes:`,
    ...volumes.flatMap((volume) => [`${at}${text(volume, 'name')}:`, ...sourceLines(volume).map((l) => `    ${l}`)]),
  ];
}

function sourceLines(volume: Fields): string[] {
  const secret = object(volume, 'secret');
  if (secret !== undefined) {
    return [
      'Type:\tSecret (a volume populated by a Secret)',
      `SecretName:\t${text(secret, 'secretName')}`,
      `Optional:\t${flag(secret, 'optional')}`,
    ];
  }
  const map = object(volume, 'configMap');
  if (map !== undefined) {
    return [
      'Type:\tConfigMap (a volume populated by a ConfigMap)',
      `Name:\t${text(map, 'name')}`,
      `Optional:\t${flag(map, 'optional')}`,
    ];
  }
  const host = object(volume, 'hostPath');
  if (host !== undefined) {
    return [
      'Type:\tHostPath (bare host directory volume)',
      `Path:\t${text(host, 'path')}`,
      `HostPathType:\t${text(host, 'type')}`,
    ];
  }
  const empty = object(volume, 'emptyDir');
  if (empty !== undefined) {
    return [
      "Type:\tEmptyDir (a temporary directory that shares a pod's lifetime)",
      `Medium:\t${text(empty, 'medium')}`,
      `SizeLimit:\t${text(empty, 'sizeLimit') || '<unset>'}`,
    ];
  }
  const image = object(volume, 'image');
  if (image !== undefined) {
    return [
      'Type:\tImage (a container image or OCI artifact)',
      `Reference:\t${text(image, 'reference')}`,
      `PullPolicy:\t${text(image, 'pullPolicy')}`,
    ];
  }
  const template = object(volume, 'ephemeral', 'volumeClaimTemplate');
  if (template !== undefined) {
    return [
      'Type:\tEphemeralVolume (an inline specification for a volume that gets created and deleted with the pod)',
      `StorageClass:\t${text(template, 'spec', 'storageClassName')}`,
      'Volume:\t',
      ...labelLines('Labels', template, 'metadata', 'labels'),
      ...labelLines('Annotations', template, 'metadata', 'annotations'),
      'Capacity:\t',
      'Access Modes:\t',
      `VolumeMode:\t${text(template, 'spec', 'volumeMode')}`,
    ];
  }
  const claim = object(volume, 'persistentVolumeClaim');
  if (claim !== undefined) {
    return [
      'Type:\tPersistentVolumeClaim (a reference to a PersistentVolumeClaim in the same namespace)',
      `ClaimName:\t${text(claim, 'claimName')}`,
      `ReadOnly:\t${flag(claim, 'readOnly')}`,
    ];
  }
  if (object(volume, 'projected') !== undefined) {
    return [
      'Type:\tProjected (a volume that contains injected data from multiple sources)',
      ...list(volume, 'projected', 'sources').flatMap((source) => {
        const token = object(source, 'serviceAccountToken');
        if (token !== undefined) return [`TokenExpirationSeconds:\t${number(token, 'expirationSeconds') ?? 0}`];
        const config = object(source, 'configMap');
        if (config !== undefined)
          return [`ConfigMapName:\t${text(config, 'name')}`, `Optional:\t${flag(config, 'optional')}`];
        const inner = object(source, 'secret');
        if (inner !== undefined)
          return [`SecretName:\t${text(inner, 'name')}`, `Optional:\t${flag(inner, 'optional')}`];
        return object(source, 'downwardAPI') === undefined ? [] : ['DownwardAPI:\ttrue'];
      }),
    ];
  }
  const kind = Object.keys(volume).find((key) => key !== 'name') ?? '<unknown>';
  return [`Type:\t${kind}`];
}

export function templateLines(template: unknown): string[] {
  if (template === undefined) return ['Pod Template:\t<unset>'];
  const accounts = text(template, 'spec', 'serviceAccountName');
  const init = list(template, 'spec', 'initContainers');
  const annotations = pairs(template, 'metadata', 'annotations');
  return [
    'Pod Template:',
    ...labelLines('  Labels', template, 'metadata', 'labels'),
    ...(annotations.length === 0 ? [] : annotationLines('  Annotations', template)),
    ...(accounts === '' ? [] : [`  Service Account:\t${accounts}`]),
    ...(init.length === 0 ? [] : containerLines('Init Containers', init, null, '  ', template)),
    ...containerLines('Containers', list(template, 'spec', 'containers'), null, '  ', template),
    ...volumeLines(list(template, 'spec', 'volumes'), '  '),
    ...(text(template, 'spec', 'priorityClassName') === ''
      ? []
      : [`  Priority Class Name:\t${text(template, 'spec', 'priorityClassName')}`]),
    ...labelLines('  Node-Selectors', template, 'spec', 'nodeSelector'),
    ...tolerationLines('  Tolerations', list(template, 'spec', 'tolerations')),
  ];
}
