/**
 * EndpointSlices: the addresses behind each Service that selects pods.
 * @models kubernetes 1.36 pkg/controller/endpointslice
 * @fidelity partial: one slice a service, however many endpoints; IPv4; no topology hints
 */
import type { Context } from '../../../linux/context.ts';
import type { KubeClient } from '../../../protocols/kube/client.ts';
import { keyOf } from '../../../protocols/kube/informer.ts';
import type { EndpointSlice, Pod, Service, ServicePort } from '../../../protocols/kube/types.ts';
import { startWorkQueue } from '../common/work-queue.ts';
import { isReady, ownerOf, type SharedInformers } from './shared.ts';

const SERVICE_LABEL = 'kubernetes.io/service-name';
const MANAGER = 'endpointslice-controller.k8s.io';

type Endpoint = EndpointSlice['endpoints'][number];
type Port = NonNullable<EndpointSlice['ports']>[number];

export function startEndpointSlices(
  ctx: Context,
  client: KubeClient,
  { pods, services, slices }: SharedInformers,
): void {
  const queue = startWorkQueue(ctx, 'endpointslice', async (c, key) => {
    const service = services.items.get(key);
    if (service === undefined) return removeAll(c, key);
    if (service.spec.selector !== undefined && service.spec.type !== 'ExternalName') await sync(c, key, service);
    return undefined;
  });
  services.onChange((before, after) => queue.add(keyOf((after ?? before) as Service)));
  slices.onChange((before, after) => {
    const key = serviceKey((after ?? before) as EndpointSlice);
    if (key !== null) queue.add(key);
  });
  pods.onChange((before, after) => {
    for (const service of services.items.values())
      if ([before, after].some((pod) => pod !== null && selects(service, pod))) queue.add(keyOf(service));
  });

  const slicesOf = (key: string): EndpointSlice[] => [...slices.items.values()].filter((s) => serviceKey(s) === key);

  async function removeAll(c: Context, key: string): Promise<undefined> {
    for (const { metadata } of slicesOf(key))
      await client.delete(c, 'endpointslices', metadata.namespace ?? null, metadata.name);
    return undefined;
  }

  async function sync(c: Context, key: string, service: Service): Promise<void> {
    const selected = [...pods.items.values()]
      .filter((pod) => selects(service, pod) && hasAddress(pod))
      .sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
    const endpoints = selected.map((pod) => endpointOf(pod, service));
    const ports = (service.spec.ports ?? []).map((port) => portOf(port, selected));
    const content = { addressType: 'IPv4', endpoints, ports };
    const [slice, ...others] = slicesOf(key);
    for (const { metadata } of others)
      await client.delete(c, 'endpointslices', metadata.namespace ?? null, metadata.name);
    const { name, namespace = null, labels } = service.metadata;
    if (slice === undefined) {
      await client.create<EndpointSlice>(c, 'endpointslices', namespace, {
        metadata: {
          generateName: `${name}-`,
          labels: { ...labels, [SERVICE_LABEL]: name, 'endpointslice.kubernetes.io/managed-by': MANAGER },
          ownerReferences: [ownerOf(service)],
        },
        ...content,
      });
      return;
    }
    const present = { addressType: slice.addressType, endpoints: slice.endpoints ?? [], ports: slice.ports ?? [] };
    if (JSON.stringify(present) !== JSON.stringify(content))
      await client.update(c, 'endpointslices', { ...slice, ...content });
  }
}

function serviceKey({ metadata }: EndpointSlice): string | null {
  const { labels } = metadata;
  if (labels?.['endpointslice.kubernetes.io/managed-by'] !== MANAGER) return null;
  return `${metadata.namespace}/${labels[SERVICE_LABEL]}`;
}

export function selects({ metadata, spec }: Service, pod: Pod): boolean {
  const wanted = Object.entries(spec.selector ?? {});
  return (
    metadata.namespace === pod.metadata.namespace &&
    wanted.length > 0 &&
    wanted.every(([key, value]) => pod.metadata.labels?.[key] === value)
  );
}

export function hasAddress({ status }: Pod): boolean {
  return (status?.podIP ?? '') !== '' && status?.phase !== 'Succeeded' && status?.phase !== 'Failed';
}

function endpointOf(pod: Pod, service: Service): Endpoint {
  const terminating = pod.metadata.deletionTimestamp !== undefined;
  const serving = isReady(pod);
  const ready = service.spec.publishNotReadyAddresses === true || (serving && !terminating);
  const { name, namespace = '', uid } = pod.metadata;
  return {
    addresses: [pod.status?.podIP ?? ''],
    conditions: { ready, serving, terminating },
    ...(pod.spec.nodeName === undefined ? {} : { nodeName: pod.spec.nodeName }),
    targetRef: { kind: 'Pod', name, namespace, uid },
  };
}

/** A name stands for the port that the pods' containers have given it. */
export function portOf(
  { name = '', port, protocol = 'TCP', targetPort = port }: ServicePort,
  selected: readonly Pod[],
): Port {
  const named = (pod: Pod): number | undefined =>
    pod.spec.containers.flatMap(({ ports = [] }) => ports).find((p) => p.name === targetPort)?.containerPort;
  const number = typeof targetPort === 'number' ? targetPort : selected.map(named).find((found) => found !== undefined);
  return { name, protocol, ...(number === undefined ? {} : { port: number }) };
}
