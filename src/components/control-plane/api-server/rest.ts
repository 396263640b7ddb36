/**
 * The verbs on stored objects: create, update, patch, delete.
 * @models apiserver pkg/registry/generic/registry/store.go, pkg/endpoints/handlers
 * @fidelity partial: no managed fields, no dry run of deletes, Foreground deletion acts like Background
 */

import { rfc3339 } from '../../../go/time.ts';
import type { Context } from '../../../linux/context.ts';
import { equal } from '../../../protocols/kube/equal.ts';
import type { JsonObject } from '../../../protocols/kube/json.ts';

import { apiVersionOf, type Resource, storageOf } from '../../../protocols/kube/resources.ts';
import { alreadyExists, badRequest, conflict, invalid, notFound } from '../../../protocols/kube/status-error.ts';
import type { DaemonSet, Job, KubeObject, Namespace, Pod, Service, Status } from '../../../protocols/kube/types.ts';
import { admitCreate, randomSuffix } from './admission.ts';
import { decode, isDecoded, type Strictness } from './decode.ts';
import { qosClass, setDefaults, TEMPLATE_GENERATION } from './defaults.ts';
import { formOf } from './forms.ts';
import { objectText, type Store, storeKey, typed } from './store.ts';
import { validate, validateSubresource, validateUpdate } from './validation.ts';

export type Target = { resource: Resource; namespace: string | null; name: string; subresource?: string };

export type WriteOptions = {
  strictness: Strictness;
  dryRun: boolean;
  warn(text: string): void;
  /** The last word before it is stored; null when the object is new. Throws StatusError. */
  check?(before: KubeObject | null, after: KubeObject): void;
};

const RETRIES_MAX = 20;

/** Kinds whose `spec` changes count as a new generation. */
const GENERATIONS = new Set([
  'Pod',
  'Deployment',
  'ReplicaSet',
  'ReplicationController',
  'DaemonSet',
  'Job',
  'StatefulSet',
  'CronJob',
  'PodDisruptionBudget',
  'Ingress',
  'NetworkPolicy',
]);

export function newUid(ctx: Context): string {
  const hex = ctx.random.hex(32);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`;
}

export async function createObject(
  ctx: Context,
  store: Store,
  target: Target,
  body: JsonObject,
  options: WriteOptions,
): Promise<KubeObject> {
  const { namespace } = target;
  checkKind(target.resource, body);
  for (const text of decode(target.resource, body, options.strictness)) options.warn(text);
  const resource = storageOf(target.resource);
  const object = typed(resource, stored(target.resource, body));
  const given = object.metadata ?? {};
  if (namespace !== null && given.namespace !== undefined && given.namespace !== namespace)
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  const { resourceVersion: _rv, selfLink: _s, ...kept } = given as KubeObject['metadata'] & { selfLink?: string };
  const name = given.name ?? (given.generateName === undefined ? '' : given.generateName + randomSuffix(ctx.random));
  const metadata = {
    ...kept,
    name,
    ...(namespace === null ? {} : { namespace }),
    uid: newUid(ctx),
    creationTimestamp: rfc3339(ctx.wallTime),
  } as KubeObject['metadata'];
  delete metadata.deletionTimestamp;
  leaveOutEmpty(metadata);
  object.metadata = metadata;
  if (GENERATIONS.has(resource.kind)) metadata.generation = 1;
  // What an object is like is nobody's to say who makes it, but a node's.
  if (resource.subresources.includes('status') && resource.kind !== 'Node') delete (object as Pod).status;
  setDefaults(object);
  prepare(ctx, store, object);
  const early = validate(resource, object);
  if (early.length > 0) throw invalid(resource, name, early);
  admitCreate(store, ctx.random, resource, object);
  if (resource.kind === 'Pod') initialPodStatus(object as Pod);
  const key = storeKey(resource, namespace, name);
  if (store.get(resource, key) !== undefined) throw alreadyExists(resource, name);
  options.check?.(null, object);
  if (options.dryRun) return { ...object, metadata: { ...metadata, resourceVersion: '' } };
  const written = await store.write(ctx, resource, key, null, object);
  if (written === null) throw alreadyExists(resource, name);
  return written;
}

/** Go's encoder leaves out what is empty. */
function leaveOutEmpty(metadata: KubeObject['metadata']): void {
  for (const key of ['labels', 'annotations', 'ownerReferences', 'finalizers'] as const)
    if (metadata[key] !== undefined && Object.keys(metadata[key]).length === 0) delete metadata[key];
}

function stored(resource: Resource, body: JsonObject): KubeObject {
  const object = body as unknown as KubeObject;
  return formOf(resource)?.toStored(object) ?? object;
}

function checkKind(resource: Resource, body: JsonObject): void {
  const [want, got] = [apiVersionOf(resource), body.apiVersion];
  if ((got !== undefined && got !== want) || (body.kind !== undefined && body.kind !== resource.kind))
    throw badRequest(`the API version in the data (${String(got)}) does not match the expected API version (${want})`);
  if (typeof body.metadata !== 'object') body.metadata = {};
}

function initialPodStatus(pod: Pod): void {
  // A mirror pod brings none; what it runs as is told by the kubelet.
  pod.status = { observedGeneration: 1, phase: 'Pending', qosClass: qosClass(pod.spec) };
}

const FIRST_SERVICE_IP = 10;

function allocateNodePorts(ctx: Context, spec: Service['spec']): void {
  const has = spec.type === 'NodePort' || spec.type === 'LoadBalancer';
  for (const port of spec.ports ?? []) {
    if (has) port.nodePort ??= 30_000 + ctx.random.below(2768);
    else delete port.nodePort;
  }
}

/** What a kind's strategy makes up. */
function prepare(ctx: Context, store: Store, object: KubeObject): void {
  if (object.kind === 'Service') {
    const { spec } = object as Service;
    if (spec.type === 'ExternalName' || spec.clusterIP !== undefined) {
      if (spec.clusterIP !== undefined) spec.clusterIPs ??= [spec.clusterIP];
    } else {
      const used = new Set(store.list(SERVICES, null).map((s) => (s as Service).spec.clusterIP));
      let ip: string;
      do ip = `10.${96 + ctx.random.below(16)}.${ctx.random.below(256)}.${FIRST_SERVICE_IP + ctx.random.below(240)}`;
      while (used.has(ip));
      spec.clusterIP = ip;
      spec.clusterIPs = [ip];
    }
    allocateNodePorts(ctx, spec);
    (object as Service).status ??= { loadBalancer: {} };
  }
  if (object.kind === 'Job') {
    const { spec, metadata } = object as Job;
    if (spec.manualSelector === true) return;
    spec.selector = { matchLabels: { 'batch.kubernetes.io/controller-uid': metadata.uid } };
    const labels = {
      'batch.kubernetes.io/controller-uid': metadata.uid,
      'batch.kubernetes.io/job-name': metadata.name,
      'controller-uid': metadata.uid,
      'job-name': metadata.name,
    };
    spec.template.metadata = { ...spec.template.metadata, labels: { ...spec.template.metadata?.labels, ...labels } };
    metadata.labels = { ...spec.template.metadata.labels, ...metadata.labels };
  }
}

const SERVICES = { resource: 'services' } as Resource;

export function existing(store: Store, { resource, namespace, name }: Target): KubeObject {
  const found = store.get(resource, storeKey(resource, namespace, name));
  if (found === undefined) throw notFound(resource, name);
  return found;
}

/** @param change gives the new object, from a copy of the present one if it asks; called again when somebody else was faster */
export async function updateObject(
  ctx: Context,
  store: Store,
  target: Target,
  change: (current: () => JsonObject) => JsonObject,
  options: WriteOptions,
): Promise<KubeObject> {
  const { namespace, name, subresource } = target;
  const resource = storageOf(target.resource);
  const key = storeKey(resource, namespace, name);
  for (let attempt = 0; attempt < RETRIES_MAX; attempt++) {
    const current = existing(store, target);
    const body = decoded(target, current, change, options);
    const next = typed(resource, stored(target.resource, body));
    const sent = next.metadata?.resourceVersion;
    if (sent !== undefined && sent !== '' && sent !== current.metadata.resourceVersion) throw conflict(resource, name);
    if (next.metadata.uid !== undefined && next.metadata.uid !== current.metadata.uid)
      throw conflict(
        resource,
        name,
        `Precondition failed: UID in precondition: ${next.metadata.uid}, UID in object meta: ${current.metadata.uid}`,
      );
    const merged = reconcile(resource, current, next, subresource);
    if (subresource === 'ephemeralcontainers' || subresource === 'resize') {
      setDefaults(merged);
      const errors = validateSubresource(resource, current, merged, subresource);
      if (errors.length > 0) throw invalid(resource, name, errors);
      if (specChanged(current, merged)) merged.metadata.generation = (current.metadata.generation ?? 1) + 1;
    }
    if (subresource === undefined) {
      setDefaults(merged);
      if (merged.kind === 'Service') allocateNodePorts(ctx, (merged as Service).spec);
      const errors = validateUpdate(resource, current, merged);
      if (errors.length > 0) throw invalid(resource, name, errors);
      if (resource.kind === 'DaemonSet') countTemplate(current as DaemonSet, merged as DaemonSet);
      if (GENERATIONS.has(resource.kind) && specChanged(current, merged))
        merged.metadata.generation = (current.metadata.generation ?? 1) + 1;
    }
    if (equal(merged, typed(resource, current))) return current;
    options.check?.(current, merged);
    if (options.dryRun) return merged;
    if (merged.metadata.deletionTimestamp !== undefined && isReleased(merged)) {
      const removed = await store.remove(ctx, resource, key, current, merged);
      if (removed !== null) return removed;
      continue;
    }
    const written = await store.write(ctx, resource, key, current, merged);
    if (written !== null) return written;
  }
  throw conflict(resource, name);
}

function decoded(
  { resource, subresource }: Target,
  current: KubeObject,
  change: (current: () => JsonObject) => JsonObject,
  options: WriteOptions,
): JsonObject {
  let body: JsonObject;
  if (subresource === 'status') {
    // Nothing is written to what is not of its status: that may be the stored object's own.
    const known = typed(resource, current) as unknown as JsonObject;
    body = change(() => known);
    if (isDecoded(resource, body, known)) return body;
    body = JSON.parse(JSON.stringify(body)) as JsonObject;
  } else body = change(() => JSON.parse(objectText(resource, current)) as JsonObject);
  for (const text of decode(resource, body, options.strictness)) options.warn(text);
  return body;
}

/** Nothing holds a deleted object any more. */
function isReleased({ metadata, ...rest }: KubeObject): boolean {
  if ((metadata.finalizers ?? []).length > 0) return false;
  if (rest.kind === 'Namespace') return ((rest as unknown as Namespace).spec?.finalizers ?? []).length === 0;
  return rest.kind !== 'Pod';
}

/** A DaemonSet's template has a generation of its own, which is told in an annotation. */
function countTemplate(before: DaemonSet, after: DaemonSet): void {
  const was = Number(before.metadata.annotations?.[TEMPLATE_GENERATION] ?? 1);
  const generation = equal(before.spec.template, after.spec.template) ? was : was + 1;
  after.metadata.annotations = { ...after.metadata.annotations, [TEMPLATE_GENERATION]: String(generation) };
}

function specChanged(a: KubeObject, b: KubeObject): boolean {
  return !equal((a as Pod).spec, (b as Pod).spec);
}

/** Metadata that only the server sets, and the part of the object that this request may not touch, stay. */
function reconcile(
  resource: Resource,
  current: KubeObject,
  next: KubeObject,
  subresource: string | undefined,
): KubeObject {
  const old = current.metadata;
  if (subresource === 'status' || subresource === 'approval') {
    const metadata = { ...old };
    // A node's own words come with its status, and a Deployment's revision, which is an annotation.
    if (resource.kind === 'Node') takeWords(metadata, 'labels', next.metadata.labels);
    if (resource.kind === 'Node' || resource.kind === 'Deployment')
      takeWords(metadata, 'annotations', next.metadata.annotations);
    return { ...typed(resource, current), metadata, status: (next as Pod).status } as KubeObject;
  }
  const {
    namespace: _n,
    generation: _g,
    deletionTimestamp: _t,
    deletionGracePeriodSeconds: _s,
    ...sent
  } = next.metadata;
  const metadata: KubeObject['metadata'] = {
    ...sent,
    name: old.name,
    uid: old.uid,
    creationTimestamp: old.creationTimestamp,
    resourceVersion: old.resourceVersion,
  };
  if (old.namespace !== undefined) metadata.namespace = old.namespace;
  if (old.generation !== undefined) metadata.generation = old.generation;
  if (old.deletionTimestamp !== undefined) metadata.deletionTimestamp = old.deletionTimestamp;
  if (old.deletionGracePeriodSeconds !== undefined)
    metadata.deletionGracePeriodSeconds = old.deletionGracePeriodSeconds;
  leaveOutEmpty(metadata);
  if (subresource === 'ephemeralcontainers' || subresource === 'resize')
    return withPart(resource, current as Pod, next as Pod, subresource);
  if (!resource.subresources.includes('status') || subresource === 'finalize') return { ...next, metadata };
  const { status: _, ...rest } = next as Pod;
  const status = (current as Pod).status;
  return { ...rest, metadata, ...(status === undefined ? {} : { status }) } as KubeObject;
}

function takeWords(
  metadata: KubeObject['metadata'],
  which: 'labels' | 'annotations',
  words: Record<string, string> | undefined,
): void {
  if (words === undefined || Object.keys(words).length === 0) delete metadata[which];
  else metadata[which] = words;
}

/** Of what was sent only the part that the sub-resource is about. */
function withPart(resource: Resource, current: Pod, next: Pod, part: 'ephemeralcontainers' | 'resize'): KubeObject {
  const copy = JSON.parse(JSON.stringify(typed(resource, current))) as Pod;
  if (part === 'ephemeralcontainers') {
    const { ephemeralContainers } = next.spec;
    if (ephemeralContainers !== undefined) copy.spec.ephemeralContainers = ephemeralContainers;
    return copy;
  }
  for (const container of copy.spec.containers) {
    const { resources } = next.spec.containers.find(({ name }) => name === container.name) ?? {};
    if (resources !== undefined) container.resources = resources;
  }
  return copy;
}

export type DeleteRequest = {
  gracePeriodSeconds?: number;
  propagationPolicy?: string;
  dryRun?: string[];
  preconditions?: { uid?: string; resourceVersion?: string };
};

/** Kinds whose dependents the garbage collector knows: it takes the finalizers away again. */
const OWNERS = new Set([
  'Deployment',
  'ReplicaSet',
  'ReplicationController',
  'DaemonSet',
  'StatefulSet',
  'Job',
  'CronJob',
]);

/** How a deletion is to reach the dependents is noted on the object, for the garbage collector. */
function finalizersFor({ kind }: Resource, { metadata }: KubeObject, policy: string | undefined): string[] {
  const rest = (metadata.finalizers ?? []).filter((one) => one !== 'orphan' && one !== 'foregroundDeletion');
  if (!OWNERS.has(kind) || policy === undefined) return metadata.finalizers ?? [];
  if (policy === 'Orphan') return ['orphan', ...rest];
  return policy === 'Foreground' ? ['foregroundDeletion', ...rest] : rest;
}

export async function deleteObject(
  ctx: Context,
  store: Store,
  target: Target,
  request: DeleteRequest,
): Promise<KubeObject | Status> {
  const { resource, namespace, name } = target;
  const key = storeKey(resource, namespace, name);
  for (;;) {
    const current = existing(store, target);
    const { uid } = request.preconditions ?? {};
    if (uid !== undefined && uid !== current.metadata.uid)
      throw conflict(
        resource,
        name,
        `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${current.metadata.uid}`,
      );
    const grace = resource.kind === 'Pod' ? podGrace(current as Pod, request.gracePeriodSeconds) : 0;
    const finalizers = finalizersFor(resource, current, request.propagationPolicy);
    const holds = finalizers.length > 0 || resource.kind === 'Namespace';
    if (request.dryRun?.includes('All') === true) return resource.kind === 'Pod' ? current : success(resource, current);
    if (grace === 0 && !holds) {
      const removed = await store.remove(ctx, resource, key, current, current);
      if (removed === null) continue;
      return resource.kind === 'Pod' ? removed : success(resource, removed);
    }
    const { metadata } = current;
    if (metadata.deletionTimestamp !== undefined && grace >= (metadata.deletionGracePeriodSeconds ?? 0)) return current;
    const next = { ...current, metadata: { ...metadata } };
    next.metadata.deletionTimestamp = rfc3339(ctx.wallTime + BigInt(grace) * 1_000_000_000n);
    next.metadata.deletionGracePeriodSeconds = grace;
    if (finalizers.length > 0) next.metadata.finalizers = finalizers;
    if (GENERATIONS.has(resource.kind)) next.metadata.generation = (metadata.generation ?? 1) + 1;
    if (resource.kind === 'Namespace') (next as Namespace).status = { phase: 'Terminating' };
    const stored = await store.write(ctx, resource, key, current, next);
    if (stored !== null) return stored;
  }
}

function podGrace(pod: Pod, asked: number | undefined): number {
  const phase = pod.status?.phase;
  // Nobody has to stop what does not run anywhere.
  if (pod.spec.nodeName === undefined || phase === 'Succeeded' || phase === 'Failed') return 0;
  if (pod.metadata.annotations?.['kubernetes.io/config.mirror'] !== undefined) return asked ?? 0;
  return asked ?? pod.spec.terminationGracePeriodSeconds ?? 30;
}

function success(resource: Resource, object: KubeObject): Status {
  const { name, uid } = object.metadata;
  const group = resource.group === '' ? {} : { group: resource.group };
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details: { name, ...group, kind: resource.resource, uid },
  };
}
