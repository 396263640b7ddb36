/** @models k8s.io/kubectl pkg/describe describe.go describeSecret ConfigMapDescriber describeService describeNamespace @fidelity partial: no quotas and limits of a namespace */
import type { Context } from '../../../linux/context.ts';
import { fromBase64 } from '../../../protocols/base64.ts';
import { type Fields, field, list, number, object, pairs, text, texts } from '../../../protocols/kube/fields.ts';
import { mapSelector } from '../../../protocols/kube/selector-text.ts';
import type { Run } from '../run.ts';
import { annotationLines, labelLines } from './text.ts';

function headLines(item: Fields): string[] {
  return [
    `Name:\t${text(item, 'metadata', 'name')}`,
    `Namespace:\t${text(item, 'metadata', 'namespace')}`,
    ...labelLines('Labels', item, 'metadata', 'labels'),
    ...annotationLines('Annotations', item),
  ];
}

export function secretLines(secret: Fields): string[] {
  const isToken = text(secret, 'type') === 'kubernetes.io/service-account-token';
  return [
    ...headLines(secret),
    '',
    `Type:\t${text(secret, 'type')}`,
    '',
    'Data',
    '====',
    ...pairs(secret, 'data').map(([key, value]) => {
      const bytes = fromBase64(value);
      return isToken && key === 'token'
        ? `${key}:\t${new TextDecoder().decode(bytes)}`
        : `${key}:\t${bytes.length} bytes`;
    }),
  ];
}

export function configMapLines(map: Fields): string[] {
  return [
    ...headLines(map),
    '',
    'Data',
    '====',
    ...pairs(map, 'data').flatMap(([key, value]) => [`${key}:`, '----', ...value.split('\n'), '', '']),
    ...(pairs(map, 'data').length === 0 ? [''] : []),
    'BinaryData',
    '====',
    ...pairs(map, 'binaryData').map(([key, value]) => `${key}: ${fromBase64(value).length} bytes`),
    '',
  ];
}

export function namespaceLines(namespace: Fields): string[] {
  return [
    `Name:\t${text(namespace, 'metadata', 'name')}`,
    ...labelLines('Labels', namespace, 'metadata', 'labels'),
    ...annotationLines('Annotations', namespace),
    `Status:\t${text(namespace, 'status', 'phase')}`,
  ];
}

const ENDPOINTS_SHOWN_MAX = 3;

export async function serviceLines(ctx: Context, run: Run, service: Fields): Promise<string[]> {
  const client = await run.client(ctx);
  const name = text(service, 'metadata', 'name');
  const slices = await client.list<Fields>(ctx, 'endpointslices', text(service, 'metadata', 'namespace'), {
    labelSelector: `kubernetes.io/service-name=${name}`,
  });
  const endpointsOf = (portName: string): string => {
    const found = list(slices, 'items').flatMap((slice) => {
      const port = list(slice, 'ports').find((p) => text(p, 'name') === portName);
      return list(slice, 'endpoints')
        .filter((endpoint) => field(endpoint, 'conditions', 'ready') !== false)
        .flatMap((endpoint) => texts(endpoint, 'addresses').map((a) => `${a}:${number(port, 'port') ?? 0}`));
    });
    const more = found.length - ENDPOINTS_SHOWN_MAX;
    return found.slice(0, ENDPOINTS_SHOWN_MAX).join(',') + (more > 0 ? ` + ${more} more...` : '');
  };
  const optional = (title: string, value: string): string[] => (value === '' ? [] : [`${title}:\t${value}`]);
  return [
    ...headLines(service),
    `Selector:\t${mapSelector(object(service, 'spec', 'selector'))}`,
    `Type:\t${text(service, 'spec', 'type')}`,
    ...optional('IP Family Policy', text(service, 'spec', 'ipFamilyPolicy')),
    ...optional('IP Families', texts(service, 'spec', 'ipFamilies').join(',')),
    `IP:\t${text(service, 'spec', 'clusterIP')}`,
    ...optional('IPs', texts(service, 'spec', 'clusterIPs').join(',')),
    ...optional('External IPs', texts(service, 'spec', 'externalIPs').join(',')),
    ...list(service, 'spec', 'ports').flatMap((port) => [
      `Port:\t${text(port, 'name') || '<unset>'}\t${number(port, 'port') ?? 0}/${text(port, 'protocol')}`,
      `TargetPort:\t${String(field(port, 'targetPort') ?? '')}/${text(port, 'protocol')}`,
      ...((number(port, 'nodePort') ?? 0) > 0
        ? [`NodePort:\t${text(port, 'name') || '<unset>'}\t${number(port, 'nodePort')}/${text(port, 'protocol')}`]
        : []),
      `Endpoints:\t${endpointsOf(text(port, 'name'))}`,
    ]),
    `Session Affinity:\t${text(service, 'spec', 'sessionAffinity')}`,
    ...optional('External Traffic Policy', text(service, 'spec', 'externalTrafficPolicy')),
    ...optional('Internal Traffic Policy', text(service, 'spec', 'internalTrafficPolicy')),
  ];
}
