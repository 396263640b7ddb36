/** System calls on namespaces. @models Linux 6.12 kernel/nsproxy.c, fs/namespace.c */
import { ALL_CAPABILITIES } from '../capabilities.ts';
import { errno } from '../errno.ts';
import type { Kernel } from '../kernel.ts';
import { CgroupNamespace, type LinuxNamespace, PidNamespace, SimpleNamespace, UtsNamespace } from '../namespaces.ts';
import { NetNamespace } from '../net/net-namespace.ts';
import type { Process } from '../process.ts';
import type { LinuxNamespaceType, Syscalls } from '../syscalls.ts';
import { IpcNamespace } from '../system-v-ipc.ts';
import { capable, UserNamespace } from '../user-namespace.ts';
import { type Mount, MountNamespace, relocate } from '../vfs/mounts.ts';
import { type NamespaceFileSystem, NamespaceInode } from '../vfs/nsfs.ts';
import { copyMount } from './mounts.ts';

/** Copies every mount into a new namespace; peers stay peers, as clone(CLONE_NEWNS) does. */
export function cloneMountNamespace(
  kernel: Kernel,
  from: MountNamespace,
  owner: UserNamespace | null = null,
): { namespace: MountNamespace; moved: Map<Mount, Mount> } {
  const namespace = new MountNamespace(kernel.newNamespaceId(), null);
  namespace.owner = owner;
  const lessPrivileged = (owner?.level ?? 0) > (from.owner?.level ?? 0);
  const moved = new Map<Mount, Mount>();
  for (const mount of from.mounts) {
    const copy = copyMount(kernel, mount, namespace, null);
    copy.lieLike(mount, moved);
    if (lessPrivileged) {
      // It sees what is mounted outside, and shows nothing of its own; what was forbidden stays so.
      if (copy.peers !== null) [copy.master, copy.peers] = [copy.peers, null];
      copy.locked = copy.flags;
    }
    moved.set(mount, copy);
    namespace.add(copy);
  }
  namespace.observer = kernel.mountObserver;
  namespace.observer.copied(namespace, from.mounts);
  return { namespace, moved };
}

/** Who makes a user namespace is its root; other namespaces take the privilege to make them. */
export function requirePrivilege(process: Process, types: readonly LinuxNamespaceType[]): void {
  if (types.length === 0 || types.includes('user')) return;
  if (!capable(process, 'SYS_ADMIN', process.namespaces.user)) throw errno('EPERM');
}

export function userFirst(types: readonly LinuxNamespaceType[]): readonly LinuxNamespaceType[] {
  return types.includes('user') ? ['user', ...types.filter((type) => type !== 'user')] : types;
}

/** In it a process has every privilege, whatever it had outside. */
function enterUserNamespace(process: Process, user: UserNamespace): void {
  const all: ReadonlySet<string> = new Set(ALL_CAPABILITIES);
  process.namespaces = { ...process.namespaces, user };
  process.credentials.capabilities = {
    effective: all,
    permitted: all,
    inheritable: new Set(),
    bounding: all,
    ambient: new Set(),
  };
}

export function newNamespace(kernel: Kernel, process: Process, type: LinuxNamespaceType): void {
  const id = (): number => kernel.newNamespaceId();
  const ns = process.namespaces;
  const owned = <N extends { owner: UserNamespace | null }>(namespace: N): N =>
    Object.assign(namespace, { owner: ns.user });
  let made: number;
  switch (type) {
    case 'mnt': {
      const { namespace, moved } = cloneMountNamespace(kernel, ns.mnt, ns.user);
      process.namespaces = { ...ns, mnt: namespace };
      process.root = relocate(process.root, moved);
      process.cwd = relocate(process.cwd, moved);
      made = namespace.id;
      break;
    }
    case 'pid':
      process.pidNamespaceForChildren = owned(new PidNamespace(id(), ns.pid));
      made = process.pidNamespaceForChildren.id;
      break;
    case 'net': {
      made = id();
      const net = owned(new NetNamespace(made, kernel.options.internet));
      net.onLinkGone = (link) =>
        kernel.emit(0, kernel.pidBase, {
          kind: 'net.link',
          namespace: link.namespace.id,
          name: link.name,
          op: 'delete',
          detail: '',
          link: null,
        });
      process.namespaces = { ...ns, net };
      break;
    }
    case 'uts': {
      made = id();
      process.namespaces = { ...ns, uts: owned(new UtsNamespace(made, ns.uts.hostname)) };
      break;
    }
    case 'cgroup':
      made = id();
      process.namespaces = { ...ns, cgroup: owned(new CgroupNamespace(made, process.cgroup)) };
      break;
    case 'ipc':
      made = id();
      process.namespaces = { ...ns, ipc: owned(new IpcNamespace(made)) };
      break;
    case 'time':
      made = id();
      process.namespaces = { ...ns, [type]: owned(new SimpleNamespace(type, made)) };
      break;
    case 'user': {
      const user = new UserNamespace(id(), ns.user, process.credentials.euid);
      made = user.id;
      enterUserNamespace(process, user);
      break;
    }
  }
  kernel.emit(process.span, process.pid, { kind: 'namespace.new', type: changed(type), id: made });
}

/** Which link below /proc/PID/ns now points elsewhere: nobody changes its own pid namespace, only its children's. */
function changed(type: string): string {
  return type === 'pid' ? 'pid_for_children' : type;
}

type NamespaceCalls = Pick<
  Syscalls,
  'ipcCreate' | 'ipcRemove' | 'unshare' | 'setns' | 'namespaceOwner' | 'sethostname' | 'settimeofday' | 'uname'
>;

export function namespaceCalls(kernel: Kernel): NamespaceCalls {
  return {
    async unshare(ctx, types) {
      requirePrivilege(ctx.process, types);
      for (const type of userFirst(types)) newNamespace(kernel, ctx.process, type);
    },
    async setns(ctx, fd) {
      const { inode } = kernel.file(ctx.process, fd);
      if (!(inode instanceof NamespaceInode)) throw errno('EINVAL');
      const namespace: LinuxNamespace = inode.namespace;
      const { process } = ctx;
      const { effective } = process.credentials.capabilities;
      const over = namespace.type === 'user' ? namespace : namespace.owner;
      if (!capable(process, 'SYS_ADMIN', over)) throw errno('EPERM');
      if (namespace.type !== 'user' && !effective.has('SYS_ADMIN')) throw errno('EPERM');
      if (namespace.type === 'mnt' && !effective.has('SYS_CHROOT')) throw errno('EPERM');
      if (namespace === process.namespaces.user) throw errno('EINVAL');
      switch (namespace.type) {
        case 'pid':
          process.pidNamespaceForChildren = namespace;
          break;
        case 'mnt': {
          process.namespaces = { ...process.namespaces, mnt: namespace };
          process.root = kernel.rootLocation(namespace);
          process.cwd = process.root;
          break;
        }
        case 'user':
          enterUserNamespace(process, namespace);
          break;
        case 'ipc':
        case 'time':
          process.namespaces = { ...process.namespaces, [namespace.type]: namespace };
          break;
        case 'net':
          process.namespaces = { ...process.namespaces, net: namespace };
          break;
        case 'uts':
          process.namespaces = { ...process.namespaces, uts: namespace };
          break;
        case 'cgroup':
          process.namespaces = { ...process.namespaces, cgroup: namespace };
          break;
      }
      kernel.emit(ctx.span, process.pid, { kind: 'namespace.join', type: changed(namespace.type), id: namespace.id });
    },
    async namespaceOwner(ctx, fd) {
      const { inode } = kernel.file(ctx.process, fd);
      if (!(inode instanceof NamespaceInode)) throw errno('ENOTTY');
      const { namespace } = inode;
      const owner = namespace.type === 'user' ? namespace.parent : (namespace.owner ?? kernel.initialNamespaces.user);
      if (owner === null) throw errno('EPERM');
      const fs = inode.fs as NamespaceFileSystem;
      const file = fs
        .inodeOf(owner, kernel.options.bootWallTime)
        .openAs({ read: true }, ctx.process, `user:[${owner.id}]`);
      return kernel.install(ctx.process, file, true);
    },
    async ipcCreate(ctx, kind, { key, size, mode }) {
      return ctx.process.namespaces.ipc.create(kind, ctx.process, key, size, mode);
    },
    async ipcRemove(ctx, kind, id) {
      ctx.process.namespaces.ipc.remove(kind, ctx.process, id);
    },
    async sethostname(ctx, name) {
      if (!capable(ctx.process, 'SYS_ADMIN', ctx.process.namespaces.uts.owner)) throw errno('EPERM');
      if (name.length > 64) throw errno('EINVAL');
      ctx.process.namespaces.uts.hostname = name;
    },
    async settimeofday(ctx, wallTimeNs) {
      if (!capable(ctx.process, 'SYS_TIME', kernel.initialNamespaces.user)) throw errno('EPERM');
      if (wallTimeNs < BigInt(kernel.scheduler.now)) throw errno('EINVAL');
      kernel.wallClock.set(kernel.scheduler.now, wallTimeNs);
    },
    async uname(ctx) {
      const { uts } = ctx.process.namespaces;
      return {
        sysname: 'Linux',
        nodename: uts.hostname,
        release: kernel.options.release,
        version: kernel.options.version,
        machine: 'x86_64',
        domainname: uts.domainname,
      };
    },
  };
}
