/**
 * Where a container's cgroup is, in the two spellings of `cgroupsPath`.
 * @models opencontainers/cgroups fs2/defaultpath.go systemd/common.go @fidelity full
 */
import { newError } from '../../../go/errors.ts';
import { quote } from '../../../go/quote.ts';

export const CGROUP_ROOT = '/sys/fs/cgroup';

export type CgroupConfig = {
  /** cgroupfs driver. */
  path: string;
  /** systemd driver. */
  systemd: boolean;
  parent: string;
  scope_prefix: string;
  name: string;
};

export function cgroupConfig(cgroupsPath: string | undefined, id: string, systemd: boolean): CgroupConfig {
  const spelled = cgroupsPath ?? '';
  if (!systemd) return { path: spelled === '' ? id : clean(spelled), systemd, parent: '', scope_prefix: '', name: '' };
  if (spelled === '') return { path: '', systemd, parent: 'system.slice', scope_prefix: 'runc', name: id };
  const parts = spelled.split(':');
  const [parent, prefix, name] = parts;
  if (parts.length !== 3 || parent === undefined || prefix === undefined || name === undefined) {
    throw newError(
      `expected cgroupsPath to be of format "slice:prefix:name" for systemd cgroups, got ${quote(spelled)} instead`,
    );
  }
  return { path: '', systemd, parent, scope_prefix: prefix, name };
}

/** The directory below /sys/fs/cgroup. `ownCgroup` is the caller's, from the `0::` line of /proc/self/cgroup. */
export function cgroupDirectory(config: CgroupConfig, ownCgroup: string): string {
  if (config.systemd) {
    const slice = config.parent === '' || config.parent === '-.slice' ? 'system.slice' : config.parent;
    return `${CGROUP_ROOT}${expandSlice(slice)}/${unitName(config)}`;
  }
  if (config.path.startsWith('/')) return `${CGROUP_ROOT}${clean(config.path)}`;
  // Beside our own cgroup, not below it: a cgroup with processes cannot hand controllers down.
  const above = ownCgroup.slice(0, ownCgroup.lastIndexOf('/'));
  return `${CGROUP_ROOT}${above}/${config.path}`;
}

export function unitName(config: CgroupConfig): string {
  if (config.name.endsWith('.slice')) return config.name;
  return config.scope_prefix === '' ? `${config.name}.scope` : `${config.scope_prefix}-${config.name}.scope`;
}

/** `a-b.slice` lives in /a.slice/a-b.slice. */
export function expandSlice(slice: string): string {
  const suffix = '.slice';
  if (slice.length < suffix.length || !slice.endsWith(suffix)) throw newError(`invalid slice name: ${slice}`);
  if (slice.includes('/')) throw newError(`invalid slice name: ${slice}`);
  const name = slice.slice(0, -suffix.length);
  if (name === '-') return '/';
  let path = '';
  let prefix = '';
  for (const component of name.split('-')) {
    if (component === '') throw newError(`invalid slice name: ${slice}`);
    path += `/${prefix}${component}${suffix}`;
    prefix += `${component}-`;
  }
  return path;
}

/** filepath.Clean of a path whose `..` must not climb out. */
export function clean(path: string): string {
  const out: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..') out.pop();
    else out.push(part);
  }
  return `${path.startsWith('/') ? '/' : ''}${out.join('/')}`;
}
