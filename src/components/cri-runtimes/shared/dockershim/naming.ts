/** Names and labels by which containers of pods are known again. @models kubernetes 1.23 pkg/kubelet/dockershim/naming.go, helpers.go @fidelity full */
import type { ContainerMetadata, PodSandboxMetadata } from '../../../../protocols/cri/generated.ts';

export const SANDBOX_LABEL = 'io.kubernetes.docker.type';
export const SANDBOX_ID_LABEL = 'io.kubernetes.sandbox.id';
export const LOG_PATH_LABEL = 'io.kubernetes.container.logpath';
const ANNOTATION_PREFIX = 'annotation.';
const OWN = new Set([SANDBOX_LABEL, SANDBOX_ID_LABEL, LOG_PATH_LABEL]);

/** `k8s_POD_web_default_UID_0` */
export function sandboxName({ name, namespace, uid, attempt }: PodSandboxMetadata): string {
  return ['k8s', 'POD', name, namespace, uid, String(attempt)].join('_');
}

/** `k8s_nginx_web_default_UID_0` */
export function containerName(sandbox: PodSandboxMetadata, { name, attempt }: ContainerMetadata): string {
  return ['k8s', name, sandbox.name, sandbox.namespace, sandbox.uid, String(attempt)].join('_');
}

export function parseSandboxName(text: string): PodSandboxMetadata | null {
  const [prefix, , name = '', namespace = '', uid = '', attempt = ''] = text.replace(/^\//, '').split('_');
  if (prefix !== 'k8s' || attempt === '') return null;
  return { name, namespace, uid, attempt: Number(attempt) };
}

export function parseContainerName(text: string): ContainerMetadata | null {
  const [prefix, name = '', , , , attempt = ''] = text.replace(/^\//, '').split('_');
  if (prefix !== 'k8s' || attempt === '') return null;
  return { name, attempt: Number(attempt) };
}

export function makeLabels(
  labels: Readonly<Record<string, string>>,
  annotations: Readonly<Record<string, string>>,
): Record<string, string> {
  return {
    ...labels,
    ...Object.fromEntries(Object.entries(annotations).map(([k, v]) => [`${ANNOTATION_PREFIX}${k}`, v])),
  };
}

export function splitLabels(all: Readonly<Record<string, string>>): {
  labels: Record<string, string>;
  annotations: Record<string, string>;
} {
  const labels: Record<string, string> = {};
  const annotations: Record<string, string> = {};
  for (const [key, value] of Object.entries(all)) {
    if (OWN.has(key)) continue;
    if (key.startsWith(ANNOTATION_PREFIX)) annotations[key.slice(ANNOTATION_PREFIX.length)] = value;
    else labels[key] = value;
  }
  return { labels, annotations };
}
