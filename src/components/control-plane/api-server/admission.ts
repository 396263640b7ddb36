/**
 * Plugins that change or refuse an object before it is stored.
 * @models plugin/pkg/admission/{serviceaccount,runtimeclass,priority,defaulttolerationseconds,nodetaint,storage}
 * @fidelity partial: those, and NamespaceLifecycle; NodeRestriction is in a module of its own
 */

import { equal } from '../../../protocols/kube/equal.ts';
import { type Resource, resourceNamed } from '../../../protocols/kube/resources.ts';
import { forbidden, notFound } from '../../../protocols/kube/status-error.ts';
import type {
  KubeObject,
  Namespace,
  Node,
  Pod,
  RuntimeClass,
  ServiceAccount,
  Toleration,
} from '../../../protocols/kube/types.ts';
import type { Random } from '../../../sim/random.ts';
import { admitLimits } from './limit-range.ts';
import { admitQuota } from './quota.ts';
import type { Store } from './store.ts';
import { admitStored } from './stored-kinds.ts';

const ACCOUNT_PATH = '/var/run/secrets/kubernetes.io/serviceaccount';
const TOKEN_SECONDS = 3607;
const TOLERATION_SECONDS = 300;
const BUILT_IN_PRIORITIES: Readonly<Record<string, number>> = {
  'system-cluster-critical': 2_000_000_000,
  'system-node-critical': 2_000_001_000,
};
const SUFFIX_LETTERS = 'bcdfghjklmnpqrstvwxz2456789';

/** Five letters of the alphabet that can spell nothing. */
export function randomSuffix(random: Random): string {
  let text = '';
  for (let i = 0; i < 5; i++) text += SUFFIX_LETTERS[random.below(SUFFIX_LETTERS.length)];
  return text;
}

/** The quota comes last: it counts what the others have made of the object. */
export function admitCreate(store: Store, random: Random, resource: Resource, object: KubeObject): void {
  const { namespace } = object.metadata;
  if (namespace !== undefined) admitNamespace(store, object, namespace);
  if (object.kind === 'Pod') admitPod(store, random, object as Pod);
  if (object.kind === 'Node') {
    const node = object as Node;
    node.spec ??= {};
    node.spec.taints = [...(node.spec.taints ?? []), { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' }];
  }
  admitStored(store, object);
  admitLimits(store, object);
  admitQuota(store, resource, object);
}

function admitNamespace(store: Store, object: KubeObject, name: string): void {
  const found = store.get(resourceNamed('namespaces'), name) as Namespace | undefined;
  if (found === undefined) throw notFound(resourceNamed('namespaces'), name);
  if (found.status?.phase !== 'Terminating' || object.kind === 'Event') return;
  const plural = `${object.kind.toLowerCase()}s`;
  throw forbidden(
    { group: '', resource: plural },
    object.metadata.name,
    `unable to create new content in namespace ${name} because it is being terminated`,
  );
}

function admitPod(store: Store, random: Random, pod: Pod): void {
  const { spec, metadata } = pod;
  const refuse = (why: string): Error => forbidden(resourceNamed('pods'), metadata.name, why);
  admitPriority(pod, store, refuse);
  if (metadata.annotations?.['kubernetes.io/config.mirror'] !== undefined) return;
  admitServiceAccount(store, random, pod, refuse);
  for (const key of ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable']) {
    const tolerated = (spec.tolerations ?? []).some(
      (t) => (t.key ?? key) === key && (t.effect ?? 'NoExecute') === 'NoExecute',
    );
    if (!tolerated)
      addToleration(spec, { key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: TOLERATION_SECONDS });
  }
  admitRuntimeClass(store, pod, refuse);
}

function addToleration(spec: Pod['spec'], toleration: Toleration): void {
  spec.tolerations = [...(spec.tolerations ?? []), toleration];
}

function admitPriority({ spec }: Pod, store: Store, refuse: (why: string) => Error): void {
  const name = spec.priorityClassName;
  const found =
    name === undefined
      ? undefined
      : (store.get(resourceNamed('priorityclasses'), name) as (KubeObject & { value: number }) | undefined);
  const value = name === undefined ? 0 : (BUILT_IN_PRIORITIES[name] ?? found?.value);
  if (value === undefined) throw refuse(`no PriorityClass with name ${name} was found`);
  spec.priority = value;
  spec.preemptionPolicy ??= 'PreemptLowerPriority';
}

function admitServiceAccount(
  store: Store,
  random: Random,
  { spec, metadata }: Pod,
  refuse: (why: string) => Error,
): void {
  const name = spec.serviceAccountName ?? 'default';
  spec.serviceAccountName = name;
  spec.serviceAccount = name;
  const account = store.get(resourceNamed('serviceaccounts'), `${metadata.namespace}/${name}`) as
    | ServiceAccount
    | undefined;
  if (account === undefined)
    throw refuse(`error looking up service account ${metadata.namespace}/${name}: serviceaccount "${name}" not found`);
  if ((spec.imagePullSecrets ?? []).length === 0 && (account.imagePullSecrets ?? []).length > 0)
    spec.imagePullSecrets = [...(account.imagePullSecrets ?? [])];
  if ((spec.automountServiceAccountToken ?? account.automountServiceAccountToken) === false) return;
  const containers = [...(spec.initContainers ?? []), ...(spec.containers ?? [])];
  const without = containers.filter((c) => !(c.volumeMounts ?? []).some((m) => m.mountPath === ACCOUNT_PATH));
  if (without.length === 0) return;
  const volume = `kube-api-access-${randomSuffix(random)}`;
  for (const container of without)
    container.volumeMounts = [
      ...(container.volumeMounts ?? []),
      { name: volume, readOnly: true, mountPath: ACCOUNT_PATH },
    ];
  spec.volumes = [
    ...(spec.volumes ?? []),
    {
      name: volume,
      projected: {
        sources: [
          { serviceAccountToken: { expirationSeconds: TOKEN_SECONDS, path: 'token' } },
          { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
          {
            downwardAPI: {
              items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }],
            },
          },
        ],
        defaultMode: 0o644,
      },
    },
  ];
}

function admitRuntimeClass(store: Store, { spec }: Pod, refuse: (why: string) => Error): void {
  const name = spec.runtimeClassName;
  const found =
    name === undefined ? undefined : (store.get(resourceNamed('runtimeclasses'), name) as RuntimeClass | undefined);
  if (name !== undefined && found === undefined) throw refuse(`pod rejected: RuntimeClass "${name}" not found`);
  const overhead = found?.overhead?.podFixed;
  if (overhead === undefined) {
    if (spec.overhead !== undefined)
      throw refuse('pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead');
  } else if (spec.overhead !== undefined && !equal(spec.overhead, overhead)) {
    throw refuse("pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead");
  } else spec.overhead = { ...overhead };
  for (const [key, value] of Object.entries(found?.scheduling?.nodeSelector ?? {})) {
    const own = spec.nodeSelector?.[key];
    if (own !== undefined && own !== value)
      throw refuse(
        `pod rejected: conflict: runtimeClass.scheduling.nodeSelector[${key}] = ${value}; pod.spec.nodeSelector[${key}] = ${own}`,
      );
    spec.nodeSelector = { ...spec.nodeSelector, [key]: value };
  }
  for (const toleration of found?.scheduling?.tolerations ?? []) addToleration(spec, { ...toleration });
}
