/** /proc/PID/mountinfo and mounts. @models Linux 6.12 fs/proc_namespace.c */
import type { Process } from '../process.ts';
import { CgroupInode } from './cgroupfs.ts';
import { type Mount, pathOf } from './mounts.ts';

function flagsOf(mount: Mount): string {
  const flags = [mount.readOnly ? 'ro' : 'rw'];
  if (mount.noSuid) flags.push('nosuid');
  if (mount.noDev) flags.push('nodev');
  if (mount.noExec) flags.push('noexec');
  if (mount.noAtime) flags.push('noatime');
  else if (mount.relAtime) flags.push('relatime');
  return flags.join(',');
}

const escape = (text: string): string =>
  text.replace(/[\\ \t\n]/g, (c) => `\\${c.charCodeAt(0).toString(8).padStart(3, '0')}`);

/** Mounts that can be reached from the process's root, with their path; null if hidden from it. */
function visible(process: Process): { mount: Mount; path: string }[] {
  const { mnt } = process.namespaces;
  const out: { mount: Mount; path: string }[] = [];
  for (const mount of mnt.mounts) {
    if (mount === process.root.mount) out.push({ mount, path: '/' });
    else if (mount.mountpoint !== null && isUnder(mount, process))
      out.push({ mount, path: pathOf(mount.mountpoint, process.root) });
  }
  return out;
}

function isUnder(mount: Mount, process: Process): boolean {
  for (let at = mount.mountpoint; at !== null; at = at.up)
    if (at.mount === process.root.mount && at.inode === process.root.inode) return true;
  return process.root.up === null && process.root.inode === process.root.mount.root;
}

function superOptions(mount: Mount): string {
  return [mount.fs.readOnly ? 'ro' : 'rw', mount.fs.options].filter((o) => o !== '').join(',');
}

/** Which part of the filesystem is mounted, as the reader may know it. */
function rootOf(mount: Mount, caller: Process): string {
  if (mount.fs.type === 'nsfs') return mount.rootPath.slice(1);
  if (mount.root instanceof CgroupInode) return mount.root.cgroup.pathFrom(caller.namespaces.cgroup.root);
  return mount.rootPath;
}

export function mountInfo(process: Process, caller: Process): string {
  return visible(process)
    .map(({ mount, path }) => {
      const optional = [
        ...(mount.peers !== null ? [`shared:${mount.peers.id}`] : []),
        ...(mount.master !== null && mount.master.members.size > 0 ? [`master:${mount.master.id}`] : []),
        ...(mount.unbindable ? ['unbindable'] : []),
      ];
      const parent = mount.mountpoint?.mount.id ?? 1;
      const [major, minor] = mount.fs.device;
      const root = rootOf(mount, caller);
      return `${mount.id} ${parent} ${major}:${minor} ${escape(root)} ${escape(path)} ${flagsOf(mount)} ${optional.map((o) => `${o} `).join('')}- ${mount.fs.type} ${escape(mount.source)} ${superOptions(mount)}\n`;
    })
    .join('');
}

export function mountsTable(process: Process, _caller: Process): string {
  return visible(process)
    .map(({ mount, path }) => {
      const extra = mount.fs.options === '' ? '' : `,${mount.fs.options}`;
      return `${escape(mount.source)} ${escape(path)} ${mount.fs.type} ${flagsOf(mount)}${extra} 0 0\n`;
    })
    .join('');
}
