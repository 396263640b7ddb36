/**
 * The pod lifecycle event generator: asks the runtime once a second what there is, and tells what has changed.
 * @models kubernetes 1.36 pkg/kubelet/pleg/generic.go, pkg/kubelet/container/cache.go
 * @fidelity full
 */
import { durationString } from '../../go/duration.ts';
import type { Context } from '../../linux/context.ts';
import { ContainerState, PodSandboxState } from '../../protocols/cri/generated.ts';
import { GrpcError } from '../../protocols/grpc/status.ts';
import { WaitQueue } from '../../sim/primitives.ts';
import type { RuntimeService } from './cri/runtime-service.ts';
import {
  emptyStatus,
  listRuntimePods,
  type PodRuntimeStatus,
  podRuntimeStatus,
  type RuntimePod,
} from './kuberuntime/pod-status.ts';
import type { Log } from './log.ts';

export type PlegEvent = {
  uid: string;
  type: 'ContainerStarted' | 'ContainerDied' | 'ContainerRemoved' | 'PodSync';
  data: string;
};

/** How often it looks, and after how long without a look it is unwell. */
export type RelistPace = { readonly periodNs: number; readonly thresholdNs: number };

export const GENERIC_PACE: RelistPace = { periodNs: 1_000_000_000, thresholdNs: 180_000_000_000 };

type State = 'running' | 'exited' | 'unknown' | 'non-existent';
type Entry = { status: PodRuntimeStatus; modified: number; error: GrpcError | null };

export class Pleg {
  private readonly runtime: RuntimeService;
  private readonly log: Log;
  private readonly emit: (event: PlegEvent) => void;
  private readonly changed: WaitQueue<void>;
  private readonly wake: WaitQueue<boolean>;
  private before = new Map<string, Map<string, State>>();
  private readonly cache = new Map<string, Entry>();
  private readonly reinspect = new Set<string>();
  /** A pod could not be looked at last time. */
  private isIncomplete = false;
  private newest = -1;
  private lastSuccess: number | null = null;
  pods: ReadonlyMap<string, RuntimePod> = new Map();
  /** The pods that were compared last. */
  private compared: ReadonlyMap<string, RuntimePod> | null = null;
  private pace = GENERIC_PACE;

  constructor(ctx: Context, runtime: RuntimeService, log: Log, emit: (event: PlegEvent) => void) {
    this.runtime = runtime;
    this.log = log;
    this.emit = emit;
    this.changed = new WaitQueue(ctx.scheduler);
    this.wake = new WaitQueue(ctx.scheduler);
  }

  start(ctx: Context): void {
    ctx.go('pleg', async (c) => {
      for (;;) {
        await this.relist(c);
        const timer = c.scheduler.at(c.now + this.pace.periodNs, () => this.wake.wakeAll(true));
        await this.wake.wait();
        c.scheduler.cancel(timer);
      }
    });
  }

  /** Its containers are asked for their status at the next look, even if none has started or ended. */
  inspectAgain(uid: string): void {
    this.reinspect.add(uid);
    this.requestRelist();
  }

  /** Looks again at once: something has just been done to the runtime. */
  requestRelist(): void {
    this.wake.wakeAll(false);
  }

  /** null, or why the sync loop should wait. */
  health(ctx: Context): string | null {
    if (this.lastSuccess === null) return 'pleg has yet to be successful';
    const elapsed = ctx.now - this.lastSuccess;
    const { thresholdNs } = this.pace;
    if (elapsed <= thresholdNs) return null;
    return `pleg was last seen active ${durationString(elapsed)} ago; threshold is ${durationString(thresholdNs)}`;
  }

  /** The pod as it was seen after `since`; waits for the next look if need be. Throws GrpcError. */
  async newerThan(uid: string, since: number): Promise<PodRuntimeStatus> {
    for (;;) {
      const entry = this.cache.get(uid);
      if (entry !== undefined && (entry.modified > since || this.newest > since)) {
        if (entry.error !== null) throw entry.error;
        return entry.status;
      }
      if (entry === undefined && this.newest > since) return emptyStatus(uid);
      await this.changed.wait();
    }
  }

  cached(uid: string): PodRuntimeStatus {
    return this.cache.get(uid)?.status ?? emptyStatus(uid);
  }

  forget(uid: string): void {
    this.cache.delete(uid);
  }

  /** From now on at this pace; begins with a look when it is quicker than before. */
  setPace(pace: RelistPace): void {
    const quicker = pace.periodNs < this.pace.periodNs;
    this.pace = pace;
    if (quicker) this.requestRelist();
  }

  /** What the runtime has told of a pod by itself, as of `at`; false when something newer is known. */
  note(status: PodRuntimeStatus, at: number): boolean {
    const before = this.cache.get(status.uid);
    if (before !== undefined && before.modified > at) return false;
    // A pod that was taken down keeps the address that it had.
    const ips = status.ips.length > 0 ? status.ips : (before?.status.ips ?? []);
    this.cache.set(status.uid, { status: { ...status, ips }, modified: at, error: null });
    this.changed.wakeAll();
    return true;
  }

  /** Whoever waits for a newer look at a pod need not wait longer: the runtime would have told of changes. */
  touch(at: number): void {
    this.newest = at;
    this.changed.wakeAll();
  }

  /** What pods there are, without telling of changes. */
  async refresh(ctx: Context): Promise<void> {
    try {
      this.pods = await listRuntimePods(ctx, this.runtime);
    } catch (error) {
      if (!(error instanceof GrpcError)) throw error;
    }
  }

  async relist(ctx: Context): Promise<void> {
    const at = ctx.now;
    let pods: ReadonlyMap<string, RuntimePod>;
    try {
      pods = await listRuntimePods(ctx, this.runtime);
    } catch (error) {
      if (!(error instanceof GrpcError)) throw error;
      await this.log.error(ctx, 'generic.go:312', error, 'GenericPLEG: Unable to retrieve pods');
      return;
    }
    this.lastSuccess = at;
    // The runtime has said word for word what it said last time.
    if (pods !== this.compared || this.isIncomplete || this.reinspect.size > 0) await this.compare(ctx, pods, at);
    this.newest = at;
    this.changed.wakeAll();
  }

  private async compare(ctx: Context, pods: ReadonlyMap<string, RuntimePod>, at: number): Promise<void> {
    this.pods = pods;
    this.compared = pods;
    this.isIncomplete = false;
    const now = new Map<string, Map<string, State>>();
    for (const [uid, pod] of pods) now.set(uid, statesOf(pod));
    const events: PlegEvent[] = [];
    for (const uid of new Set([...this.before.keys(), ...now.keys()])) {
      const own = eventsOf(uid, this.before.get(uid), now.get(uid));
      if (own.length === 0 && !this.reinspect.has(uid)) continue;
      if (await this.update(ctx, uid, pods.get(uid), at)) events.push(...own);
      else {
        // Not known: the same changes are seen again next time.
        this.isIncomplete = true;
        const old = this.before.get(uid);
        if (old === undefined) now.delete(uid);
        else now.set(uid, old);
      }
    }
    this.before = now;
    for (const event of events) {
      if (event.type === 'ContainerDied') {
        const status = this.cached(event.uid).containers.find(({ id }) => id === event.data);
        if (status !== undefined)
          await this.log.info(
            ctx,
            2,
            'generic.go:413',
            'Generic (PLEG): container finished',
            ['podID', event.uid],
            ['containerID', event.data],
            ['exitCode', status.exitCode],
          );
      }
      this.emit(event);
    }
  }

  private async update(ctx: Context, uid: string, pod: RuntimePod | undefined, at: number): Promise<boolean> {
    if (pod === undefined) {
      this.cache.delete(uid);
      this.reinspect.delete(uid);
      return true;
    }
    try {
      this.cache.set(uid, { status: await podRuntimeStatus(ctx, this.runtime, pod), modified: at, error: null });
      this.reinspect.delete(uid);
      return true;
    } catch (error) {
      if (!(error instanceof GrpcError)) throw error;
      this.cache.set(uid, { status: emptyStatus(uid), modified: at, error });
      this.reinspect.add(uid);
      return false;
    }
  }
}

function statesOf(pod: RuntimePod): Map<string, State> {
  const states = new Map<string, State>();
  for (const { id, state } of pod.containers)
    states.set(
      id,
      state === ContainerState.CONTAINER_RUNNING
        ? 'running'
        : state === ContainerState.CONTAINER_EXITED
          ? 'exited'
          : 'unknown',
    );
  for (const { id, state } of pod.sandboxes)
    states.set(id, state === PodSandboxState.SANDBOX_READY ? 'running' : 'exited');
  return states;
}

function eventsOf(
  uid: string,
  before: Map<string, State> | undefined,
  now: Map<string, State> | undefined,
): PlegEvent[] {
  const events: PlegEvent[] = [];
  for (const id of new Set([...(before?.keys() ?? []), ...(now?.keys() ?? [])])) {
    const from = before?.get(id) ?? 'non-existent';
    const to = now?.get(id) ?? 'non-existent';
    if (from === to) continue;
    if (to === 'running') events.push({ uid, type: 'ContainerStarted', data: id });
    else if (to === 'exited') events.push({ uid, type: 'ContainerDied', data: id });
    else if (to === 'unknown') events.push({ uid, type: 'PodSync', data: id });
    else {
      if (from !== 'exited') events.push({ uid, type: 'ContainerDied', data: id });
      events.push({ uid, type: 'ContainerRemoved', data: id });
    }
  }
  return events;
}
