/** Which kernel settings belong to a namespace and may be set. @models crun src/libcrun/linux.c validate_sysctl @fidelity full */
import { failure } from './failure.ts';

const IPC = [
  'kernel/msgmax',
  'kernel/msgmnb',
  'kernel/msgmni',
  'kernel/sem',
  'kernel/shmall',
  'kernel/shmmax',
  'kernel/shmmni',
  'kernel/shm_rmid_forced',
];

/** `namespaces` by their names in config.json. */
export function checkSysctl(key: string, namespaces: ReadonlySet<string>): void {
  const path = key.replaceAll('.', '/').replace(/^\/+/, '');
  const needs = (namespace: string, words: string): void => {
    if (!namespaces.has(namespace)) throw failure(`the sysctl \`${key}\` requires a new ${words} namespace`);
  };
  if (path.startsWith('fs/mqueue/') || IPC.includes(path)) return needs('ipc', 'IPC');
  if (path === 'kernel/domainname') return needs('uts', 'UTS');
  if (path === 'kernel/hostname') throw failure(`the sysctl \`${key}\` conflicts with OCI field \`hostname\``);
  if (path.startsWith('net/')) return needs('network', 'network');
  throw failure(`the sysctl \`${key}\` is not namespaced`);
}
