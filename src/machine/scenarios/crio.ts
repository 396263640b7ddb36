/** One Kubernetes node as kubeadm leaves it, on CRI-O. */
import { crioEndpoint, crioNode } from '../crio-node.ts';
import { debian, NODE_ADDRESS } from '../debian.ts';
import { DiskImage } from '../disk-image.ts';
import { install } from '../install-list.ts';
import { connectUplink } from '../internet.ts';
import { kataNode } from '../kata-node.ts';
import { kubernetesNode } from '../kubernetes-node.ts';
import { kernel612 } from '../node-kernels.ts';
import { trixieDatabase } from '../package-database.ts';
import { nameserver, publicHosts } from '../public-hosts.ts';
import type { Scenario } from './index.ts';
import { startSystemd } from './start-systemd.ts';

export const crio: Scenario = {
  name: 'crio',
  summary: 'one Kubernetes node as kubeadm leaves it, on CRI-O',
  kernel: kernel612,
  outside: publicHosts,
  readyNs: 60_000_000_000,
  loginNs: 8_000_000_000,
  prepare(kernel, files) {
    const disk = new DiskImage(kernel.rootFileSystem, kernel.options.bootWallTime);
    debian(disk, nameserver);
    install(disk, 'crio');
    trixieDatabase(disk, 'crio');
    crioNode(disk);
    kataNode(disk);
    kubernetesNode(disk, { name: 'node-1', address: NODE_ADDRESS, runtime: crioEndpoint });
    for (const [path, bytes] of Object.entries(files)) disk.file(path, bytes);
    connectUplink(kernel, NODE_ADDRESS, '52:54:00:12:34:56');
    startSystemd(kernel);
  },
};
