/**
 * Probes: one worker per container and kind, its verdicts, what they mean for readiness and restarts.
 * @models kubernetes 1.36 pkg/kubelet/prober prober_manager.go worker.go prober.go results/results_manager.go
 */
import type { Context } from '../../linux/context.ts';
import type { Container, Pod, Probe } from '../../protocols/kube/types.ts';
import { Queue } from '../../sim/primitives.ts';
import type { RuntimeService } from './cri/runtime-service.ts';
import type { Recorder } from './events.ts';
import { runHandler } from './handlers.ts';
import type { ProbeVerdict, Verdicts } from './kuberuntime/actions.ts';
import { latestStatus, type PodRuntimeStatus } from './kuberuntime/pod-status.ts';
import type { Log } from './log.ts';
import { allContainers, isRestartableInit, podKey, uidOf } from './pod.ts';

type Kind = 'Startup' | 'Liveness' | 'Readiness';
const SECOND = 1_000_000_000;
const KINDS: readonly (readonly [Kind, 'startupProbe' | 'livenessProbe' | 'readinessProbe', ProbeVerdict])[] = [
  ['Startup', 'startupProbe', 'unknown'],
  ['Liveness', 'livenessProbe', 'success'],
  ['Readiness', 'readinessProbe', 'failure'],
];

export type ProberParts = {
  runtime: RuntimeService;
  recorder: Recorder;
  log: Log;
  status(uid: string): PodRuntimeStatus;
  hostIp: string;
  /** A verdict has changed: the pod should be looked at. */
  changed(uid: string, kind: Kind, verdict: ProbeVerdict): void;
};

export class ProbeManager implements Verdicts {
  private readonly parts: ProberParts;
  private readonly results: Record<Kind, Map<string, ProbeVerdict>> = {
    Startup: new Map(),
    Liveness: new Map(),
    Readiness: new Map(),
  };
  private readonly workers = new Map<string, { stopped: boolean; nudge: Queue<void>; uid: string }>();

  constructor(parts: ProberParts) {
    this.parts = parts;
  }

  liveness(containerId: string): ProbeVerdict | undefined {
    return this.results.Liveness.get(containerId);
  }

  startup(containerId: string): ProbeVerdict | undefined {
    return this.results.Startup.get(containerId);
  }

  addPod(ctx: Context, pod: Pod): void {
    for (const container of allContainers(pod)) {
      if ((pod.spec.initContainers ?? []).includes(container) && !isRestartableInit(container)) continue;
      for (const [kind, field, initial] of KINDS) {
        const probe = container[field];
        if (probe === undefined) continue;
        const key = `${uidOf(pod)}/${container.name}/${kind}`;
        if (this.workers.has(key)) continue;
        const worker = { stopped: false, nudge: new Queue<void>(ctx.scheduler), uid: uidOf(pod) };
        this.workers.set(key, worker);
        ctx.go('probe-worker', (c) => this.run(c, pod, container, probe, kind, initial, worker));
      }
    }
  }

  /** With `keepReadiness`, as when a pod terminates: readiness is probed to the end. */
  removePod(uid: string, keepReadiness = false): void {
    for (const [key, worker] of this.workers) {
      if (worker.uid !== uid || (keepReadiness && key.endsWith('/Readiness'))) continue;
      worker.stopped = true;
      this.workers.delete(key);
    }
  }

  /** What the status says of a container. */
  probed(pod: Pod, container: Container, containerId: string, running: boolean): { started: boolean; ready: boolean } {
    if (!running) return { started: false, ready: false };
    const startup = this.results.Startup.get(containerId);
    const started = container.startupProbe === undefined || startup === 'success';
    if (!started) return { started, ready: false };
    if (container.readinessProbe === undefined) return { started, ready: true };
    if (!this.results.Readiness.has(containerId))
      for (const [key, worker] of this.workers)
        if (key === `${uidOf(pod)}/${container.name}/Readiness`) worker.nudge.push();
    return { started, ready: this.results.Readiness.get(containerId) === 'success' };
  }

  private async run(
    ctx: Context,
    pod: Pod,
    container: Container,
    probe: Probe,
    kind: Kind,
    initial: ProbeVerdict,
    worker: { stopped: boolean; nudge: Queue<void> },
  ): Promise<void> {
    const period = (probe.periodSeconds ?? 10) * SECOND;
    let containerId = '';
    let onHold = false;
    let last: ProbeVerdict = initial;
    let streak = 0;
    const uid = uidOf(pod);
    let next = ctx.now;
    for (; !worker.stopped; ) {
      const status = this.parts.status(uid);
      const found = latestStatus(status, container.name);
      const set = (verdict: ProbeVerdict): void => {
        if (this.results[kind].get(containerId) === verdict) return;
        this.results[kind].set(containerId, verdict);
        this.parts.changed(uid, kind, verdict);
      };
      if (found !== undefined && found.id !== containerId) {
        this.results[kind].delete(containerId);
        containerId = found.id;
        onHold = false;
        streak = 0;
        last = initial;
        this.results[kind].set(containerId, initial);
      }
      const running = found?.state === 1;
      if (found !== undefined && !running && kind !== 'Startup') set('failure');
      const startedAt = found === undefined ? 0n : found.startedAt;
      const age = Number(ctx.wallTime - startedAt);
      const due = running && !onHold && age >= (probe.initialDelaySeconds ?? 0) * SECOND;
      const started = container.startupProbe === undefined || this.results.Startup.get(containerId) === 'success';
      if (due && (kind === 'Startup' ? !started : started)) {
        const verdict = await this.probe(
          ctx,
          pod,
          container,
          probe,
          kind,
          containerId,
          status.ips[0] ?? this.parts.hostIp,
        );
        if (worker.stopped) return;
        if (verdict !== null) {
          streak = verdict === last ? streak + 1 : 1;
          last = verdict;
          const threshold = verdict === 'failure' ? (probe.failureThreshold ?? 3) : (probe.successThreshold ?? 1);
          if (streak >= threshold) {
            set(verdict);
            if ((kind !== 'Readiness' && verdict === 'failure') || (kind === 'Startup' && verdict === 'success')) {
              // The container will be replaced, or is up: nothing more to find out about this one.
              onHold = true;
              streak = 0;
            }
          }
        }
      }
      next += period;
      if (next <= ctx.now) next = ctx.now + period;
      await waitOr(ctx, next, worker.nudge);
    }
  }

  private async probe(
    ctx: Context,
    pod: Pod,
    container: Container,
    probe: Probe,
    kind: Kind,
    containerId: string,
    podIp: string,
  ): Promise<ProbeVerdict | null> {
    const { recorder, runtime, log } = this.parts;
    const result = await runHandler(ctx, runtime, probe, { container, containerId, podIp }, probe.timeoutSeconds ?? 1);
    if (result.outcome === 'success') return 'success';
    if (result.outcome === 'error') {
      const text = `${kind} probe errored and resulted in unknown state: ${result.output}`;
      recorder.container(ctx, pod, container.name, 'Warning', 'Unhealthy', text);
      return null;
    }
    await log.info(
      ctx,
      1,
      'prober.go:120',
      'Probe failed',
      ['probeType', kind],
      ['pod', podKey(pod)],
      ['podUID', uidOf(pod)],
      ['containerName', container.name],
      ['probeResult', 'failure'],
      ['output', result.output],
    );
    recorder.container(ctx, pod, container.name, 'Warning', 'Unhealthy', `${kind} probe failed: ${result.output}`);
    return 'failure';
  }
}

async function waitOr(ctx: Context, until: number, nudge: Queue<void>): Promise<void> {
  const timer = ctx.scheduler.at(until, () => nudge.push());
  await nudge.take();
  ctx.scheduler.cancel(timer);
}
