/**
 * What a namespace says about the size of its containers, pods and claims: filled in, and held to.
 * @models kubernetes 1.36 plugin/pkg/admission/limitranger/admission.go, pkg/apis/core/v1/defaults.go SetDefaults_LimitRangeItem
 * @fidelity partial: looked at when something is made, not when it is resized
 */
import { milliValue } from '../../../protocols/kube/quantity.ts';
import { resourceNamed } from '../../../protocols/kube/resources.ts';
import { forbidden } from '../../../protocols/kube/status-error.ts';
import type { Container, KubeObject, Pod } from '../../../protocols/kube/types.ts';
import type { Store } from './store.ts';

type Amounts = Record<string, string>;
export type LimitItem = {
  type: string;
  max?: Amounts;
  min?: Amounts;
  default?: Amounts;
  defaultRequest?: Amounts;
  maxLimitRequestRatio?: Amounts;
};
type LimitRange = KubeObject & { spec: { limits?: LimitItem[] } };
type Claim = KubeObject & { spec: { resources?: { requests?: Amounts } } };

export function setLimitDefaults(object: KubeObject): void {
  for (const item of (object as LimitRange).spec?.limits ?? []) {
    if (item.type !== 'Container') continue;
    item.default = { ...item.max, ...item.default };
    item.defaultRequest = { ...item.min, ...item.default, ...item.defaultRequest };
  }
}

export function admitLimits(store: Store, object: KubeObject): void {
  const { namespace } = object.metadata;
  if (namespace === undefined || (object.kind !== 'Pod' && object.kind !== 'PersistentVolumeClaim')) return;
  const ranges = store.list(resourceNamed('limitranges'), namespace) as LimitRange[];
  for (const { spec } of ranges) {
    const problems: string[] = [];
    if (object.kind === 'Pod') fillIn(object as Pod, spec.limits ?? []);
    for (const item of spec.limits ?? []) {
      if (object.kind === 'PersistentVolumeClaim') {
        if (item.type !== object.kind) continue;
        const requests = (object as Claim).spec.resources?.requests ?? {};
        check(item, requests, requests, problems);
      } else if (item.type === 'Container')
        for (const { resources } of containersOf(object as Pod))
          check(item, resources?.requests ?? {}, resources?.limits ?? {}, problems);
      else if (item.type === 'Pod') check(item, sum(object as Pod, 'requests'), sum(object as Pod, 'limits'), problems);
    }
    if (problems.length === 0) continue;
    const why = problems.length === 1 ? (problems[0] ?? '') : `[${problems.join(', ')}]`;
    throw forbidden(
      resourceNamed(object.kind === 'Pod' ? 'pods' : 'persistentvolumeclaims'),
      object.metadata.name,
      why,
    );
  }
}

const containersOf = ({ spec }: Pod): Container[] => [...(spec.initContainers ?? []), ...spec.containers];

function fillIn(pod: Pod, items: readonly LimitItem[]): void {
  const notes: string[] = [];
  for (const item of items) {
    if (item.type !== 'Container') continue;
    for (const container of containersOf(pod)) {
      const resources = container.resources ?? {};
      const added = (have: Amounts | undefined, more: Amounts | undefined): string[] =>
        Object.keys(more ?? {})
          .filter((key) => have?.[key] === undefined)
          .sort();
      const [requests, limits] = [
        added(resources.requests, item.defaultRequest),
        added(resources.limits, item.default),
      ];
      if (requests.length > 0) resources.requests = { ...item.defaultRequest, ...resources.requests };
      if (limits.length > 0) resources.limits = { ...item.default, ...resources.limits };
      container.resources = resources;
      const isInit = (pod.spec.initContainers ?? []).includes(container) ? 'init ' : '';
      if (requests.length > 0) notes.push(`${requests.join(', ')} request for ${isInit}container ${container.name}`);
      if (limits.length > 0) notes.push(`${limits.join(', ')} limit for ${isInit}container ${container.name}`);
    }
  }
  if (notes.length === 0) return;
  pod.metadata.annotations = {
    ...pod.metadata.annotations,
    'kubernetes.io/limit-ranger': `LimitRanger plugin set: ${notes.join('; ')}`,
  };
}

function sum(pod: Pod, part: 'requests' | 'limits'): Amounts {
  const total = new Map<string, number>();
  for (const { resources } of pod.spec.containers)
    for (const [key, text] of Object.entries(resources?.[part] ?? {}))
      total.set(key, (total.get(key) ?? 0) + milliValue(text));
  return Object.fromEntries(
    [...total].map(([key, milli]) => [key, milli % 1000 === 0 ? `${milli / 1000}` : `${milli}m`]),
  );
}

function check({ type, max, min, maxLimitRequestRatio }: LimitItem, requests: Amounts, limits: Amounts, out: string[]) {
  for (const [key, least] of Object.entries(min ?? {})) {
    const [request, limit] = [requests[key], limits[key]];
    const rule = `minimum ${key} usage per ${type} is ${least}`;
    if (request === undefined) out.push(`${rule}.  No request is specified`);
    else if (milliValue(request) < milliValue(least)) out.push(`${rule}, but request is ${request}`);
    else if (limit !== undefined && milliValue(limit) < milliValue(least)) out.push(`${rule}, but limit is ${limit}`);
  }
  for (const [key, most] of Object.entries(max ?? {})) {
    const [request, limit] = [requests[key], limits[key]];
    const rule = `maximum ${key} usage per ${type} is ${most}`;
    if (limit === undefined) out.push(`${rule}.  No limit is specified`);
    else if (milliValue(limit) > milliValue(most)) out.push(`${rule}, but limit is ${limit}`);
    else if (request !== undefined && milliValue(request) > milliValue(most))
      out.push(`${rule}, but request is ${request}`);
  }
  for (const [key, ratio] of Object.entries(maxLimitRequestRatio ?? {})) {
    const [request, limit] = [milliValue(requests[key]), milliValue(limits[key])];
    if (request > 0 && limit / request > milliValue(ratio) / 1000)
      out.push(
        `${key} max limit to request ratio per ${type} is ${ratio}, but provided ratio is ${(limit / request).toFixed(6)}`,
      );
  }
}
