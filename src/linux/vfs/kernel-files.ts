/**
 * The filesystems in which the kernel shows itself: proc, sysfs and cgroup2. A module of its own, fetched when the first
 * of them is mounted.
 */
import { errno } from '../errno.ts';
import type { Kernel } from '../kernel.ts';
import type { Process } from '../process.ts';
import { CONTROL_FILES } from './cgroup-files.ts';
import { cgroupFileSystemOf } from './cgroupfs.ts';
import type { FileSystem } from './inode.ts';
import { ProcFileSystem } from './proc.ts';
import { SysFileSystem } from './sysfs.ts';

export function newKernelFiles(kernel: Kernel, fstype: string, process: Process): FileSystem {
  switch (fstype) {
    case 'proc':
      return new ProcFileSystem(kernel, kernel.newDevice(), process.namespaces.pid);
    case 'sysfs':
      return new SysFileSystem(kernel, kernel.newDevice(), process.namespaces.net);
    case 'cgroup2': {
      const fs = cgroupFileSystemOf(kernel);
      if (fs.files.size === 0)
        fs.files = new Map(Object.entries(CONTROL_FILES).map(([name, file], index) => [name, { file, index }]));
      return fs;
    }
    default:
      throw errno('ENODEV');
  }
}
