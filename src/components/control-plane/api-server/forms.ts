/**
 * Objects that are served in two versions and kept in one of them.
 * @models kubernetes 1.36 pkg/apis/autoscaling/v1/conversion.go, pkg/apis/core/v1 and events/v1 conversion.go
 * @fidelity full for the two kinds
 */
import { apiVersionOf, type Resource } from '../../../protocols/kube/resources.ts';
import type { KubeObject } from '../../../protocols/kube/types.ts';

// biome-ignore lint/suspicious/noExplicitAny: each form has fields of its own
type Loose = any;

export type Form = { fromStored(object: KubeObject): KubeObject; toStored(object: KubeObject): KubeObject };

/** What autoscaling/v1 has no fields for, by the field of v2; kept as JSON in annotations. */
const AUTOSCALER_NOTES = [
  ['autoscaling.alpha.kubernetes.io/metrics', 'spec', 'metrics'],
  ['autoscaling.alpha.kubernetes.io/behavior', 'spec', 'behavior'],
  ['autoscaling.alpha.kubernetes.io/conditions', 'status', 'conditions'],
  ['autoscaling.alpha.kubernetes.io/current-metrics', 'status', 'currentMetrics'],
] as const;

const copyOf = (object: KubeObject): Loose => JSON.parse(JSON.stringify(object));

/** The one metric that v1 has a field for. */
const isCpuShare = ({ type, resource }: Loose): boolean =>
  type === 'Resource' && resource?.name === 'cpu' && resource?.target?.averageUtilization !== undefined;

const autoscalerV1: Form = {
  fromStored(object) {
    const { spec = {}, status, metadata, ...rest } = copyOf(object);
    const annotations: Record<string, string> = { ...metadata.annotations };
    const cpu = (spec.metrics ?? []).find(isCpuShare);
    const notes = { spec: { ...spec }, status: { ...status } } as Loose;
    notes.spec.metrics = (spec.metrics ?? []).filter((metric: Loose) => metric !== cpu);
    for (const [key, part, field] of AUTOSCALER_NOTES) {
      const value = notes[part][field];
      if (value === undefined || value === null || (Array.isArray(value) && value.length === 0)) continue;
      annotations[key] = JSON.stringify(value);
    }
    if (Object.keys(annotations).length > 0) metadata.annotations = annotations;
    const { metrics: _m, behavior: _b, ...specRest } = spec;
    if (cpu !== undefined) specRest.targetCPUUtilizationPercentage = cpu.resource.target.averageUtilization;
    if (status === undefined) return { ...rest, metadata, spec: specRest } as KubeObject;
    const { conditions: _c, currentMetrics, ...statusRest } = status;
    const measured = (currentMetrics ?? []).find(({ resource }: Loose) => resource?.name === 'cpu');
    const share = measured?.resource.current?.averageUtilization;
    if (share !== undefined) statusRest.currentCPUUtilizationPercentage = share;
    return { ...rest, metadata, spec: specRest, status: statusRest } as KubeObject;
  },
  toStored(object) {
    const { spec = {}, status, metadata, ...rest } = copyOf(object);
    const { targetCPUUtilizationPercentage: averageUtilization, ...specRest } = spec;
    const parts = { spec: specRest, status } as Loose;
    for (const [key, part, field] of AUTOSCALER_NOTES) {
      const text = metadata?.annotations?.[key];
      if (text === undefined) continue;
      delete metadata.annotations[key];
      if (parts[part] !== undefined) parts[part][field] = JSON.parse(text);
    }
    if (averageUtilization !== undefined) {
      const target = { type: 'Utilization', averageUtilization };
      specRest.metrics = [{ type: 'Resource', resource: { name: 'cpu', target } }, ...(specRest.metrics ?? [])];
    }
    if (metadata?.annotations !== undefined && Object.keys(metadata.annotations).length === 0)
      delete metadata.annotations;
    if (status !== undefined) delete status.currentCPUUtilizationPercentage;
    return { ...rest, metadata, spec: specRest, ...(status === undefined ? {} : { status }) } as KubeObject;
  },
};

/** Names of fields in v1 and in events.k8s.io/v1. */
const EVENT_FIELDS = [
  ['involvedObject', 'regarding'],
  ['message', 'note'],
  ['source', 'deprecatedSource'],
  ['firstTimestamp', 'deprecatedFirstTimestamp'],
  ['lastTimestamp', 'deprecatedLastTimestamp'],
  ['count', 'deprecatedCount'],
  ['reportingComponent', 'reportingController'],
] as const;

function renamed(object: KubeObject, names: ReadonlyMap<string, string>): KubeObject {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [names.get(key) ?? key, value])) as KubeObject;
}

const newNames = new Map<string, string>(EVENT_FIELDS);
const oldNames = new Map<string, string>(EVENT_FIELDS.map(([stored, served]) => [served, stored]));

const eventV1: Form = {
  fromStored: (object) => renamed(object, newNames),
  toStored: (object) => renamed(object, oldNames),
};

const FORMS: Readonly<Record<string, Form>> = {
  'autoscaling/v1 HorizontalPodAutoscaler': autoscalerV1,
  'events.k8s.io/v1 Event': eventV1,
};

/** Undefined for a resource that is served as it is kept. */
export function formOf(resource: Resource): Form | undefined {
  return resource.storedAs === undefined ? undefined : FORMS[`${apiVersionOf(resource)} ${resource.kind}`];
}
