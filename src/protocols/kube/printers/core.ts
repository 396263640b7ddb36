/**
 * @models kubernetes pkg/printers/internalversion/printers.go printNode printEvent printService printSecret printConfigMap printNamespace and their kin
 * @fidelity full
 */
import { type Fields, field, flag, list, number, object, pairs, text, texts } from '../fields.ts';
import { since } from '../human-duration.ts';
import { mapSelector } from '../selector-text.ts';
import { accessModes } from './pod.ts';
import type { Printer } from './printer.ts';

function age(object: Fields, now: bigint): string {
  return since(field(object, 'metadata', 'creationTimestamp'), now);
}

function name(object: Fields): string {
  return text(object, 'metadata', 'name');
}

/** Kinds without columns of their own. */
export const namePrinter: Printer = {
  columns: [
    ['Name', 0],
    ['Created At', 0],
  ],
  cells: (object) => [name(object), text(object, 'metadata', 'creationTimestamp')],
};

export const nameAgePrinter: Printer = {
  columns: [
    ['Name', 0],
    ['Age', 0],
  ],
  cells: (object, now) => [name(object), age(object, now)],
};

export const nodePrinter: Printer = {
  columns: [
    ['Name', 0],
    ['Status', 0],
    ['Roles', 0],
    ['Age', 0],
    ['Version', 0],
    ['Internal-IP', 1],
    ['External-IP', 1],
    ['OS-Image', 1],
    ['Kernel-Version', 1],
    ['Container-Runtime', 1],
  ],
  cells(node, now) {
    const ready = list(node, 'status', 'conditions').find((c) => text(c, 'type') === 'Ready');
    const status = ready === undefined ? 'Unknown' : text(ready, 'status') === 'True' ? 'Ready' : 'NotReady';
    const address = (type: string): string =>
      text(
        list(node, 'status', 'addresses').find((a) => text(a, 'type') === type),
        'address',
      ) || '<none>';
    const info = (key: string): string => text(node, 'status', 'nodeInfo', key) || '<unknown>';
    const architecture = text(node, 'status', 'nodeInfo', 'architecture');
    return [
      name(node),
      flag(node, 'spec', 'unschedulable') ? `${status},SchedulingDisabled` : status,
      nodeRoles(node).join(',') || '<none>',
      age(node, now),
      text(node, 'status', 'nodeInfo', 'kubeletVersion'),
      address('InternalIP'),
      address('ExternalIP'),
      info('osImage'),
      architecture === '' ? info('kernelVersion') : `${info('kernelVersion')} (${architecture})`,
      info('containerRuntimeVersion'),
    ];
  },
};

const ROLE_PREFIX = 'node-role.kubernetes.io/';

/** Sorted; from the labels `node-role.kubernetes.io/ROLE` and `kubernetes.io/role=ROLE`. */
export function nodeRoles(node: unknown): string[] {
  const roles = pairs(node, 'metadata', 'labels').flatMap(([key, value]) => {
    if (key.startsWith(ROLE_PREFIX)) return key === ROLE_PREFIX ? [] : [key.slice(ROLE_PREFIX.length)];
    return key === 'kubernetes.io/role' && value !== '' ? [value] : [];
  });
  return [...new Set(roles)].sort();
}

export const eventPrinter: Printer = {
  columns: [
    ['Last Seen', 0],
    ['Type', 0],
    ['Reason', 0],
    ['Object', 0],
    ['Subobject', 1],
    ['Source', 1],
    ['Message', 0],
    ['First Seen', 1],
    ['Count', 1],
    ['Name', 1],
  ],
  cells(event, now) {
    const eventTime = field(event, 'eventTime');
    const firstSeen = field(event, 'firstTimestamp') ?? eventTime;
    let lastSeen = field(event, 'lastTimestamp') ?? firstSeen;
    let count = number(event, 'count');
    const series = object(event, 'series');
    if (series !== undefined) {
      lastSeen = field(series, 'lastObservedTime') ?? lastSeen;
      count = number(series, 'count') ?? count;
    } else if (count === undefined || count === 0) count = 1;
    const kind = text(event, 'involvedObject', 'kind').toLowerCase();
    const target = text(event, 'involvedObject', 'name');
    const component = text(event, 'source', 'component') || text(event, 'reportingComponent');
    const host = text(event, 'source', 'host') || text(event, 'reportingInstance');
    return [
      since(lastSeen, now),
      text(event, 'type'),
      text(event, 'reason'),
      target === '' ? kind : `${kind}/${target}`,
      text(event, 'involvedObject', 'fieldPath'),
      host === '' ? component : `${component}, ${host}`,
      text(event, 'message').trim(),
      since(firstSeen, now),
      count ?? 1,
      name(event),
    ];
  },
};

export const namespacePrinter: Printer = {
  columns: [
    ['Name', 0],
    ['Status', 0],
    ['Age', 0],
  ],
  cells: (object, now) => [name(object), text(object, 'status', 'phase'), age(object, now)],
};

export const secretPrinter: Printer = {
  columns: [
    ['Name', 0],
    ['Type', 0],
    ['Data', 0],
    ['Age', 0],
  ],
  cells: (secret, now) => [
    name(secret),
    text(secret, 'type'),
    Object.keys(object(secret, 'data') ?? {}).length,
    age(secret, now),
  ],
};

export const configMapPrinter: Printer = {
  columns: [
    ['Name', 0],
    ['Data', 0],
    ['Age', 0],
  ],
  cells: (map, now) => [
    name(map),
    Object.keys(object(map, 'data') ?? {}).length + Object.keys(object(map, 'binaryData') ?? {}).length,
    age(map, now),
  ],
};

export const runtimeClassPrinter: Printer = {
  columns: [
    ['Name', 0],
    ['Handler', 0],
    ['Age', 0],
  ],
  cells: (runtimeClass, now) => [name(runtimeClass), text(runtimeClass, 'handler'), age(runtimeClass, now)],
};

export const leasePrinter: Printer = {
  columns: [
    ['Name', 0],
    ['Holder', 0],
    ['Age', 0],
  ],
  cells: (lease, now) => [name(lease), text(lease, 'spec', 'holderIdentity'), age(lease, now)],
};

export const priorityClassPrinter: Printer = {
  columns: [
    ['Name', 0],
    ['Value', 0],
    ['Global-Default', 0],
    ['Age', 0],
    ['PreemptionPolicy', 0],
  ],
  cells: (item, now) => [
    name(item),
    number(item, 'value') ?? 0,
    String(flag(item, 'globalDefault')),
    age(item, now),
    text(item, 'preemptionPolicy'),
  ],
};

export const servicePrinter: Printer = {
  columns: [
    ['Name', 0],
    ['Type', 0],
    ['Cluster-IP', 0],
    ['External-IP', 0],
    ['Port(s)', 0],
    ['Age', 0],
    ['Selector', 1],
  ],
  cells(service, now) {
    const ports = list(service, 'spec', 'ports').map((port) => {
      const nodePort = number(port, 'nodePort') ?? 0;
      const shown = `${number(port, 'port') ?? 0}${nodePort > 0 ? `:${nodePort}` : ''}`;
      return `${shown}/${text(port, 'protocol')}`;
    });
    const clusterIps = texts(service, 'spec', 'clusterIPs');
    return [
      name(service),
      text(service, 'spec', 'type'),
      clusterIps[0] ?? (text(service, 'spec', 'clusterIP') || '<none>'),
      externalIp(service),
      ports.join(',') || '<none>',
      age(service, now),
      mapSelector(object(service, 'spec', 'selector')),
    ];
  },
};

function externalIp(service: Fields): string {
  const external = texts(service, 'spec', 'externalIPs');
  switch (text(service, 'spec', 'type')) {
    case 'LoadBalancer': {
      const ingress = list(service, 'status', 'loadBalancer', 'ingress').map(
        (i) => text(i, 'ip') || text(i, 'hostname'),
      );
      return [...ingress, ...external].join(',') || '<pending>';
    }
    case 'ExternalName':
      return text(service, 'spec', 'externalName') || '<unknown>';
    default:
      return external.join(',') || '<none>';
  }
}

const ENDPOINTS_SHOWN_MAX = 3;

export const endpointsPrinter: Printer = {
  columns: [
    ['Name', 0],
    ['Endpoints', 0],
    ['Age', 0],
  ],
  cells: (endpoints, now) => [name(endpoints), endpointText(list(endpoints, 'subsets')), age(endpoints, now)],
};

function endpointText(subsets: readonly Fields[]): string {
  const shown: string[] = [];
  for (const subset of subsets) {
    const ports = list(subset, 'ports');
    for (const address of list(subset, 'addresses')) {
      if (ports.length === 0) shown.push(text(address, 'ip'));
      for (const port of ports) shown.push(`${text(address, 'ip')}:${number(port, 'port') ?? 0}`);
    }
  }
  return shortened(shown) || '<none>';
}

function shortened(items: readonly string[]): string {
  const more = items.length - ENDPOINTS_SHOWN_MAX;
  return items.slice(0, ENDPOINTS_SHOWN_MAX).join(',') + (more > 0 ? ` + ${more} more...` : '');
}

export const endpointSlicePrinter: Printer = {
  columns: [
    ['Name', 0],
    ['AddressType', 0],
    ['Ports', 0],
    ['Endpoints', 0],
    ['Age', 0],
  ],
  cells(slice, now) {
    const ports = list(slice, 'ports').map((port) => String(number(port, 'port') ?? (text(port, 'name') || '*')));
    const addresses = list(slice, 'endpoints').flatMap((endpoint) => texts(endpoint, 'addresses'));
    return [
      name(slice),
      text(slice, 'addressType'),
      shortened(ports) || '<unset>',
      shortened(addresses) || '<unset>',
      age(slice, now),
    ];
  },
};

export const componentStatusPrinter: Printer = {
  columns: [
    ['Name', 0],
    ['Status', 0],
    ['Message', 0],
    ['Error', 0],
  ],
  cells(component) {
    const healthy = list(component, 'conditions').find((c) => text(c, 'type') === 'Healthy');
    const shown = { True: 'Healthy', False: 'Unhealthy' }[text(healthy, 'status')] ?? 'Unknown';
    return [name(component), shown, text(healthy, 'message'), text(healthy, 'error')];
  },
};

export const persistentVolumeClaimPrinter: Printer = {
  columns: [
    ['Name', 0],
    ['Status', 0],
    ['Volume', 0],
    ['Capacity', 0],
    ['Access Modes', 0],
    ['StorageClass', 0],
    ['VolumeAttributesClass', 0],
    ['Age', 0],
    ['VolumeMode', 1],
  ],
  cells(claim, now) {
    const isDeleting = field(claim, 'metadata', 'deletionTimestamp') !== undefined;
    const isBound = text(claim, 'spec', 'volumeName') !== '';
    return [
      name(claim),
      isDeleting ? 'Terminating' : text(claim, 'status', 'phase'),
      text(claim, 'spec', 'volumeName'),
      isBound ? text(claim, 'status', 'capacity', 'storage') : '',
      isBound ? accessModes(claim, 'status', 'accessModes') : '',
      text(claim, 'spec', 'storageClassName'),
      text(claim, 'spec', 'volumeAttributesClassName') || '<unset>',
      age(claim, now),
      text(claim, 'spec', 'volumeMode') || '<unset>',
    ];
  },
};

export const roleBindingPrinter: Printer = {
  columns: [
    ['Name', 0],
    ['Role', 0],
    ['Age', 0],
    ['Users', 1],
    ['Groups', 1],
    ['ServiceAccounts', 1],
  ],
  cells(binding, now) {
    const subjects = (kind: string): Fields[] => list(binding, 'subjects').filter((s) => text(s, 'kind') === kind);
    const names = (kind: string): string =>
      subjects(kind)
        .map((s) => text(s, 'name'))
        .join(', ');
    const accounts = subjects('ServiceAccount').map((s) => `${text(s, 'namespace')}/${text(s, 'name')}`);
    return [
      name(binding),
      `${text(binding, 'roleRef', 'kind')}/${text(binding, 'roleRef', 'name')}`,
      age(binding, now),
      names('User'),
      names('Group'),
      accounts.join(', '),
    ];
  },
};
