/** One Kubernetes 1.23 node whose kubelet reaches Docker through dockershim: where migrations to containerd begin. */
import { bullseye, debian, NODE_ADDRESS, theUplink } from '../debian.ts';
import { dockerEndpoint, dockerNode } from '../docker-node.ts';
import { etcdImage, type StoredObject } from '../etcd-image.ts';
import { install } from '../install-list.ts';
import { kubernetes123, kubernetesNode } from '../kubernetes-node.ts';
import { kernel510 } from '../node-kernels.ts';
import { bullseyeDatabase } from '../package-database.ts';
import { nameserver, publicHosts } from '../public-hosts.ts';
import type { Scenario } from './index.ts';

/**
 * The node as kubeadm 1.23 has left it: its annotation says which runtime `kubeadm upgrade` is to talk to, and is to be
 * changed by whoever changes the runtime. kubeadm 1.34 and later have none: they keep the socket in a file on the node.
 */
const node: StoredObject = {
  resource: 'nodes',
  object: {
    metadata: {
      name: 'node-1',
      labels: {
        'beta.kubernetes.io/arch': 'amd64',
        'beta.kubernetes.io/os': 'linux',
        'kubernetes.io/arch': 'amd64',
        'kubernetes.io/hostname': 'node-1',
        'kubernetes.io/os': 'linux',
      },
      annotations: {
        'kubeadm.alpha.kubernetes.io/cri-socket': '/var/run/dockershim.sock',
        'volumes.kubernetes.io/controller-managed-attach-detach': 'true',
      },
    },
    spec: {},
    status: {},
  },
};

export const docker: Scenario = {
  name: 'docker',
  summary: 'one Kubernetes 1.23 node with dockershim and Docker 20.10, to be moved to containerd',
  kernel: kernel510,
  outside: publicHosts,
  readyNs: 90_000_000_000,
  loginNs: 8_000_000_000,
  node: {
    uplink: theUplink,
    install(disk, random) {
      debian(disk, nameserver, bullseye);
      install(disk, 'docker');
      dockerNode(disk);
      bullseyeDatabase(disk);
      etcdImage(disk, random.fork('etcd'), [node], kubernetes123);
      kubernetesNode(disk, { name: 'node-1', address: NODE_ADDRESS, runtime: dockerEndpoint, release: kubernetes123 });
    },
  },
};
