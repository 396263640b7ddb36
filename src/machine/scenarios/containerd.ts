/** One Kubernetes node as kubeadm leaves it, on containerd. */
import { containerdEndpoint, containerdNode } from '../containerd-node.ts';
import { debian, NODE_ADDRESS, theUplink } from '../debian.ts';
import { etcdImage } from '../etcd-image.ts';
import { install } from '../install-list.ts';
import { kataNode } from '../kata-node.ts';
import { kubernetesNode } from '../kubernetes-node.ts';
import { kernel612 } from '../node-kernels.ts';
import { trixieDatabase } from '../package-database.ts';
import { nameserver, publicHosts } from '../public-hosts.ts';
import type { Scenario } from './index.ts';

const SANDBOX_IMAGE = 'registry.k8s.io/pause:3.10.1';

export const containerd: Scenario = {
  name: 'containerd',
  summary: 'one Kubernetes node as kubeadm leaves it, on containerd',
  kernel: kernel612,
  outside: publicHosts,
  readyNs: 60_000_000_000,
  loginNs: 8_000_000_000,
  node: {
    uplink: theUplink,
    install(disk, random) {
      debian(disk, nameserver);
      install(disk, 'containerd');
      trixieDatabase(disk, 'containerd');
      containerdNode(disk, { systemdCgroup: true, sandboxImage: SANDBOX_IMAGE });
      kataNode(disk);
      etcdImage(disk, random.fork('etcd'), []);
      kubernetesNode(disk, { name: 'node-1', address: NODE_ADDRESS, runtime: containerdEndpoint });
    },
  },
};
