import type { Kernel } from '../linux/kernel.ts';
import type { FileSystem } from '../linux/vfs/inode.ts';
import { crossMounts, Mount, PeerGroup } from '../linux/vfs/mounts.ts';

/** What is outside appears at a path of the node. */
export function mountOutside(kernel: Kernel, path: string, fs: FileSystem): void {
  const { mnt } = kernel.initialNamespaces;
  let at = kernel.rootLocation(mnt);
  for (const name of path.split('/').filter((part) => part !== '')) {
    const init = { type: 'directory' as const, mode: 0o755, uid: 0, gid: 0, time: kernel.wallTime() };
    const inode = at.inode.lookup(name, null) ?? at.inode.create(name, init);
    at = crossMounts({ mount: at.mount, inode, name, up: at });
  }
  const mount = new Mount(kernel.newMountId(), mnt, fs, fs.root, '/', 'host', at);
  // As everything that systemd's root carries.
  if (at.mount.peers !== null) mount.peers = new PeerGroup(kernel.newPeerGroupId());
  mnt.add(mount);
}
