/**
 * What is mounted into a container: `-v [NAME|HOST:]CONTAINER[:OPTIONS]` and `--mount type=…,…`.
 * @models podman 5.4 pkg/specgen/volumes.go, pkg/specgenutil/volumes.go
 * @fidelity partial: of --mount the types bind, volume and tmpfs; no overlays, labels and id maps are passed over
 */
import { quote } from '../../../go/quote.ts';
import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import { failure } from '../../cri-runtimes/shared/errors.ts';
import { clean } from '../../oci-runtimes/shared/cgroup-path.ts';
import { mountpointOf } from './named-volumes.ts';

/** `source` is a directory of the host, or the name of a volume, which is empty as long as it has none. */
export type Volume = { type: 'bind' | 'volume' | 'tmpfs'; source: string; destination: string; options: string[] };

const KNOWN = new Set([
  ...['rw', 'ro', 'z', 'Z', 'U', 'exec', 'noexec', 'dev', 'nodev', 'suid', 'nosuid', 'bind', 'rbind'],
  ...['private', 'rprivate', 'shared', 'rshared', 'slave', 'rslave', 'unbindable', 'runbindable'],
]);
/** SELinux labels and owners: nothing to do here. */
const IGNORED = new Set(['z', 'Z', 'U', 'rw']);

export function parseVolume(text: string, workingDirectory: string): Volume {
  const parts = text.split(':');
  if (parts.length > 3) throw failure(`${text}: incorrect volume format, should be [host-dir:]ctr-dir[:option]`);
  const [first = '', second, options = ''] = parts;
  if (second === undefined) {
    if (!first.startsWith('/')) throw failure(`invalid container path ${quote(first)}, must be an absolute path`);
    return { type: 'volume', source: '', destination: clean(first), options: [] };
  }
  if (first === '') throw failure('host directory cannot be empty');
  if (!second.startsWith('/')) throw failure(`invalid container path ${quote(second)}, must be an absolute path`);
  const words = options.split(',').filter((word) => word !== '');
  const odd = words.find((word) => !KNOWN.has(word));
  if (odd !== undefined) throw failure(`invalid option ${quote(odd)} for volume ${quote(text)}`);
  const kept = words.filter((word) => !IGNORED.has(word));
  if (!/^[./]/.test(first)) return { type: 'volume', source: first, destination: clean(second), options: kept };
  const source = clean(first.startsWith('/') ? first : `${workingDirectory}/${first}`);
  return { type: 'bind', source, destination: clean(second), options: kept };
}

const TYPES = ['bind', 'volume', 'tmpfs'] as const;

/** `type=volume` if no type is given. */
export function parseMount(text: string, workingDirectory: string): Volume {
  const fields = text.split(',').map((field) => field.split(/=(.*)/s));
  const given = fields.find(([name]) => name === 'type')?.[1] ?? 'volume';
  const type = TYPES.find((known) => known === given);
  if (type === undefined) throw failure(`invalid filesystem type ${quote(given)}`);
  const mount: Volume = { type, source: '', destination: '', options: [] };
  for (const [name = '', value] of fields) {
    const needed = (): string => {
      if (value === undefined || value === '') throw failure(`${name}: must provide an argument for option`);
      return value;
    };
    if (name === 'type') continue;
    if (name === 'source' || name === 'src') {
      if (type === 'tmpfs') throw failure(`${quote(name)} option not supported for "tmpfs" mount types`);
      mount.source = needed();
    } else if (name === 'target' || name === 'dst' || name === 'destination') {
      mount.destination = needed();
      if (!mount.destination.startsWith('/'))
        throw failure(`invalid container path ${quote(mount.destination)}, must be an absolute path`);
    } else if (name === 'readonly' || name === 'ro') mount.options.push(value === 'false' ? 'rw' : 'ro');
    else if (name === 'rw') mount.options.push(value === 'false' ? 'ro' : 'rw');
    else if (name === 'bind-propagation') mount.options.push(needed());
    else if (name === 'tmpfs-size' || name === 'tmpfs-mode') {
      if (type !== 'tmpfs') throw failure(`${quote(name)} option not supported for ${quote(type)} mount types`);
      mount.options.push(`${name.slice('tmpfs-'.length)}=${needed()}`);
    } else if (KNOWN.has(name)) mount.options.push(name);
    else throw failure(`${name}: invalid mount option`);
  }
  if (mount.destination === '') throw failure('must set volume destination');
  if (type === 'bind' && mount.source === '') mount.source = mount.destination;
  if (type === 'bind' && !mount.source.startsWith('/')) mount.source = `${workingDirectory}/${mount.source}`;
  if (type === 'bind') mount.source = clean(mount.source);
  mount.destination = clean(mount.destination);
  mount.options = mount.options.filter((word) => !IGNORED.has(word));
  return mount;
}

/** What is to be shown has to be there. */
export async function mountsOf(ctx: Context, volumes: readonly Volume[]) {
  const mounts = [];
  for (const { type, source: given, destination, options } of volumes) {
    if (type === 'tmpfs') {
      mounts.push({ destination, type, source: type, options: ['rprivate', 'nosuid', 'nodev', ...options] });
      continue;
    }
    const source = type === 'volume' ? mountpointOf(given) : given;
    try {
      await ctx.sys.stat(ctx, source);
    } catch (error) {
      if (!isErrno(error)) throw error;
      throw failure(`statfs ${source}: ${error.go}`);
    }
    const propagation = options.some((option) => /^r?(private|shared|slave|unbindable)$/.test(option));
    const bind = options.includes('bind') ? [] : ['rbind'];
    mounts.push({
      destination,
      type: 'bind',
      source,
      options: [...options, ...bind, ...(propagation ? [] : ['rprivate'])],
    });
  }
  return mounts;
}
