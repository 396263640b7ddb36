/**
 * Directories of the host in a container: `HOST:CONTAINER[:OPTIONS]`.
 * @models podman 5.4 pkg/specgen/volumes.go @fidelity partial: no named volumes, no overlays, labels and id maps are passed over
 */
import { quote } from '../../../go/quote.ts';
import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import { failure } from '../../cri-runtimes/shared/errors.ts';
import { clean } from '../../oci-runtimes/shared/cgroup-path.ts';

export type Volume = { source: string; destination: string; options: string[] };

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
  if (second === undefined) throw failure('not simulated: podman volumes without a directory of the host');
  if (first === '') throw failure('host directory cannot be empty');
  if (!second.startsWith('/')) throw failure(`invalid container path ${quote(second)}, must be an absolute path`);
  if (!/^[./]/.test(first)) throw failure(`not simulated: the named volume ${first}`);
  const words = options.split(',').filter((word) => word !== '');
  const odd = words.find((word) => !KNOWN.has(word));
  if (odd !== undefined) throw failure(`invalid option ${quote(odd)} for volume ${quote(text)}`);
  return {
    source: clean(first.startsWith('/') ? first : `${workingDirectory}/${first}`),
    destination: second,
    options: words.filter((word) => !IGNORED.has(word)),
  };
}

/** What is to be shown has to be there. */
export async function mountsOf(ctx: Context, volumes: readonly Volume[]) {
  const mounts = [];
  for (const { source, destination, options } of volumes) {
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
