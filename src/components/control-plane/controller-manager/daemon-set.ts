/**
 * DaemonSets: one pod on every node that suits them.
 * @models kubernetes 1.36 pkg/controller/daemon
 * @fidelity partial: updates delete a node's old pod and make a new one at once; no surge
 */
import type { Context } from '../../../linux/context.ts';
import type { KubeClient } from '../../../protocols/kube/client.ts';
import { keyOf } from '../../../protocols/kube/informer.ts';
import { isStatusError } from '../../../protocols/kube/status-error.ts';
import type { DaemonSet, Node, Pod, PodSpec, Toleration } from '../../../protocols/kube/types.ts';
import { isApiFailure, type Recorder } from '../common/events.ts';
import { startWorkQueue } from '../common/work-queue.ts';
import { candidates, claim, controllerOf, onDependents, selectorOf } from './claim-dependents.ts';
import { byRevision, forgetRevisions, presentRevision, SYNC_WAIT_NS } from './history.ts';
import { Expectations, isReady, ownerOf, type SharedInformers } from './shared.ts';

const PODS = { owner: 'daemonsets', dependents: 'pods' };
const REVISIONS = { owner: 'daemonsets', dependents: 'controllerrevisions' };
const GENERATION = 'pod-template-generation';
const TEMPLATE = 'deprecated.daemonset.template.generation';
const HASH = 'controller-revision-hash';

/** Daemons stay on nodes in trouble. */
const TOLERATED: readonly Toleration[] = [
  ['not-ready', 'NoExecute'],
  ['unreachable', 'NoExecute'],
  ['disk-pressure', 'NoSchedule'],
  ['memory-pressure', 'NoSchedule'],
  ['pid-pressure', 'NoSchedule'],
  ['unschedulable', 'NoSchedule'],
].map(([name, effect]) => ({ key: `node.kubernetes.io/${name}`, operator: 'Exists', effect: effect ?? '' }));
const NETWORK_UNAVAILABLE: Toleration = {
  key: 'node.kubernetes.io/network-unavailable',
  operator: 'Exists',
  effect: 'NoSchedule',
};

export function startDaemonSets(
  ctx: Context,
  client: KubeClient,
  { nodes, pods, daemonSets: sets, revisions }: SharedInformers,
  record: Recorder,
): void {
  const expected = new Expectations();
  const queue = startWorkQueue(ctx, 'daemonset', async (c, key) => {
    const set = sets.items.get(key);
    if (set === undefined) return undefined;
    if (!revisions.hasSynced) return SYNC_WAIT_NS;
    await sync(c, key, set);
    return undefined;
  });
  sets.onChange((before, after) => {
    const key = keyOf((after ?? before) as DaemonSet);
    if (after === null) expected.forget(key);
    queue.add(key);
  });
  nodes.onChange((before, after) => {
    if (before === null || after === null || suitability(before) !== suitability(after))
      for (const set of sets.items.values()) queue.add(keyOf(set));
  });
  onDependents(revisions, sets, 'DaemonSet', selectorOf, (key, before, after) => {
    // One that it has made itself is no news.
    if (before !== null || (after !== null && controllerOf(after) === undefined)) queue.add(key);
  });
  onDependents(pods, sets, 'DaemonSet', selectorOf, (key, before, after) => {
    expected.observed(key, ((after ?? before) as Pod).metadata.name, after);
    queue.add(key);
  });

  async function sync(c: Context, key: string, set: DaemonSet): Promise<void> {
    if (set.metadata.deletionTimestamp !== undefined) return;
    const selector = selectorOf(set);
    const kept = candidates(set, revisions.items.values());
    const history = (await claim(c, client, REVISIONS, set, selector, kept)).sort(byRevision);
    const near = candidates(set, pods.items.values());
    // One that is adopted before it is scheduled counts once it is somewhere.
    const owned = (await claim(c, client, PODS, set, selector, near)).filter((pod) => nodeOf(pod) !== undefined);
    const present = await presentRevision(c, client, set, history, HASH);
    const hash = present.metadata.labels?.[HASH] ?? '';
    const isOld = ({ metadata: { labels } }: Pod): boolean => labels?.[HASH] !== hash;
    const wanted = [...nodes.items.values()].filter((node) => suits(set, node));
    if (expected.satisfied(key)) {
      for (const node of wanted) {
        const here = owned.filter((pod) => nodeOf(pod) === node.metadata.name);
        const live = here.filter(({ metadata, status }) => metadata.deletionTimestamp === undefined && !isOver(status));
        const finished = here.filter(
          ({ metadata, status }) => metadata.deletionTimestamp === undefined && isOver(status),
        );
        const old = live.filter(isOld);
        if (set.spec.updateStrategy?.type !== 'OnDelete') for (const pod of old) await remove(c, set, pod, key);
        for (const pod of finished) await remove(c, set, pod, key);
        for (const pod of live
          .filter((one) => !isOld(one))
          .sort(firstToStay)
          .slice(1))
          await remove(c, set, pod, key);
        if (here.length === 0) await create(c, set, node, hash, key);
      }
      for (const pod of owned)
        if (!wanted.some((node) => node.metadata.name === nodeOf(pod)) && pod.metadata.deletionTimestamp === undefined)
          await remove(c, set, pod, key);
    }
    await updateStatus(c, set, owned, wanted, hash);
    const before = history.filter((r) => r.metadata.name !== present.metadata.name);
    const used = new Set(owned.map((pod) => pod.metadata.labels?.[HASH]));
    const unused = before.filter((r) => !used.has(r.metadata.labels?.[HASH]));
    await forgetRevisions(c, client, unused, before.length - (set.spec.revisionHistoryLimit ?? 10));
  }

  async function create(c: Context, set: DaemonSet, node: Node, hash: string, key: string): Promise<void> {
    const { name, namespace = null } = set.metadata;
    const { metadata, spec } = set.spec.template;
    const labels = { ...metadata?.labels, [HASH]: hash, [GENERATION]: set.metadata.annotations?.[TEMPLATE] ?? '1' };
    try {
      const pod = await client.create<Pod>(c, 'pods', namespace, {
        metadata: { ...metadata, generateName: `${name}-`, labels, ownerReferences: [ownerOf(set)] },
        spec: onNode(spec, node.metadata.name),
      });
      if (!pods.items.has(keyOf(pod))) expected.creation(key, pod.metadata.name);
      record(set, 'Normal', 'SuccessfulCreate', `Created pod: ${pod.metadata.name}`);
    } catch (error) {
      if (!isApiFailure(error)) throw error;
      record(set, 'Warning', 'FailedCreate', `Error creating: ${(error as Error).message}`);
      throw error;
    }
  }

  async function remove(c: Context, set: DaemonSet, pod: Pod, key: string): Promise<void> {
    expected.deletion(key, pod.metadata.name);
    try {
      await client.delete(c, 'pods', pod.metadata.namespace ?? null, pod.metadata.name);
      record(set, 'Normal', 'SuccessfulDelete', `Deleted pod: ${pod.metadata.name}`);
    } catch (error) {
      expected.deletionFailed(key, pod.metadata.name);
      if (!isStatusError(error, 'NotFound')) throw error;
    }
  }

  async function updateStatus(
    c: Context,
    set: DaemonSet,
    owned: readonly Pod[],
    wanted: readonly Node[],
    hash: string,
  ): Promise<void> {
    const placed = owned.filter((pod) => wanted.some((node) => node.metadata.name === nodeOf(pod)));
    const ready = placed.filter(isReady).length;
    const status = {
      currentNumberScheduled: placed.length,
      numberMisscheduled: owned.length - placed.length,
      desiredNumberScheduled: wanted.length,
      numberReady: ready,
      observedGeneration: set.metadata.generation ?? 1,
      updatedNumberScheduled: placed.filter((pod) => pod.metadata.labels?.[HASH] === hash).length,
      ...(ready === 0 ? {} : { numberAvailable: ready }),
      ...(wanted.length === ready ? {} : { numberUnavailable: wanted.length - ready }),
    };
    if (JSON.stringify(status) !== JSON.stringify(set.status))
      await client.update(c, 'daemonsets', { ...set, status }, 'status');
  }
}

function isOver(status: Pod['status']): boolean {
  return status?.phase === 'Succeeded' || status?.phase === 'Failed';
}

/** Where a pod is, or is meant to go. */
function nodeOf({ spec }: Pod): string | undefined {
  const terms = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  return spec.nodeName ?? terms[0]?.matchFields?.find((field) => field.key === 'metadata.name')?.values?.[0];
}

/** Of several on one node the oldest is kept, before all others one that has been bound to it. */
function firstToStay(a: Pod, b: Pod): number {
  const [x, y] = [a.metadata, b.metadata];
  return (
    Number(b.spec.nodeName !== undefined) - Number(a.spec.nodeName !== undefined) ||
    (x.creationTimestamp === y.creationTimestamp
      ? Number(x.name > y.name) * 2 - 1
      : Number(x.creationTimestamp > y.creationTimestamp) * 2 - 1)
  );
}

function onNode(spec: PodSpec, node: string): PodSpec {
  const required = {
    nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: [node] }] }],
  };
  const nodeAffinity = { ...spec.affinity?.nodeAffinity, requiredDuringSchedulingIgnoredDuringExecution: required };
  const more = spec.hostNetwork === true ? [...TOLERATED, NETWORK_UNAVAILABLE] : TOLERATED;
  return {
    ...spec,
    affinity: { ...spec.affinity, nodeAffinity },
    tolerations: [...(spec.tolerations ?? []), ...more],
  };
}

function suitability({ metadata, spec }: Node): string {
  return JSON.stringify([metadata.labels, spec?.taints]);
}

function suits({ spec }: DaemonSet, { metadata, spec: node }: Node): boolean {
  const { nodeSelector = {}, tolerations = [] } = spec.template.spec;
  if (Object.entries(nodeSelector).some(([key, value]) => metadata.labels?.[key] !== value)) return false;
  const all = [...tolerations, ...TOLERATED, NETWORK_UNAVAILABLE];
  return (node?.taints ?? []).every(
    (taint) =>
      taint.effect === 'PreferNoSchedule' ||
      all.some(
        (t) =>
          (t.effect === undefined || t.effect === '' || t.effect === taint.effect) &&
          (t.key === undefined || t.key === '' || t.key === taint.key) &&
          (t.operator === 'Exists' || (t.value ?? '') === (taint.value ?? '')),
      ),
  );
}
