/**
 * Brings one pod to what its spec says, through the runtime: sandbox, init containers, containers; and takes it down.
 * @models kubernetes 1.36 pkg/kubelet/kuberuntime kuberuntime_manager.go kuberuntime_sandbox.go kuberuntime_container.go
 * @fidelity partial: containers of a pod are stopped one strand each
 */
import { durationString } from '../../../go/duration.ts';
import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import { mkdirAll, removeAll } from '../../../linux/io.ts';
import {
  ContainerState,
  type ImageSpec,
  type PodSandboxConfig,
  PodSandboxState,
  type RuntimeHandler,
} from '../../../protocols/cri/generated.ts';
import { GrpcError } from '../../../protocols/grpc/status.ts';
import type { KubeClient } from '../../../protocols/kube/client.ts';
import { isStatusError } from '../../../protocols/kube/status-error.ts';
import type {
  Container,
  EphemeralContainer,
  Pod,
  RuntimeClass,
  Secret,
  Volume,
} from '../../../protocols/kube/types.ts';
import type { Input } from '../../../protocols/proto/message-type.ts';
import { Future } from '../../../sim/primitives.ts';
import { Backoff } from '../backoff.ts';
import type { Cgroups } from '../cgroups.ts';
import { isExpected, messageOf } from '../client.ts';
import type { KubeletConfig } from '../config.ts';
import type { RuntimeService } from '../cri/runtime-service.ts';
import type { Recorder } from '../events.ts';
import { Failure, StartFailure, type SyncResult } from '../failures.ts';
import { runHandler } from '../handlers.ts';
import type { ImageManager } from '../images/image-manager.ts';
import type { Log } from '../log.ts';
import { removeContainerAndLogs } from '../log-rotation.ts';
import { gracePeriodOf, isRestartableInit, podFormat, podKey, uidOf } from '../pod.ts';
import type { Release } from '../release.ts';
import { handlerFault, userNamespaceOf, usesUserNamespace } from '../user-namespaces.ts';
import { computePodActions, type KillAction, type KillReason, type Verdicts } from './actions.ts';
import { type ContainerConfigSources, containerConfigOf } from './container-config.ts';
import { containerHash } from './labels.ts';
import {
  ipsOf,
  latestStatus,
  type PodRuntimeStatus,
  type RuntimeContainerStatus,
  runningContainers,
} from './pod-status.ts';
import { applyResize } from './resize.ts';
import { podLogsDirectory, sandboxConfigOf } from './sandbox-config.ts';

const SECOND = 1_000_000_000;
const MINIMUM_GRACE_SECONDS = 2;

export type ManagerParts = {
  runtime: RuntimeService;
  recorder: Recorder;
  log: Log;
  release: Release;
  config: KubeletConfig;
  cgroups: Cgroups;
  images: ImageManager;
  client: KubeClient | null;
  verdicts: Verdicts;
  /** What the runtime says that it can start containers with. */
  handlers(): readonly RuntimeHandler[];
  /** What a container's configuration is made of, but for the pod's addresses. */
  sourcesFor(pod: Pod): Omit<ContainerConfigSources, 'podIps'>;
  /** The sandbox is there: the API may show the pod's address before any container runs. */
  sandboxReady(ctx: Context, pod: Pod, ips: readonly string[]): void;
};

/** `resize` says what came of changing containers that run: null for nothing to change, '' for success. */
export type SyncOutcome = { results: SyncResult[]; syncError: string | null; acted: boolean; resize: string | null };

export class RuntimeManager {
  private readonly parts: ManagerParts;
  private readonly backoff: Backoff;

  constructor(parts: ManagerParts) {
    this.parts = parts;
    this.backoff = new Backoff(10 * SECOND, parts.config.crashLoopBackOffMaxNs);
  }

  async syncPod(
    ctx: Context,
    pod: Pod,
    status: PodRuntimeStatus,
    secrets: readonly Secret[],
    cancelled: () => boolean,
  ): Promise<SyncOutcome> {
    const { log, recorder, config, cgroups } = this.parts;
    const outcome: SyncOutcome = { results: [], syncError: null, acted: false, resize: null };
    const actions = computePodActions(pod, status, this.parts.verdicts);
    if (actions.sandboxReason !== null)
      await log.info(ctx, 2, 'util.go:52', actions.sandboxReason, ['pod', podKey(pod)]);
    if (actions.createSandbox && actions.sandboxId !== '')
      recorder.pod(ctx, pod, 'Normal', 'SandboxChanged', 'Pod sandbox changed, it will be killed and re-created.');

    if (actions.killPod) {
      if (status.sandboxes.length > 0) {
        outcome.acted = true;
        const failure = await this.killPod(ctx, pod, status, null);
        if (failure !== null) {
          outcome.results.push({ action: 'KillPodSandbox', target: podKey(pod), failure });
          return outcome;
        }
      }
      if (actions.createSandbox) await this.purgeInitContainers(ctx, pod, status);
    } else {
      for (const kill of actions.containersToKill) {
        outcome.acted = true;
        const failure = await this.killForReplacement(ctx, pod, kill);
        if (failure === null) continue;
        outcome.results.push({ action: 'KillContainer', target: kill.container.name, failure });
        return outcome;
      }
    }
    await this.pruneInitContainers(ctx, pod, status);
    if (cancelled()) return outcome;

    let sandboxId = actions.sandboxId;
    let ips: readonly string[] = status.ips;
    const fault = await this.userNamespaceFault(ctx, pod);
    if (fault !== null) {
      outcome.acted = true;
      const failure = await this.sandboxFailed(ctx, pod, fault, 'generate sandbox config');
      outcome.results.push({ action: 'CreatePodSandbox', target: podFormat(pod), failure });
      return outcome;
    }
    const users = await userNamespaceOf(ctx, this.parts.sourcesFor(pod).rootDir, pod);
    const sandboxConfig = await sandboxConfigOf(ctx, pod, actions.attempt, config, cgroups.parentOf(pod), users);
    if (actions.createSandbox) {
      outcome.acted = true;
      const created = await this.createSandbox(ctx, pod, sandboxConfig);
      if ('failure' in created) {
        outcome.results.push({ action: 'CreatePodSandbox', target: podFormat(pod), failure: created.failure });
        return outcome;
      }
      sandboxId = created.id;
      if (created.ips === null) return outcome;
      // An address that was known already is kept: the host's own network needs none.
      if (pod.spec.hostNetwork !== true) ips = created.ips;
      this.parts.sandboxReady(ctx, pod, ips);
    }
    const start = async (container: Container): Promise<boolean> => {
      const backedOff = this.inBackOff(ctx, pod, container, status);
      const failure =
        backedOff ?? (await this.startContainer(ctx, pod, container, status, sandboxId, sandboxConfig, secrets, ips));
      if (backedOff === null) outcome.acted = true;
      outcome.results.push({ action: 'StartContainer', target: container.name, failure });
      return failure === null;
    };
    for (const container of actions.ephemeralContainersToStart) if (!cancelled()) await start(container);
    for (const container of actions.initContainersToStart) {
      if (cancelled()) return outcome;
      if (await start(container)) continue;
      if (isRestartableInit(container)) continue;
      outcome.results.push({ action: 'InitContainer', target: container.name, failure: null });
      return outcome;
    }
    if (actions.resizePod && this.parts.release.resizes) {
      const { runtime } = this.parts;
      const { memoryCapacity } = this.parts.sourcesFor(pod);
      const fault = await applyResize(ctx, pod, actions.containersToResize, { runtime, cgroups, memoryCapacity });
      outcome.resize = fault ?? '';
      if (fault !== null) {
        const failure = { reason: 'ResizePodInPlaceError', message: fault, retryAt: null };
        outcome.results.push({ action: 'ResizePodInPlace', target: podKey(pod), failure });
      }
    }
    for (const container of actions.containersToStart) {
      if (cancelled()) return outcome;
      await start(container);
    }
    return outcome;
  }

  // Sandbox.

  private async createSandbox(
    ctx: Context,
    pod: Pod,
    config: Input<PodSandboxConfig>,
  ): Promise<{ id: string; ips: string[] | null } | { failure: Failed }> {
    const { runtime, recorder, log } = this.parts;
    const fail = async (text: string): Promise<{ failure: Failed }> => ({
      failure: await this.sandboxFailed(ctx, pod, text, 'create sandbox'),
    });
    await mkdirAll(ctx, podLogsDirectory(pod), 0o755);
    let handler: string;
    try {
      handler = await this.runtimeHandler(ctx, pod);
    } catch (error) {
      return fail(`failed to get runtime handler for pod: ${messageOf(error)}`);
    }
    let id: string;
    try {
      id = await runtime.runPodSandbox(ctx, config, handler);
    } catch (error) {
      if (!(error instanceof GrpcError)) throw error;
      return fail(error.message);
    }
    await log.info(
      ctx,
      4,
      'kuberuntime_manager.go:1622',
      'Created PodSandbox for pod',
      ['podSandboxID', id],
      ['pod', podKey(pod)],
    );
    try {
      const status = await runtime.podSandboxStatus(ctx, id);
      return { id, ips: status === null ? null : ipsOf(status) };
    } catch (error) {
      if (!(error instanceof GrpcError)) throw error;
      recorder.pod(ctx, pod, 'Warning', 'FailedPodSandBoxStatus', `Unable to get pod sandbox status: ${error.message}`);
      return { failure: { reason: 'ConfigPodSandboxError', message: error.message, retryAt: null } };
    }
  }

  private async sandboxFailed(ctx: Context, pod: Pod, text: string, what: string): Promise<Failed> {
    const { recorder, log } = this.parts;
    // The reference of a pod that is gone is not worth an event; upstream checks the API's answer.
    recorder.pod(ctx, pod, 'Warning', 'FailedCreatePodSandBox', `Failed to create pod sandbox: ${text}`);
    await log.error(ctx, 'kuberuntime_manager.go:1613', new Failure(text), 'CreatePodSandbox for pod failed', [
      'pod',
      podKey(pod),
    ]);
    const message = `Failed to ${what} for pod "${podFormat(pod)}": ${text}`;
    return { reason: 'CreatePodSandboxError', message, retryAt: null };
  }

  private async userNamespaceFault(ctx: Context, pod: Pod): Promise<string | null> {
    if (!usesUserNamespace(pod)) return null;
    try {
      return handlerFault(this.parts.handlers(), await this.runtimeHandler(ctx, pod));
    } catch (error) {
      return messageOf(error);
    }
  }

  private async runtimeHandler(ctx: Context, pod: Pod): Promise<string> {
    const name = pod.spec.runtimeClassName;
    if (name === undefined || name === '') return '';
    const { client } = this.parts;
    if (client === null) throw new Failure(`failed to get RuntimeClass ${name}: no API server`);
    try {
      return (await client.get<RuntimeClass>(ctx, 'runtimeclasses', null, name)).handler;
    } catch (error) {
      if (isStatusError(error, 'NotFound')) throw new Failure(`RuntimeClass "${name}" not found`);
      throw error;
    }
  }

  // Starting containers.

  private backOffKey(pod: Pod, container: Container): string {
    return `${pod.metadata.name}_${pod.metadata.namespace}_${uidOf(pod)}_${container.name}_${containerHash(container)}`;
  }

  /** When its last run ended, on the monotonic clock; null if it never has. */
  private endedAt(ctx: Context, container: Container, status: PodRuntimeStatus): number | null {
    const last = status.containers.find(
      ({ name, state }) => name === container.name && state === ContainerState.CONTAINER_EXITED,
    );
    return last === undefined ? null : ctx.now - Number(ctx.wallTime - last.finishedAt);
  }

  /** Why it may not be started yet, or null; then its next failure will have to wait longer. */
  private inBackOff(ctx: Context, pod: Pod, container: Container, status: PodRuntimeStatus): Failed | null {
    const ended = this.endedAt(ctx, container, status);
    if (ended === null) return null;
    const key = this.backOffKey(pod, container);
    if (!this.backoff.inBackOffSince(key, ended, ctx.now)) {
      this.backoff.next(key, ended, ctx.now);
      return null;
    }
    const where = podFormat(pod);
    const text = `Back-off restarting failed container ${container.name} in pod ${where}`;
    this.parts.recorder.container(ctx, pod, container.name, 'Warning', 'BackOff', text);
    const period = this.backoff.get(key);
    const message = `back-off ${durationString(period)} restarting failed container=${container.name} pod=${where}`;
    return { reason: 'CrashLoopBackOff', message, retryAt: ended + period };
  }

  private async startContainer(
    ctx: Context,
    pod: Pod,
    container: Container,
    status: PodRuntimeStatus,
    sandboxId: string,
    sandboxConfig: Input<PodSandboxConfig>,
    secrets: readonly Secret[],
    ips: readonly string[],
  ): Promise<Failed | null> {
    const { runtime, recorder, release, images, sourcesFor } = this.parts;
    const event = (type: 'Normal' | 'Warning', reason: string, message: string): void =>
      recorder.container(ctx, pod, container.name, type, reason, message);
    const failed = (reason: string, message: string): Failed => {
      event('Warning', 'Failed', `Error: ${message}`);
      return { reason, message, retryAt: null };
    };
    let imageRef: string;
    const imageVolumes = new Map<string, Input<ImageSpec>>();
    try {
      imageRef = await images.ensure(ctx, pod, container, secrets, sandboxConfig);
      for (const { name, image } of volumesWithImages(pod, container)) {
        // The runtime pulls them as it does a container's own.
        const like = {
          ...container,
          image: image.reference ?? '',
          imagePullPolicy: image.pullPolicy ?? 'IfNotPresent',
        };
        const id = await images.ensure(ctx, pod, like, secrets, sandboxConfig);
        imageVolumes.set(name, { image: id, userSpecifiedImage: image.reference ?? '' });
      }
    } catch (error) {
      if (!(error instanceof StartFailure)) throw error;
      event('Warning', 'Failed', `Error: ${error.reason}`);
      return { reason: error.reason, message: error.message, retryAt: null };
    }
    const previous = latestStatus(status, container.name);
    const restartCount = previous === undefined ? await countFromLogs(ctx, pod, container) : previous.restartCount + 1;
    let config: Awaited<ReturnType<typeof containerConfigOf>>;
    try {
      const image = await runtime.imageStatus(ctx, { image: imageRef });
      const sources = { ...sourcesFor(pod), podIps: ips, images: imageVolumes };
      const target = targetOf(container, status);
      config = await containerConfigOf(ctx, pod, container, restartCount, image, imageRef, sources, target);
    } catch (error) {
      if (!isExpected(error) && !(error instanceof GrpcError)) throw error;
      return failed('CreateContainerConfigError', error instanceof GrpcError ? error.description : messageOf(error));
    }
    await mkdirAll(ctx, `${podLogsDirectory(pod)}/${container.name}`, 0o755);
    let id: string;
    try {
      id = await runtime.createContainer(ctx, sandboxId, config, sandboxConfig);
    } catch (error) {
      if (!(error instanceof GrpcError)) throw error;
      return failed('CreateContainerError', error.description);
    }
    event('Normal', 'Created', release.created(container.name));
    try {
      await runtime.startContainer(ctx, id);
    } catch (error) {
      if (!(error instanceof GrpcError)) throw error;
      return failed('RunContainerError', error.description);
    }
    event('Normal', 'Started', release.started(container.name));
    await linkLog(ctx, pod, container, id, restartCount);
    const { postStart } = container.lifecycle ?? {};
    if (postStart === undefined) return null;
    const target = { container, containerId: id, podIp: ips[0] ?? '' };
    const result = await runHandler(ctx, runtime, postStart, target, 0);
    if (result.outcome === 'success') return null;
    event('Warning', 'FailedPostStartHook', 'PostStartHook failed');
    await this.killContainer(ctx, pod, container, id, 'FailedPostStartHook', 'Unknown', null);
    return { reason: 'PostStartHookError', message: 'PostStartHook failed', retryAt: null };
  }

  // Stopping.

  private killForReplacement(
    ctx: Context,
    pod: Pod,
    { status, container, message, reason }: KillAction,
  ): Promise<Failed | null> {
    return this.killContainer(ctx, pod, container, status.id, message, reason, null);
  }

  /** preStop, then StopContainer with what is left of the grace period. `container` may no longer be in the spec. */
  private async killContainer(
    ctx: Context,
    pod: Pod,
    container: Container | null,
    id: string,
    message: string,
    reason: KillReason,
    graceOverride: number | null,
  ): Promise<Failed | null> {
    const { runtime, recorder, log } = this.parts;
    const name = container?.name ?? '';
    let grace = gracePeriodOf(pod);
    const probe =
      reason === 'LivenessProbe'
        ? container?.livenessProbe
        : reason === 'StartupProbe'
          ? container?.startupProbe
          : undefined;
    if (probe?.terminationGracePeriodSeconds !== undefined) grace = probe.terminationGracePeriodSeconds;
    recorder.container(ctx, pod, name, 'Normal', 'Killing', message === '' ? `Stopping container ${name}` : message);
    if (graceOverride !== null) grace = graceOverride;
    const { preStop } = container?.lifecycle ?? {};
    if (preStop !== undefined && grace > 0 && container !== null) {
      const began = ctx.now;
      const done = new Future<void>(ctx.scheduler);
      const timer = ctx.scheduler.at(ctx.now + grace * SECOND, () => done.resolve(undefined));
      ctx.go('pre-stop', async (c) => {
        const target = { container, containerId: id, podIp: '' };
        const result = await runHandler(c, runtime, preStop, target, 0);
        if (result.outcome !== 'success')
          recorder.container(c, pod, name, 'Warning', 'FailedPreStopHook', 'PreStopHook failed');
        done.resolve(undefined);
      });
      await done.wait();
      ctx.scheduler.cancel(timer);
      grace -= Math.floor((ctx.now - began) / SECOND);
    }
    // Every container gets some time, unless somebody said otherwise.
    if (grace < MINIMUM_GRACE_SECONDS && graceOverride === null) grace = MINIMUM_GRACE_SECONDS;
    const line = 'Killing container with a grace period';
    await log.info(
      ctx,
      2,
      'kuberuntime_container.go:915',
      line,
      ['pod', podKey(pod)],
      ['podUID', uidOf(pod)],
      ['containerName', name],
      ['containerID', `containerd://${id}`],
      ['gracePeriod', grace],
    );
    try {
      await runtime.stopContainer(ctx, id, Math.max(0, grace));
      return null;
    } catch (error) {
      if (!(error instanceof GrpcError)) throw error;
      return { reason: 'KillContainerError', message: error.message, retryAt: null };
    }
  }

  /** All running containers at once, sidecars after the others in reverse order, then the sandboxes. */
  async killPod(
    ctx: Context,
    pod: Pod,
    status: PodRuntimeStatus,
    graceOverride: number | null,
  ): Promise<Failed | null> {
    const containers = new Map([...(pod.spec.initContainers ?? []), ...pod.spec.containers].map((c) => [c.name, c]));
    const running = runningContainers(status);
    const isSidecar = ({ name }: RuntimeContainerStatus): boolean =>
      (pod.spec.initContainers ?? []).some((container) => container.name === name && isRestartableInit(container));
    let failure: Failed | null = null;
    const stopAll = async (batch: readonly RuntimeContainerStatus[]): Promise<void> => {
      const pending = batch.map((one) => {
        const done = new Future<Failed | null>(ctx.scheduler);
        ctx.go('kill-container', async (c) => {
          try {
            done.resolve(
              await this.killContainer(c, pod, containers.get(one.name) ?? null, one.id, '', '', graceOverride),
            );
          } catch (error) {
            done.reject(error);
          }
        });
        return done;
      });
      for (const done of pending) failure = (await done.wait()) ?? failure;
    };
    const sidecars = running.filter(isSidecar);
    await stopAll(running.filter((one) => !isSidecar(one)));
    const order = (pod.spec.initContainers ?? []).map(({ name }) => name);
    for (const sidecar of sidecars.sort((a, b) => order.indexOf(b.name) - order.indexOf(a.name)))
      await stopAll([sidecar]);
    if (failure !== null) return failure;
    return this.stopSandboxes(ctx, status);
  }

  private async stopSandboxes(ctx: Context, status: PodRuntimeStatus): Promise<Failed | null> {
    const { runtime, log } = this.parts;
    let failure: Failed | null = null;
    for (const { id } of status.sandboxes) {
      try {
        await runtime.stopPodSandbox(ctx, id);
      } catch (error) {
        if (!(error instanceof GrpcError)) throw error;
        await log.error(ctx, 'kuberuntime_manager.go:1848', null, 'Failed to stop sandbox', [
          'podSandboxID',
          { Type: 'containerd', ID: id },
        ]);
        failure = { reason: 'KillPodSandboxError', message: error.message, retryAt: null };
      }
    }
    return failure;
  }

  // Leftovers.

  /** Only the newest of each init container is kept. */
  private async pruneInitContainers(ctx: Context, pod: Pod, status: PodRuntimeStatus): Promise<void> {
    for (const { name } of pod.spec.initContainers ?? []) {
      let seen = 0;
      for (const container of status.containers) {
        if (container.name !== name || container.state !== ContainerState.CONTAINER_EXITED) continue;
        if (++seen > 1) await this.removeQuietly(ctx, container.id);
      }
    }
  }

  private async purgeInitContainers(ctx: Context, pod: Pod, status: PodRuntimeStatus): Promise<void> {
    const names = new Set((pod.spec.initContainers ?? []).map(({ name }) => name));
    for (const { name, id } of status.containers) if (names.has(name)) await this.removeQuietly(ctx, id);
  }

  private async removeQuietly(ctx: Context, id: string): Promise<void> {
    try {
      await removeContainerAndLogs(ctx, this.parts.runtime, id);
    } catch (error) {
      if (!(error instanceof GrpcError)) throw error;
    }
  }

  isSandboxReady(status: PodRuntimeStatus): boolean {
    return status.sandboxes.some(({ state }) => state === PodSandboxState.SANDBOX_READY);
  }
}

/** The container whose processes an ephemeral one wants to see; null if it wants none. */
function targetOf(container: EphemeralContainer, status: PodRuntimeStatus): string | null {
  const { targetContainerName } = container;
  if (targetContainerName === undefined) return null;
  const target = latestStatus(status, targetContainerName);
  if (target?.state !== ContainerState.CONTAINER_RUNNING)
    throw new Failure(`unable to find target container ${targetContainerName}`);
  return target.id;
}

export type Failed = { reason: string; message: string; retryAt: number | null };

/** A container of this name may have been removed: the number of its last log tells how often it ran. */
async function countFromLogs(ctx: Context, pod: Pod, container: Container): Promise<number> {
  try {
    const entries = await ctx.sys.readDirectory(ctx, `${podLogsDirectory(pod)}/${container.name}`);
    const numbers = entries.map(({ name }) => /^(\d+)\.log/.exec(name)?.[1]).filter((n) => n !== undefined);
    return numbers.length === 0 ? 0 : Math.max(...numbers.map(Number)) + 1;
  } catch (error) {
    if (!isErrno(error)) throw error;
    return 0;
  }
}

/** /var/log/containers, which log collectors read. */
async function linkLog(ctx: Context, pod: Pod, container: Container, id: string, restartCount: number): Promise<void> {
  const directory = '/var/log/containers';
  const name = `${pod.metadata.name}_${pod.metadata.namespace}_${container.name}-${id}.log`;
  try {
    await mkdirAll(ctx, directory);
    await removeAll(ctx, `${directory}/${name}`);
    await ctx.sys.symlink(
      ctx,
      `${podLogsDirectory(pod)}/${container.name}/${restartCount}.log`,
      `${directory}/${name}`,
    );
  } catch (error) {
    if (!isErrno(error)) throw error;
  }
}

/** The volumes of a container that are images. */
function volumesWithImages(pod: Pod, container: Container): { name: string; image: NonNullable<Volume['image']> }[] {
  return (pod.spec.volumes ?? []).flatMap(({ name, image }) =>
    image !== undefined && container.volumeMounts?.some((mount) => mount.name === name) === true
      ? [{ name, image }]
      : [],
  );
}
