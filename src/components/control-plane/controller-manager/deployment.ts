/**
 * Deployments: one ReplicaSet for each revision of the template, scaled in steps.
 * @models kubernetes 1.36 pkg/controller/deployment deployment_controller.go, sync.go, rolling.go, recreate.go
 * @fidelity partial: no roll back by annotation; the template's hash is FNV of its JSON
 */
import type { Context } from '../../../linux/context.ts';
import type { KubeClient } from '../../../protocols/kube/client.ts';
import { keyOf } from '../../../protocols/kube/informer.ts';
import type { Deployment, ReplicaSet } from '../../../protocols/kube/types.ts';
import type { Recorder } from '../common/events.ts';
import { startWorkQueue } from '../common/work-queue.ts';
import { candidates, claim, onDependents, selectorOf } from './claim-dependents.ts';
import { desiredReplicas, newestSet, proportions, ReplicaSets, replicasOf, totalOf } from './deployment-sets.ts';
import { DeploymentStatusWriter, isComplete, maxSurge, maxUnavailable } from './deployment-status.ts';
import { controllerKey, type SharedInformers } from './shared.ts';

const RESOURCES = { owner: 'deployments', dependents: 'replicasets' };

export function startDeployments(
  ctx: Context,
  client: KubeClient,
  informers: Pick<SharedInformers, 'deployments' | 'replicaSets' | 'pods'>,
  record: Recorder,
  countsTerminating: boolean,
): void {
  const { deployments, replicaSets, pods } = informers;
  const queue = startWorkQueue(ctx, 'deployment', async (c, key) => {
    const deployment = deployments.items.get(key);
    return deployment === undefined ? undefined : sync(c, { ...deployment, metadata: { ...deployment.metadata } });
  });
  deployments.onChange((before, after) => queue.add(keyOf((after ?? before) as Deployment)));
  onDependents(replicaSets, deployments, 'Deployment', selectorOf, (key) => queue.add(key));
  // Recreate waits for the last of the old pods to be gone.
  pods.onChange((before, after) => {
    if (after !== null || before === null) return;
    const key = controllerKey(before, 'ReplicaSet');
    const set = key === null ? undefined : replicaSets.items.get(key);
    const owner = set === undefined ? null : controllerKey(set, 'Deployment');
    if (owner !== null) queue.add(owner);
  });

  /** ns after which it is to be looked at again, if nothing happens before. */
  async function sync(c: Context, deployment: Deployment): Promise<number | undefined> {
    const near = candidates(deployment, replicaSets.items.values());
    const owned = await claim(c, client, RESOURCES, deployment, selectorOf(deployment), near);
    const sets = new ReplicaSets(c, client, record, deployment, owned);
    const status = new DeploymentStatusWriter(c, client, deployment, countsTerminating);
    if (deployment.metadata.deletionTimestamp !== undefined) return status.write(sets, { progress: false });
    if (await status.noteWhetherPaused()) return undefined;
    if (deployment.spec.paused === true || isScaling(deployment, owned)) return resize(status, deployment, sets);
    return deployment.spec.strategy?.type === 'Recreate'
      ? recreate(status, deployment, sets)
      : roll(status, deployment, sets);
  }

  /** Another size, or a pause: nothing rolls, what is there is scaled. */
  async function resize(
    status: DeploymentStatusWriter,
    deployment: Deployment,
    sets: ReplicaSets,
  ): Promise<number | undefined> {
    await sets.findNew(status);
    const wanted = deployment.spec.replicas ?? 1;
    const active = sets.all.filter((set) => replicasOf(set) > 0);
    const only = active.length > 1 ? undefined : (active[0] ?? sets.current ?? newestSet(sets.old));
    if (only !== undefined) await sets.scale(only, wanted);
    else if (sets.current !== undefined && isSaturated(deployment, sets.current))
      for (const set of active.filter((one) => one !== sets.current)) await sets.scale(set, 0);
    else if (deployment.spec.strategy?.type !== 'Recreate')
      for (const [set, size] of proportions(deployment, active, maxSurge(deployment))) await sets.resize(set, size);
    if (deployment.spec.paused === true) await sets.forgetOldest();
    return status.write(sets, { progress: false });
  }

  async function roll(
    status: DeploymentStatusWriter,
    deployment: Deployment,
    sets: ReplicaSets,
  ): Promise<number | undefined> {
    await sets.findOrMakeNew(status);
    const scaled = (await growNew(deployment, sets)) || (await shrinkOld(deployment, sets));
    if (!scaled && isComplete(deployment, deployment.status ?? {})) await sets.forgetOldest();
    return status.write(sets, { progress: true });
  }

  async function growNew(deployment: Deployment, sets: ReplicaSets): Promise<boolean> {
    const current = sets.current as ReplicaSet;
    const wanted = deployment.spec.replicas ?? 1;
    const own = replicasOf(current);
    if (own === wanted) return false;
    return sets.scale(current, own > wanted ? wanted : sets.sizeOfNew());
  }

  /** No more than leaves enough of them available: those that are not well first, then the others. */
  async function shrinkOld(deployment: Deployment, sets: ReplicaSets): Promise<boolean> {
    const current = sets.current as ReplicaSet;
    const old = sets.old.filter((set) => replicasOf(set) > 0);
    if (old.length === 0) return false;
    const least = (deployment.spec.replicas ?? 1) - maxUnavailable(deployment);
    const unavailableNew = replicasOf(current) - (current.status?.availableReplicas ?? 0);
    const spare = totalOf(sets.all) - least - unavailableNew;
    if (spare <= 0) return false;
    old.sort((a, b) => (a.metadata.creationTimestamp < b.metadata.creationTimestamp ? -1 : 1));
    let gone = 0;
    const sizes = new Map(old.map((set) => [set, replicasOf(set)]));
    for (const set of old) {
      const unwell = (sizes.get(set) ?? 0) - (set.status?.availableReplicas ?? 0);
      const by = Math.min(spare - gone, Math.max(0, unwell));
      sizes.set(set, (sizes.get(set) ?? 0) - by);
      gone += by;
    }
    const available = sets.all.reduce((sum, set) => sum + (set.status?.availableReplicas ?? 0), 0);
    let more = available - least;
    for (const set of old) {
      const by = Math.max(0, Math.min(sizes.get(set) ?? 0, more));
      sizes.set(set, (sizes.get(set) ?? 0) - by);
      more -= by;
    }
    let scaled = false;
    for (const [set, size] of sizes) scaled = (await sets.scale(set, size)) || scaled;
    return scaled;
  }

  async function recreate(
    status: DeploymentStatusWriter,
    deployment: Deployment,
    sets: ReplicaSets,
  ): Promise<number | undefined> {
    await sets.findNew(status);
    let scaled = false;
    for (const set of sets.old) scaled = (await sets.scale(set, 0)) || scaled;
    if (scaled || sets.old.some(hasPods)) return status.write(sets, { progress: true });
    if (sets.current === undefined) await sets.findOrMakeNew(status);
    await sets.scale(sets.current as ReplicaSet, deployment.spec.replicas ?? 1);
    if (isComplete(deployment, deployment.status ?? {})) await sets.forgetOldest();
    return status.write(sets, { progress: true });
  }

  function hasPods(set: ReplicaSet): boolean {
    for (const pod of pods.items.values()) {
      const { phase } = pod.status ?? {};
      if (phase === 'Succeeded' || phase === 'Failed') continue;
      if (pod.metadata.ownerReferences?.some((owner) => owner.uid === set.metadata.uid)) return true;
    }
    return false;
  }
}

/** Its size has changed since its sets were last scaled for it. */
function isScaling(deployment: Deployment, owned: readonly ReplicaSet[]): boolean {
  return owned.some((set) => {
    const desired = desiredReplicas(set);
    return replicasOf(set) > 0 && desired !== null && desired !== (deployment.spec.replicas ?? 1);
  });
}

function isSaturated(deployment: Deployment, set: ReplicaSet): boolean {
  const wanted = deployment.spec.replicas ?? 1;
  return (
    replicasOf(set) === wanted && desiredReplicas(set) === wanted && (set.status?.availableReplicas ?? 0) === wanted
  );
}
