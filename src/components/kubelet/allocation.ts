/**
 * What has been allocated to each pod's containers, which is not always what its spec asks for: a resize waits until
 * it fits.
 * @models kubernetes 1.36 pkg/kubelet/allocation/allocation_manager.go, events/resize.go, lifecycle/predicate.go
 * @fidelity partial: cpu and memory of containers, not of pods; the checkpoint keeps only pods that were resized
 */
import { marshalJson } from '../../go/json.ts';
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { readFile, writeFile } from '../../linux/io.ts';
import { equal } from '../../protocols/kube/equal.ts';
import type { Condition, Container, Pod, ResourceRequirements } from '../../protocols/kube/types.ts';
import { type NodeCapacity, rejectionOf } from './admission.ts';
import type { Recorder } from './events.ts';
import { isRestartableInit, isStaticPod, podResources, qosClassOf, uidOf } from './pod.ts';

const RETRY_FIRST_NS = 30_000_000_000;
const RETRY_NS = 180_000_000_000;
const STATE_FILE = 'allocated_pods_state';

type Allocation = Record<string, ResourceRequirements>;
type Progress = { reason: string; message: string; generation: number | undefined };
type Known = {
  allocation: Allocation;
  /** Was ever other than the spec: it is kept on disk. */
  resized: boolean;
  pending: Progress | null;
  inProgress: Progress | null;
  /** The last answer, while neither the spec nor the allocation is another. */
  shown: { spec: Pod; allocation: Allocation; pod: Pod } | null;
};

export type AllocationParts = {
  rootDir: string;
  recorder: Recorder;
  /** Pods that have not come to their end, as their specs are. */
  active(): Pod[];
  capacity(): NodeCapacity;
  /** Its allocation or its conditions have changed. */
  sync(ctx: Context, pod: Pod): void;
};

export class Allocations {
  private readonly parts: AllocationParts;
  private readonly known = new Map<string, Known>();
  private checkpoint: Record<string, Allocation> = {};
  private waiting: string[] = [];

  constructor(parts: AllocationParts) {
    this.parts = parts;
  }

  async run(ctx: Context): Promise<never> {
    for (let pause = RETRY_FIRST_NS; ; pause = RETRY_NS) {
      await ctx.sleep(pause);
      await this.retry(ctx);
    }
  }

  /** What a kubelet before this one has allocated. */
  async load(ctx: Context): Promise<void> {
    try {
      const { data } = JSON.parse(await readFile(ctx, `${this.parts.rootDir}/${STATE_FILE}`)) as { data: string };
      const { entries } = JSON.parse(data) as { entries: Record<string, { ContainerResources: Allocation }> };
      this.checkpoint = Object.fromEntries(
        Object.entries(entries).map(([uid, { ContainerResources }]) => [uid, ContainerResources]),
      );
    } catch (error) {
      if (!isErrno(error) && !(error instanceof SyntaxError) && !(error instanceof TypeError)) throw error;
    }
  }

  /** The pod with what is allocated to it in place of what it asks for. */
  of(pod: Pod): Pod {
    const known = this.known.get(uidOf(pod));
    if (known === undefined) return this.applied(pod, this.checkpoint[uidOf(pod)]);
    const { shown, allocation } = known;
    if (shown?.spec === pod && shown.allocation === allocation) return shown.pod;
    known.shown = { spec: pod, allocation, pod: this.applied(pod, allocation) };
    return known.shown.pod;
  }

  private applied(pod: Pod, allocation: Allocation | undefined): Pod {
    if (allocation === undefined || equal(allocation, allocationOf(pod))) return pod;
    const allocated = (container: Container): Container => {
      const resources = allocation[container.name];
      return resources === undefined ? container : { ...container, resources };
    };
    const { containers, initContainers } = pod.spec;
    return {
      ...pod,
      spec: {
        ...pod.spec,
        containers: containers.map(allocated),
        ...(initContainers === undefined ? {} : { initContainers: initContainers.map(allocated) }),
      },
    };
  }

  /** It runs here with what it asks for, or with what it had before the kubelet was started again. */
  admit(ctx: Context, pod: Pod): void {
    const kept = this.checkpoint[uidOf(pod)];
    const allocation = kept ?? allocationOf(pod);
    this.known.set(uidOf(pod), {
      allocation,
      resized: kept !== undefined,
      pending: null,
      inProgress: null,
      shown: null,
    });
    if (kept !== undefined) this.consider(ctx, pod);
  }

  /** Its spec has changed. */
  consider(ctx: Context, pod: Pod): void {
    const uid = uidOf(pod);
    const known = this.known.get(uid);
    if (known === undefined || (known.pending === null && equal(known.allocation, allocationOf(pod)))) return;
    if (!this.waiting.includes(uid)) this.waiting.push(uid);
    ctx.go('pod-resize', (c) => this.retry(c));
  }

  async release(ctx: Context, uid: string): Promise<void> {
    if (!this.known.delete(uid)) return;
    delete this.checkpoint[uid];
    await this.podEnded(ctx);
  }

  /** There is room again. */
  async podEnded(ctx: Context): Promise<void> {
    if (this.waiting.length > 0) await this.retry(ctx);
  }

  /** Those of a resize, for the pod's status. */
  conditions({ metadata }: Pod): Condition[] {
    const known = this.known.get(metadata.uid);
    const conditions: Condition[] = [];
    for (const [type, progress] of [
      ['PodResizePending', known?.pending],
      ['PodResizeInProgress', known?.inProgress],
    ] as const) {
      if (progress === null || progress === undefined) continue;
      const { reason, message, generation } = progress;
      conditions.push({
        type,
        status: 'True',
        lastProbeTime: null,
        lastTransitionTime: null,
        ...(generation === undefined ? {} : { observedGeneration: generation }),
        ...(reason === '' ? {} : { reason }),
        ...(message === '' ? {} : { message }),
      });
    }
    return conditions;
  }

  isInProgress(pod: Pod): boolean {
    return (this.known.get(uidOf(pod))?.inProgress ?? null) !== null;
  }

  /** The runtime has what was allocated. */
  complete(ctx: Context, pod: Pod): void {
    const known = this.known.get(uidOf(pod));
    if (known === undefined || known.inProgress === null) return;
    const text = details('Pod resize completed', this.of(pod), known.inProgress.generation, '');
    known.inProgress = null;
    this.parts.recorder.pod(ctx, pod, 'Normal', 'ResizeCompleted', text);
  }

  fail(ctx: Context, pod: Pod, message: string): void {
    const known = this.known.get(uidOf(pod));
    if (known?.inProgress === null || known === undefined || known.inProgress.message === message) return;
    known.inProgress = { ...known.inProgress, reason: 'Error', message };
    const text = details('Pod resize error', this.of(pod), known.inProgress.generation, message);
    this.parts.recorder.pod(ctx, pod, 'Warning', 'ResizeError', text);
  }

  private async retry(ctx: Context): Promise<void> {
    const active = new Map(this.parts.active().map((pod) => [uidOf(pod), pod]));
    const queue = this.waiting
      .map((uid) => active.get(uid))
      .filter((pod) => pod !== undefined)
      .sort((a, b) => this.order(a, b));
    this.waiting = [];
    let changed = false;
    for (const pod of queue) {
      const known = this.known.get(uidOf(pod));
      if (known === undefined) continue;
      const before = JSON.stringify([known.allocation, known.pending, known.inProgress]);
      this.resize(ctx, pod, known);
      if (known.pending?.reason === 'Deferred') this.waiting.push(uidOf(pod));
      if (JSON.stringify([known.allocation, known.pending, known.inProgress]) === before) continue;
      changed = true;
      this.parts.sync(ctx, pod);
    }
    if (changed) await this.save(ctx);
  }

  /** What does not ask for more goes first, then the more important. */
  private order(a: Pod, b: Pod): number {
    const increases = (pod: Pod): number => {
      const [now, wanted] = [podResources(this.of(pod)), podResources(pod)];
      return wanted.cpuRequestMilli > now.cpuRequestMilli || wanted.memoryRequest > now.memoryRequest ? 1 : 0;
    };
    const guaranteed = (pod: Pod): number => (qosClassOf(pod) === 'Guaranteed' ? 0 : 1);
    return (
      increases(a) - increases(b) || (b.spec.priority ?? 0) - (a.spec.priority ?? 0) || guaranteed(a) - guaranteed(b)
    );
  }

  private resize(ctx: Context, pod: Pod, known: Known): void {
    const wanted = allocationOf(pod);
    const { generation } = pod.metadata;
    if (equal(known.allocation, wanted)) {
      known.pending = null;
      return;
    }
    const refusal = this.refusal(pod);
    if (refusal === null) {
      known.allocation = wanted;
      known.resized = true;
      known.pending = null;
      known.inProgress = { reason: '', message: '', generation };
      const text = details('Pod resize started', pod, generation, '');
      this.parts.recorder.pod(ctx, pod, 'Normal', 'ResizeStarted', text);
      return;
    }
    const { reason, message } = refusal;
    const same = known.pending?.reason === reason && known.pending.message === message;
    known.resized = true;
    known.pending = { reason, message, generation };
    if (same) return;
    const text = details(`Pod resize ${reason}`, pod, generation, message);
    this.parts.recorder.pod(ctx, pod, 'Warning', `Resize${reason}`, text);
  }

  private refusal(pod: Pod): { reason: 'Deferred' | 'Infeasible'; message: string } | null {
    if (isStaticPod(pod)) return { reason: 'Infeasible', message: 'In-place resize of static-pods is not supported' };
    const capacity = this.parts.capacity();
    const { cpuRequestMilli, memoryRequest } = podResources(pod);
    for (const [name, requested, most] of [
      ['cpu', cpuRequestMilli, capacity.cpuMilli],
      ['memory', memoryRequest, capacity.memoryBytes],
    ] as const)
      if (requested > most) {
        const message = `Node didn't have enough capacity: ${name}, requested: ${requested}, capacity: ${most}`;
        return { reason: 'Infeasible', message };
      }
    const others = this.parts.active().map((other) => this.of(other));
    const rejection = rejectionOf(pod, others, capacity);
    return rejection === null ? null : { reason: 'Deferred', message: rejection.message };
  }

  private async save(ctx: Context): Promise<void> {
    const entries = Object.fromEntries(
      [...this.known]
        .filter(([, { resized }]) => resized)
        .map(([uid, { allocation }]) => [uid, { ContainerResources: allocation }]),
    );
    const data = JSON.stringify({ entries });
    let checksum = 0x811c9dc5;
    for (const byte of new TextEncoder().encode(data)) checksum = Math.imul(checksum ^ byte, 0x01000193);
    const text = JSON.stringify({ data, checksum: checksum >>> 0 });
    try {
      await writeFile(ctx, `${this.parts.rootDir}/${STATE_FILE}`, text, { mode: 0o600 });
    } catch (error) {
      if (!isErrno(error)) throw error;
    }
  }
}

/** Sidecars can be resized, other init containers not. */
function allocationOf({ spec }: Pod): Allocation {
  const resizable = [...(spec.initContainers ?? []).filter(isRestartableInit), ...spec.containers];
  return Object.fromEntries(resizable.map(({ name, resources = {} }) => [name, resources]));
}

/** `prefix: {"containers":[…],"generation":2,"error":…}`. */
function details(prefix: string, { spec }: Pod, generation: number | undefined, error: string): string {
  const shown = (containers: readonly Container[]): { name: string; resources: ResourceRequirements }[] =>
    containers.map(({ name, resources = {} }) => ({
      name,
      resources: {
        ...(resources.limits === undefined ? {} : { limits: resources.limits }),
        ...(resources.requests === undefined ? {} : { requests: resources.requests }),
      },
    }));
  const initContainers = (spec.initContainers ?? []).filter(isRestartableInit);
  const summary = {
    ...(initContainers.length === 0 ? {} : { initContainers: shown(initContainers) }),
    containers: shown(spec.containers),
    generation: generation ?? 0,
    ...(error === '' ? {} : { error }),
  };
  return `${prefix}: ${marshalJson(summary as never)}`;
}
