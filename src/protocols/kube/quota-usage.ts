/**
 * What a namespace uses of the things that a quota limits.
 * @models kubernetes 1.36 pkg/quota/v1/evaluator/core pods.go services.go persistent_volume_claims.go, generic evaluator
 * @fidelity partial: no scopes, no quotas of one storage class or of extended resources
 */
import { formatQuantity, parseQuantity, type QuantityFormat } from './quantity.ts';
import { qualifiedResource, resources } from './resources.ts';
import type { Container, KubeObject, Pod, Service } from './types.ts';

type Part = 'requests' | 'limits';

/** Amounts by quota key, `requests.cpu`, `pods`, `count/jobs.batch`; as Kubernetes writes quantities. */
export type Usage = Record<string, string>;

class Sum {
  milli = 0n;
  format: QuantityFormat = 'DecimalSI';

  add(text: string): void {
    const parsed = parseQuantity(text);
    if (parsed === null) return;
    if (this.milli === 0n) this.format = parsed.format;
    this.milli += parsed.milli;
  }

  get text(): string {
    return formatQuantity(this);
  }
}

/** The larger of the containers' sum and any one init container. */
function podAmount({ spec }: Pod, part: Part, resource: string): string {
  const of = (container: Container): string => container.resources?.[part]?.[resource] ?? '0';
  const total = new Sum();
  for (const container of spec.containers) total.add(of(container));
  for (const container of spec.initContainers ?? []) {
    const one = new Sum();
    one.add(of(container));
    if (container.restartPolicy === 'Always') total.add(of(container));
    else if (one.milli > total.milli) {
      total.milli = one.milli;
      total.format = one.format;
    }
  }
  const overhead = spec.overhead?.[resource];
  if (overhead !== undefined) total.add(overhead);
  return total.text;
}

const isTerminal = (pod: Pod): boolean => pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';

/** `requests.cpu` for `cpu`: keys that mean the same. */
function resourceKey(key: string): [part: Part, resource: string] | null {
  const [, part, resource = ''] = /^(requests|limits)\.(.+)$/.exec(key) ?? [];
  if (part !== undefined) return [part as Part, resource];
  return key === 'cpu' || key === 'memory' || key === 'ephemeral-storage' ? ['requests', key] : null;
}

const OBJECTS = new Set([
  'configmaps',
  'secrets',
  'services',
  'persistentvolumeclaims',
  'resourcequotas',
  'replicationcontrollers',
]);

/** Which resource's objects a key counts, as its plural; null for a key that nothing here is counted by. */
export function countedResource(key: string): string | null {
  if (key === 'pods') return 'pods';
  if (key === 'requests.storage') return 'persistentvolumeclaims';
  if (resourceKey(key) !== null) return 'pods';
  if (key.startsWith('services.')) return 'services';
  if (OBJECTS.has(key)) return key;
  const counted = key.startsWith('count/') ? key.slice('count/'.length) : null;
  return resources.find((resource) => qualifiedResource(resource) === counted)?.resource ?? null;
}

/** What one object adds; `plural` says what it is. */
export function usageOf(plural: string, object: KubeObject, keys: readonly string[]): Usage {
  const usage: Usage = {};
  for (const key of keys) {
    if (countedResource(key) !== plural) continue;
    const amount = amountOf(object, key);
    if (amount !== '0') usage[key] = amount;
  }
  return usage;
}

function amountOf(object: KubeObject, key: string): string {
  if (key.startsWith('count/')) return '1';
  if (object.kind === 'Pod') {
    if (isTerminal(object as Pod)) return '0';
    const resource = resourceKey(key);
    return resource === null ? '1' : podAmount(object as Pod, ...resource);
  }
  if (object.kind === 'Service') {
    const { type, ports } = (object as Service).spec;
    const isPublic = type === 'NodePort' || type === 'LoadBalancer';
    if (key === 'services.nodeports') return isPublic ? String(ports?.length ?? 0) : '0';
    if (key === 'services.loadbalancers') return type === 'LoadBalancer' ? '1' : '0';
  }
  if (key === 'requests.storage')
    return (
      (object as KubeObject & { spec: { resources?: { requests?: { storage?: string } } } }).spec.resources?.requests
        ?.storage ?? '0'
    );
  return '1';
}

export function addUsage(usages: readonly Usage[], keys: readonly string[]): Usage {
  const total: Usage = {};
  for (const key of keys) {
    const sum = new Sum();
    for (const usage of usages) if (usage[key] !== undefined) sum.add(usage[key]);
    total[key] = sum.text;
  }
  return total;
}

/** Keys of which `total` is more than is allowed. */
export function exceeded(total: Usage, hard: Usage): string[] {
  const milli = (text: string | undefined): bigint => parseQuantity(text ?? '0')?.milli ?? 0n;
  return Object.keys(hard)
    .sort()
    .filter((key) => milli(total[key]) > milli(hard[key]));
}

/** What a pod has to say of itself where a quota counts it: `cpu for: c1,c2`. */
export function unstated(pod: Pod, keys: readonly string[]): string[] {
  const found: string[] = [];
  for (const key of [...keys].sort()) {
    const [part, resource] = resourceKey(key) ?? [];
    if (part === undefined || resource === undefined || resource === 'storage') continue;
    const all = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])];
    const names = all.filter((c) => c.resources?.[part]?.[resource] === undefined).map(({ name }) => name);
    if (names.length > 0) found.push(`${key} for: ${[...names].sort().join(',')}`);
  }
  return found;
}
