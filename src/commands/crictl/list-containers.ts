/**
 * Containers by filters, for ps, inspect, exec and stop --all.
 * @models kubernetes-sigs/cri-tools cmd/crictl/container.go ListContainers getContainersList
 * @fidelity full
 */
import type { Context } from '../../linux/context.ts';
import { Container, ContainerFilter, ContainerState, type ContainerStatus } from '../../protocols/cri/generated.ts';
import { toProtoText } from '../../protocols/prototext.ts';
import { byCreation, newest } from './age.ts';
import { GoLogFatal, wrapping } from './failure.ts';
import { imageStatus } from './image-calls.ts';
import { debug } from './logger.ts';
import { matchesPattern } from './patterns.ts';
import { listContainers } from './runtime-calls.ts';
import type { CriService } from './service.ts';

export type ContainerQuery = {
  readonly id?: string;
  readonly podId?: string;
  readonly name?: string;
  readonly podNamespace?: string;
  readonly image?: string;
  readonly state?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly all?: boolean;
  readonly latest?: boolean;
  readonly last?: number;
};

const STATES: Readonly<Record<string, ContainerStatus['state']>> = {
  created: ContainerState.CONTAINER_CREATED,
  running: ContainerState.CONTAINER_RUNNING,
  exited: ContainerState.CONTAINER_EXITED,
  unknown: ContainerState.CONTAINER_UNKNOWN,
};

/** Newest first. Without `images` nothing is filtered by image. */
export async function queryContainers(
  ctx: Context,
  runtime: CriService,
  images: CriService | undefined,
  query: ContainerQuery,
): Promise<Container[]> {
  const filter = filterOf(query);
  const found = await wrapping('call list containers RPC', () => listContainers(ctx, runtime, filter));
  await debug(ctx, runtime.logger, () => {
    return `ListContainerResponse: [${found.map((container) => toProtoText(Container, container)).join(' ')}]`;
  });
  const matching: Container[] = [];
  for (const container of found) {
    const image = container.image?.image ?? '';
    if (!(await wrapping('check image match', () => isOfImage(ctx, images, query.image ?? '', image)))) continue;
    const { metadata } = container;
    if (metadata === undefined || !matchesPattern(query.name ?? '', metadata.name)) continue;
    if (!matchesPattern(query.podNamespace ?? '', podNamespaceOf(container))) continue;
    matching.push(container);
  }
  return newest(matching.sort(byCreation), query.latest ?? false, query.last ?? 0);
}

function filterOf(query: ContainerQuery): ContainerFilter {
  const { state = '', last = 0, latest = false, all = false } = query;
  let wanted: ContainerStatus['state'] | undefined;
  if (state !== '') {
    wanted = STATES[state.toLowerCase()];
    if (wanted === undefined) {
      throw new GoLogFatal('--state should be one of created, running, exited or unknown');
    }
  } else if (!all) wanted = ContainerState.CONTAINER_RUNNING;
  if (latest || last > 0) wanted = undefined;
  return ContainerFilter.create({
    id: query.id ?? '',
    podSandboxId: query.podId ?? '',
    state: wanted === undefined ? undefined : { state: wanted },
    labelSelector: query.labels ?? {},
  });
}

/** Both names are resolved by the runtime, container by container. */
async function isOfImage(
  ctx: Context,
  images: CriService | undefined,
  wanted: string,
  image: string,
): Promise<boolean> {
  if (wanted === '' || images === undefined) return true;
  const left = await imageStatus(ctx, images, wanted, false);
  const right = await imageStatus(ctx, images, image, false);
  return left.image !== undefined && right.image !== undefined && left.image.id === right.image.id;
}

/** What kubelet labels its containers with; others have no pod name that crictl could show. */
export function podNameOf(container: Container): string {
  return container.labels['io.kubernetes.pod.name'] ?? 'unknown';
}

export function podNamespaceOf(container: Container): string {
  return container.labels['io.kubernetes.pod.namespace'] ?? 'unknown';
}

export function containerStateText(state: ContainerStatus['state']): string {
  switch (state) {
    case ContainerState.CONTAINER_CREATED:
      return 'Created';
    case ContainerState.CONTAINER_RUNNING:
      return 'Running';
    case ContainerState.CONTAINER_EXITED:
      return 'Exited';
    case ContainerState.CONTAINER_UNKNOWN:
      return 'Unknown';
    default:
      throw new GoLogFatal(`Unknown container state "${String(state)}"`);
  }
}
