/** What a kernel puts into /dev by itself. @models Linux 6.12 drivers/base/devtmpfs.c @fidelity partial: filled once, at the mount */
import { knownBlockDevices } from '../block/block-device.ts';
import { DEVICE_NODES } from '../devices.ts';
import type { Kernel } from '../kernel.ts';
import { MemoryFileSystem } from './memory-fs.ts';

export function newDevtmpfs(kernel: Kernel): MemoryFileSystem {
  const time = kernel.wallTime();
  const fs = new MemoryFileSystem('devtmpfs', kernel.newDevice(), time, { mode: 0o755 });
  for (const [name, rdev, mode] of DEVICE_NODES) {
    fs.root.create(name, { type: 'char', mode, uid: 0, gid: 0, time, rdev });
  }
  for (const { name, number: rdev } of knownBlockDevices(kernel))
    fs.root.create(name, { type: 'block', mode: 0o660, uid: 0, gid: 6, time, rdev });
  const links = [
    ['fd', '/proc/self/fd'],
    ['stdin', '/proc/self/fd/0'],
    ['stdout', '/proc/self/fd/1'],
    ['stderr', '/proc/self/fd/2'],
  ] as const;
  for (const [name, target] of links)
    fs.root.create(name, { type: 'symlink', mode: 0o777, uid: 0, gid: 0, time, target });
  for (const name of ['pts', 'shm', 'mqueue']) {
    fs.root.create(name, { type: 'directory', mode: 0o755, uid: 0, gid: 0, time });
  }
  return fs;
}
