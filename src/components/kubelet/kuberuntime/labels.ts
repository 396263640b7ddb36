/**
 * Labels and annotations by which the kubelet finds its own again.
 * @models kubernetes 1.36 pkg/kubelet/kuberuntime/labels.go
 */
import { marshalJson } from '../../../go/json.ts';
import type { Container, Pod } from '../../../protocols/kube/types.ts';
import { gracePeriodOf, uidOf } from '../pod.ts';

export const LABELS = {
  podName: 'io.kubernetes.pod.name',
  podNamespace: 'io.kubernetes.pod.namespace',
  podUid: 'io.kubernetes.pod.uid',
  containerName: 'io.kubernetes.container.name',
  hash: 'io.kubernetes.container.hash',
  restartCount: 'io.kubernetes.container.restartCount',
  terminationMessagePath: 'io.kubernetes.container.terminationMessagePath',
  terminationMessagePolicy: 'io.kubernetes.container.terminationMessagePolicy',
  preStopHandler: 'io.kubernetes.container.preStopHandler',
  ports: 'io.kubernetes.container.ports',
  terminationGracePeriod: 'io.kubernetes.pod.terminationGracePeriod',
  deletionGracePeriod: 'io.kubernetes.pod.deletionGracePeriod',
} as const;

export function sandboxLabels(pod: Pod): Record<string, string> {
  return {
    ...pod.metadata.labels,
    [LABELS.podName]: pod.metadata.name,
    [LABELS.podNamespace]: pod.metadata.namespace ?? '',
    [LABELS.podUid]: uidOf(pod),
  };
}

export function containerLabels(pod: Pod, container: Container): Record<string, string> {
  return {
    [LABELS.podName]: pod.metadata.name,
    [LABELS.podNamespace]: pod.metadata.namespace ?? '',
    [LABELS.podUid]: uidOf(pod),
    [LABELS.containerName]: container.name,
  };
}

export function containerAnnotations(pod: Pod, container: Container, restartCount: number): Record<string, string> {
  const annotations: Record<string, string> = {
    [LABELS.hash]: containerHash(container),
    [LABELS.restartCount]: String(restartCount),
    [LABELS.terminationMessagePath]: container.terminationMessagePath ?? '',
    [LABELS.terminationMessagePolicy]: container.terminationMessagePolicy ?? '',
  };
  if (pod.metadata.deletionGracePeriodSeconds !== undefined)
    annotations[LABELS.deletionGracePeriod] = String(pod.metadata.deletionGracePeriodSeconds);
  annotations[LABELS.terminationGracePeriod] = String(pod.spec.terminationGracePeriodSeconds ?? gracePeriodOf(pod));
  if (container.lifecycle?.preStop !== undefined)
    annotations[LABELS.preStopHandler] = marshalJson(container.lifecycle.preStop as never);
  if ((container.ports ?? []).length > 0) annotations[LABELS.ports] = marshalJson(container.ports as never);
  return annotations;
}

/** Changes when the container has to be replaced: only its name and image count. FNV-1a, 32 bits. */
export function containerHash(container: Container): string {
  const text = marshalJson({ image: container.image ?? '', name: container.name });
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return (hash >>> 0).toString(16);
}
