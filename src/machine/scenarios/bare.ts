/** containerd without Kubernetes: nothing runs but what the learner starts. */
import type { Kernel } from '../../linux/kernel.ts';
import { containerdNode } from '../containerd-node.ts';
import { debian, NODE_ADDRESS } from '../debian.ts';
import { DiskImage } from '../disk-image.ts';
import { install } from '../install-list.ts';
import { connectUplink } from '../internet.ts';
import { kataNode } from '../kata-node.ts';
import { kernel612 } from '../node-kernels.ts';
import { trixieDatabase } from '../package-database.ts';
import { nameserver, publicHosts } from '../public-hosts.ts';
import type { Scenario } from './index.ts';
import { startSystemd } from './start-systemd.ts';

const SANDBOX_IMAGE = 'registry.k8s.io/pause:3.10';

export const bare: Scenario = {
  name: 'bare',
  summary: 'containerd without Kubernetes: nothing runs but what you start',
  kernel: kernel612,
  outside: publicHosts,
  readyNs: 10_000_000_000,
  loginNs: 8_000_000_000,
  prepare(kernel: Kernel, files) {
    const disk = new DiskImage(kernel.rootFileSystem, kernel.options.bootWallTime);
    debian(disk, nameserver);
    install(disk, 'containerd');
    trixieDatabase(disk, 'containerd');
    containerdNode(disk, { systemdCgroup: false, sandboxImage: SANDBOX_IMAGE });
    kataNode(disk);
    for (const [path, bytes] of Object.entries(files)) disk.file(path, bytes);
    connectUplink(kernel, NODE_ADDRESS, '52:54:00:12:34:56');
    startSystemd(kernel);
  },
};
