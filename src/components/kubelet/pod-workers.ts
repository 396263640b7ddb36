/**
 * One worker per pod: syncing, then terminating, then terminated. Only it acts on its pod.
 * @models kubernetes 1.36 pkg/kubelet/pod_workers.go, util/queue/work_queue.go
 * @fidelity partial: a sync under way is asked to stop at its next step, calls to the runtime are not cancelled
 */
import type { Context } from '../../linux/context.ts';
import { GrpcError } from '../../protocols/grpc/status.ts';
import { StatusError } from '../../protocols/kube/status-error.ts';
import type { Pod, PodStatus } from '../../protocols/kube/types.ts';
import { Queue } from '../../sim/primitives.ts';
import { jitter } from './backoff.ts';
import { isExpected } from './client.ts';
import { Failure, SyncFailure } from './failures.ts';
import type { PodRuntimeStatus } from './kuberuntime/pod-status.ts';
import type { Log } from './log.ts';
import type { Pleg } from './pleg.ts';
import { gracePeriodOf, podKey, uidOf } from './pod.ts';

const SECOND = 1_000_000_000;
const TICK_NS = SECOND;
const BACKOFF_NS = 10 * SECOND;
const TRANSIENT_NS = SECOND;
const JITTER = 0.5;

export type Worker = {
  pod: Pod;
  state: 'syncing' | 'terminating' | 'terminated' | 'finished';
  /** Seconds; null: the pod's own. */
  grace: number | null;
  /** Set for pods that only the runtime knows. */
  orphan: boolean;
  /** What the termination does to the status. */
  verdict: Partial<PodStatus> | null;
  /** The pod has left its source. */
  removed: boolean;
  readonly bell: Queue<void>;
  rung: boolean;
  lastSync: number;
  nextSync: number;
};

export interface PodSyncer {
  /** True when the pod has come to its end. */
  sync(ctx: Context, worker: Worker, status: PodRuntimeStatus): Promise<boolean>;
  terminate(ctx: Context, worker: Worker, status: PodRuntimeStatus): Promise<void>;
  terminated(ctx: Context, worker: Worker, status: PodRuntimeStatus): Promise<void>;
}

export class NetworkNotReady extends Failure {}

export class PodWorkers {
  private readonly workers = new Map<string, Worker>();
  private readonly pleg: Pleg;
  private readonly log: Log;
  private readonly syncer: PodSyncer;
  private readonly resyncNs: number;
  private readonly propagatesBackOff: boolean;

  constructor(parts: { pleg: Pleg; log: Log; syncer: PodSyncer; resyncNs: number; propagatesBackOff: boolean }) {
    this.pleg = parts.pleg;
    this.log = parts.log;
    this.syncer = parts.syncer;
    this.resyncNs = parts.resyncNs;
    this.propagatesBackOff = parts.propagatesBackOff;
  }

  get(uid: string): Worker | undefined {
    return this.workers.get(uid);
  }

  all(): IterableIterator<Worker> {
    return this.workers.values();
  }

  /** Starts the worker or tells it of a change. */
  update(ctx: Context, pod: Pod, orphan = false): void {
    const uid = uidOf(pod);
    let worker = this.workers.get(uid);
    if (worker === undefined) {
      worker = {
        pod,
        state: orphan ? 'terminating' : 'syncing',
        grace: null,
        orphan,
        verdict: null,
        removed: orphan,
        bell: new Queue<void>(ctx.scheduler),
        rung: false,
        lastSync: -1,
        nextSync: Number.POSITIVE_INFINITY,
      };
      this.workers.set(uid, worker);
      const own = worker;
      ctx.go('pod-worker', (c) => this.run(c, own));
    }
    worker.pod = pod;
    if (worker.state === 'syncing' && pod.metadata.deletionTimestamp !== undefined) {
      worker.state = 'terminating';
      worker.grace ??= pod.metadata.deletionGracePeriodSeconds ?? null;
    } else if (pod.metadata.deletionTimestamp !== undefined && worker.state === 'terminating') {
      worker.grace = Math.min(
        worker.grace ?? gracePeriodOf(pod),
        pod.metadata.deletionGracePeriodSeconds ?? gracePeriodOf(pod),
      );
    }
    ring(worker);
  }

  /** Ends the pod for a reason of the kubelet's own. */
  kill(uid: string, verdict: Partial<PodStatus> | null, grace: number | null): void {
    const worker = this.workers.get(uid);
    if (worker === undefined) return;
    if (worker.state === 'syncing') {
      worker.state = 'terminating';
      worker.verdict = verdict;
      worker.grace = grace;
    }
    ring(worker);
  }

  forget(uid: string): void {
    this.workers.delete(uid);
  }

  /** The work queue: once a second, whoever's time has come. */
  startTicker(ctx: Context, onTick: (ctx: Context) => void): void {
    ctx.go('sync-ticker', async (c) => {
      for (;;) {
        await c.sleep(TICK_NS);
        onTick(c);
        for (const worker of this.workers.values())
          if (worker.nextSync <= c.now) {
            worker.nextSync = Number.POSITIVE_INFINITY;
            ring(worker);
          }
      }
    });
  }

  private async run(ctx: Context, worker: Worker): Promise<void> {
    while (worker.state !== 'finished') {
      await worker.bell.take();
      worker.rung = false;
      const { log } = this;
      try {
        const status = await this.pleg.newerThan(uidOf(worker.pod), worker.lastSync);
        const before = worker.state;
        if (worker.state === 'syncing') {
          const ended = await this.syncer.sync(ctx, worker, status);
          if (ended && worker.state === 'syncing') worker.state = 'terminating';
        } else if (worker.state === 'terminating') {
          await this.syncer.terminate(ctx, worker, status);
          worker.state = 'terminated';
        } else if (worker.state === 'terminated') {
          await this.syncer.terminated(ctx, worker, status);
          worker.state = 'finished';
        }
        worker.lastSync = ctx.now;
        if (worker.state !== before) ring(worker);
        else worker.nextSync = ctx.now + jitter(ctx.random, this.resyncNs, JITTER);
      } catch (error) {
        if (!isExpected(error) && !(error instanceof GrpcError) && !(error instanceof StatusError)) throw error;
        worker.lastSync = ctx.now;
        const { pod } = worker;
        await log.error(
          ctx,
          'pod_workers.go:1324',
          error,
          'Error syncing pod, skipping',
          ['pod', podKey(pod)],
          ['podUID', uidOf(pod)],
        );
        worker.nextSync = ctx.now + this.delayAfter(ctx, error);
      }
    }
  }

  private delayAfter(ctx: Context, error: unknown): number {
    if (error instanceof NetworkNotReady) return jitter(ctx.random, TRANSIENT_NS, JITTER);
    let delay = BACKOFF_NS;
    if (this.propagatesBackOff && error instanceof SyncFailure && error.retryAt !== null)
      delay = error.retryAt - ctx.now;
    return jitter(ctx.random, Math.max(0, Math.min(delay, this.resyncNs)), JITTER);
  }
}

/** One pending call is enough: a worker always looks at the newest. */
function ring(worker: Worker): void {
  if (worker.rung) return;
  worker.rung = true;
  worker.bell.push();
}
