/**
 * Keeps the last status of each pod and brings it to the API server; deletes pods there once nothing is left here.
 * @models kubernetes 1.36 pkg/kubelet/status/status_manager.go
 * @fidelity partial: statuses are sent as merge patches of what has changed
 */

import { rfc3339 } from '../../../go/time.ts';
import type { Context } from '../../../linux/context.ts';
import type { KubeClient } from '../../../protocols/kube/client.ts';
import { equal } from '../../../protocols/kube/equal.ts';
import { isStatusError, StatusError } from '../../../protocols/kube/status-error.ts';
import type { Pod, PodStatus } from '../../../protocols/kube/types.ts';
import { Queue } from '../../../sim/primitives.ts';
import { isExpected } from '../client.ts';
import type { Log } from '../log.ts';
import { isStaticPod, podKey, uidOf } from '../pod.ts';

const RETRY_NS = 10_000_000_000;

type Known = { pod: Pod; status: PodStatus; version: number; sent: number; finished: boolean };

export class StatusManager {
  private readonly log: Log;
  private readonly known = new Map<string, Known>();
  private readonly queue: Queue<string>;
  /** The API's own pod for a static one. */
  private readonly mirrorOf: (pod: Pod) => Pod | undefined;
  /** Whether there may be containers of the pod that run. */
  private readonly mayRun: (uid: string) => boolean;

  constructor(
    ctx: Context,
    client: KubeClient | null,
    log: Log,
    mirrorOf: (pod: Pod) => Pod | undefined,
    mayRun: (uid: string) => boolean,
  ) {
    this.log = log;
    this.mirrorOf = mirrorOf;
    this.mayRun = mayRun;
    this.queue = new Queue<string>(ctx.scheduler);
    if (client !== null) ctx.go('status-manager', (c) => this.run(c, client));
  }

  get(uid: string): PodStatus | undefined {
    return this.known.get(uid)?.status;
  }

  set(ctx: Context, pod: Pod, status: PodStatus): void {
    const uid = uidOf(pod);
    const before = this.known.get(uid);
    const old = before?.status ?? pod.status ?? {};
    const next: PodStatus = { ...status };
    const now = rfc3339(ctx.wallTime);
    next.startTime ??= old.startTime ?? now;
    next.conditions = (status.conditions ?? []).map((condition) => {
      const same = (old.conditions ?? []).find(({ type }) => type === condition.type);
      const changed = same === undefined || same.status !== condition.status;
      return {
        ...condition,
        lastTransitionTime: changed ? (condition.lastTransitionTime ?? now) : (same.lastTransitionTime ?? now),
      };
    });
    if (before !== undefined && equal(before.status, next)) {
      before.pod = pod;
      if (pod.metadata.deletionTimestamp !== undefined || before.sent < before.version) this.queue.push(uid);
      return;
    }
    const version = (before?.version ?? 0) + 1;
    this.known.set(uid, { pod, status: next, version, sent: before?.sent ?? 0, finished: before?.finished ?? false });
    this.queue.push(uid);
  }

  /** Nothing of the pod is left on the node: it may go from the API. */
  finish(pod: Pod): void {
    const known = this.known.get(uidOf(pod));
    if (known === undefined) return;
    known.finished = true;
    known.pod = pod;
    this.queue.push(uidOf(pod));
  }

  /** The API's picture is not ours: send it again. */
  resend(uid: string): void {
    const known = this.known.get(uid);
    if (known === undefined) return;
    known.sent = 0;
    this.queue.push(uid);
  }

  forget(uid: string): void {
    this.known.delete(uid);
  }

  private async run(ctx: Context, client: KubeClient): Promise<void> {
    for (let uid = await this.queue.take(); uid !== null; uid = await this.queue.take()) {
      const known = this.known.get(uid);
      if (known === undefined) continue;
      try {
        await this.sync(ctx, client, uid, known);
      } catch (error) {
        if (!isExpected(error)) throw error;
        await this.log.error(ctx, 'status_manager.go:1171', error, 'Failed to update status for pod', [
          'pod',
          podKey(known.pod),
        ]);
        const again = uid;
        ctx.scheduler.at(ctx.now + RETRY_NS, () => this.queue.push(again));
      }
    }
  }

  private async sync(ctx: Context, client: KubeClient, uid: string, known: Known): Promise<void> {
    const { pod, version } = known;
    const { namespace = '' } = pod.metadata;
    const target = isStaticPod(pod) ? this.mirrorOf(pod) : pod;
    if (target === undefined) return;
    const { name } = target.metadata;
    if (known.sent < version) {
      let current: Pod;
      try {
        current = await client.peek<Pod>(ctx, 'pods', namespace, name);
      } catch (error) {
        if (isStatusError(error, 'NotFound')) return;
        throw error;
      }
      if (current.metadata.uid !== target.metadata.uid) {
        await this.log.info(
          ctx,
          2,
          'status_manager.go:1153',
          'Pod was deleted and then recreated, skipping status update',
          ['pod', podKey(pod)],
        );
        return;
      }
      const held = isTerminal(known.status) && !isTerminal(current.status ?? {}) && this.mayRun(uid);
      const patch = diff(current.status ?? {}, held ? stillOn(known.status, current.status ?? {}) : known.status);
      if (Object.keys(patch).length > 0)
        await client.blind.patch(
          ctx,
          'pods',
          namespace,
          name,
          'merge',
          { metadata: { uid: current.metadata.uid }, status: patch },
          { subresource: 'status' },
        );
      if (held) return;
      known.sent = version;
    }
    if (pod.metadata.deletionTimestamp === undefined || !known.finished || isStaticPod(pod)) return;
    try {
      await client.delete(ctx, 'pods', namespace, name, {
        gracePeriodSeconds: 0,
        preconditions: { uid: target.metadata.uid },
      });
      await this.log.info(ctx, 3, 'status_manager.go:1215', 'Pod fully terminated and removed from etcd', [
        'pod',
        podKey(pod),
      ]);
    } catch (error) {
      if (!(error instanceof StatusError) || (error.reason !== 'NotFound' && error.reason !== 'Conflict')) throw error;
    }
    this.known.delete(uid);
  }
}

const isTerminal = ({ phase }: PodStatus): boolean => phase === 'Failed' || phase === 'Succeeded';

/** A pod is not over for others while its containers may run: what they hold is not free yet. */
function stillOn(next: PodStatus, current: PodStatus): PodStatus {
  const { phase: _phase, reason: _reason, message: _message, ...rest } = next;
  const { phase, reason, message } = current;
  return {
    ...rest,
    ...(phase === undefined ? {} : { phase }),
    ...(reason === undefined ? {} : { reason }),
    ...(message === undefined ? {} : { message }),
  };
}

/** A merge patch: what differs as it is to be, and null for what is no longer there. */
function diff(before: PodStatus, after: PodStatus): Record<string, unknown> {
  const patch: Record<string, unknown> = {};
  const [old, next] = [before as Record<string, unknown>, after as Record<string, unknown>];
  for (const [key, value] of Object.entries(next))
    if (value !== undefined && !equal(old[key], value)) patch[key] = value;
  for (const key of Object.keys(old)) if (next[key] === undefined && !KEPT.includes(key)) patch[key] = null;
  return patch;
}

/** Fields that others write. */
const KEPT = ['nominatedNodeName', 'ephemeralContainerStatuses', 'resize'];
