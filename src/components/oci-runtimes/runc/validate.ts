/**
 * What libcontainer refuses before it makes anything.
 * @models runc libcontainer/configs/validate/validator.go @fidelity partial: hostname, security and sysctl rules
 */
import { newError } from '../../../go/errors.ts';
import { quote } from '../../../go/quote.ts';
import { type Config, namespacePath } from '../shared/config.ts';

const IPC_SYSCTLS = new Set([
  'kernel.msgmax',
  'kernel.msgmnb',
  'kernel.msgmni',
  'kernel.sem',
  'kernel.shmall',
  'kernel.shmmax',
  'kernel.shmmni',
  'kernel.shm_rmid_forced',
]);

export function validateConfig(config: Config): void {
  const has = (type: Parameters<typeof namespacePath>[1]): boolean => namespacePath(config, type) !== undefined;
  const maps = [config.uid_mappings, config.gid_mappings];
  if (!has('NEWUSER') && maps.some((map) => map !== null))
    throw newError("user namespace mappings specified, but user namespace isn't enabled in the config");
  if (namespacePath(config, 'NEWUSER') === '')
    for (const [map, kind] of [
      [config.uid_mappings, 'user'],
      [config.gid_mappings, 'group'],
    ] as const) {
      if (map === null) throw newError(`user namespaces enabled, but no ${kind} mappings found`);
      if (!map.some(({ container_id, size }) => container_id === 0 && size > 0))
        throw newError(`user namespaces enabled, but no ${kind} mapping found`);
    }
  if (config.hostname !== '' && !has('NEWUTS'))
    throw newError('unable to set hostname without a private UTS namespace');
  if (config.domainname !== '' && !has('NEWUTS')) {
    throw newError('unable to set domainname without a private UTS namespace');
  }
  const hides = (config.mask_paths ?? []).length > 0 || (config.readonly_paths ?? []).length > 0;
  if (hides && !has('NEWNS')) throw newError('unable to restrict sys entries without a private MNT namespace');
  for (const name of Object.keys(config.sysctl ?? {})) {
    const key = name.replaceAll('/', '.');
    if (IPC_SYSCTLS.has(key) || key.startsWith('fs.mqueue.')) {
      if (has('NEWIPC')) continue;
      throw newError(`sysctl ${quote(name)} is not allowed in the hosts ipc namespace`);
    }
    if (key.startsWith('net.')) {
      if (has('NEWNET')) continue;
      throw newError(`sysctl ${quote(name)} not allowed in host network namespace`);
    }
    if (key === 'kernel.domainname' && has('NEWUTS')) continue;
    if (key === 'kernel.hostname') {
      throw newError(`sysctl ${quote(name)} is not allowed as it conflicts with the OCI "hostname" field`);
    }
    throw newError(`sysctl ${quote(name)} is not in a separate kernel namespace`);
  }
}
