/**
 * The older form of what EndpointSlices say: one object of a Service's name with all its addresses. Kept beside the slices
 * for whoever still reads it; what somebody writes by hand, for a Service without a selector, becomes a slice.
 * @models kubernetes 1.36 pkg/controller/endpoint endpoints_controller.go, pkg/controller/endpointslicemirroring
 * @fidelity partial: no limit of a thousand addresses, no time of the last change in an annotation; IPv4
 */
import type { Context } from '../../../linux/context.ts';
import type { KubeClient } from '../../../protocols/kube/client.ts';
import { equal } from '../../../protocols/kube/equal.ts';
import { keyOf } from '../../../protocols/kube/informer.ts';
import type { EndpointAddress, EndpointSlice, Endpoints, Pod, Service } from '../../../protocols/kube/types.ts';
import { startWorkQueue } from '../common/work-queue.ts';
import { hasAddress, portOf, selects } from './endpoint-slice.ts';
import { isReady, ownerOf, type SharedInformers, share } from './shared.ts';

const MANAGED_BY = 'endpoints.kubernetes.io/managed-by';
const MANAGER = 'endpoint-controller';
const HEADLESS = 'service.kubernetes.io/headless';
const SKIP_MIRROR = 'endpointslice.kubernetes.io/skip-mirror';
const SLICE_MANAGED_BY = 'endpointslice.kubernetes.io/managed-by';
const MIRROR = 'endpointslicemirroring-controller.k8s.io';
const SERVICE_NAME = 'kubernetes.io/service-name';

type Subset = NonNullable<Endpoints['subsets']>[number];

export function startEndpoints(ctx: Context, client: KubeClient, { pods, services, slices }: SharedInformers): void {
  const all = share<Endpoints>(ctx, client, 'endpoints');
  /** Keys whose Service has just gone: whoever wrote the Endpoints, they go with it. */
  const bereft = new Set<string>();
  const queue = startWorkQueue(ctx, 'endpoint', async (c, key) => {
    const service = services.items.get(key);
    const present = all.items.get(key);
    if (service !== undefined && service.spec.selector !== undefined) await sync(c, service, present);
    else if (service === undefined && present !== undefined && bereft.has(key))
      await client.delete(c, 'endpoints', present.metadata.namespace ?? null, present.metadata.name);
    bereft.delete(key);
    await mirror(c, key, service, present);
    return undefined;
  });
  services.onChange((before, after) => {
    const key = keyOf((after ?? before) as Service);
    if (after === null) bereft.add(key);
    queue.add(key);
  });
  all.onChange((before, after) => queue.add(keyOf((after ?? before) as Endpoints)));
  pods.onChange((before, after) => {
    const meant = [...services.items.values()].filter((service) =>
      [before, after].some((pod) => pod !== null && selects(service, pod)),
    );
    if (meant.length === 0) return;
    if (before !== null && after !== null && addressed(before) === addressed(after)) return;
    for (const service of meant) queue.add(keyOf(service));
  });
  slices.onChange((before, after) => {
    const { metadata } = (after ?? before) as EndpointSlice;
    if (metadata.labels?.[SLICE_MANAGED_BY] === MIRROR)
      queue.add(`${metadata.namespace}/${metadata.labels[SERVICE_NAME]}`);
  });

  async function sync(c: Context, service: Service, present: Endpoints | undefined): Promise<void> {
    const subsets = subsetsOf(service, [...pods.items.values()]);
    const { name, namespace = null, labels: own } = service.metadata;
    const labels = {
      ...own,
      [MANAGED_BY]: MANAGER,
      ...(service.spec.clusterIP === 'None' ? { [HEADLESS]: '' } : {}),
    };
    const content = subsets.length === 0 ? {} : { subsets };
    if (present === undefined) {
      await client.create(c, 'endpoints', namespace, { metadata: { name, labels }, ...content });
      return;
    }
    if (equal(present.subsets ?? [], subsets) && equal(present.metadata.labels ?? {}, labels)) return;
    const { subsets: _, ...rest } = present;
    await client.update<Endpoints>(c, 'endpoints', { ...rest, metadata: { ...present.metadata, labels }, ...content });
  }

  /** One slice for each subset of what was written by hand; none when it is gone or not to be mirrored. */
  async function mirror(c: Context, key: string, service: Service | undefined, source: Endpoints | undefined) {
    const own = [...slices.items.values()].filter(
      ({ metadata: { labels, namespace } }) =>
        labels?.[SLICE_MANAGED_BY] === MIRROR && `${namespace}/${labels[SERVICE_NAME]}` === key,
    );
    const wanted =
      service === undefined ||
      service.spec.selector !== undefined ||
      source === undefined ||
      source.metadata.labels?.[SKIP_MIRROR] === 'true'
        ? []
        : (source.subsets ?? []).map(sliceOf);
    for (const [i, content] of wanted.entries()) {
      const slice = own[i];
      const { name, namespace = null, labels } = (source as Endpoints).metadata;
      if (slice === undefined)
        await client.create(c, 'endpointslices', namespace, {
          metadata: {
            generateName: `${name}-`,
            labels: { ...labels, [SLICE_MANAGED_BY]: MIRROR, [SERVICE_NAME]: name },
            ownerReferences: [ownerOf(source as Endpoints)],
          },
          ...content,
        });
      else if (!equal({ addressType: slice.addressType, endpoints: slice.endpoints, ports: slice.ports }, content))
        await client.update(c, 'endpointslices', { ...slice, ...content });
    }
    for (const { metadata } of own.slice(wanted.length))
      await client.delete(c, 'endpointslices', metadata.namespace ?? null, metadata.name);
  }
}

/** What of a pod is in Endpoints: most changes are of something else. */
function addressed(pod: Pod): string {
  const { status, spec, metadata } = pod;
  const ports = spec.containers.flatMap((container) => container.ports ?? []);
  return JSON.stringify([
    status?.podIP,
    status?.phase,
    isReady(pod),
    metadata.deletionTimestamp,
    metadata.labels,
    ports,
  ]);
}

/** Addresses that have the same ports together, sorted. @models pkg/api/v1/endpoints RepackSubsets */
function subsetsOf(service: Service, all: readonly Pod[]): Subset[] {
  const tolerant = service.spec.publishNotReadyAddresses === true;
  const byPorts = new Map<string, Required<Subset>>();
  for (const pod of all) {
    if (!selects(service, pod) || !hasAddress(pod)) continue;
    if (pod.metadata.deletionTimestamp !== undefined && !tolerant) continue;
    const ports = (service.spec.ports ?? []).flatMap((port) => {
      const { name, protocol = 'TCP', port: number } = portOf(port, [pod]);
      return number === undefined
        ? []
        : [{ ...(name === '' || name === undefined ? {} : { name }), port: number, protocol }];
    });
    const key = JSON.stringify(ports);
    const subset = byPorts.get(key) ?? { addresses: [], notReadyAddresses: [], ports };
    byPorts.set(key, subset);
    (tolerant || isReady(pod) ? subset.addresses : subset.notReadyAddresses).push(addressOf(pod, service));
  }
  const byIp = (a: EndpointAddress, b: EndpointAddress): number => (a.ip < b.ip ? -1 : 1);
  return [...byPorts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, { addresses, notReadyAddresses, ports }]) => ({
      ...(addresses.length === 0 ? {} : { addresses: addresses.sort(byIp) }),
      ...(notReadyAddresses.length === 0 ? {} : { notReadyAddresses: notReadyAddresses.sort(byIp) }),
      ...(ports.length === 0 ? {} : { ports }),
    }));
}

function addressOf({ metadata, spec, status }: Pod, service: Service): EndpointAddress {
  const { name, namespace = '', uid } = metadata;
  const named = spec.hostname !== undefined && spec.subdomain === service.metadata.name;
  return {
    ip: status?.podIP ?? '',
    ...(named ? { hostname: spec.hostname as string } : {}),
    ...(spec.nodeName === undefined ? {} : { nodeName: spec.nodeName }),
    targetRef: { kind: 'Pod', name, namespace, uid },
  };
}

function sliceOf({ addresses = [], notReadyAddresses = [], ports = [] }: Subset) {
  const endpoint =
    (ready: boolean) =>
    ({ ip, nodeName, hostname, targetRef }: EndpointAddress): EndpointSlice['endpoints'][number] => ({
      addresses: [ip],
      conditions: { ready },
      ...(hostname === undefined ? {} : { hostname }),
      ...(nodeName === undefined ? {} : { nodeName }),
      ...(targetRef === undefined ? {} : { targetRef }),
    });
  return {
    addressType: 'IPv4',
    endpoints: [...addresses.map(endpoint(true)), ...notReadyAddresses.map(endpoint(false))],
    ports: ports.map(({ name = '', port, protocol = 'TCP' }) => ({ name, port, protocol })),
  };
}
