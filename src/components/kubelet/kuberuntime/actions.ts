/**
 * What has to be done to bring a pod from what the runtime has to what its spec says.
 * @models kubernetes 1.36 pkg/kubelet/kuberuntime kuberuntime_manager.go (computePodActions), kuberuntime_container.go
 *   (computeInitContainerActions), util/util.go (PodSandboxChanged), pkg/kubelet/container/helpers.go
 * @fidelity full
 */
import { ContainerState, PodSandboxState } from '../../../protocols/cri/generated.ts';
import type { Container, Pod } from '../../../protocols/kube/types.ts';
import { isRestartableInit, isStaticPod } from '../pod.ts';
import { containerHash, LABELS } from './labels.ts';
import { latestStatus, type PodRuntimeStatus, type RuntimeContainerStatus, readySandbox } from './pod-status.ts';
import { needsRestart, type ResizeAction, resizeOf } from './resize.ts';

export type ProbeVerdict = 'success' | 'failure' | 'unknown';

/** What probes have found out about a container of the runtime. */
export type Verdicts = {
  liveness(containerId: string): ProbeVerdict | undefined;
  startup(containerId: string): ProbeVerdict | undefined;
};

export type KillAction = { status: RuntimeContainerStatus; container: Container; message: string; reason: KillReason };
export type KillReason = 'LivenessProbe' | 'StartupProbe' | 'Unknown' | '';

export type PodActions = {
  killPod: boolean;
  createSandbox: boolean;
  sandboxId: string;
  attempt: number;
  /** Why a sandbox is needed; logged. */
  sandboxReason: string | null;
  ephemeralContainersToStart: Container[];
  initContainersToStart: Container[];
  containersToStart: Container[];
  containersToKill: KillAction[];
  containersToResize: ResizeAction[];
  /** Its own cgroup is no longer as its containers want it. */
  resizePod: boolean;
};

/** Whether the pod needs another sandbox, and which attempt that is. */
export function sandboxChanged(
  pod: Pod,
  status: PodRuntimeStatus,
): { changed: boolean; attempt: number; id: string; reason: string | null } {
  const [latest] = status.sandboxes;
  if (latest === undefined)
    return {
      changed: true,
      attempt: 0,
      id: '',
      reason: 'No sandbox for pod can be found. Need to start a new one',
    };
  const attempt = latest.metadata?.attempt ?? 0;
  const ready = status.sandboxes.filter(({ state }) => state === PodSandboxState.SANDBOX_READY).length;
  const isReady = latest.state === PodSandboxState.SANDBOX_READY;
  if (ready > 1)
    return {
      changed: true,
      attempt: attempt + 1,
      id: latest.id,
      reason: 'Multiple sandboxes are ready for Pod. Need to reconcile them',
    };
  if (!isReady)
    return {
      changed: true,
      attempt: attempt + 1,
      id: latest.id,
      reason: 'No ready sandbox for pod can be found. Need to start a new one',
    };
  const isHost = latest.linux?.namespaces?.options?.network === 2;
  if (isHost !== (pod.spec.hostNetwork === true))
    return {
      changed: true,
      attempt: attempt + 1,
      id: '',
      reason: 'Sandbox for pod has changed. Need to start a new one',
    };
  if (!isHost && (latest.network === undefined || latest.network.ip === ''))
    return {
      changed: true,
      attempt: attempt + 1,
      id: latest.id,
      reason: 'Sandbox for pod has no IP address. Need to start a new one',
    };
  return { changed: false, attempt, id: latest.id, reason: null };
}

const isExited = (status: RuntimeContainerStatus): boolean => status.state === ContainerState.CONTAINER_EXITED;
const isRunning = (status: RuntimeContainerStatus): boolean => status.state === ContainerState.CONTAINER_RUNNING;

export function shouldRestartOnFailure(pod: Pod): boolean {
  return (pod.spec.restartPolicy ?? 'Always') !== 'Never';
}

/** By the restart policy, given how it ended. */
export function shouldContainerBeRestarted(container: Container, pod: Pod, status: PodRuntimeStatus): boolean {
  if (pod.metadata.deletionTimestamp !== undefined) return false;
  const latest = latestStatus(status, container.name);
  if (latest === undefined) return true;
  if (isRunning(latest)) return false;
  if (latest.state === ContainerState.CONTAINER_UNKNOWN || latest.state === ContainerState.CONTAINER_CREATED)
    return true;
  if (isRestartableInit(container)) return true;
  const policy = pod.spec.restartPolicy ?? 'Always';
  if (policy === 'Never') return false;
  return policy !== 'OnFailure' || latest.exitCode !== 0;
}

export function computePodActions(pod: Pod, status: PodRuntimeStatus, verdicts: Verdicts): PodActions {
  const { changed, attempt, id, reason } = sandboxChanged(pod, status);
  const actions: PodActions = {
    killPod: changed,
    createSandbox: changed,
    sandboxId: id,
    attempt,
    sandboxReason: reason,
    ephemeralContainersToStart: [],
    initContainersToStart: [],
    containersToStart: [],
    containersToKill: [],
    containersToResize: [],
    resizePod: false,
  };
  if (changed) {
    planNewSandbox(pod, status, actions);
    return actions;
  }
  // They are started once, whatever else there is to do.
  actions.ephemeralContainersToStart = (pod.spec.ephemeralContainers ?? []).filter(
    ({ name }) => latestStatus(status, name) === undefined,
  );
  const initialized = planInitContainers(pod, status, verdicts, actions);
  if (actions.killPod || !initialized) return actions;
  let kept = 0;
  for (const container of pod.spec.containers) {
    const latest = latestStatus(status, container.name);
    if (latest === undefined || !isRunning(latest)) {
      if (!shouldContainerBeRestarted(container, pod, status)) continue;
      actions.containersToStart.push(container);
      if (latest?.state === ContainerState.CONTAINER_UNKNOWN)
        actions.containersToKill.push({
          status: latest,
          container,
          reason: 'Unknown',
          message: unknownMessage(container, latest),
        });
      continue;
    }
    const fault = replacementCause(container, latest, verdicts);
    if (fault === null) {
      const resize = isStaticPod(pod) ? null : resizeOf(container, latest);
      if (resize !== null) actions.resizePod = true;
      if (resize !== null && needsRestart(container, resize)) {
        const message = `Container ${container.name} resize requires restart`;
        actions.containersToKill.push({ status: latest, container, message, reason: '' });
        actions.containersToStart.push(container);
      } else {
        kept++;
        if (resize !== null) actions.containersToResize.push({ status: latest, container });
      }
      continue;
    }
    const restart = fault.always || shouldRestartOnFailure(pod);
    if (restart) actions.containersToStart.push(container);
    const message = restart ? `${fault.message}, will be restarted` : fault.message;
    actions.containersToKill.push({ status: latest, container, message, reason: fault.reason });
  }
  if (kept === 0 && actions.containersToStart.length === 0) {
    actions.killPod = true;
    actions.initContainersToStart = [];
  }
  return actions;
}

function planNewSandbox(pod: Pod, status: PodRuntimeStatus, actions: PodActions): void {
  // A pod that is never restarted does not get a second life.
  if (!shouldRestartOnFailure(pod) && actions.attempt !== 0 && status.containers.length !== 0) {
    actions.createSandbox = false;
    return;
  }
  const toStart = pod.spec.containers.filter((container) => {
    const latest = latestStatus(status, container.name);
    return !(
      pod.spec.restartPolicy === 'OnFailure' &&
      latest !== undefined &&
      isExited(latest) &&
      latest.exitCode === 0
    );
  });
  if (toStart.length === 0) {
    actions.createSandbox = false;
    return;
  }
  const [first] = pod.spec.initContainers ?? [];
  if (first !== undefined) actions.initContainersToStart.push(first);
  else actions.containersToStart = toStart;
}

function unknownMessage(container: Container, status: RuntimeContainerStatus): string {
  return `Container is in "unknown" state, try killing it before restart: ${container.name} ${status.id}`;
}

type Fault = { message: string; reason: KillReason; always: boolean };

function replacementCause(container: Container, status: RuntimeContainerStatus, verdicts: Verdicts): Fault | null {
  const hash = status.annotations[LABELS.hash];
  if (hash !== undefined && hash !== containerHash(container))
    return { message: `Container ${container.name} definition changed`, reason: '', always: true };
  if (container.livenessProbe !== undefined && verdicts.liveness(status.id) === 'failure')
    return { message: `Container ${container.name} failed liveness probe`, reason: 'LivenessProbe', always: false };
  if (container.startupProbe !== undefined && verdicts.startup(status.id) === 'failure')
    return { message: `Container ${container.name} failed startup probe`, reason: 'StartupProbe', always: false };
  return null;
}

/** Plans the init containers; true when the regular ones may run. */
function planInitContainers(pod: Pod, status: PodRuntimeStatus, verdicts: Verdicts, actions: PodActions): boolean {
  const init = pod.spec.initContainers ?? [];
  if (init.length === 0) return true;
  // Containers of earlier sandboxes do not count: initialization starts again with each.
  const sandbox = readySandbox(status)?.id;
  const inSandbox = (name: string): RuntimeContainerStatus | undefined =>
    status.containers.find((container) => container.name === name && container.podSandboxId === sandbox);
  const hasRegular = pod.spec.containers.some(({ name }) => inSandbox(name) !== undefined);
  for (const [i, container] of init.entries()) {
    const latest = inSandbox(container.name);
    const sidecar = isRestartableInit(container);
    const passed = hasRegular || init.slice(i + 1).some(({ name }) => inSandbox(name) !== undefined);
    if (!sidecar && passed) continue;
    if (latest === undefined) {
      actions.initContainersToStart.push(container);
      if (!passed) return false;
      continue;
    }
    if (isRunning(latest)) {
      if (!sidecar) return false;
      const fault = replacementCause(container, latest, verdicts);
      if (fault !== null) {
        const message = `${fault.message}, will be restarted`;
        actions.containersToKill.push({ status: latest, container, message, reason: fault.reason });
        actions.initContainersToStart.push(container);
        if (!passed) return false;
      } else if (container.startupProbe !== undefined && verdicts.startup(latest.id) !== 'success' && !passed)
        return false;
      continue;
    }
    if (sidecar) {
      actions.initContainersToStart.push(container);
      if (!passed) return false;
      continue;
    }
    if (isExited(latest) && latest.exitCode === 0) continue;
    if (isExited(latest) && !shouldRestartOnFailure(pod)) {
      actions.killPod = true;
      return false;
    }
    if (latest.state === ContainerState.CONTAINER_UNKNOWN)
      actions.containersToKill.push({
        status: latest,
        container,
        reason: 'Unknown',
        message: unknownMessage(container, latest),
      });
    actions.initContainersToStart.push(container);
    return false;
  }
  return true;
}
