/**
 * The pod's status as the API shows it, from what the runtime has and what the last syncs ran into.
 * @models kubernetes 1.36 pkg/kubelet/kubelet_pods.go (generateAPIPodStatus, getPhase, convertToAPIContainerStatuses), status/generate.go
 * @fidelity partial: no readiness gates
 */
import { rfc3339 } from '../../../go/time.ts';
import { ContainerState as CriState, PodSandboxState } from '../../../protocols/cri/generated.ts';
import { formatQuantity } from '../../../protocols/kube/quantity.ts';
import type {
  Condition,
  Container,
  ContainerState,
  ContainerStatus,
  Pod,
  PodStatus,
  ResourceList,
  ResourceRequirements,
} from '../../../protocols/kube/types.ts';
import { shouldContainerBeRestarted } from '../kuberuntime/actions.ts';
import type { PodRuntimeStatus, RuntimeContainerStatus } from '../kuberuntime/pod-status.ts';
import { actualResources } from '../kuberuntime/resize.ts';
import { isRestartableInit, isStaticPod, podResources, qosClassOf } from '../pod.ts';

export type WaitingReason = { reason: string; message: string };

export type StatusSources = {
  runtimeName: string;
  hostIp: string;
  hasApi: boolean;
  /** What the last start of the container ran into. */
  reasonOf(uid: string, container: string): WaitingReason | undefined;
  /** Startup and readiness as the probes see it; `running` says whether the container runs. */
  probed(pod: Pod, container: Container, containerId: string, running: boolean): { started: boolean; ready: boolean };
};

const time = (ns: bigint): string | null => (ns <= 0n ? '1970-01-01T00:00:00Z' : rfc3339(ns));

export function generateStatus(
  pod: Pod,
  runtime: PodRuntimeStatus,
  old: PodStatus,
  terminal: boolean,
  sources: StatusSources,
): PodStatus {
  const initContainers = pod.spec.initContainers ?? [];
  const statuses = (
    containers: readonly Container[],
    before: readonly ContainerStatus[],
    isInit: boolean,
  ): ContainerStatus[] =>
    containers.map((container) =>
      containerStatus(
        pod,
        container,
        runtime,
        before.find(({ name }) => name === container.name),
        isInit,
        sources,
      ),
    );
  const containerStatuses = statuses(pod.spec.containers, old.containerStatuses ?? [], false);
  const initContainerStatuses = statuses(initContainers, old.initContainerStatuses ?? [], true);
  const ephemeral = pod.spec.ephemeralContainers ?? [];
  const ephemeralStatuses = statuses(ephemeral, old.ephemeralContainerStatuses ?? [], false).map(
    ({ started: _, ...status }): ContainerStatus => ({ ...status, ready: false }),
  );
  const running = runtime.containers.some(({ state }) => state === CriState.CONTAINER_RUNNING);
  let phase = phaseOf(pod, initContainerStatuses, containerStatuses, terminal);
  if (old.phase === 'Failed' || old.phase === 'Succeeded') phase = old.phase;
  else if (terminal && phase !== 'Failed' && phase !== 'Succeeded' && !running) phase = 'Failed';
  const generation = isStaticPod(pod) ? undefined : pod.metadata.generation;
  const status: PodStatus = {
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    phase,
    ...(old.reason === undefined ? {} : { reason: old.reason }),
    ...(old.message === undefined ? {} : { message: old.message }),
    ...(old.startTime === undefined ? {} : { startTime: old.startTime }),
    conditions: [],
    qosClass: qosClassOf(pod),
    containerStatuses,
    ...(initContainers.length === 0 ? {} : { initContainerStatuses }),
    ...(ephemeral.length === 0 ? {} : { ephemeralContainerStatuses: ephemeralStatuses }),
  };
  status.conditions = conditionsOf(pod, status, runtime, initContainerStatuses, old.conditions ?? [], generation);
  if (runtime.containers.length > 0 || runtime.sandboxes.length > 0) status.resources = podResourcesStatus(pod, status);
  const allocated = allocatedOf(pod);
  if (allocated !== null) status.allocatedResources = allocated;
  if (sources.hasApi) {
    status.hostIP = sources.hostIp;
    status.hostIPs = [{ ip: sources.hostIp }];
  }
  const ips = pod.spec.hostNetwork === true && runtime.sandboxes.length > 0 ? [sources.hostIp] : runtime.ips;
  if (ips.length > 0) {
    status.podIP = ips[0] as string;
    status.podIPs = ips.map((ip) => ({ ip }));
  } else if (old.podIP !== undefined && terminal) {
    status.podIP = old.podIP;
    if (old.podIPs !== undefined) status.podIPs = old.podIPs;
  }
  return status;
}

/** What the pod has as a whole: of its containers what they have, with the overhead. */
function podResourcesStatus(pod: Pod, { containerStatuses = [] }: PodStatus): ResourceRequirements {
  const containers = pod.spec.containers.map((container) => {
    const actual = containerStatuses.find(({ name }) => name === container.name)?.resources;
    return actual === undefined ? container : { ...container, resources: actual };
  });
  const all = podResources({ ...pod, spec: { ...pod.spec, containers } });
  const requests = resourceList(all.cpuRequestMilli, all.memoryRequest);
  const limits = resourceList(all.cpuLimited ? all.cpuLimitMilli : 0, all.memoryLimited ? all.memoryLimit : 0);
  return { ...(limits === null ? {} : { limits }), ...(requests === null ? {} : { requests }) };
}

/** Requests of all containers with the overhead, when there are any. */
function allocatedOf(pod: Pod): Record<string, string> | null {
  const { cpuRequestMilli, memoryRequest } = podResources(pod);
  return resourceList(cpuRequestMilli, memoryRequest);
}

function resourceList(cpuMilli: number, memoryBytes: number): ResourceList | null {
  if (cpuMilli === 0 && memoryBytes === 0) return null;
  return {
    ...(cpuMilli === 0 ? {} : { cpu: formatQuantity({ milli: BigInt(cpuMilli), format: 'DecimalSI' }) }),
    ...(memoryBytes === 0
      ? {}
      : { memory: formatQuantity({ milli: BigInt(memoryBytes) * 1000n, format: 'BinarySI' }) }),
  };
}

function containerStatus(
  pod: Pod,
  container: Container,
  runtime: PodRuntimeStatus,
  old: ContainerStatus | undefined,
  isInit: boolean,
  sources: StatusSources,
): ContainerStatus {
  const [latest, previous] = runtime.containers.filter(({ name }) => name === container.name);
  const waiting = {
    waiting: { reason: (pod.spec.initContainers ?? []).length > 0 ? 'PodInitializing' : 'ContainerCreating' },
  };
  let status: ContainerStatus = {
    name: container.name,
    state: waiting,
    lastState: {},
    ready: false,
    restartCount: 0,
    started: false,
    image: container.image ?? '',
    imageID: '',
  };
  if (latest !== undefined) {
    status = {
      ...status,
      state: stateOf(latest, old, sources.runtimeName),
      restartCount: latest.restartCount,
      image: latest.image?.image ?? '',
      imageID: latest.imageRef,
      containerID: `${sources.runtimeName}://${latest.id}`,
      resources: actualResources(container, latest),
    };
    if (container.resources?.requests !== undefined) status.allocatedResources = container.resources.requests;
    if (previous !== undefined && previous.state === CriState.CONTAINER_EXITED)
      status.lastState = stateOf(previous, undefined, sources.runtimeName);
    const user = latest.user?.linux;
    if (user !== undefined)
      status.user = {
        linux: {
          uid: Number(user.uid),
          gid: Number(user.gid),
          supplementalGroups: user.supplementalGroups.map(Number),
        },
      };
  } else if (old?.state.terminated !== undefined && (pod.spec.restartPolicy === 'Never' || isInit)) {
    // The record of a container that has ended outlives the container.
    status = { ...old };
  } else if (old !== undefined) {
    status.restartCount = old.restartCount;
    if (old.state.terminated !== undefined) status.lastState = { terminated: old.state.terminated };
    else if (old.lastState.terminated !== undefined) status.lastState = old.lastState;
    if (old.state.running !== undefined) {
      status.lastState = {
        terminated: {
          exitCode: 137,
          reason: 'ContainerStatusUnknown',
          message: 'The container could not be located when the pod was deleted.  The container used to be Running',
          startedAt: null,
          finishedAt: null,
        },
      };
      if (pod.metadata.deletionTimestamp === undefined) status.restartCount++;
    }
  }
  const ephemeral = (pod.spec.ephemeralContainers ?? []).includes(container);
  if (
    (ephemeral ? latest === undefined : shouldContainerBeRestarted(container, pod, runtime)) &&
    !(isInit && status.state.terminated?.exitCode === 0 && !isRestartableInit(container))
  ) {
    const why = sources.reasonOf(pod.metadata.uid, container.name);
    if (why !== undefined) {
      if (status.state.terminated !== undefined) status.lastState = status.state;
      status.state = { waiting: { reason: why.reason, ...(why.message === '' ? {} : { message: why.message }) } };
    }
  }
  const mounts = (container.volumeMounts ?? []).map(({ name, mountPath, readOnly }) => ({
    name,
    mountPath,
    ...(readOnly === true ? { readOnly, recursiveReadOnly: 'Disabled' } : {}),
  }));
  if (mounts.length > 0) status.volumeMounts = mounts;
  if (isInit && !isRestartableInit(container)) {
    status.started = status.state.running !== undefined;
    status.ready = status.state.terminated?.exitCode === 0;
  } else {
    const probed = sources.probed(pod, container, latest?.id ?? '', status.state.running !== undefined);
    status.started = probed.started;
    status.ready = probed.ready;
  }
  return status;
}

function stateOf(
  status: RuntimeContainerStatus,
  old: ContainerStatus | undefined,
  runtimeName: string,
): ContainerState {
  const containerID = `${runtimeName}://${status.id}`;
  switch (status.state) {
    case CriState.CONTAINER_RUNNING:
      return { running: { startedAt: time(status.startedAt) ?? '' } };
    case CriState.CONTAINER_EXITED:
      return {
        terminated: {
          exitCode: status.exitCode,
          ...(status.reason === '' ? {} : { reason: status.reason }),
          ...(status.message === '' ? {} : { message: status.message }),
          startedAt: time(status.startedAt),
          finishedAt: time(status.finishedAt),
          containerID,
        },
      };
    case CriState.CONTAINER_UNKNOWN:
      if (old?.state.running !== undefined)
        return {
          terminated: {
            exitCode: 137,
            reason: 'ContainerStatusUnknown',
            message: 'The container could not be located when the pod was terminated',
            startedAt: null,
            finishedAt: null,
          },
        };
      return { waiting: {} };
    default:
      return { waiting: { reason: 'ContainerCreating' } };
  }
}

export function phaseOf(
  pod: Pod,
  init: readonly ContainerStatus[],
  regular: readonly ContainerStatus[],
  terminal: boolean,
): string {
  const policy = pod.spec.restartPolicy ?? 'Always';
  let pendingInit = 0;
  let failedInit = 0;
  for (const container of pod.spec.initContainers ?? []) {
    const status = init.find(({ name }) => name === container.name);
    if (isRestartableInit(container)) {
      if (status?.started !== true && !regular.some(({ containerID }) => containerID !== undefined)) pendingInit++;
      continue;
    }
    const ended =
      status?.state.terminated ?? (status?.state.waiting !== undefined ? status.lastState.terminated : undefined);
    if (status?.state.terminated !== undefined) {
      if (status.state.terminated.exitCode !== 0) failedInit++;
    } else if (status?.state.running !== undefined || ended === undefined) pendingInit++;
    else if (ended.exitCode !== 0) failedInit++;
  }
  const hasStarted = regular.some(({ containerID }) => containerID !== undefined);
  if (failedInit > 0 && policy === 'Never') return 'Failed';
  if (!hasStarted && (pendingInit > 0 || failedInit > 0)) return 'Pending';
  let [running, waiting, stopped, succeeded] = [0, 0, 0, 0];
  for (const { state, lastState } of regular) {
    if (state.running !== undefined) running++;
    else if (state.terminated !== undefined) {
      stopped++;
      if (state.terminated.exitCode === 0) succeeded++;
    } else if (lastState.terminated !== undefined) stopped++;
    else waiting++;
  }
  if (waiting > 0) return 'Pending';
  if (running > 0) return 'Running';
  if (stopped === 0) return 'Pending';
  if (terminal) return stopped === succeeded ? 'Succeeded' : 'Failed';
  if (policy === 'Always') return 'Running';
  if (stopped === succeeded) return 'Succeeded';
  return policy === 'Never' ? 'Failed' : 'Running';
}

function conditionsOf(
  pod: Pod,
  status: PodStatus,
  runtime: PodRuntimeStatus,
  init: readonly ContainerStatus[],
  old: readonly Condition[],
  generation: number | undefined,
): Condition[] {
  const condition = (type: string, ok: boolean, reason?: string, message?: string): Condition => ({
    type,
    status: ok ? 'True' : 'False',
    lastProbeTime: null,
    lastTransitionTime: null,
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    ...(reason === undefined ? {} : { reason }),
    ...(message === undefined ? {} : { message }),
  });
  const sandboxReady =
    runtime.sandboxes[0]?.state === PodSandboxState.SANDBOX_READY &&
    (runtime.ips.length > 0 || pod.spec.hostNetwork === true);
  const ended = status.phase === 'Succeeded' ? 'PodCompleted' : status.phase === 'Failed' ? 'PodFailed' : null;
  const regular = status.containerStatuses ?? [];
  const started = regular.some(({ containerID }) => containerID !== undefined);
  const incomplete = (pod.spec.initContainers ?? [])
    .filter((container) => {
      const found = init.find(({ name }) => name === container.name);
      return isRestartableInit(container) ? found?.started !== true : found?.ready !== true;
    })
    .map(({ name }) => name);
  const initialized =
    incomplete.length === 0 || started
      ? condition('Initialized', true, status.phase === 'Succeeded' ? 'PodCompleted' : undefined)
      : condition(
          'Initialized',
          false,
          'ContainersNotInitialized',
          `containers with incomplete status: [${incomplete.join(' ')}]`,
        );
  const sidecars = (pod.spec.initContainers ?? []).filter(isRestartableInit);
  const watched = [...init.filter(({ name }) => sidecars.some((c) => c.name === name)), ...regular];
  const unready = watched.filter(({ ready }) => !ready).map(({ name }) => name);
  const readiness = (type: string): Condition => {
    if (ended !== null) return condition(type, false, ended);
    if (unready.length === 0) return condition(type, true);
    return condition(type, false, 'ContainersNotReady', `containers with unready status: [${unready.join(' ')}]`);
  };
  const scheduled = old.find(({ type }) => type === 'PodScheduled');
  const scheduledNow = condition('PodScheduled', true);
  if (scheduled?.observedGeneration !== undefined && scheduledNow.observedGeneration !== undefined)
    scheduledNow.observedGeneration = scheduled.observedGeneration;
  const others = old.filter(({ type }) => !OWN_CONDITIONS.includes(type));
  return [
    ...others,
    condition('PodReadyToStartContainers', sandboxReady),
    initialized,
    readiness('Ready'),
    readiness('ContainersReady'),
    scheduledNow,
  ];
}

const OWN_CONDITIONS = ['PodReadyToStartContainers', 'Initialized', 'Ready', 'ContainersReady', 'PodScheduled'];
