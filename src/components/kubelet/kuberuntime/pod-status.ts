/**
 * A pod as the runtime has it: its sandboxes and containers, newest first.
 * @models kubernetes 1.36 pkg/kubelet/container/runtime.go
 */
import type { Context } from '../../../linux/context.ts';
import {
  type Container,
  ContainerState,
  type ContainerStatus,
  type PodSandbox,
  PodSandboxState,
  type PodSandboxStatus,
} from '../../../protocols/cri/generated.ts';
import type { RuntimeService } from '../cri/runtime-service.ts';
import { LABELS } from './labels.ts';

export type RuntimePod = {
  uid: string;
  name: string;
  namespace: string;
  createdAt: bigint;
  sandboxes: readonly PodSandbox[];
  containers: readonly Container[];
};

export type PodRuntimeStatus = {
  uid: string;
  sandboxes: PodSandboxStatus[];
  containers: RuntimeContainerStatus[];
  ips: string[];
};

export type RuntimeContainerStatus = ContainerStatus & { name: string; podSandboxId: string; restartCount: number };

/** Everything that belongs to pods, whatever its state. Throws GrpcError. */
export async function listRuntimePods(ctx: Context, runtime: RuntimeService): Promise<ReadonlyMap<string, RuntimePod>> {
  const sandboxes = await runtime.listPodSandboxes(ctx, false);
  const containers = await runtime.listContainers(ctx, false);
  return podsOf(sandboxes, containers);
}

/** The lists asked for and what they came to; the same lists again come to the same. */
type Grouped = {
  readonly sandboxes: readonly PodSandbox[];
  readonly containers: readonly Container[];
  readonly pods: ReadonlyMap<string, RuntimePod>;
};

const grouped = new WeakMap<readonly PodSandbox[], Grouped>();

function podsOf(sandboxes: readonly PodSandbox[], containers: readonly Container[]): ReadonlyMap<string, RuntimePod> {
  const before = grouped.get(sandboxes);
  if (before?.containers === containers) return before.pods;
  type Growing = RuntimePod & { sandboxes: PodSandbox[]; containers: Container[] };
  const pods = new Map<string, Growing>();
  const podOf = (uid: string, name: string, namespace: string, createdAt: bigint): Growing => {
    let pod = pods.get(uid);
    if (pod === undefined) {
      pod = { uid, name, namespace, createdAt, sandboxes: [], containers: [] };
      pods.set(uid, pod);
    }
    return pod;
  };
  for (const sandbox of sandboxes) {
    const { metadata } = sandbox;
    if (metadata === undefined) continue;
    podOf(metadata.uid, metadata.name, metadata.namespace, sandbox.createdAt).sandboxes.push(sandbox);
  }
  for (const container of containers) {
    const { labels, createdAt } = container;
    const uid = labels[LABELS.podUid];
    // A container without a pod's labels was made by hand: none of the kubelet's.
    if (uid === undefined) continue;
    podOf(uid, labels[LABELS.podName] ?? '', labels[LABELS.podNamespace] ?? '', createdAt).containers.push(container);
  }
  grouped.set(sandboxes, { sandboxes, containers, pods });
  return pods;
}

export function isRunning(pod: RuntimePod): boolean {
  return (
    pod.sandboxes.some(({ state }) => state === PodSandboxState.SANDBOX_READY) ||
    pod.containers.some(({ state }) => state === ContainerState.CONTAINER_RUNNING)
  );
}

/** Asks for the status of each sandbox and container of the pod. Throws GrpcError. */
export async function podRuntimeStatus(
  ctx: Context,
  runtime: RuntimeService,
  pod: RuntimePod,
): Promise<PodRuntimeStatus> {
  const sandboxes: PodSandboxStatus[] = [];
  const order = [...pod.sandboxes].sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1));
  let ips: string[] = [];
  for (const { id } of order) {
    const status = await runtime.podSandboxStatus(ctx, id);
    if (status === null) continue;
    sandboxes.push(status);
    if (sandboxes.length === 1 && status.state === PodSandboxState.SANDBOX_READY) ips = ipsOf(status);
  }
  const containers: RuntimeContainerStatus[] = [];
  for (const { id, podSandboxId } of pod.containers) {
    const status = await runtime.containerStatus(ctx, id);
    if (status !== null) containers.push(named(status, podSandboxId));
  }
  return { uid: pod.uid, sandboxes, containers: newestFirst(containers), ips };
}

/** A pod as an event of the runtime tells it: one sandbox and its containers. */
export function statusOfEvent(sandbox: PodSandboxStatus, containers: readonly ContainerStatus[]): PodRuntimeStatus {
  return {
    uid: sandbox.metadata?.uid ?? '',
    sandboxes: [sandbox],
    containers: newestFirst(containers.map((status) => named(status, sandbox.id))),
    ips: ipsOf(sandbox),
  };
}

function named(status: ContainerStatus, podSandboxId: string): RuntimeContainerStatus {
  const name = status.labels[LABELS.containerName] ?? status.metadata?.name ?? '';
  return { ...status, name, podSandboxId, restartCount: Number(status.annotations[LABELS.restartCount] ?? 0) };
}

function newestFirst(containers: RuntimeContainerStatus[]): RuntimeContainerStatus[] {
  return containers.sort((a, b) => (a.createdAt < b.createdAt ? 1 : a.createdAt > b.createdAt ? -1 : 0));
}

export function ipsOf(status: PodSandboxStatus): string[] {
  const { network } = status;
  if (network === undefined || network.ip === '') return [];
  return [network.ip, ...network.additionalIps.map(({ ip }) => ip)];
}

export function emptyStatus(uid: string): PodRuntimeStatus {
  return { uid, sandboxes: [], containers: [], ips: [] };
}

/** The newest container of that name, from whichever sandbox. */
export function latestStatus(status: PodRuntimeStatus, name: string): RuntimeContainerStatus | undefined {
  return status.containers.find((container) => container.name === name);
}

export function runningContainers(status: PodRuntimeStatus): RuntimeContainerStatus[] {
  return status.containers.filter(({ state }) => state === ContainerState.CONTAINER_RUNNING);
}

export function readySandbox(status: PodRuntimeStatus): PodSandboxStatus | undefined {
  return status.sandboxes.find(({ state }) => state === PodSandboxState.SANDBOX_READY);
}
