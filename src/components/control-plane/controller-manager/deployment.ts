/**
 * Deployments: one ReplicaSet for each revision of the template, scaled in steps.
 * @models kubernetes 1.36 pkg/controller/deployment
 * @fidelity partial: no pause, progress deadline or proportional scaling; the template's hash is FNV of its JSON
 */
import { rfc3339 } from '../../../go/time.ts';
import type { Context } from '../../../linux/context.ts';
import type { KubeClient } from '../../../protocols/kube/client.ts';
import { keyOf } from '../../../protocols/kube/informer.ts';
import type { Condition, Deployment, PodTemplateSpec, ReplicaSet } from '../../../protocols/kube/types.ts';
import type { Recorder } from '../common/events.ts';
import { startWorkQueue } from '../common/work-queue.ts';
import { controllerKey, ownerOf, type SharedInformers } from './shared.ts';

const HASH_LABEL = 'pod-template-hash';
const REVISION = 'deployment.kubernetes.io/revision';
const LETTERS = 'bcdfghjklmnpqrstvwxz2456789';

export function startDeployments(
  ctx: Context,
  client: KubeClient,
  { deployments, replicaSets }: SharedInformers,
  record: Recorder,
): void {
  const queue = startWorkQueue(ctx, 'deployment', async (c, key) => {
    const deployment = deployments.items.get(key);
    if (deployment !== undefined && deployment.metadata.deletionTimestamp === undefined) await sync(c, deployment);
    return undefined;
  });
  deployments.onChange((before, after) => queue.add(keyOf((after ?? before) as Deployment)));
  replicaSets.onChange((before, after) => {
    const key = controllerKey((after ?? before) as ReplicaSet, 'Deployment');
    if (key !== null) queue.add(key);
  });

  async function sync(c: Context, deployment: Deployment): Promise<void> {
    const owned = [...replicaSets.items.values()].filter((r) =>
      r.metadata.ownerReferences?.some((o) => o.uid === deployment.metadata.uid),
    );
    const hash = templateHash(deployment.spec.template);
    const found = owned.find((r) => r.metadata.labels?.[HASH_LABEL] === hash);
    if (deployment.spec.paused === true) {
      // Nothing rolls; only the size follows, if there is one set that has it.
      const active = owned.filter((r) => (r.spec.replicas ?? 0) > 0);
      const [only] = active;
      if (only !== undefined && active.length === 1) await scale(c, deployment, only, deployment.spec.replicas ?? 1);
      const shown = found ?? only ?? owned[0];
      if (shown !== undefined) await updateStatus(c, deployment, shown, owned, found?.status?.replicas ?? 0);
      return;
    }
    if (found !== undefined) await renumber(c, deployment, found, owned);
    const current = found ?? (await createSet(c, deployment, owned, hash));
    const old = owned.filter((r) => r.metadata.uid !== current.metadata.uid);
    await roll(c, deployment, current, old);
    await updateStatus(c, deployment, current, [current, ...old]);
  }

  /** One that is gone back to becomes the latest. */
  async function renumber(
    c: Context,
    deployment: Deployment,
    set: ReplicaSet,
    owned: readonly ReplicaSet[],
  ): Promise<void> {
    const numberOf = (r: ReplicaSet): number => Number(r.metadata.annotations?.[REVISION] ?? 0);
    const others = Math.max(0, ...owned.filter((r) => r !== set).map(numberOf));
    if (numberOf(set) > others) return;
    const body = { metadata: { annotations: { [REVISION]: String(others + 1) } } };
    const { name, namespace = null } = deployment.metadata;
    await client.patch(c, 'replicasets', namespace, set.metadata.name, 'merge', body);
    await client.patch(c, 'deployments', namespace, name, 'merge', body);
  }

  async function createSet(
    c: Context,
    deployment: Deployment,
    owned: readonly ReplicaSet[],
    hash: string,
  ): Promise<ReplicaSet> {
    const { name, namespace = null } = deployment.metadata;
    const { template, selector } = deployment.spec;
    const labels = { ...template.metadata?.labels, [HASH_LABEL]: hash };
    const revision = String(1 + Math.max(0, ...owned.map((r) => Number(r.metadata.annotations?.[REVISION] ?? 0))));
    const replicas =
      deployment.spec.strategy?.type === 'Recreate' && owned.some((r) => (r.status?.replicas ?? 0) > 0)
        ? 0
        : first(deployment, owned);
    const created = await client.create<ReplicaSet>(c, 'replicasets', namespace, {
      metadata: {
        name: `${name}-${hash}`,
        labels,
        annotations: { [REVISION]: revision },
        ownerReferences: [ownerOf(deployment)],
      },
      spec: {
        replicas,
        selector: { matchLabels: { ...selector.matchLabels, [HASH_LABEL]: hash } },
        template: { ...template, metadata: { ...template.metadata, labels } },
      },
    });
    await client.patch(c, 'deployments', namespace, name, 'merge', {
      metadata: { annotations: { [REVISION]: revision } },
    });
    if (replicas > 0)
      record(deployment, 'Normal', 'ScalingReplicaSet', `Scaled up replica set ${name}-${hash} from 0 to ${replicas}`);
    return created;
  }

  /** How many of the new revision may start at once. */
  function first(deployment: Deployment, old: readonly ReplicaSet[]): number {
    const wanted = deployment.spec.replicas ?? 1;
    const running = old.reduce((sum, r) => sum + (r.spec.replicas ?? 0), 0);
    return Math.max(0, Math.min(wanted, wanted + surge(deployment) - running));
  }

  async function scale(c: Context, deployment: Deployment, set: ReplicaSet, replicas: number): Promise<void> {
    const from = set.spec.replicas ?? 0;
    if (from === replicas) return;
    const { namespace = null, name } = set.metadata;
    await client.patch(c, 'replicasets', namespace, name, 'merge', { spec: { replicas } });
    record(
      deployment,
      'Normal',
      'ScalingReplicaSet',
      `Scaled ${replicas > from ? 'up' : 'down'} replica set ${name} from ${from} to ${replicas}`,
    );
  }

  async function roll(
    c: Context,
    deployment: Deployment,
    current: ReplicaSet,
    old: readonly ReplicaSet[],
  ): Promise<void> {
    const wanted = deployment.spec.replicas ?? 1;
    const oldTotal = old.reduce((sum, r) => sum + (r.spec.replicas ?? 0), 0);
    const own = current.spec.replicas ?? 0;
    if (deployment.spec.strategy?.type === 'Recreate') {
      for (const set of old) await scale(c, deployment, set, 0);
      if (old.every((r) => (r.status?.replicas ?? 0) === 0)) await scale(c, deployment, current, wanted);
      return;
    }
    if (own > wanted || oldTotal === 0) return scale(c, deployment, current, wanted);
    const up = Math.min(wanted - own, wanted + surge(deployment) - own - oldTotal);
    if (up > 0) return scale(c, deployment, current, own + up);
    const available = [current, ...old].reduce((sum, r) => sum + (r.status?.availableReplicas ?? 0), 0);
    let spare = available - (wanted - unavailable(deployment));
    for (const set of old) {
      const replicas = set.spec.replicas ?? 0;
      const unready = Math.max(0, replicas - (set.status?.availableReplicas ?? 0));
      const down = Math.min(replicas, unready + Math.max(0, spare));
      if (down === 0) continue;
      spare -= down - unready;
      await scale(c, deployment, set, replicas - down);
    }
  }

  async function updateStatus(
    c: Context,
    deployment: Deployment,
    current: ReplicaSet,
    all: readonly ReplicaSet[],
    /** Pods of the present template. */
    updated = current.status?.replicas ?? 0,
  ): Promise<void> {
    const sum = (of: (r: ReplicaSet) => number | undefined): number =>
      all.reduce((total, r) => total + (of(r) ?? 0), 0);
    const wanted = deployment.spec.replicas ?? 1;
    const [replicas, ready, available] = [
      sum((r) => r.status?.replicas),
      sum((r) => r.status?.readyReplicas),
      sum((r) => r.status?.availableReplicas),
    ];
    const counts = {
      ...(replicas === 0 ? {} : { replicas }),
      ...(updated === 0 ? {} : { updatedReplicas: updated }),
      ...(ready === 0 ? {} : { readyReplicas: ready }),
      ...(available === 0 ? {} : { availableReplicas: available }),
      ...(wanted - available > 0 ? { unavailableReplicas: wanted - available } : {}),
    };
    const now = rfc3339(c.wallTime);
    const { name } = current.metadata;
    const enough = available >= wanted - unavailable(deployment);
    const done = updated === wanted && available === wanted && replicas === wanted;
    const conditions = [
      condition(
        deployment,
        now,
        'Available',
        enough,
        enough ? 'MinimumReplicasAvailable' : 'MinimumReplicasUnavailable',
        `Deployment ${enough ? 'has' : 'does not have'} minimum availability.`,
      ),
      condition(
        deployment,
        now,
        'Progressing',
        true,
        done ? 'NewReplicaSetAvailable' : 'ReplicaSetUpdated',
        done ? `ReplicaSet "${name}" has successfully progressed.` : `ReplicaSet "${name}" is progressing.`,
      ),
    ];
    const status = { observedGeneration: deployment.metadata.generation ?? 1, ...counts, conditions };
    if (JSON.stringify(status) === JSON.stringify(deployment.status)) return;
    const { namespace = null } = deployment.metadata;
    await client.request(
      c,
      'PATCH',
      `/apis/apps/v1/namespaces/${namespace}/deployments/${deployment.metadata.name}/status`,
      {
        body: [{ op: 'add', path: '/status', value: status }],
        contentType: 'application/json-patch+json',
      },
    );
  }
}

function condition(
  deployment: Deployment,
  now: string,
  type: string,
  isTrue: boolean,
  reason: string,
  message: string,
): Condition {
  const status = isTrue ? 'True' : 'False';
  const before = deployment.status?.conditions?.find((x) => x.type === type);
  if (before?.status === status && before.reason === reason && before.message === message) return before;
  return {
    type,
    status,
    lastUpdateTime: now,
    lastTransitionTime: before?.status === status ? (before.lastTransitionTime ?? now) : now,
    reason,
    message,
  };
}

function share(value: number | string | undefined, of: number, up: boolean): number {
  if (typeof value === 'number') return value;
  const exact = (Number.parseInt(value ?? '25%', 10) * of) / 100;
  return up ? Math.ceil(exact) : Math.floor(exact);
}

function surge({ spec }: Deployment): number {
  return share(spec.strategy?.rollingUpdate?.maxSurge, spec.replicas ?? 1, true);
}

function unavailable({ spec }: Deployment): number {
  const value = share(spec.strategy?.rollingUpdate?.maxUnavailable, spec.replicas ?? 1, false);
  return value === 0 && surge({ spec } as Deployment) === 0 ? 1 : value;
}

export function templateHash(template: PodTemplateSpec): string {
  let hash = 0x811c9dc5;
  const text = JSON.stringify(template);
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193) >>> 0;
  return [...String(hash)].map((digit) => LETTERS[Number(digit)]).join('');
}
