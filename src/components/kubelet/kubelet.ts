/**
 * The sync loop and what one pod goes through.
 * @models kubernetes 1.36 pkg/kubelet/kubelet.go, kubelet_pods.go
 * @fidelity partial: no node shutdown manager
 */

import { parseRfc3339 } from '../../go/time.ts';
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { mkdirAll, removeAll } from '../../linux/io.ts';
import { ContainerState } from '../../protocols/cri/generated.ts';
import { GrpcError } from '../../protocols/grpc/status.ts';
import type { KubeClient } from '../../protocols/kube/client.ts';
import { equal } from '../../protocols/kube/equal.ts';
import type { Node, Pod, PodStatus, Secret } from '../../protocols/kube/types.ts';
import { Queue } from '../../sim/primitives.ts';
import { rejectionOf } from './admission.ts';
import { Allocations } from './allocation.ts';
import type { Cgroups } from './cgroups.ts';
import { isExpected, type ObjectCache } from './client.ts';
import type { KubeletConfig } from './config.ts';
import type { RuntimeService } from './cri/runtime-service.ts';
import { startEventedPleg } from './evented-pleg.ts';
import type { Recorder } from './events.ts';
import { EvictionManager } from './eviction/eviction-manager.ts';
import { Failure, syncError } from './failures.ts';
import { collectGarbage, removeDeadContainers } from './garbage.ts';
import { ImageCollector } from './image-gc.ts';
import { ImageManager } from './images/image-manager.ts';
import { podDirectory } from './kuberuntime/container-config.ts';
import { RuntimeManager } from './kuberuntime/manager.ts';
import {
  isRunning,
  latestStatus,
  type PodRuntimeStatus,
  podRuntimeStatus,
  type RuntimePod,
} from './kuberuntime/pod-status.ts';
import { resizeOf } from './kuberuntime/resize.ts';
import type { Log } from './log.ts';
import { rotateLogs } from './log-rotation.ts';
import { MirrorPods } from './mirror-pods.ts';
import type { NodeManager } from './node/node-manager.ts';
import { watchForOom } from './oom-watcher.ts';
import { Pleg, type PlegEvent } from './pleg.ts';
import { CONFIG_SEEN, CONFIG_SOURCE, isMirrorPod, isStaticPod, podKey, uidOf } from './pod.ts';
import { NetworkNotReady, type PodSyncer, PodWorkers, type Worker } from './pod-workers.ts';
import { ProbeManager } from './prober.ts';
import type { Release } from './release.ts';
import { generateStatus, type StatusSources, type WaitingReason } from './status/generate-status.ts';
import { StatusManager } from './status/status-manager.ts';
import { Volumes } from './volumes/volumes.ts';

const SECOND = 1_000_000_000;
const HOUSEKEEPING_NS = 2 * SECOND;
const GC_NS = 60 * SECOND;

export type KubeletParts = {
  log: Log;
  release: Release;
  config: KubeletConfig;
  runtime: RuntimeService;
  runtimeName: string;
  client: KubeClient | null;
  objects: ObjectCache | null;
  recorder: Recorder;
  cgroups: Cgroups;
  node: NodeManager;
  rootDir: string;
};

type Source = 'file' | 'api';
type Change = { op: 'ADD' | 'UPDATE' | 'REMOVE' | 'DELETE' | 'RECONCILE'; source: Source; pods: Pod[] };
type LoopEvent = { change: Change } | { pleg: PlegEvent } | { probe: string } | { housekeeping: true };

const CALLERS = { ADD: '2724', UPDATE: '2731', REMOVE: '2734', RECONCILE: '2737', DELETE: '2740' } as const;

export class Kubelet implements PodSyncer {
  readonly parts: KubeletParts;
  readonly pleg: Pleg;
  readonly workers: PodWorkers;
  readonly probes: ProbeManager;
  readonly status: StatusManager;
  readonly volumes: Volumes;
  readonly mirrors: MirrorPods;
  private readonly manager: RuntimeManager;
  private readonly images: ImageCollector;
  private readonly evictor: EvictionManager;
  private readonly allocations: Allocations;
  private readonly queue: Queue<LoopEvent>;
  private readonly pods = new Map<string, Pod>();
  private readonly reasons = new Map<string, WaitingReason>();
  private readonly ready = new Set<Source>();
  private readonly wanted: ReadonlySet<Source>;
  private staticPods: Pod[] = [];
  /** What pods ask for may add up to something else than it did. */
  private requestsChanged = true;

  constructor(ctx: Context, parts: KubeletParts) {
    this.parts = parts;
    const { runtime, log, recorder, client, objects, config, rootDir, node } = parts;
    this.queue = new Queue<LoopEvent>(ctx.scheduler);
    this.wanted = new Set<Source>([
      ...(client === null ? [] : (['api'] as const)),
      ...(config.staticPodPath === '' ? [] : (['file'] as const)),
    ]);
    this.pleg = new Pleg(ctx, runtime, log, (event) => this.queue.push({ pleg: event }));
    this.mirrors = new MirrorPods(client, log, node.name);
    this.status = new StatusManager(
      ctx,
      client,
      log,
      (pod) => this.mirrors.of(pod),
      (uid) => ['syncing', 'terminating'].includes(this.workers.get(uid)?.state ?? ''),
    );
    this.probes = new ProbeManager({
      runtime,
      recorder,
      log,
      hostIp: node.ip,
      status: (uid) => this.pleg.cached(uid),
      changed: (uid) => this.queue.push({ probe: uid }),
    });
    this.volumes = new Volumes({ rootDir, log, recorder, objects, client, facts: () => node.facts });
    this.manager = new RuntimeManager({
      ...parts,
      images: new ImageManager(ctx, parts),
      verdicts: this.probes,
      handlers: () => node.runtimeHandlers,
      sourcesFor: (pod) => ({
        rootDir,
        objects,
        facts: node.facts,
        memoryCapacity: node.capacityBytes,
        volumes: this.volumes.pathsOf(uidOf(pod)),
      }),
      sandboxReady: (c, pod, ips) => this.sandboxReady(c, pod, ips),
    });
    this.images = new ImageCollector({ runtime, recorder, config, log, nodeName: node.name });
    this.evictor = this.newEvictor();
    this.allocations = new Allocations({
      rootDir,
      recorder,
      active: () => [...this.pods.values()].filter((pod) => !this.isOver(pod)),
      capacity: () => node.admissionCapacity,
      sync: (c, pod) => {
        this.requestsChanged = true;
        this.nudge(c, uidOf(pod));
      },
    });
    this.workers = new PodWorkers({
      pleg: this.pleg,
      log,
      syncer: this,
      resyncNs: config.syncFrequencyNs,
      propagatesBackOff: parts.release.propagatesBackOff,
    });
  }

  private newEvictor(): EvictionManager {
    const { runtime, recorder, config, log, cgroups, rootDir, node } = this.parts;
    const stateOf = (uid: string): Worker['state'] => this.workers.get(uid)?.state ?? 'finished';
    const evictor = new EvictionManager({
      nodeName: node.name,
      config,
      recorder,
      log,
      runtime,
      rootDir,
      podsCgroup: cgroups.podsDirectory,
      cgroupOf: (pod) => cgroups.directoryOf(pod),
      active: () => [...this.pods.values()].filter((pod) => !this.isOver(pod) && stateOf(uidOf(pod)) === 'syncing'),
      kill: (uid, message, graceSeconds, conditions) =>
        this.workers.kill(uid, { phase: 'Failed', reason: 'Evicted', message, conditions }, graceSeconds),
      isEnded: (uid) => stateOf(uid) === 'terminated' || stateOf(uid) === 'finished',
      isCleanedUp: (uid) => stateOf(uid) === 'finished',
      reclaim: async (ctx) => {
        await log.info(ctx, 0, 'container_gc.go:86', 'Attempting to delete unused containers');
        await collectGarbage(ctx, runtime, (uid) => {
          const pod = this.pods.get(uid);
          return pod !== undefined && !this.isOver(pod);
        });
        await this.images.deleteUnused(ctx);
      },
      isReady: (ctx) => node.runtimeError(ctx) === null,
    });
    node.pressure = () => evictor.pressure;
    node.health = (ctx) => {
      const text = this.pleg.health(ctx);
      return text === null ? null : `PLEG is not healthy: ${text}`;
    };
    return evictor;
  }

  // Sources.

  /** The whole of the manifest directory. */
  setStaticPods(pods: Pod[]): void {
    this.ready.add('file');
    const before = new Map(this.staticPods.map((pod) => [uidOf(pod), pod]));
    const added = pods.filter((pod) => !before.has(uidOf(pod)));
    const gone = this.staticPods.filter((pod) => !pods.some((other) => uidOf(other) === uidOf(pod)));
    this.staticPods = pods;
    if (gone.length > 0) this.push({ op: 'REMOVE', source: 'file', pods: gone });
    if (added.length > 0 || before.size === 0) this.push({ op: 'ADD', source: 'file', pods: added });
  }

  apiSynced(): void {
    this.ready.add('api');
  }

  apiNode(node: Node): void {
    this.parts.node.noteApi(node);
  }

  apiPod(ctx: Context, before: Pod | null, pod: Pod | null): void {
    if (pod === null) {
      if (before !== null) this.push({ op: 'REMOVE', source: 'api', pods: [before] });
      return;
    }
    const known = this.pods.get(uidOf(pod));
    const seen = known?.metadata.annotations?.[CONFIG_SEEN] ?? this.seenText(ctx);
    const own: Pod = isMirrorPod(pod)
      ? pod
      : {
          ...pod,
          metadata: {
            ...pod.metadata,
            annotations: { ...pod.metadata.annotations, [CONFIG_SEEN]: seen, [CONFIG_SOURCE]: 'api' },
          },
        };
    const op = before === null ? 'ADD' : changeOf(before, pod);
    this.push({ op, source: 'api', pods: [own] });
  }

  private seenText(ctx: Context): string {
    return this.parts.node.timeText(ctx);
  }

  private push(change: Change): void {
    this.queue.push({ change });
  }

  // The loop.

  /** At once, before anything else is known of the node. */
  startGarbageCollection(ctx: Context): void {
    ctx.go('image-gc', (c) => this.images.run(c));
  }

  /** What a kubelet before this one has decided. */
  async load(ctx: Context): Promise<void> {
    if (this.parts.release.resizes) await this.allocations.load(ctx);
  }

  start(ctx: Context): void {
    this.pleg.start(ctx);
    const { runtime, log, config } = this.parts;
    if (config.featureGates['EventedPLEG'] === true)
      startEventedPleg(ctx, { pleg: this.pleg, runtime, log, emit: (event) => this.queue.push({ pleg: event }) });
    ctx.go('housekeeping', async (c) => {
      for (;;) {
        await c.sleep(HOUSEKEEPING_NS);
        this.queue.push({ housekeeping: true });
      }
    });
    ctx.go('gc', (c) => this.collect(c));
    if (this.parts.release.resizes) ctx.go('allocation-manager', (c) => this.allocations.run(c));
    ctx.go('eviction-manager', (c) => this.evictor.run(c));
    ctx.go('container-log-manager', (c) => rotateLogs(c, this.parts));
    ctx.go('oom-watcher', (c) => watchForOom(c, this.parts.recorder, this.parts.node.name));
    this.workers.startTicker(ctx, (c) => this.enforceDeadlines(c));
  }

  /** Runs for ever. */
  async syncLoop(ctx: Context): Promise<never> {
    const { log, node } = this.parts;
    await log.info(ctx, 2, 'kubelet.go:2637', 'Starting kubelet main sync loop');
    let pause = 100_000_000;
    for (;;) {
      const text = node.runtimeError(ctx);
      if (text !== null) {
        await log.error(ctx, 'kubelet.go:2661', { message: text }, 'Skipping pod synchronization');
        await ctx.sleep(pause);
        pause = Math.min(pause * 2, 5 * SECOND);
        continue;
      }
      pause = 100_000_000;
      const event = await this.queue.take();
      if (event === null) continue;
      if ('change' in event) await this.handleChange(ctx, event.change);
      else if ('pleg' in event) await this.handlePleg(ctx, event.pleg);
      else if ('probe' in event) this.nudge(ctx, event.probe);
      else this.housekeep(ctx);
    }
  }

  private async handleChange(ctx: Context, { op, source, pods }: Change): Promise<void> {
    await this.parts.log.info(
      ctx,
      2,
      `kubelet.go:${CALLERS[op]}`,
      `SyncLoop ${op}`,
      ['source', source],
      ['pods', pods.map(podKey)],
    );
    this.requestsChanged = true;
    for (const pod of pods) {
      if (isMirrorPod(pod)) {
        this.mirrors.note(pod, op === 'REMOVE');
        const own = this.staticPods.find((one) => podKey(one) === podKey(pod));
        if (own !== undefined) {
          if (op === 'ADD') this.status.resend(uidOf(own));
          this.nudge(ctx, uidOf(own));
        } else if (op !== 'REMOVE') await this.mirrors.delete(ctx, pod);
        continue;
      }
      const uid = uidOf(pod);
      if (op === 'REMOVE') this.handleRemoval(ctx, uid);
      else if (op === 'RECONCILE') {
        this.pods.set(uid, pod);
        const worker = this.workers.get(uid);
        if (worker !== undefined) worker.pod = pod;
      } else if (op === 'ADD') this.handleAddition(ctx, pod);
      else {
        this.pods.set(uid, pod);
        this.allocations.consider(ctx, pod);
        this.workers.update(ctx, pod);
        // Nothing is left to be ended: only the API has still to let go of it.
        if (this.workers.get(uid)?.state === 'finished') this.status.finish(pod);
      }
    }
  }

  private handleAddition(ctx: Context, pod: Pod): void {
    const uid = uidOf(pod);
    const { node, recorder } = this.parts;
    const isOver = pod.status?.phase === 'Failed' || pod.status?.phase === 'Succeeded';
    const others = [...this.pods.values()].filter((other) => !this.isOver(other));
    const allocated = this.allocations.of(pod);
    this.pods.set(uid, pod);
    if (!isOver && pod.metadata.deletionTimestamp === undefined && !this.pleg.pods.has(uid)) {
      const rejection =
        this.evictor.rejectionOf(pod) ??
        rejectionOf(
          allocated,
          others.map((other) => this.allocations.of(other)),
          node.admissionCapacity,
        );
      if (rejection !== null) {
        recorder.pod(ctx, pod, 'Warning', rejection.reason, rejection.message);
        this.status.set(ctx, pod, {
          ...(pod.metadata.generation === undefined ? {} : { observedGeneration: pod.metadata.generation }),
          phase: 'Failed',
          reason: rejection.reason,
          message: `Pod was rejected: ${rejection.message}`,
          ...(pod.status?.qosClass === undefined ? {} : { qosClass: pod.status.qosClass }),
        });
        return;
      }
    }
    if (this.parts.release.resizes && !isOver) this.allocations.admit(ctx, pod);
    this.workers.update(ctx, pod);
  }

  private isOver(pod: Pod): boolean {
    const phase = this.status.get(uidOf(pod))?.phase ?? pod.status?.phase;
    return phase === 'Failed' || phase === 'Succeeded';
  }

  private handleRemoval(ctx: Context, uid: string): void {
    this.pods.delete(uid);
    ctx.go('pod-resize', (c) => this.allocations.release(c, uid));
    const worker = this.workers.get(uid);
    if (worker === undefined) {
      this.status.forget(uid);
      return;
    }
    worker.removed = true;
    if (worker.state === 'finished') this.dropWorker(ctx, worker);
    else this.workers.kill(uid, null, worker.grace);
  }

  private dropWorker(ctx: Context, worker: Worker): void {
    ctx.go('pod-remains', (c) => this.removeRemains(c, worker));
    const uid = uidOf(worker.pod);
    this.workers.forget(uid);
    this.status.forget(uid);
    for (const key of this.reasons.keys()) if (key.startsWith(`${uid}/`)) this.reasons.delete(key);
  }

  /** What a pod that had ended keeps until it is deleted: its dead containers and its directory. */
  private async removeRemains(ctx: Context, { pod }: Worker): Promise<void> {
    const { runtime, rootDir } = this.parts;
    const found = this.pleg.pods.get(uidOf(pod));
    if (found !== undefined) await removeDeadContainers(ctx, runtime, found, true);
    try {
      await removeAll(ctx, podDirectory(rootDir, uidOf(pod)));
    } catch (error) {
      if (!isErrno(error)) throw error;
    }
  }

  private async handlePleg(ctx: Context, event: PlegEvent): Promise<void> {
    const pod = this.pods.get(event.uid);
    if (event.type !== 'ContainerRemoved' && pod !== undefined) {
      await this.parts.log.info(
        ctx,
        2,
        'kubelet.go:2752',
        'SyncLoop (PLEG): event for pod',
        ['pod', podKey(pod)],
        ['event', { ID: event.uid, Type: event.type, Data: event.data }],
      );
      this.nudge(ctx, event.uid);
    }
    if (event.type !== 'ContainerDied') return;
    const found = this.pleg.pods.get(event.uid);
    if (found !== undefined)
      ctx.go('container-deletor', (c) => removeDeadContainers(c, this.parts.runtime, found, false));
  }

  private nudge(ctx: Context, uid: string): void {
    const worker = this.workers.get(uid);
    if (worker !== undefined && worker.state !== 'finished') this.workers.update(ctx, worker.pod);
  }

  private enforceDeadlines(ctx: Context): void {
    for (const worker of this.workers.all()) {
      const limit = worker.pod.spec.activeDeadlineSeconds;
      if (limit === undefined || worker.state !== 'syncing') continue;
      const start = this.status.get(uidOf(worker.pod))?.startTime;
      const parsed = start === undefined ? null : parseRfc3339(start);
      if (parsed === null || !parsed.ok || Number(ctx.wallTime - parsed.ns) < limit * SECOND) continue;
      const message = 'Pod was active on the node longer than the specified deadline';
      this.parts.recorder.pod(ctx, worker.pod, 'Normal', 'DeadlineExceeded', message);
      this.workers.kill(uidOf(worker.pod), { phase: 'Failed', reason: 'DeadlineExceeded', message }, null);
    }
  }

  private housekeep(ctx: Context): void {
    if ([...this.wanted].some((source) => !this.ready.has(source))) return;
    for (const [uid, pod] of this.pleg.pods) {
      if (this.workers.get(uid) !== undefined || this.pods.has(uid) || !isRunning(pod)) continue;
      this.workers.update(ctx, podOf(pod), true);
    }
    for (const worker of [...this.workers.all()])
      if (worker.state === 'finished' && worker.removed) this.dropWorker(ctx, worker);
    for (const mirror of this.mirrors.all())
      if (!this.staticPods.some((pod) => podKey(pod) === podKey(mirror)))
        ctx.go('mirror-pod', (c) => this.mirrors.delete(c, mirror));
  }

  private async collect(ctx: Context): Promise<never> {
    const { runtime, recorder, node } = this.parts;
    for (;;) {
      await ctx.sleep(GC_NS);
      if ([...this.wanted].some((source) => !this.ready.has(source))) continue;
      try {
        await collectGarbage(ctx, runtime, (uid) => this.pods.has(uid));
      } catch (error) {
        if (!(error instanceof GrpcError)) throw error;
        recorder.node(ctx, node.name, 'Warning', 'ContainerGCFailed', error.message);
      }
    }
  }

  // One pod.

  private sources(): StatusSources {
    const { runtimeName, node, client } = this.parts;
    return {
      runtimeName,
      hostIp: node.ip,
      hasApi: client !== null,
      reasonOf: (uid, container) => this.reasons.get(`${uid}/${container}`),
      probed: (pod, container, id, running) => this.probes.probed(pod, container, id, running),
    };
  }

  private generate(worker: Worker, runtime: PodRuntimeStatus, terminal: boolean): PodStatus {
    const pod = this.allocations.of(worker.pod);
    const old = this.status.get(uidOf(pod)) ?? pod.status ?? {};
    const { conditions = [], ...verdict } = worker.verdict ?? {};
    const own = terminal ? [] : this.allocations.conditions(pod);
    const isOwn = (type: string): boolean =>
      type.startsWith('PodResize') || conditions.some((one) => one.type === type);
    const kept = (old.conditions ?? []).filter(({ type }) => !isOwn(type));
    const before = { ...old, ...verdict, conditions: [...own, ...kept, ...conditions] };
    return { ...generateStatus(pod, runtime, before, terminal, this.sources()), ...verdict };
  }

  async sync(ctx: Context, worker: Worker, runtime: PodRuntimeStatus): Promise<boolean> {
    const { log, recorder, cgroups, node, rootDir } = this.parts;
    const pod = this.allocations.of(worker.pod);
    const uid = uidOf(pod);
    if (this.allocations.isInProgress(pod) && isResized(pod, runtime)) this.allocations.complete(ctx, pod);
    const status = this.generate(worker, runtime, false);
    this.status.set(ctx, pod, status);
    if (status.phase === 'Succeeded' || status.phase === 'Failed') return true;
    const network = node.networkError();
    if (network !== null && pod.spec.hostNetwork !== true) {
      const text = `network is not ready: ${network}`;
      recorder.pod(ctx, pod, 'Warning', 'NetworkNotReady', text);
      throw new NetworkNotReady(text);
    }
    const cancelled = (): boolean => worker.state !== 'syncing';
    if (isStaticPod(pod)) await this.mirrors.ensure(ctx, pod);
    try {
      await cgroups.ensurePod(ctx, pod);
      if (this.requestsChanged) {
        this.requestsChanged = false;
        await cgroups.updateQos(
          ctx,
          [...this.pods.values()].map((one) => this.allocations.of(one)),
        );
      }
    } catch (error) {
      if (!isErrno(error) && !(error instanceof Failure)) throw error;
      const why = isErrno(error)
        ? error.go
        : `failed to create container for ${cgroups.partsOf(pod)} : ${error.message}`;
      throw new Failure(`failed to ensure that the pod: ${uid} cgroups exist and are correctly applied: ${why}`);
    }
    const directory = podDirectory(rootDir, uid);
    for (const part of ['', '/volumes', '/plugins']) await mkdirAll(ctx, directory + part, 0o750);
    try {
      await this.volumes.waitFor(ctx, pod, cancelled);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      recorder.pod(ctx, pod, 'Warning', 'FailedMount', `Unable to attach or mount volumes: ${error.message}`);
      await log.error(ctx, 'kubelet.go:2109', error, 'Unable to attach or mount volumes for pod; skipping pod', [
        'pod',
        podKey(pod),
      ]);
      throw error;
    }
    if (cancelled()) return false;
    const secrets = await this.pullSecrets(ctx, pod);
    this.probes.addPod(ctx, pod);
    const outcome = await this.manager.syncPod(ctx, pod, runtime, secrets, cancelled);
    if (outcome.resize !== null) this.resized(ctx, worker, outcome.resize);
    if (outcome.acted) this.pleg.requestRelist();
    for (const { action, target, failure } of outcome.results) {
      if (action !== 'StartContainer') continue;
      if (failure === null) this.reasons.delete(`${uid}/${target}`);
      else this.reasons.set(`${uid}/${target}`, failure);
    }
    const failure = syncError(outcome.results, outcome.syncError);
    if (failure !== null) throw failure;
    return false;
  }

  /** The runtime was told: what it has now is seen at the next look. */
  private resized(ctx: Context, worker: Worker, fault: string): void {
    const uid = uidOf(worker.pod);
    if (fault !== '') {
      this.allocations.fail(ctx, worker.pod, fault);
      return;
    }
    const at = ctx.now;
    this.pleg.inspectAgain(uid);
    ctx.go('resized', async (c) => {
      try {
        await this.pleg.newerThan(uid, at);
      } catch (error) {
        if (!(error instanceof GrpcError)) throw error;
      }
      this.nudge(c, uid);
    });
  }

  private sandboxReady(ctx: Context, pod: Pod, ips: readonly string[]): void {
    const old = this.status.get(uidOf(pod));
    if (old === undefined) return;
    const conditions = (old.conditions ?? []).map((condition) => {
      if (condition.type !== 'PodReadyToStartContainers' || condition.status === 'True') return condition;
      const { lastTransitionTime: _, ...rest } = condition;
      return { ...rest, status: 'True' as const };
    });
    const address = ips[0];
    const shown = address === undefined ? {} : { podIP: address, podIPs: ips.map((ip) => ({ ip })) };
    this.status.set(ctx, pod, { ...old, ...shown, conditions });
  }

  private async pullSecrets(ctx: Context, pod: Pod): Promise<Secret[]> {
    const { objects, recorder } = this.parts;
    const found: Secret[] = [];
    const missing: string[] = [];
    for (const { name = '' } of pod.spec.imagePullSecrets ?? []) {
      if (name === '' || objects === null) continue;
      try {
        found.push(await objects.secret(ctx, pod.metadata.namespace ?? '', name));
      } catch (error) {
        if (!isExpected(error)) throw error;
        missing.push(name);
      }
    }
    if (missing.length > 0) {
      const text = `Unable to retrieve some image pull secrets (${missing.join(', ')}); attempting to pull the image may not succeed.`;
      recorder.pod(ctx, pod, 'Warning', 'FailedToRetrieveImagePullSecret', text);
    }
    return found;
  }

  async terminate(ctx: Context, worker: Worker, runtime: PodRuntimeStatus): Promise<void> {
    const { pod, orphan } = worker;
    const uid = uidOf(pod);
    if (!orphan) this.status.set(ctx, pod, this.generate(worker, runtime, false));
    this.probes.removePod(uid, true);
    const failure = await this.manager.killPod(ctx, pod, runtime, worker.grace ?? (orphan ? 1 : null));
    if (failure !== null) {
      if (!orphan)
        this.parts.recorder.pod(
          ctx,
          pod,
          'Warning',
          'FailedKillPod',
          `error killing pod: failed to "KillPodSandbox" for "${uid}" with ${failure.reason}: ${JSON.stringify(failure.message)}`,
        );
      throw new Failure(failure.message);
    }
    this.probes.removePod(uid);
    const found = this.pleg.pods.get(uid);
    this.pleg.requestRelist();
    if (orphan || found === undefined) return;
    const after = await podRuntimeStatus(ctx, this.parts.runtime, found);
    if (after.containers.some(({ state }) => state === ContainerState.CONTAINER_RUNNING))
      throw new Failure(`detected running containers after a successful KillPod, CRI violation: ${podKey(pod)}`);
    this.status.set(ctx, pod, this.generate(worker, after, true));
  }

  async terminated(ctx: Context, worker: Worker, runtime: PodRuntimeStatus): Promise<void> {
    const { pod, orphan } = worker;
    const uid = uidOf(pod);
    const { cgroups, rootDir, runtime: service } = this.parts;
    if (!orphan) this.status.set(ctx, pod, this.generate(worker, runtime, true));
    const found = this.pleg.pods.get(uid);
    if (found !== undefined && (pod.metadata.deletionTimestamp !== undefined || worker.removed))
      await removeDeadContainers(ctx, service, found, true);
    await this.volumes.tearDown(ctx, uid);
    try {
      await cgroups.destroyPod(ctx, pod);
      if (worker.removed || pod.metadata.deletionTimestamp !== undefined)
        await removeAll(ctx, podDirectory(rootDir, uid));
    } catch (error) {
      if (!isErrno(error)) throw error;
    }
    if (!orphan) this.status.finish(pod);
    await this.allocations.podEnded(ctx);
  }

  // What the server shows.

  list(): Pod[] {
    return [...this.pods.values()].map((pod) => ({ ...pod, status: this.status.get(uidOf(pod)) ?? pod.status ?? {} }));
  }

  find(namespace: string, name: string): Pod | undefined {
    return this.list().find(({ metadata }) => metadata.namespace === namespace && metadata.name === name);
  }
}

/** Every container that runs has what is allocated to it. */
function isResized(pod: Pod, runtime: PodRuntimeStatus): boolean {
  return pod.spec.containers.every((container) => {
    const latest = latestStatus(runtime, container.name);
    return latest?.state !== ContainerState.CONTAINER_RUNNING || resizeOf(container, latest) === null;
  });
}

function changeOf(before: Pod, pod: Pod): 'UPDATE' | 'DELETE' | 'RECONCILE' {
  const { metadata: a, spec: oldSpec } = before;
  const { metadata: b, spec } = pod;
  const same =
    equal(oldSpec, spec) &&
    equal(a.labels, b.labels) &&
    equal(a.annotations, b.annotations) &&
    a.deletionTimestamp === b.deletionTimestamp &&
    a.deletionGracePeriodSeconds === b.deletionGracePeriodSeconds;
  if (same) return 'RECONCILE';
  return b.deletionTimestamp === undefined ? 'UPDATE' : 'DELETE';
}

/** What can be said of a pod of which only the runtime knows. */
function podOf({ uid, name, namespace, containers }: RuntimePod): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { uid, name, namespace, resourceVersion: '', creationTimestamp: '' },
    spec: { containers: containers.map(({ metadata }) => ({ name: metadata?.name ?? '' })) },
  };
}
