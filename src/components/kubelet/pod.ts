/**
 * Reading a pod: names, quality of service, what it asks for.
 * @models kubernetes 1.36 pkg/apis/core/v1/helper/qos, component-helpers/resource, pkg/kubelet/types
 */

import { milliValue as quantityMilli, quantityValue } from '../../protocols/kube/quantity.ts';
import type { Container, Pod } from '../../protocols/kube/types.ts';

export type QosClass = 'Guaranteed' | 'Burstable' | 'BestEffort';

export function podKey(pod: Pod): string {
  return `${pod.metadata.namespace ?? ''}/${pod.metadata.name ?? ''}`;
}

export function uidOf(pod: Pod): string {
  return pod.metadata.uid ?? '';
}

/** `web_default(UID)`: how messages name a pod. */
export function podFormat(pod: Pod): string {
  return `${pod.metadata.name}_${pod.metadata.namespace}(${uidOf(pod)})`;
}

export const CONFIG_SOURCE = 'kubernetes.io/config.source';
export const CONFIG_MIRROR = 'kubernetes.io/config.mirror';
export const CONFIG_HASH = 'kubernetes.io/config.hash';
export const CONFIG_SEEN = 'kubernetes.io/config.seen';

export function isMirrorPod(pod: Pod): boolean {
  return pod.metadata.annotations?.[CONFIG_MIRROR] !== undefined;
}

/** From any source but the API, and not the API's picture of one. */
export function isStaticPod(pod: Pod): boolean {
  const source = pod.metadata.annotations?.[CONFIG_SOURCE];
  return source !== undefined && source !== 'api';
}

export function isCriticalPod(pod: Pod): boolean {
  return isStaticPod(pod) || isMirrorPod(pod) || (pod.spec.priority ?? 0) >= 2_000_000_000;
}

export function allContainers(pod: Pod): Container[] {
  return [...(pod.spec.initContainers ?? []), ...pod.spec.containers];
}

/** A sidecar: an init container that goes on running. */
export function isRestartableInit(container: Container): boolean {
  return container.restartPolicy === 'Always';
}

export function isInitContainer(pod: Pod, name: string): boolean {
  return (pod.spec.initContainers ?? []).some((container) => container.name === name);
}

/** `spec.containers{web}`: where in the pod an event belongs. */
export function fieldPathOf(pod: Pod, container: string): string {
  const ephemeral = (pod.spec.ephemeralContainers ?? []).some(({ name }) => name === container);
  const list = ephemeral ? 'ephemeralContainers' : isInitContainer(pod, container) ? 'initContainers' : 'containers';
  return `spec.${list}{${container}}`;
}

const QOS_RESOURCES = ['cpu', 'memory'] as const;

export function qosClassOf(pod: Pod): QosClass {
  const given = pod.status?.qosClass;
  if (given !== undefined && given !== '') return given as QosClass;
  let asks = false;
  let guaranteed = true;
  for (const { resources } of allContainers(pod)) {
    for (const name of QOS_RESOURCES) {
      const limit = quantityMilli(resources?.limits?.[name]);
      const request = resources?.requests?.[name] === undefined ? limit : quantityMilli(resources.requests[name]);
      if (limit > 0 || request > 0) asks = true;
      if (limit === 0 || limit !== request) guaranteed = false;
    }
  }
  if (!asks) return 'BestEffort';
  return guaranteed ? 'Guaranteed' : 'Burstable';
}

export type PodResources = {
  cpuRequestMilli: number;
  memoryRequest: number;
  cpuLimitMilli: number;
  memoryLimit: number;
  /** Whether every container is limited, so that the pod as a whole is. */
  cpuLimited: boolean;
  memoryLimited: boolean;
};

function requestOf(container: Container, name: 'cpu' | 'memory', value: (text: string | undefined) => number): number {
  const { requests, limits } = container.resources ?? {};
  return value(requests?.[name] ?? limits?.[name]);
}

/** Sum over the containers, the larger of them and the init containers, and the RuntimeClass' overhead on top. */
export function podResources(pod: Pod): PodResources {
  let known = resourcesOf.get(pod.spec);
  if (known === undefined) {
    known = sumOfResources(pod);
    resourcesOf.set(pod.spec, known);
  }
  return known;
}

/** All pods are summed up for each that is added. */
const resourcesOf = new WeakMap<Pod['spec'], PodResources>();

function sumOfResources(pod: Pod): PodResources {
  const sum = (pick: (container: Container) => number): number => {
    let total = pod.spec.containers.reduce((all, container) => all + pick(container), 0);
    let sidecars = 0;
    let initPeak = 0;
    for (const container of pod.spec.initContainers ?? []) {
      if (isRestartableInit(container)) {
        sidecars += pick(container);
        initPeak = Math.max(initPeak, sidecars);
      } else initPeak = Math.max(initPeak, sidecars + pick(container));
    }
    total += sidecars;
    return Math.max(total, initPeak);
  };
  const overheadCpu = quantityMilli(pod.spec.overhead?.cpu);
  const overheadMemory = quantityValue(pod.spec.overhead?.memory);
  const limited = (name: 'cpu' | 'memory'): boolean =>
    allContainers(pod).every((container) => quantityMilli(container.resources?.limits?.[name]) > 0);
  const cpuLimit = sum((container) => quantityMilli(container.resources?.limits?.cpu));
  const memoryLimit = sum((container) => quantityValue(container.resources?.limits?.memory));
  return {
    cpuRequestMilli: sum((container) => requestOf(container, 'cpu', quantityMilli)) + overheadCpu,
    memoryRequest: sum((container) => requestOf(container, 'memory', quantityValue)) + overheadMemory,
    cpuLimitMilli: cpuLimit === 0 ? 0 : cpuLimit + overheadCpu,
    memoryLimit: memoryLimit === 0 ? 0 : memoryLimit + overheadMemory,
    cpuLimited: limited('cpu'),
    memoryLimited: limited('memory'),
  };
}

export function gracePeriodOf(pod: Pod): number {
  return pod.metadata.deletionGracePeriodSeconds ?? pod.spec.terminationGracePeriodSeconds ?? 30;
}
