/** containerd without Kubernetes: nothing runs but what the learner starts. */
import { containerdNode } from '../containerd-node.ts';
import { debian, theUplink } from '../debian.ts';
import { install } from '../install-list.ts';
import { kataNode } from '../kata-node.ts';
import { kernel612 } from '../node-kernels.ts';
import { trixieDatabase } from '../package-database.ts';
import { nameserver, publicHosts } from '../public-hosts.ts';
import type { Scenario } from './index.ts';

const SANDBOX_IMAGE = 'registry.k8s.io/pause:3.10';

export const bare: Scenario = {
  name: 'bare',
  summary: 'containerd without Kubernetes: nothing runs but what you start',
  kernel: kernel612,
  outside: publicHosts,
  readyNs: 10_000_000_000,
  loginNs: 8_000_000_000,
  node: {
    uplink: theUplink,
    install(disk) {
      debian(disk, nameserver);
      install(disk, 'containerd');
      trixieDatabase(disk, 'containerd');
      containerdNode(disk, { systemdCgroup: false, sandboxImage: SANDBOX_IMAGE });
      kataNode(disk);
    },
  },
};
