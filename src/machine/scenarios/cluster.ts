/**
 * A control plane and three workers on one network, each set up for another oci-runtime; their pod networks are joined
 * by routes.
 */
import { coreDnsAddon, kubeProxyAddon } from '../../commands/kubeadm/addons.ts';
import { containerdEndpoint, containerdNode, type Handler } from '../containerd-node.ts';
import { debian, NODE_ADDRESS, trixie } from '../debian.ts';
import type { DiskImage } from '../disk-image.ts';
import { etcdImage, type StoredObject } from '../etcd-image.ts';
import { install } from '../install-list.ts';
import { kataNode } from '../kata-node.ts';
import { kubernetesNode, kubernetesWorker } from '../kubernetes-node.ts';
import { kernel612 } from '../node-kernels.ts';
import { trixieDatabase } from '../package-database.ts';
import { nameserver, publicHosts } from '../public-hosts.ts';
import { sshTrust } from '../ssh-trust.ts';
import type { NodeSetup, Scenario } from './index.ts';

const SANDBOX_IMAGE = 'registry.k8s.io/pause:3.10.1';
const VERSION = 'v1.36.4';
const COREDNS = 'v1.14.1';
const CLUSTER_DNS = '10.96.0.10';
const POD_SUBNET = '10.244.0.0/16';
const SERVER = `https://${NODE_ADDRESS}:6443`;

type Member = {
  name: string;
  address: string;
  podCidr: string;
  mac: string;
  machineId: string;
  handlers: readonly Handler[];
  labels: Readonly<Record<string, string>>;
};

const controlPlane: Member = {
  name: 'node-1',
  address: NODE_ADDRESS,
  podCidr: '10.244.0.0/24',
  mac: '52:54:00:12:34:56',
  machineId: '7d1c0fae53a64a0f9a4f3c2b1e0d9c8b',
  handlers: ['runc', 'crun'],
  labels: {
    'node-role.kubernetes.io/control-plane': '',
    'node.kubernetes.io/exclude-from-external-load-balancers': '',
  },
};

const workers: readonly Member[] = [
  {
    name: 'node-2',
    address: '192.168.1.11',
    podCidr: '10.244.1.0/24',
    mac: '52:54:00:12:34:57',
    machineId: '2f4e6b8190a24c5e8d7f6a5b4c3d2e1f',
    handlers: ['runc', 'crun'],
    labels: { runtime: 'runc' },
  },
  {
    name: 'node-3',
    address: '192.168.1.12',
    podCidr: '10.244.2.0/24',
    mac: '52:54:00:12:34:58',
    machineId: '91b3d5f70a1c4e6f8b2d4f60718293a4',
    handlers: ['runc', 'kata'],
    labels: { runtime: 'kata', 'katacontainers.io/kata-runtime': 'true' },
  },
  {
    name: 'node-4',
    address: '192.168.1.13',
    podCidr: '10.244.3.0/24',
    mac: '52:54:00:12:34:59',
    machineId: 'c0ffee5e4d3b4a29881706f5e4d3c2b1',
    handlers: ['runc', 'runsc'],
    labels: { runtime: 'gvisor' },
  },
];

/** Everything but Kubernetes. */
function installMember(disk: DiskImage, member: Member, members: readonly Member[]): void {
  const others = members.filter((other) => other !== member);
  debian(disk, nameserver, trixie, {
    ...member,
    knows: members.map(({ name, address }) => `${address}\t${name}`),
    up: others.map(({ podCidr, address }) => `ip route add ${podCidr} via ${address}`),
  });
  install(disk, 'containerd');
  trixieDatabase(disk, 'containerd');
  containerdNode(disk, {
    systemdCgroup: true,
    sandboxImage: SANDBOX_IMAGE,
    handlers: member.handlers,
    podSubnet: member.podCidr,
  });
  if (member.handlers.includes('kata')) kataNode(disk);
  sshTrust(disk, member.name, members);
}

function nodeObject({ name, podCidr, labels }: Member): StoredObject {
  const taints = [{ key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' }];
  return {
    resource: 'nodes',
    object: {
      metadata: {
        name,
        labels: {
          'beta.kubernetes.io/arch': 'amd64',
          'beta.kubernetes.io/os': 'linux',
          'kubernetes.io/arch': 'amd64',
          'kubernetes.io/hostname': name,
          'kubernetes.io/os': 'linux',
          ...labels,
        },
        annotations: { 'volumes.kubernetes.io/controller-managed-attach-detach': 'true' },
      },
      spec: { podCIDR: podCidr, podCIDRs: [podCidr], ...(name === controlPlane.name ? { taints } : {}) },
      status: {},
    },
  };
}

function runtimeClass(name: string, handler: Handler, overhead?: Record<string, string>): StoredObject {
  return {
    resource: 'runtimeclasses',
    object: {
      metadata: { name },
      handler,
      ...(overhead === undefined ? {} : { overhead: { podFixed: overhead } }),
      scheduling: { nodeSelector: { runtime: name } },
    },
  };
}

function storedObjects(members: readonly Member[]): StoredObject[] {
  return [
    ...members.map(nodeObject),
    runtimeClass('runc', 'runc'),
    runtimeClass('kata', 'kata', { cpu: '250m', memory: '120Mi' }),
    runtimeClass('gvisor', 'runsc'),
    ...kubeProxyAddon(SERVER, VERSION),
    ...coreDnsAddon(CLUSTER_DNS, COREDNS),
  ];
}

function clusterOf(
  workers: readonly Member[],
): Pick<Scenario, 'kernel' | 'outside' | 'readyNs' | 'loginNs' | 'node' | 'others'> {
  const members = [controlPlane, ...workers];
  return {
    kernel: kernel612,
    outside: publicHosts,
    readyNs: 90_000_000_000,
    loginNs: 8_000_000_000,
    node: {
      uplink: controlPlane,
      install(disk, random) {
        installMember(disk, controlPlane, members);
        kubernetesNode(disk, { ...controlPlane, runtime: containerdEndpoint, podSubnet: POD_SUBNET });
        etcdImage(disk, random.fork('etcd'), storedObjects(members));
      },
    },
    others: Object.fromEntries(
      workers.map((worker): [string, NodeSetup] => [
        worker.name,
        {
          uplink: worker,
          install(disk) {
            installMember(disk, worker, members);
            kubernetesWorker(disk, { ...worker, runtime: containerdEndpoint, server: SERVER });
          },
        },
      ]),
    ),
  };
}

export const cluster: Scenario = {
  name: 'cluster',
  summary: 'a control plane and three workers: one for runc, one for Kata, one for gVisor; ssh NODE leads to each',
  ...clusterOf(workers),
};

/** A control plane and so many workers for runc, at most 200: to measure with. */
export function clusterWith(count: number): Scenario {
  const byte = (n: number): string => n.toString(16).padStart(2, '0');
  const many = Array.from(
    { length: count },
    (_, i): Member => ({
      name: `node-${i + 2}`,
      address: `192.168.1.${i + 11}`,
      podCidr: `10.244.${i + 1}.0/24`,
      mac: `52:54:00:12:35:${byte(i)}`,
      machineId: `2f4e6b8190a24c5e8d7f6a5b4c3d2e${byte(i)}`,
      handlers: ['runc'],
      labels: { runtime: 'runc' },
    }),
  );
  return { name: 'cluster', summary: `a control plane and ${count} workers`, ...clusterOf(many) };
}
