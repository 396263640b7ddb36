/** The text of the files by which a node's programs are set up: where two nodes may have been made different. */
import type { Kernel } from '../linux/kernel.ts';
import type { Inode } from '../linux/vfs/inode.ts';

const PLACES = [
  '/etc/containerd',
  '/etc/crio',
  '/etc/containers',
  '/etc/docker/daemon.json',
  '/etc/cni',
  '/etc/crictl.yaml',
  '/etc/kubernetes/manifests',
  '/etc/systemd',
  '/etc/default',
  '/etc/hosts',
  '/etc/resolv.conf',
  '/var/lib/kubelet/config.yaml',
  '/var/lib/kubelet/kubeadm-flags.env',
  '/opt/kata/share/defaults',
];
const FILE_BYTES_MAX = 256 * 1024;
const DEPTH_MAX = 8;

export function configurationFiles(kernel: Kernel): Map<string, string> {
  const files = new Map<string, string>();
  const visit = (inode: Inode, path: string, depth: number): void => {
    if (inode.type === 'file' && inode.size <= FILE_BYTES_MAX)
      files.set(path, inode.readData(0, inode.size).toString());
    if (inode.type === 'directory' && depth < DEPTH_MAX)
      for (const [name, child] of inode.entries(null))
        if (name !== '.' && name !== '..') visit(child, `${path}/${name}`, depth + 1);
  };
  for (const place of PLACES) {
    let at: Inode | null = kernel.rootFileSystem.root;
    for (const part of place.split('/').slice(1)) at = at?.type === 'directory' ? at.lookup(part, null) : null;
    if (at !== null) visit(at, place, 0);
  }
  return files;
}
