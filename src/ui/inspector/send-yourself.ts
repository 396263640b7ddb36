/** The command that makes the same call again, from the fields of its request. */
import type { WireNode } from '../../protocols/wire-view.ts';

type Fields = readonly WireNode[];

/** Value of the field at a path of proto names; '' when it is not there. */
function value(fields: Fields, ...path: string[]): string {
  let level: Fields = fields;
  let found = '';
  for (const name of path) {
    const node = level.find((candidate) => candidate.name === name);
    if (node === undefined) return '';
    found = node.text;
    level = node.children;
  }
  return found;
}

const short = (id: string): string => id.slice(0, 13);

const COMMANDS: Readonly<Record<string, (fields: Fields) => string>> = {
  Version: () => 'crictl version',
  Status: () => 'crictl info',
  RunPodSandbox: () => 'crictl runp pod-config.json',
  StopPodSandbox: (f) => `crictl stopp ${short(value(f, 'pod_sandbox_id'))}`,
  RemovePodSandbox: (f) => `crictl rmp ${short(value(f, 'pod_sandbox_id'))}`,
  PodSandboxStatus: (f) => `crictl inspectp ${short(value(f, 'pod_sandbox_id'))}`,
  ListPodSandbox: () => 'crictl pods',
  CreateContainer: (f) => `crictl create ${short(value(f, 'pod_sandbox_id'))} container-config.json pod-config.json`,
  StartContainer: (f) => `crictl start ${short(value(f, 'container_id'))}`,
  StopContainer: (f) => `crictl stop ${short(value(f, 'container_id'))}`,
  RemoveContainer: (f) => `crictl rm ${short(value(f, 'container_id'))}`,
  ContainerStatus: (f) => `crictl inspect ${short(value(f, 'container_id'))}`,
  ListContainers: () => 'crictl ps -a',
  ContainerStats: (f) => `crictl stats ${short(value(f, 'container_id'))}`,
  ListContainerStats: () => 'crictl stats',
  Exec: (f) => `crictl exec -it ${short(value(f, 'container_id'))} ${value(f, 'cmd') || 'sh'}`,
  ExecSync: (f) => `crictl exec -s ${short(value(f, 'container_id'))} ${value(f, 'cmd')}`,
  ListImages: () => 'crictl images',
  ImageStatus: (f) => `crictl inspecti ${value(f, 'image', 'image')}`,
  PullImage: (f) => `crictl pull ${value(f, 'image', 'image')}`,
  RemoveImage: (f) => `crictl rmi ${value(f, 'image', 'image')}`,
  ImageFsInfo: () => 'crictl imagefsinfo',
};

/** null when no command makes exactly this call. */
export function commandFor(method: string, fields: Fields): string | null {
  if (!method.includes('runtime.v1.')) return null;
  return COMMANDS[method.slice(method.lastIndexOf('/') + 1)]?.(fields).trim() ?? null;
}
