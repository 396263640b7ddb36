/** /proc/PID/mountinfo and mounts. @models Linux 6.12 fs/proc_namespace.c */
import type { Process } from '../process.ts';
import { CgroupInode } from './cgroupfs.ts';
import { type Location, type Mount, pathOf, sameLocation } from './mounts.ts';

function flagsOf(mount: Mount): string {
  let flags = mount.flags.readOnly ? 'ro' : 'rw';
  if (mount.flags.noSuid) flags += ',nosuid';
  if (mount.flags.noDev) flags += ',nodev';
  if (mount.flags.noExec) flags += ',noexec';
  if (mount.flags.noAtime) flags += ',noatime';
  else if (mount.flags.relAtime) flags += ',relatime';
  return flags;
}

const ESCAPED = /[\\ \t\n]/;

const escape = (text: string): string =>
  !ESCAPED.test(text) ? text : text.replace(/[\\ \t\n]/g, (c) => `\\${c.charCodeAt(0).toString(8).padStart(3, '0')}`);

type Shown = { mount: Mount; path: string };

/** Mounts that can be reached from the process's root, with their path. */
function visible(process: Process): Shown[] {
  const { mnt } = process.namespaces;
  const { root } = process;
  // Mostly the root is that of the namespace, below which everything lies.
  if (root.mount === mnt.root && root.inode === mnt.root.root) return fromTheTop(mnt.mounts);
  const out: Shown[] = [];
  const all = root.up === null && root.inode === root.mount.root;
  for (const mount of mnt.mounts) {
    if (mount === root.mount) out.push({ mount, path: '/' });
    else if (mount.mountpoint !== null && (all || isUnder(mount, root)))
      out.push({ mount, path: pathOf(mount.mountpoint, root) });
  }
  return out;
}

function fromTheTop(mounts: readonly Mount[]): Shown[] {
  const paths = new Map<Mount, string>();
  const pathTo = (mount: Mount): string => {
    const known = paths.get(mount);
    if (known !== undefined) return known;
    const { parent } = mount;
    const above = parent === null ? '/' : pathTo(parent);
    const within = mount.pathInParent;
    const path = above === '/' ? within : within === '/' ? above : above + within;
    paths.set(mount, path);
    return path;
  };
  return mounts.map((mount) => ({ mount, path: pathTo(mount) }));
}

function isUnder(mount: Mount, root: Location): boolean {
  for (let at = mount.mountpoint; at !== null; at = at.up) if (sameLocation(at, root)) return true;
  return false;
}

function superOptions(mount: Mount): string {
  const { readOnly, options } = mount.fs;
  return `${readOnly ? 'ro' : 'rw'}${options === '' ? '' : `,${options}`}`;
}

/** Which part of the filesystem is mounted, as the reader may know it. */
function rootOf(mount: Mount, caller: Process): string {
  if (mount.fs.type === 'nsfs') return mount.rootPath.slice(1);
  if (mount.root instanceof CgroupInode) return mount.root.cgroup.pathFrom(caller.namespaces.cgroup.root);
  return mount.rootPath;
}

/** A mount's line and all that it was made of that may change: runtimes read hundreds of lines to find one. */
type Line = {
  readonly parent: number;
  readonly peers: number;
  readonly master: number;
  readonly flags: number;
  readonly root: string;
  readonly path: string;
  readonly options: string;
  readonly text: string;
};

const lines = new WeakMap<Mount, Line>();

function flagBits(mount: Mount): number {
  let bits = mount.flags.readOnly ? 1 : 0;
  if (mount.flags.noSuid) bits |= 2;
  if (mount.flags.noDev) bits |= 4;
  if (mount.flags.noExec) bits |= 8;
  if (mount.flags.noAtime) bits |= 16;
  if (mount.flags.relAtime) bits |= 32;
  if (mount.flags.unbindable) bits |= 64;
  if (mount.fs.readOnly) bits |= 128;
  return bits;
}

function lineOf(mount: Mount, path: string, caller: Process): string {
  const peers = mount.peers?.id ?? 0;
  const master = mount.master !== null && mount.master.members.length > 0 ? mount.master.id : 0;
  const parent = mount.parent?.id ?? 1;
  const flags = flagBits(mount);
  const root = rootOf(mount, caller);
  const { options } = mount.fs;
  const known = lines.get(mount);
  if (
    known !== undefined &&
    known.parent === parent &&
    known.peers === peers &&
    known.master === master &&
    known.flags === flags &&
    known.root === root &&
    known.path === path &&
    known.options === options
  )
    return known.text;
  let optional = '';
  if (peers !== 0) optional += `shared:${peers} `;
  if (master !== 0) optional += `master:${master} `;
  if (mount.flags.unbindable) optional += 'unbindable ';
  const [major, minor] = mount.fs.device;
  const text = `${mount.id} ${parent} ${major}:${minor} ${escape(root)} ${escape(path)} ${flagsOf(mount)} ${optional}- ${mount.fs.type} ${escape(mount.source)} ${superOptions(mount)}\n`;
  lines.set(mount, { parent, peers, master, flags, root, path, options, text });
  return text;
}

export function mountInfo(process: Process, caller: Process): string {
  let text = '';
  for (const { mount, path } of visible(process)) text += lineOf(mount, path, caller);
  return text;
}

export function mountsTable(process: Process, _caller: Process): string {
  return visible(process)
    .map(({ mount, path }) => {
      const extra = mount.fs.options === '' ? '' : `,${mount.fs.options}`;
      return `${escape(mount.source)} ${escape(path)} ${mount.fs.type} ${flagsOf(mount)}${extra} 0 0\n`;
    })
    .join('');
}
