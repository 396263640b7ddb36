/**
 * Before the node itself runs out of something, pods go: the one that uses most beyond what it asked for, one at a time.
 * @models kubernetes 1.36 pkg/kubelet/eviction/eviction_manager.go, helpers.go
 * @fidelity partial: see ./thresholds.ts for the signals; pods end one after the other, annotations of the event are left out
 */
import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import { GrpcError } from '../../../protocols/grpc/status.ts';
import { canonicalQuantity, quantityValue } from '../../../protocols/kube/quantity.ts';
import type { Condition, Container, Pod } from '../../../protocols/kube/types.ts';
import type { Rejection } from '../admission.ts';
import type { KubeletConfig } from '../config.ts';
import type { Recorder } from '../events.ts';
import { Failure } from '../failures.ts';
import type { Log } from '../log.ts';
import { allContainers, isCriticalPod, podKey, podResources, qosClassOf, uidOf } from '../pod.ts';
import {
  CONDITIONS,
  type Met,
  metOf,
  NO_PRESSURE,
  observe,
  type Pressure,
  RESOURCES,
  type Resource,
  shownAmount,
  type Threshold,
  thresholdsOf,
} from './thresholds.ts';
import { emptyDirPath, sizeOf, type Usage, type UsageSources, usageOf } from './usage.ts';

const SECOND = 1_000_000_000;
const MONITOR_NS = 10 * SECOND;
const CLEANUP_POLL_NS = SECOND;
const CLEANUP_NS = 30 * SECOND;
const GRACE_SECONDS = 1;
/** A pod that has to go at once is given up after this. */
const KILL_NS = 10 * SECOND;
const STORAGE = 'ephemeral-storage';

export type EvictionParts = UsageSources & {
  nodeName: string;
  config: KubeletConfig;
  recorder: Recorder;
  log: Log;
  podsCgroup: string;
  /** Pods that have not come to their end. */
  active(): Pod[];
  /** Begins to end the pod for good. */
  kill(uid: string, message: string, graceSeconds: number, conditions: Condition[]): void;
  isEnded(uid: string): boolean;
  isCleanedUp(uid: string): boolean;
  /** Removes what nobody needs: dead containers, unused images. Throws GrpcError. */
  reclaim(ctx: Context): Promise<void>;
  isReady(ctx: Context): boolean;
};

type Reported = keyof Pressure;
const REPORTED: readonly Reported[] = ['memory', 'disk', 'pid'];
const CONDITION_NAMES: Readonly<Record<Reported, string>> = {
  memory: 'MemoryPressure',
  disk: 'DiskPressure',
  pid: 'PIDPressure',
};

export class EvictionManager {
  /** What the node's conditions say. */
  pressure: Pressure = NO_PRESSURE;
  private readonly parts: EvictionParts;
  private readonly thresholds: readonly Threshold[];
  private readonly firstMet = new Map<Threshold, number>();
  private readonly lastSeen = new Map<Reported, number>();
  private unresolved: readonly Threshold[] = [];

  constructor(parts: EvictionParts) {
    this.parts = parts;
    this.thresholds = thresholdsOf(parts.config);
  }

  async run(ctx: Context): Promise<never> {
    const { parts } = this;
    while (!parts.isReady(ctx)) await ctx.sleep(SECOND);
    for (;;) {
      let evicted: Pod[] = [];
      try {
        evicted = await this.synchronize(ctx);
      } catch (error) {
        if (!isErrno(error) && !(error instanceof GrpcError)) throw error;
        await parts.log.error(ctx, 'eviction_manager.go:282', error, 'Eviction manager: failed to get summary stats');
      }
      if (evicted.length === 0) {
        await ctx.sleep(MONITOR_NS);
        continue;
      }
      const pods = evicted.map(podKey);
      const waiting = 'Eviction manager: pods evicted, waiting for pod to be cleaned up';
      await parts.log.info(ctx, 0, 'eviction_manager.go:205', waiting, ['pods', pods]);
      for (const until = ctx.now + CLEANUP_NS; ctx.now < until; ) {
        await ctx.sleep(CLEANUP_POLL_NS);
        if (evicted.every((pod) => parts.isCleanedUp(uidOf(pod)))) break;
      }
    }
  }

  /** Why a pod that has just come may not run on a node that is short of something. */
  rejectionOf(pod: Pod): Rejection | null {
    const conditions = REPORTED.filter((kind) => this.pressure[kind]);
    if (conditions.length === 0 || isCriticalPod(pod)) return null;
    if (conditions.length === 1 && conditions[0] === 'memory') {
      if (qosClassOf(pod) !== 'BestEffort') return null;
      const tolerates = (pod.spec.tolerations ?? []).some(
        ({ key, effect, operator }) =>
          (key === undefined || key === 'node.kubernetes.io/memory-pressure') &&
          (effect === undefined || effect === 'NoSchedule') &&
          operator === 'Exists',
      );
      if (tolerates) return null;
    }
    const names = conditions.map((kind) => CONDITION_NAMES[kind]).join(' ');
    return { reason: 'Evicted', message: `The node had condition: [${names}]. ` };
  }

  /** Looks once, and ends at most one pod. Returns those it ended. Throws GrpcError and Errno. */
  private async synchronize(ctx: Context): Promise<Pod[]> {
    const { parts, thresholds } = this;
    const observed = await observe(ctx, parts.podsCgroup);
    const met = metOf(thresholds, observed, false);
    for (const one of metOf(this.unresolved, observed, true))
      if (!met.some(({ threshold }) => threshold === one.threshold)) met.push(one);
    this.note(ctx, met);
    const due = met.filter(({ threshold }) => ctx.now - (this.firstMet.get(threshold) ?? ctx.now) >= threshold.graceNs);
    this.unresolved = due.map(({ threshold }) => threshold);
    const overLimit = await this.enforceStorageLimits(ctx);
    if (overLimit.length > 0) return overLimit;
    const worst = thresholds.map((one) => due.find(({ threshold }) => threshold === one)).find((one) => one);
    if (worst === undefined) return [];
    const resource = RESOURCES[worst.threshold.signal];
    const named = ['resourceName', resource] as const;
    await parts.log.info(ctx, 0, 'eviction_manager.go:369', 'Eviction manager: attempting to reclaim', [...named]);
    const text = `Attempting to reclaim ${resource}`;
    parts.recorder.node(ctx, parts.nodeName, 'Warning', 'EvictionThresholdMet', text);
    if (CONDITIONS[resource] === 'disk') {
      try {
        await parts.reclaim(ctx);
      } catch (error) {
        if (!(error instanceof GrpcError) && !(error instanceof Failure)) throw error;
        const why = 'Eviction manager: unexpected error when attempting to reduce pressure';
        await parts.log.info(ctx, 0, 'eviction_manager.go:531', why, [...named], ['err', error.message]);
      }
      if (metOf(thresholds, await observe(ctx, parts.podsCgroup), true).length === 0) return [];
    }
    await parts.log.info(ctx, 0, 'eviction_manager.go:380', 'Eviction manager: must evict pod(s) to reclaim', [
      ...named,
    ]);
    const ranked = rank(await usageOf(ctx, parts.active(), resource, parts), resource);
    if (ranked.length === 0) {
      const none = 'Eviction manager: eviction thresholds have been met, but no pods are active to evict';
      await parts.log.error(ctx, 'eviction_manager.go:391', null, none);
      return [];
    }
    await parts.log.info(ctx, 0, 'eviction_manager.go:398', 'Eviction manager: pods ranked for eviction', [
      'pods',
      ranked.map(({ pod }) => podKey(pod)),
    ]);
    const grace = worst.threshold.graceNs === 0 ? GRACE_SECONDS : parts.config.evictionMaxPodGracePeriod;
    for (const usage of ranked) {
      const message = messageOf(usage, resource, worst);
      if (await this.evict(ctx, usage.pod, message, grace, [disruption(usage.pod, message)])) return [usage.pod];
    }
    await parts.log.info(ctx, 0, 'eviction_manager.go:427', 'Eviction manager: unable to evict any pods from the node');
    return [];
  }

  /** Since when each threshold is met, and which conditions the node shows: those seen not long ago. */
  private note(ctx: Context, met: readonly Met[]): void {
    const now = new Set(met.map(({ threshold }) => threshold));
    for (const threshold of this.thresholds)
      if (!now.has(threshold)) this.firstMet.delete(threshold);
      else if (!this.firstMet.has(threshold)) this.firstMet.set(threshold, ctx.now);
    for (const { threshold } of met) this.lastSeen.set(CONDITIONS[RESOURCES[threshold.signal]], ctx.now);
    const held = (kind: Reported): boolean => {
      const at = this.lastSeen.get(kind);
      return at !== undefined && ctx.now - at < this.parts.config.evictionPressureTransitionPeriodNs;
    };
    this.pressure = { memory: held('memory'), disk: held('disk'), pid: held('pid') };
  }

  /** False for pods that must not go. */
  private async evict(
    ctx: Context,
    pod: Pod,
    message: string,
    graceSeconds: number,
    conditions: Condition[],
  ): Promise<boolean> {
    const { parts } = this;
    const where = ['pod', podKey(pod)] as const;
    if (isCriticalPod(pod)) {
      const cannot = 'Eviction manager: cannot evict a critical pod';
      await parts.log.error(ctx, 'eviction_manager.go:591', null, cannot, [...where]);
      return false;
    }
    parts.recorder.pod(ctx, pod, 'Warning', 'Evicted', message);
    parts.kill(uidOf(pod), message, graceSeconds, conditions);
    const until = ctx.now + Math.max(KILL_NS, graceSeconds * 1.5 * SECOND);
    while (!parts.isEnded(uidOf(pod)) && ctx.now < until) await ctx.sleep(SECOND / 10);
    if (parts.isEnded(uidOf(pod)))
      await parts.log.info(ctx, 0, 'eviction_manager.go:614', 'Eviction manager: pod is evicted successfully', [
        ...where,
      ]);
    else {
      const text = 'Container runtime did not kill the pod within specified grace period.';
      parts.recorder.pod(ctx, pod, 'Warning', 'ExceededGracePeriod', text);
      const cause = { message: 'timeout waiting to kill pod' };
      await parts.log.error(ctx, 'eviction_manager.go:611', cause, 'Eviction manager: pod failed to evict', [...where]);
    }
    return true;
  }

  /** Limits on emptyDir volumes and on what containers write. */
  private async enforceStorageLimits(ctx: Context): Promise<Pod[]> {
    const evicted: Pod[] = [];
    for (const pod of this.parts.active()) {
      const message = (await this.volumeOverLimit(ctx, pod)) ?? (await this.storageOverLimit(ctx, pod));
      if (message !== null && (await this.evict(ctx, pod, message, GRACE_SECONDS, []))) evicted.push(pod);
    }
    return evicted;
  }

  private async volumeOverLimit(ctx: Context, pod: Pod): Promise<string | null> {
    for (const { name, emptyDir } of pod.spec.volumes ?? []) {
      const limit = emptyDir?.sizeLimit;
      if (limit === undefined || quantityValue(limit) === 0) continue;
      const used = await sizeOf(ctx, emptyDirPath(this.parts.rootDir, pod, name), STORAGE);
      if (used > quantityValue(limit)) return `Usage of EmptyDir volume "${name}" exceeds the limit "${limit}". `;
    }
    return null;
  }

  private async storageOverLimit(ctx: Context, pod: Pod): Promise<string | null> {
    const limitOf = ({ resources }: Container): string | undefined => resources?.limits?.[STORAGE];
    const limits = pod.spec.containers.map(limitOf).filter((limit) => limit !== undefined);
    if (limits.length === 0) return null;
    const [usage] = await usageOf(ctx, [pod], STORAGE, this.parts);
    if (usage === undefined) return null;
    const limit = limits.reduce((sum, one) => sum + quantityValue(one), 0);
    if (usage.total > limit)
      return `Pod ephemeral local storage usage exceeds the total limit of containers ${shownAmount(limit, STORAGE)}. `;
    for (const container of pod.spec.containers) {
      const own = limitOf(container);
      if (own !== undefined && (usage.of.get(container.name) ?? 0) > quantityValue(own))
        return `Container ${container.name} exceeded its local ephemeral storage limit "${canonicalQuantity(own) ?? own}". `;
    }
    return null;
  }
}

function disruption({ metadata }: Pod, message: string): Condition {
  return {
    type: 'DisruptionTarget',
    ...(metadata.generation === undefined ? {} : { observedGeneration: metadata.generation }),
    status: 'True',
    lastProbeTime: null,
    reason: 'TerminationByKubelet',
    message,
  };
}

function requestOf(pod: Pod, resource: Resource): number {
  if (resource === 'memory') return podResources(pod).memoryRequest;
  if (resource !== STORAGE) return 0;
  return pod.spec.containers.reduce((sum, { resources }) => sum + quantityValue(resources?.requests?.[STORAGE]), 0);
}

/** First to go first: those beyond their request, of them the least important, of them the largest. */
function rank(usages: readonly Usage[], resource: Resource): Usage[] {
  const beyond = ({ pod, total }: Usage): number => total - requestOf(pod, resource);
  const exceeds = (usage: Usage): number => (resource !== 'pids' && beyond(usage) > 0 ? 1 : 0);
  return [...usages].sort(
    (a, b) =>
      exceeds(b) - exceeds(a) ||
      (a.pod.spec.priority ?? 0) - (b.pod.spec.priority ?? 0) ||
      (resource === 'pids' ? b.total - a.total : beyond(b) - beyond(a)),
  );
}

function messageOf({ pod, of }: Usage, resource: Resource, { quantity, available }: Met): string {
  let message = `The node was low on resource: ${resource}. Threshold quantity: ${quantity}, available: ${available}. `;
  if (resource !== 'memory' && resource !== STORAGE) return message;
  for (const { name, resources } of allContainers(pod)) {
    const used = of.get(name);
    const asked = resources?.requests?.[resource] ?? '0';
    if (used !== undefined && used > quantityValue(asked))
      message += `Container ${name} was using ${shownAmount(used, resource)}, request is ${canonicalQuantity(asked) ?? asked}, has larger consumption of ${resource}. `;
  }
  return message;
}
