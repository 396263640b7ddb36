/** Linux namespaces: what a process is given its own view of. Each has an inode number as in /proc/PID/ns. */

import type { Cgroup } from './cgroup.ts';
import type { NetNamespace } from './net/net-namespace.ts';
import type { Process } from './process.ts';
import type { IpcNamespace } from './system-v-ipc.ts';
import type { UserNamespace } from './user-namespace.ts';
import type { MountNamespace } from './vfs/mounts.ts';

export class PidNamespace {
  readonly type = 'pid';
  readonly id: number;
  /** The user namespace whose privileges count over it; null is the initial one. Every namespace has such an owner. */
  owner: UserNamespace | null = null;
  readonly parent: PidNamespace | null;
  readonly level: number;
  /** Next candidate pid; pids count up and are not reused soon. */
  nextPid = 1;
  readonly processes = new Map<number, Process>();
  /** pid 1 of this namespace; when it dies everything in it dies. */
  init: Process | null = null;

  constructor(id: number, parent: PidNamespace | null) {
    this.id = id;
    this.parent = parent;
    this.level = parent === null ? 0 : parent.level + 1;
  }
}

export class UtsNamespace {
  readonly type = 'uts';
  readonly id: number;
  owner: UserNamespace | null = null;
  hostname: string;
  domainname = '(none)';

  constructor(id: number, hostname: string) {
    this.id = id;
    this.hostname = hostname;
  }
}

export class SimpleNamespace {
  readonly type: 'time';
  readonly id: number;
  owner: UserNamespace | null = null;

  constructor(type: 'time', id: number) {
    this.type = type;
    this.id = id;
  }
}

export class CgroupNamespace {
  readonly type = 'cgroup';
  readonly id: number;
  owner: UserNamespace | null = null;
  readonly root: Cgroup;

  constructor(id: number, root: Cgroup) {
    this.id = id;
    this.root = root;
  }
}

/** Wraps a mount namespace so that all kinds have `type` and `id`. */
export type LinuxNamespace =
  | PidNamespace
  | UtsNamespace
  | SimpleNamespace
  | IpcNamespace
  | UserNamespace
  | CgroupNamespace
  | NetNamespace
  | MountNamespace;

export type LinuxNamespaces = {
  mnt: MountNamespace;
  pid: PidNamespace;
  net: NetNamespace;
  uts: UtsNamespace;
  ipc: IpcNamespace;
  user: UserNamespace;
  cgroup: CgroupNamespace;
  time: SimpleNamespace;
};

/** Their numbers, by type. */
export function namespaceIds(namespaces: Readonly<LinuxNamespaces>): Record<string, number> {
  return Object.fromEntries(Object.entries(namespaces).map(([type, { id }]) => [type, id]));
}
