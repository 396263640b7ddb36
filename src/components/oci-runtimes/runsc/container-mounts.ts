/**
 * The files of a container: its root from the gofer, with a writable layer that the sandbox keeps to itself, and the
 * filesystems that the Sentry makes.
 * @models gVisor runsc/boot/vfs.go @fidelity partial: the writable layer is memory, no filestore on the host's disk; no cgroup v1 mounts; /dev/mqueue is left out
 */

import { locate } from '../../../linux/calls/files.ts';
import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import { mkdirAll, writeFile } from '../../../linux/io.ts';
import type { Kernel } from '../../../linux/kernel.ts';
import { DevptsFileSystem } from '../../../linux/vfs/devpts.ts';
import type { FileSystem } from '../../../linux/vfs/inode.ts';
import { MemoryFileSystem } from '../../../linux/vfs/memory-fs.ts';
import { Mount, MountNamespace } from '../../../linux/vfs/mounts.ts';
import { OverlayFileSystem } from '../../../linux/vfs/overlay.ts';
import { ProcFileSystem } from '../../../linux/vfs/proc.ts';
import { RemoteFileSystem } from '../../../linux/vfs/remote-fs.ts';
import { TmpFileSystem } from '../../../linux/vfs/tmpfs.ts';
import type { Spec, Mount as SpecMount } from '../../../protocols/oci-runtime/types.ts';
import type { GoferMounted } from './lisafs.ts';
import { SentrySysFileSystem } from './proc-view.ts';

const GOFER_OPTIONS =
  'trans=fd,rfdno=3,wfdno=3,aname=/,dfltuid=4294967294,dfltgid=4294967294,dcache=1000,cache=fscache,disable_fifo_open,overlayfs_stale_read';

function optionsOf({ server }: GoferMounted): string {
  return server.ask === undefined ? `${GOFER_OPTIONS},directfs` : GOFER_OPTIONS;
}

/** A root without a writable layer: what is put on it to carry the mounts is seen by nobody else. */
class SyntheticFileSystem extends OverlayFileSystem {
  override readonly type: string = '9p';
}

export function isBind(mount: SpecMount): boolean {
  return mount.type === 'bind' || (mount.options ?? []).some((option) => option === 'bind' || option === 'rbind');
}

/** Mounts that the gofer serves, in the order of its connections; the root comes before them. */
export function goferMounts(spec: Spec): SpecMount[] {
  return ordered(spec.mounts ?? []).filter(isBind);
}

/** Whoever contains another is mounted first. */
function ordered(mounts: readonly SpecMount[]): SpecMount[] {
  return mounts
    .map((mount, i) => ({ mount, i }))
    .sort((a, b) => a.mount.destination.length - b.mount.destination.length || a.i - b.i)
    .map(({ mount }) => mount);
}

/** A namespace whose root is the container's. */
export function newRoot(kernel: Kernel, mounted: GoferMounted, spec: Spec, overlaid: boolean): MountNamespace {
  const readOnly = spec.root?.readonly === true;
  const remote = new RemoteFileSystem('9p', kernel.newDevice(), mounted.server, mounted.directory);
  remote.options = optionsOf(mounted);
  const root = overlaid || readOnly ? layered(kernel, remote, readOnly) : remote;
  const namespace = new MountNamespace(kernel.newNamespaceId(), kernel.mountObserver);
  const mount = new Mount(kernel.newMountId(), namespace, root, root.root, '/', 'none', null);
  mount.change({ relAtime: false });
  namespace.add(mount);
  return namespace;
}

function layered(kernel: Kernel, remote: RemoteFileSystem, readOnly: boolean): OverlayFileSystem {
  const upper = new MemoryFileSystem('tmpfs', kernel.newDevice(), kernel.wallTime());
  const { mode, uid, gid } = remote.root;
  Object.assign(upper.root, { mode, uid, gid });
  const layers = { lower: [], upper: '', work: '' };
  const Layered = readOnly ? SyntheticFileSystem : OverlayFileSystem;
  const root = new Layered(kernel.newDevice(), [remote.root], upper.root, layers, () => kernel.wallTime());
  root.options = readOnly ? remote.options : '';
  return root;
}

/** Mounts everything else; `ctx` is a process with the namespace and its root. */
export async function mountAll(
  ctx: Context,
  kernel: Kernel,
  gofers: readonly GoferMounted[],
  spec: Spec,
): Promise<void> {
  const attach = async (
    fs: FileSystem,
    path: string,
    flags: { readOnly?: boolean; noExec?: boolean },
  ): Promise<void> => {
    if (fs.root.type === 'directory') await mkdirAll(ctx, path);
    else await touch(ctx, path);
    const { mnt } = ctx.process.namespaces;
    const mount = new Mount(kernel.newMountId(), mnt, fs, fs.root, '/', 'none', locate(ctx.process, path));
    mount.change({ relAtime: false, readOnly: flags.readOnly === true, noExec: flags.noExec === true });
    mnt.add(mount);
    kernel.emit(ctx.span, ctx.process.pid, {
      kind: 'mount',
      namespace: mnt.id,
      source: 'none',
      target: path,
      fstype: fs.type,
      options: fs.options,
    });
  };
  const wanted = ordered(spec.mounts ?? []);
  const paths = new Set(wanted.map((mount) => mount.destination));
  const given: SpecMount[] = [
    { destination: '/dev', type: 'tmpfs', options: ['mode=0755'] },
    { destination: '/sys', type: 'sysfs', options: ['noexec', 'ro'] },
    ...wanted.filter(({ destination }) => destination !== '/dev' && destination !== '/sys'),
    ...(paths.has('/proc') ? [] : [{ destination: '/proc', type: 'proc' }]),
    ...(paths.has('/dev/pts') ? [] : [{ destination: '/dev/pts', type: 'devpts', options: ['noexec'] }]),
    ...(paths.has('/dev/shm') ? [] : [{ destination: '/dev/shm', type: 'tmpfs', options: ['mode=1777'] }]),
  ];
  let served = 0;
  for (const mount of ordered(given)) {
    const options = mount.options ?? [];
    const flags = { readOnly: options.includes('ro'), noExec: options.includes('noexec') };
    if (isBind(mount)) {
      const mounted = gofers[served++];
      if (mounted === undefined) continue;
      const fs = new RemoteFileSystem('9p', kernel.newDevice(), mounted.server, mounted.directory);
      fs.options = optionsOf(mounted);
      await attach(fs, mount.destination, flags);
      continue;
    }
    const fs = ownFileSystem(kernel, ctx, mount);
    if (fs !== null) await attach(fs, mount.destination, flags);
  }
  if (!paths.has('/tmp') && (await isEmpty(ctx, '/tmp'))) await attach(tmpfs(kernel, ['mode=01777']), '/tmp', {});
  ctx.process.namespaces.mnt.root.change({ readOnly: spec.root?.readonly === true });
}

function ownFileSystem(kernel: Kernel, ctx: Context, mount: SpecMount): FileSystem | null {
  switch (mount.type) {
    case 'proc': {
      const fs = new ProcFileSystem(kernel, kernel.newDevice(), ctx.process.namespaces.pid);
      fs.options = 'dentry_cache_limit=1000';
      return fs;
    }
    case 'sysfs':
      return new SentrySysFileSystem(kernel);
    case 'devpts':
      return new DevptsFileSystem(kernel, kernel.newDevice(), 0o666);
    case 'tmpfs': {
      const fs = tmpfs(
        kernel,
        (mount.options ?? []).filter((option) => /^(mode|size|uid|gid)=/.test(option)),
      );
      if (mount.destination === '/dev') fillDev(kernel, fs);
      return fs;
    }
    // mqueue, cgroup and whatever the Sentry does not know is passed over with a warning in its log.
    default:
      return null;
  }
}

function tmpfs(kernel: Kernel, options: readonly string[]): MemoryFileSystem {
  const mode = options.find((option) => option.startsWith('mode='))?.slice('mode='.length);
  const fs = new TmpFileSystem(kernel, {
    mode: mode === undefined ? 0o1777 : Number.parseInt(mode, 8),
  });
  fs.options = options.join(',');
  return fs;
}

const DEVICES: readonly [name: string, major: number, minor: number][] = [
  ['full', 1, 7],
  ['fuse', 10, 229],
  ['null', 1, 3],
  ['random', 1, 8],
  ['tty', 5, 0],
  ['urandom', 1, 9],
  ['zero', 1, 5],
];
const LINKS: readonly [name: string, target: string][] = [
  ['fd', '/proc/self/fd'],
  ['ptmx', 'pts/ptmx'],
  ['stderr', '/proc/self/fd/2'],
  ['stdin', '/proc/self/fd/0'],
  ['stdout', '/proc/self/fd/1'],
];

function fillDev(kernel: Kernel, fs: MemoryFileSystem): void {
  const base = { uid: 0, gid: 0, time: kernel.wallTime() };
  for (const [name, major, minor] of DEVICES)
    fs.root.create(name, { ...base, type: 'char', mode: 0o666, rdev: [major, minor] });
  for (const [name, target] of LINKS) fs.root.create(name, { ...base, type: 'symlink', mode: 0o777, target });
  fs.root.create('net', { ...base, type: 'directory', mode: 0o755 });
}

async function touch(ctx: Context, path: string): Promise<void> {
  await mkdirAll(ctx, path.slice(0, Math.max(1, path.lastIndexOf('/'))));
  try {
    await ctx.sys.stat(ctx, path);
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
    await writeFile(ctx, path, '');
  }
}

async function isEmpty(ctx: Context, path: string): Promise<boolean> {
  try {
    return (await ctx.sys.readDirectory(ctx, path)).every(({ name }) => name === '.' || name === '..');
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return true;
    throw error;
  }
}
