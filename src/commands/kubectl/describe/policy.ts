/** @models k8s.io/kubectl pkg/describe/describe.go describeQuota describeLimitRange DescribeResourceQuotas DescribeLimitRanges describePodDisruptionBudgetV1 describePriorityClass describeHorizontalPodAutoscalerV2 describeNetworkPolicy describeIngressV1 describeCertificateSigningRequest @fidelity partial: of autoscalers' metrics those of resources, without behavior */
import type { Context } from '../../../linux/context.ts';
import { subjectOfRequest } from '../../../protocols/distribution/signing-request.ts';
import { type Fields, field, list, number, object, pairs, text, texts } from '../../../protocols/kube/fields.ts';
import { humanDuration } from '../../../protocols/kube/human-duration.ts';
import { signingState } from '../../../protocols/kube/printers/policy.ts';
import { formatPairs, formatSelector } from '../../../protocols/kube/selector-text.ts';
import { isStatusError } from '../../../protocols/kube/status-error.ts';
import type { Run } from '../run.ts';
import { annotationLines, labelLines, timeText } from './text.ts';

const keys = (item: unknown, ...path: string[]): string[] => Object.keys(object(item, ...path) ?? {}).sort();

function quotaRows(quota: Fields): string[] {
  return keys(quota, 'status', 'hard').map(
    (key) => `${key}\t${text(quota, 'status', 'used', key) || '0'}\t${text(quota, 'status', 'hard', key)}`,
  );
}

export function quotaLines(quota: Fields): string[] {
  return [
    `Name:\t${text(quota, 'metadata', 'name')}`,
    `Namespace:\t${text(quota, 'metadata', 'namespace')}`,
    'Resource\tUsed\tHard',
    '--------\t----\t----',
    ...quotaRows(quota),
  ];
}

const LIMIT_HEAD = 'Type\tResource\tMin\tMax\tDefault Request\tDefault Limit\tMax Limit/Request Ratio';
const LIMIT_RULE = '----\t--------\t---\t---\t---------------\t-------------\t-----------------------';

function limitRows(range: Fields): string[] {
  return list(range, 'spec', 'limits').flatMap((item) => {
    const parts = ['min', 'max', 'defaultRequest', 'default', 'maxLimitRequestRatio'];
    const all = [...new Set(parts.flatMap((part) => keys(item, part)))].sort();
    return all.map((key) => [text(item, 'type'), key, ...parts.map((part) => text(item, part, key) || '-')].join('\t'));
  });
}

export function limitRangeLines(range: Fields): string[] {
  return [
    `Name:\t${text(range, 'metadata', 'name')}`,
    `Namespace:\t${text(range, 'metadata', 'namespace')}`,
    LIMIT_HEAD,
    LIMIT_RULE,
    ...limitRows(range),
  ];
}

/** What a namespace's page says of its quotas and limits. */
export async function namespaceLimits(ctx: Context, run: Run, name: string): Promise<string[]> {
  const client = await run.client(ctx);
  const quotas = list(await client.list<Fields>(ctx, 'resourcequotas', name), 'items');
  const ranges = list(await client.list<Fields>(ctx, 'limitranges', name), 'items');
  return [
    '',
    ...(quotas.length === 0
      ? ['No resource quota.']
      : [
          'Resource Quotas',
          ...quotas.flatMap((quota) => [
            `  Name:\t${text(quota, 'metadata', 'name')}`,
            '  Resource\tUsed\tHard',
            '  --------\t---\t---',
            ...quotaRows(quota).map((row) => `  ${row}`),
          ]),
        ]),
    '',
    ...(ranges.length === 0
      ? ['No LimitRange resource.']
      : ['Resource Limits', ` ${LIMIT_HEAD}`, ` ${LIMIT_RULE}`, ...ranges.flatMap(limitRows).map((row) => ` ${row}`)]),
  ];
}

export function budgetLines(budget: Fields): string[] {
  const [least, most] = [field(budget, 'spec', 'minAvailable'), field(budget, 'spec', 'maxUnavailable')];
  const selector = field(budget, 'spec', 'selector');
  const count = (key: string): number => number(budget, 'status', key) ?? 0;
  return [
    `Name:\t${text(budget, 'metadata', 'name')}`,
    `Namespace:\t${text(budget, 'metadata', 'namespace')}`,
    ...(least !== undefined
      ? [`Min available:\t${String(least)}`]
      : most !== undefined
        ? [`Max unavailable:\t${String(most)}`]
        : []),
    `Selector:\t${selector === undefined ? '<unset>' : formatSelector(selector)}`,
    'Status:',
    `    Allowed disruptions:\t${count('disruptionsAllowed')}`,
    `    Current:\t${count('currentHealthy')}`,
    `    Desired:\t${count('desiredHealthy')}`,
    `    Total:\t${count('expectedPods')}`,
  ];
}

export function priorityClassLines(item: Fields): string[] {
  return [
    `Name:\t${text(item, 'metadata', 'name')}`,
    `Value:\t${number(item, 'value') ?? 0}`,
    `GlobalDefault:\t${field(item, 'globalDefault') === true}`,
    `PreemptionPolicy:\t${text(item, 'preemptionPolicy')}`,
    `Description:\t${text(item, 'description')}`,
    `Annotations:\t${formatPairs(pairs(item, 'metadata', 'annotations'))}`,
  ];
}

export function autoscalerLines(item: Fields): string[] {
  const current = list(item, 'status', 'currentMetrics');
  const metrics = list(item, 'spec', 'metrics').map((metric, i) => {
    const name = text(metric, 'resource', 'name');
    if (text(metric, 'type') !== 'Resource') return `  <unknown metric type "${text(metric, 'type')}">`;
    const now = object(current[i], 'resource', 'current');
    const value = text(metric, 'resource', 'target', 'averageValue');
    if (value !== '') return `  resource ${name} on pods:\t${text(now, 'averageValue') || '<unknown>'} / ${value}`;
    const wanted = number(metric, 'resource', 'target', 'averageUtilization');
    const measured = number(now, 'averageUtilization');
    const shown = measured === undefined ? '<unknown>' : `${measured}% (${text(now, 'averageValue')})`;
    return `  resource ${name} on pods  (as a percentage of request):\t${shown} / ${wanted === undefined ? '<auto>' : `${wanted}%`}`;
  });
  const conditions = list(item, 'status', 'conditions');
  const count = (key: string): number => number(item, 'status', key) ?? 0;
  return [
    `Name:\t${text(item, 'metadata', 'name')}`,
    `Namespace:\t${text(item, 'metadata', 'namespace')}`,
    ...labelLines('Labels', item, 'metadata', 'labels'),
    ...annotationLines('Annotations', item),
    `CreationTimestamp:\t${timeText(field(item, 'metadata', 'creationTimestamp'))}`,
    `Reference:\t${text(item, 'spec', 'scaleTargetRef', 'kind')}/${text(item, 'spec', 'scaleTargetRef', 'name')}`,
    'Metrics:\t( current / target )',
    ...metrics,
    `Min replicas:\t${number(item, 'spec', 'minReplicas') ?? '<unset>'}`,
    `Max replicas:\t${number(item, 'spec', 'maxReplicas') ?? 0}`,
    `${text(item, 'spec', 'scaleTargetRef', 'kind')} pods:\t${count('currentReplicas')} current / ${count('desiredReplicas')} desired`,
    ...(conditions.length === 0
      ? []
      : ['Conditions:', '  Type\tStatus\tReason\tMessage', '  ----\t------\t------\t-------']),
    ...conditions.map((c) => `  ${['type', 'status', 'reason', 'message'].map((key) => text(c, key)).join('\t')}`),
  ];
}

export function networkPolicyLines(policy: Fields): string[] {
  const selector = field(policy, 'spec', 'podSelector');
  const types = texts(policy, 'spec', 'policyTypes');
  const selected = formatSelector(selector);
  return [
    `Name:\t${text(policy, 'metadata', 'name')}`,
    `Namespace:\t${text(policy, 'metadata', 'namespace')}`,
    `Created on:\t${text(policy, 'metadata', 'creationTimestamp').replace('T', ' ').replace('Z', ' +0000 UTC')}`,
    ...labelLines('Labels', policy, 'metadata', 'labels'),
    ...annotationLines('Annotations', policy),
    'Spec:',
    `  PodSelector:     ${selected === '<none>' ? '<none> (Allowing the specific traffic to all pods in this namespace)' : selected}`,
    ...(types.includes('Ingress')
      ? ['  Allowing ingress traffic:', ...trafficLines(list(policy, 'spec', 'ingress'), 'ingress')]
      : ['  Not affecting ingress traffic']),
    ...(types.includes('Egress')
      ? ['  Allowing egress traffic:', ...trafficLines(list(policy, 'spec', 'egress'), 'egress')]
      : ['  Not affecting egress traffic']),
    `  Policy Types: ${types.join(', ')}`,
  ];
}

function trafficLines(rules: readonly Fields[], way: 'ingress' | 'egress'): string[] {
  const margin = '    ';
  const [title, key, other] = way === 'ingress' ? ['From', 'from', 'source'] : ['To', 'to', 'destination'];
  if (rules.length === 0) return [`${margin}<none> (Selected pods are isolated for ${way} connectivity)`];
  return rules.flatMap((rule, i) => {
    const ports = list(rule, 'ports').map((port) => {
      const end = number(port, 'endPort');
      const shown = String(field(port, 'port') ?? '<nil>');
      const protocol = text(port, 'protocol') || 'TCP';
      return end === undefined
        ? `${margin}To Port: ${shown}/${protocol}`
        : `${margin}To Port Range: ${shown}-${end}/${protocol}`;
    });
    const peers = list(rule, key).flatMap((peer) => {
      const [pods, namespaces, block] = ['podSelector', 'namespaceSelector', 'ipBlock'].map((k) => field(peer, k));
      return [
        `${margin}${title}:`,
        ...(namespaces === undefined ? [] : [`  ${margin}NamespaceSelector: ${formatSelector(namespaces)}`]),
        ...(pods === undefined ? [] : [`  ${margin}PodSelector: ${formatSelector(pods)}`]),
        ...(block === undefined
          ? []
          : [
              `  ${margin}IPBlock:`,
              `    ${margin}CIDR: ${text(block, 'cidr')}`,
              `    ${margin}Except: ${texts(block, 'except').join(', ')}`,
            ]),
      ];
    });
    return [
      ...(ports.length === 0 ? [`${margin}To Port: <any> (traffic allowed to all ports)`] : ports),
      ...(peers.length === 0 ? [`${margin}${title}: <any> (traffic not restricted by ${other})`] : peers),
      ...(i === rules.length - 1 ? [] : [`${margin}----------`]),
    ];
  });
}

export async function ingressLines(ctx: Context, run: Run, ingress: Fields): Promise<string[]> {
  const namespace = text(ingress, 'metadata', 'namespace');
  const backend = (of: Fields | undefined): Promise<string> => backendText(ctx, run, namespace, of);
  const fallback = object(ingress, 'spec', 'defaultBackend');
  const shownFallback = fallback === undefined ? '<default>' : await backend(fallback);
  const addresses = list(ingress, 'status', 'loadBalancer', 'ingress').map((i) => text(i, 'ip') || text(i, 'hostname'));
  const rules: string[] = [];
  for (const rule of list(ingress, 'spec', 'rules')) {
    if (object(rule, 'http') === undefined) continue;
    rules.push(`  ${text(rule, 'host') || '*'}\t`);
    for (const path of list(rule, 'http', 'paths'))
      rules.push(`    \t${text(path, 'path')} \t${await backend(object(path, 'backend'))}`);
  }
  const tls = list(ingress, 'spec', 'tls').map((one) => {
    const hosts = texts(one, 'hosts').join(',');
    const secret = text(one, 'secretName');
    return secret === '' ? `  SNI routes ${hosts}` : `  ${secret} terminates ${hosts}`;
  });
  return [
    `Name:\t${text(ingress, 'metadata', 'name')}`,
    ...labelLines('Labels', ingress, 'metadata', 'labels'),
    `Namespace:\t${namespace}`,
    `Address:\t${addresses.join(',')}`,
    `Ingress Class:\t${text(ingress, 'spec', 'ingressClassName') || '<none>'}`,
    `Default backend:\t${shownFallback}`,
    ...(tls.length === 0 ? [] : ['TLS:', ...tls]),
    'Rules:',
    '  Host\tPath\tBackends',
    '  ----\t----\t--------',
    ...(rules.length === 0 ? [`  *\t*\t${shownFallback}`] : rules),
    ...annotationLines('Annotations', ingress),
  ];
}

async function backendText(ctx: Context, run: Run, namespace: string, backend: Fields | undefined): Promise<string> {
  const service = object(backend, 'service');
  if (service === undefined) return '';
  const [name, portName] = [text(service, 'name'), text(service, 'port', 'name')];
  const portNumber = number(service, 'port', 'number');
  const shown = `${name}:${portName || (portNumber ?? '')}`;
  const client = await run.client(ctx);
  let found: Fields;
  try {
    found = (await client.get(ctx, 'services', namespace, name)) as Fields;
  } catch (error) {
    if (!isStatusError(error)) throw error;
    return `${shown} (<error: ${error.message}>)`;
  }
  const port = list(found, 'spec', 'ports').find((one) =>
    portNumber === undefined ? text(one, 'name') === portName : number(one, 'port') === portNumber,
  );
  const slices = await client.list<Fields>(ctx, 'endpointslices', namespace, {
    labelSelector: `kubernetes.io/service-name=${name}`,
  });
  const ready = list(slices, 'items').flatMap((slice) =>
    list(slice, 'ports')
      .filter((one) => text(one, 'name') === text(port, 'name'))
      .flatMap((one) =>
        list(slice, 'endpoints')
          .filter((endpoint) => field(endpoint, 'conditions', 'ready') !== false)
          .flatMap((endpoint) =>
            texts(endpoint, 'addresses').map((address) => `${address}:${number(one, 'port') ?? 0}`),
          ),
      ),
  );
  const more = ready.length - 3;
  return `${shown} (${ready.slice(0, 3).join(',')}${more > 0 ? ` + ${more} more...` : ''})`;
}

export function signingRequestLines(request: Fields): string[] {
  const subject = subjectOfRequest(text(request, 'spec', 'request'));
  const seconds = number(request, 'spec', 'expirationSeconds');
  const many = (title: string, values: readonly string[]): string[] =>
    values.map((value, i) => `\t${i === 0 ? `${title}:` : ''}\t${value}`);
  return [
    `Name:\t${text(request, 'metadata', 'name')}`,
    `Labels:\t${formatPairs(pairs(request, 'metadata', 'labels'))}`,
    `Annotations:\t${formatPairs(pairs(request, 'metadata', 'annotations'))}`,
    `CreationTimestamp:\t${timeText(field(request, 'metadata', 'creationTimestamp'))}`,
    `Requesting User:\t${text(request, 'spec', 'username')}`,
    `Signer:\t${text(request, 'spec', 'signerName')}`,
    ...(seconds === undefined ? [] : [`Requested Duration:\t${humanDuration(BigInt(seconds) * 1_000_000_000n)}`]),
    `Status:\t${signingState(request)}`,
    'Subject:',
    `\tCommon Name:\t${subject?.commonName ?? ''}`,
    '\tSerial Number:\t',
    ...many('Organization', subject?.organizations ?? []),
    ...(subject === null || subject.dnsNames.length === 0
      ? []
      : ['Subject Alternative Names:', ...many('DNS Names', subject.dnsNames)]),
  ];
}
