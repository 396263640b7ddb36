/** Names of Linux namespaces: libcontainer's, and those of /proc/PID/ns. */
import type { LinuxNamespaceType } from '../../../linux/syscalls.ts';
import type { NamespaceName } from './config.ts';

const JOIN_ORDER: readonly NamespaceName[] = [
  'NEWUSER',
  'NEWIPC',
  'NEWUTS',
  'NEWNET',
  'NEWPID',
  'NEWNS',
  'NEWCGROUP',
  'NEWTIME',
];

export function joinOrder<T extends { type: NamespaceName }>(list: readonly T[]): T[] {
  return [...list].sort((a, b) => JOIN_ORDER.indexOf(a.type) - JOIN_ORDER.indexOf(b.type));
}

export const PROC_NAMES: Readonly<Record<NamespaceName, LinuxNamespaceType>> = {
  NEWPID: 'pid',
  NEWNET: 'net',
  NEWNS: 'mnt',
  NEWIPC: 'ipc',
  NEWUTS: 'uts',
  NEWUSER: 'user',
  NEWCGROUP: 'cgroup',
  NEWTIME: 'time',
};
