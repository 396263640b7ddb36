/** One Kubernetes node as kubeadm leaves it, on CRI-O. */
import { crioEndpoint, crioNode } from '../crio-node.ts';
import { debian, NODE_ADDRESS, theUplink } from '../debian.ts';
import { etcdImage } from '../etcd-image.ts';
import { install } from '../install-list.ts';
import { kataNode } from '../kata-node.ts';
import { kubernetesNode } from '../kubernetes-node.ts';
import { kernel612 } from '../node-kernels.ts';
import { trixieDatabase } from '../package-database.ts';
import { nameserver, publicHosts } from '../public-hosts.ts';
import type { Scenario } from './index.ts';

export const crio: Scenario = {
  name: 'crio',
  summary: 'one Kubernetes node as kubeadm leaves it, on CRI-O',
  kernel: kernel612,
  outside: publicHosts,
  readyNs: 60_000_000_000,
  loginNs: 8_000_000_000,
  node: {
    uplink: theUplink,
    install(disk, random) {
      debian(disk, nameserver);
      install(disk, 'crio');
      trixieDatabase(disk, 'crio');
      crioNode(disk);
      kataNode(disk);
      etcdImage(disk, random.fork('etcd'), []);
      kubernetesNode(disk, { name: 'node-1', address: NODE_ADDRESS, runtime: crioEndpoint });
    },
  },
};
