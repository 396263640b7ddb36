/**
 * What a Deployment says of itself: numbers, whether enough is available, whether its rollout gets on.
 * @models kubernetes 1.36 pkg/controller/deployment progress.go, sync.go, util/deployment_util.go @fidelity partial: see deployment.ts
 */
import { rfc3339 } from '../../../go/time.ts';
import type { Context } from '../../../linux/context.ts';
import type { KubeClient } from '../../../protocols/kube/client.ts';
import { equal } from '../../../protocols/kube/equal.ts';
import type { Condition, Deployment, ReplicaSet } from '../../../protocols/kube/types.ts';
import type { ReplicaSets } from './deployment-sets.ts';
import { timeOf } from './shared.ts';

type Status = NonNullable<Deployment['status']>;

const NO_DEADLINE = 2_147_483_647;
const SECOND_NS = 1_000_000_000;
const TIMED_OUT = 'ProgressDeadlineExceeded';
const AVAILABLE = 'NewReplicaSetAvailable';

export class DeploymentStatusWriter {
  private readonly ctx: Context;
  private readonly client: KubeClient;
  private readonly deployment: Deployment;
  private readonly countsTerminating: boolean;

  constructor(ctx: Context, client: KubeClient, deployment: Deployment, countsTerminating: boolean) {
    this.ctx = ctx;
    this.client = client;
    this.deployment = deployment;
    this.countsTerminating = countsTerminating;
  }

  /** Time that it is paused does not count. True if that has been written down just now. */
  async noteWhetherPaused(): Promise<boolean> {
    const { spec } = this.deployment;
    if (!hasDeadline(this.deployment)) return false;
    const before = conditionOf(this.deployment.status, 'Progressing');
    if (before?.reason === TIMED_OUT) return false;
    const paused = before?.reason === 'DeploymentPaused';
    if ((spec.paused === true) === paused) return false;
    const [reason, message] = paused
      ? ['DeploymentResumed', 'Deployment is resumed']
      : ['DeploymentPaused', 'Deployment is paused'];
    this.set(this.condition('Progressing', 'Unknown', reason as string, message as string));
    await this.put();
    return true;
  }

  /** Of the rollout's progress; false if it says so already, or anything at all where only the first is wanted. */
  note(reason: string, message: string, { onlyFirst = false } = {}): boolean {
    if (!hasDeadline(this.deployment)) return false;
    if (onlyFirst && conditionOf(this.deployment.status, 'Progressing') !== undefined) return false;
    return this.set(this.condition('Progressing', 'True', reason, message));
  }

  /** The name for the new set is taken: the next one is made with this count. */
  async noteCollision(): Promise<void> {
    const { status } = this.deployment;
    this.deployment.status = { ...status, collisionCount: (status?.collisionCount ?? 0) + 1 };
    await this.put();
  }

  /** As it stands, with the annotations. */
  async put(): Promise<void> {
    await this.client.blind.update(this.ctx, 'deployments', this.deployment, 'status');
  }

  /** ns until it is to be looked at again, if nothing happens before. */
  async write(sets: ReplicaSets, { progress }: { progress: boolean }): Promise<number | undefined> {
    const { deployment } = this;
    const before = deployment.status ?? {};
    const status = this.counted(sets);
    deployment.status = { ...status, ...conditions(before.conditions) };
    const enough = (status.availableReplicas ?? 0) >= (deployment.spec.replicas ?? 1) - maxUnavailable(deployment);
    this.set(
      this.condition(
        'Available',
        enough ? 'True' : 'False',
        enough ? 'MinimumReplicasAvailable' : 'MinimumReplicasUnavailable',
        `Deployment ${enough ? 'has' : 'does not have'} minimum availability.`,
      ),
    );
    if (progress) this.noteProgress(before, sets.current);
    this.noteFailure(sets);
    if (equal({ conditions: [], ...deployment.status }, { conditions: [], ...before }))
      return progress ? this.untilTimeOut() : undefined;
    await this.put();
    return undefined;
  }

  private counted(sets: ReplicaSets): Status {
    const { collisionCount } = this.deployment.status ?? {};
    const sum = (of: (set: ReplicaSet) => number | undefined): number =>
      sets.all.reduce((total, set) => total + (of(set) ?? 0), 0);
    const available = sum((set) => set.status?.availableReplicas);
    const numbers = {
      replicas: sum((set) => set.status?.replicas),
      updatedReplicas: sets.current?.status?.replicas ?? 0,
      readyReplicas: sum((set) => set.status?.readyReplicas),
      availableReplicas: available,
      unavailableReplicas: Math.max(0, sum((set) => set.spec.replicas ?? 1) - available),
    };
    const shown = Object.entries(numbers).filter(([, count]) => count > 0);
    return {
      observedGeneration: this.deployment.metadata.generation ?? 1,
      ...(Object.fromEntries(shown) as Partial<typeof numbers>),
      ...(this.countsTerminating ? { terminatingReplicas: sum((set) => set.status?.terminatingReplicas) } : {}),
      ...(collisionCount === undefined ? {} : { collisionCount }),
    };
  }

  private noteProgress(before: Status, current: ReplicaSet | undefined): void {
    const { deployment } = this;
    const status = deployment.status as Status;
    const was = conditionOf(before, 'Progressing');
    if (!hasDeadline(deployment)) {
      Object.assign(
        status,
        conditions(
          status.conditions?.filter(({ type }) => type !== 'Progressing'),
          true,
        ),
      );
      return;
    }
    if ((status.replicas ?? 0) === (status.updatedReplicas ?? 0) && was?.reason === AVAILABLE) return;
    const who =
      current === undefined ? `Deployment "${deployment.metadata.name}"` : `ReplicaSet "${current.metadata.name}"`;
    if (isComplete(deployment, status))
      this.set(this.condition('Progressing', 'True', AVAILABLE, `${who} has successfully progressed.`));
    else if (hasProgressed(before, status)) {
      // Its time of update counts from here, although nothing else of it may change.
      const condition = this.condition('Progressing', 'True', 'ReplicaSetUpdated', `${who} is progressing.`);
      if (was?.status === 'True') condition.lastTransitionTime = was.lastTransitionTime ?? null;
      this.append(condition);
    } else if (this.hasTimedOut())
      this.set(this.condition('Progressing', 'False', TIMED_OUT, `${who} has timed out progressing.`));
  }

  /** A set that may not make its pods. */
  private noteFailure(sets: ReplicaSets): void {
    const status = this.deployment.status as Status;
    const failureOf = (set: ReplicaSet | undefined): Condition | undefined =>
      set?.status?.conditions?.find(({ type }) => type === 'ReplicaFailure');
    const failure = failureOf(sets.current) ?? sets.all.map(failureOf).find((one) => one !== undefined);
    if (failure === undefined) {
      if (conditionOf(status, 'ReplicaFailure') !== undefined)
        Object.assign(
          status,
          conditions(
            status.conditions?.filter(({ type }) => type !== 'ReplicaFailure'),
            true,
          ),
        );
      return;
    }
    const time = failure.lastTransitionTime ?? null;
    this.set({ ...failure, lastUpdateTime: time, lastTransitionTime: time });
  }

  private hasTimedOut(): boolean {
    const condition = conditionOf(this.deployment.status, 'Progressing');
    if (condition === undefined || condition.reason === AVAILABLE) return false;
    return condition.reason === TIMED_OUT || this.leftNs(condition) < 0;
  }

  private untilTimeOut(): number | undefined {
    const { deployment } = this;
    const condition = conditionOf(deployment.status, 'Progressing');
    if (!hasDeadline(deployment) || condition === undefined) return undefined;
    if (isComplete(deployment, deployment.status ?? {}) || condition.reason === TIMED_OUT) return undefined;
    return Math.max(0, this.leftNs(condition)) + SECOND_NS;
  }

  private leftNs({ lastUpdateTime }: Condition): number {
    const from = timeOf(lastUpdateTime) ?? this.ctx.wallTime;
    const deadline = from + BigInt(this.deployment.spec.progressDeadlineSeconds ?? 0) * BigInt(SECOND_NS);
    return Number(deadline - this.ctx.wallTime);
  }

  private condition(type: string, status: Condition['status'], reason: string, message: string): Condition {
    const now = rfc3339(this.ctx.wallTime);
    return { type, status, lastUpdateTime: now, lastTransitionTime: now, reason, message };
  }

  /** Unless it says the same already: then the old one stays, whatever its words. */
  private set(condition: Condition): boolean {
    const before = conditionOf(this.deployment.status, condition.type);
    if (before?.status === condition.status && before.reason === condition.reason) return false;
    this.append(
      before?.status === condition.status
        ? { ...condition, lastTransitionTime: before.lastTransitionTime ?? null }
        : condition,
    );
    return true;
  }

  private append(condition: Condition): void {
    const status = this.deployment.status ?? {};
    const others = (status.conditions ?? []).filter(({ type }) => type !== condition.type);
    this.deployment.status = { ...status, conditions: [...others, condition] };
  }
}

function conditions(list: readonly Condition[] | undefined, keepEmpty = false): { conditions?: Condition[] } {
  return list === undefined || (list.length === 0 && !keepEmpty) ? {} : { conditions: [...list] };
}

function conditionOf(status: Status | undefined, type: string): Condition | undefined {
  return status?.conditions?.find((one) => one.type === type);
}

function hasDeadline({ spec }: Deployment): boolean {
  return spec.progressDeadlineSeconds !== undefined && spec.progressDeadlineSeconds !== NO_DEADLINE;
}

export function isComplete({ spec, metadata }: Deployment, status: Status): boolean {
  const wanted = spec.replicas ?? 1;
  return (
    (status.updatedReplicas ?? 0) === wanted &&
    (status.replicas ?? 0) === wanted &&
    (status.availableReplicas ?? 0) === wanted &&
    (status.observedGeneration ?? 0) >= (metadata.generation ?? 1)
  );
}

function hasProgressed(before: Status, now: Status): boolean {
  const updated = (status: Status): number => status.updatedReplicas ?? 0;
  const old = (status: Status): number => (status.replicas ?? 0) - updated(status);
  return (
    updated(now) > updated(before) ||
    old(now) < old(before) ||
    (now.readyReplicas ?? 0) > (before.readyReplicas ?? 0) ||
    (now.availableReplicas ?? 0) > (before.availableReplicas ?? 0)
  );
}

function share(value: number | string | undefined, of: number, up: boolean): number {
  if (typeof value === 'number') return value;
  const exact = (Number.parseInt(value ?? '25%', 10) * of) / 100;
  return up ? Math.ceil(exact) : Math.floor(exact);
}

/** How many more than wanted there may be while it rolls. */
export function maxSurge({ spec }: Deployment): number {
  if (spec.strategy?.type === 'Recreate') return 0;
  return share(spec.strategy?.rollingUpdate?.maxSurge, spec.replicas ?? 1, true);
}

export function maxUnavailable({ spec }: Deployment): number {
  const wanted = spec.replicas ?? 1;
  if (spec.strategy?.type === 'Recreate' || wanted === 0) return 0;
  const value = share(spec.strategy?.rollingUpdate?.maxUnavailable, wanted, false);
  const surge = share(spec.strategy?.rollingUpdate?.maxSurge, wanted, true);
  return Math.min(wanted, value === 0 && surge === 0 ? 1 : value);
}
