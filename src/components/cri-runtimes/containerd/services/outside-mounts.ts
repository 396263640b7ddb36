/**
 * Clients mount snapshots themselves. One that came over a forwarded connection cannot: what the mounts name is on this
 * node. Where there is a directory that both see, such a client is given a copy of the snapshot in it; what it hands back
 * stands for the snapshot again.
 * @models nothing: a real containerd's clients are on its node @fidelity full
 */
import type { Context } from '../../../../linux/context.ts';
import { isErrno } from '../../../../linux/errno.ts';
import { getenv, mkdirAll, readFile, readFileRope, removeAll, writeFile } from '../../../../linux/io.ts';
import type { ServerCall } from '../../../../protocols/grpc/server.ts';
import type { MountSpec } from '../snapshotters/snapshotter.ts';

const SHARED_DIRECTORY = 'CUTAWAY_SHARED_DIRECTORY';
const FORWARDER = 'sshd-session\n';
const COPIES_MAX = 4096;

type Asker = Pick<ServerCall<never>, 'peerPid'>;
/** `state` tells whether the snapshot has changed since. */
type Copy = { directory: string; mounts: MountSpec[]; state: string };

export class OutsideMounts {
  private readonly copies = new Map<string, Copy>();
  private made = 0;

  /** What the asker can mount; `name` tells snapshots apart. */
  async give(ctx: Context, asker: Asker, name: string, mounts: MountSpec[]): Promise<MountSpec[]> {
    const shared = getenv(ctx, SHARED_DIRECTORY) ?? '';
    const [mount] = mounts;
    if (shared === '' || mount === undefined || !(await isOutside(ctx, asker.peerPid))) return mounts;
    const layers = layersOf(mount);
    const state = await stateOf(ctx, layers[0] ?? '');
    let copy = this.copies.get(name);
    if (copy?.state !== state) {
      await this.forget(ctx, name);
      if (this.copies.size >= COPIES_MAX) return mounts;
      copy = { directory: `${shared}/${++this.made}`, mounts, state };
      await mkdirAll(ctx, copy.directory, 0o755);
      this.copies.set(name, copy);
      await copyOut(ctx, mount, layers, `${shared}/.mounted`, copy.directory);
    }
    const readOnly = mount.type !== 'overlay' && !mount.options.includes('rw');
    return [{ type: 'bind', source: copy.directory, target: '', options: ['rbind', readOnly ? 'ro' : 'rw'] }];
  }

  /** The snapshot's own mounts for those that were given out. */
  take<M extends { source: string }>(mounts: readonly M[]): readonly (M | MountSpec)[] {
    const [only] = mounts;
    for (const copy of this.copies.values()) if (copy.directory === only?.source) return copy.mounts;
    return mounts;
  }

  async forget(ctx: Context, name: string): Promise<void> {
    const copy = this.copies.get(name);
    if (copy === undefined) return;
    this.copies.delete(name);
    await removeAll(ctx, copy.directory);
  }
}

async function isOutside(ctx: Context, pid: number): Promise<boolean> {
  try {
    return (await readFile(ctx, `/proc/${pid}/comm`)) === FORWARDER;
  } catch (error) {
    if (isErrno(error)) return false;
    throw error;
  }
}

/** The directories of a snapshot, the topmost first. */
function layersOf({ type, source, options }: MountSpec): string[] {
  if (type !== 'overlay') return [source];
  const value = (key: string): string[] =>
    options.flatMap((option) => (option.startsWith(`${key}=`) ? option.slice(key.length + 1).split(':') : []));
  return [...value('upperdir'), ...value('lowerdir')];
}

/** What is in a directory, as far as a change can be told by it. */
async function stateOf(ctx: Context, directory: string): Promise<string> {
  const { sys } = ctx;
  const out: string[] = [];
  for (const { name } of await sys.readDirectory(ctx, directory)) {
    const path = `${directory}/${name}`;
    const { type, mode, size, mtime, ctime } = await sys.lstat(ctx, path);
    out.push([name, type, mode, size, mtime, ctime].join(' '));
    if (type === 'directory') out.push(await stateOf(ctx, path));
  }
  return `(${out.join(',')})`;
}

async function copyOut(
  ctx: Context,
  mount: MountSpec,
  layers: readonly string[],
  place: string,
  to: string,
): Promise<void> {
  const { sys } = ctx;
  if (mount.type !== 'overlay') return copyTree(ctx, mount.source, to, '', layers, new Map());
  const data = mount.options.filter((option) => !/^[ug]idmap=/.test(option)).join(',');
  await mkdirAll(ctx, place, 0o700);
  await sys.mount(ctx, 'overlay', place, 'overlay', { readOnly: true }, data);
  try {
    await copyTree(ctx, place, to, '', layers, new Map());
  } finally {
    await sys.umount(ctx, place, { detach: true });
    await sys.rmdir(ctx, place);
  }
}

/** What is below `path` of one tree into the other. Links stay links; devices, pipes and sockets are left out. */
async function copyTree(
  ctx: Context,
  from: string,
  to: string,
  path: string,
  layers: readonly string[],
  links: Map<string, string>,
): Promise<void> {
  const { sys } = ctx;
  for (const { name } of await sys.readDirectory(ctx, from + path)) {
    const below = `${path}/${name}`;
    const [source, target] = [from + below, to + below];
    const { type, mode, uid, gid, mtime, nlink } = await sys.lstat(ctx, source);
    if (type === 'directory') {
      await sys.mkdir(ctx, target, mode & 0o777);
      await copyTree(ctx, from, to, below, layers, links);
    } else if (type === 'symlink') {
      await sys.symlink(ctx, await sys.readlink(ctx, source), target);
      await sys.chown(ctx, target, uid, gid, false);
      continue;
    } else if (type === 'file') {
      const file = nlink > 1 ? await fileBelow(ctx, layers, below) : '';
      const known = links.get(file);
      if (known !== undefined) {
        await sys.link(ctx, known, target);
        continue;
      }
      if (file !== '') links.set(file, target);
      await writeFile(ctx, target, await readFileRope(ctx, source), { mode: mode & 0o777 });
    } else continue;
    await sys.chown(ctx, target, uid, gid);
    await sys.chmod(ctx, target, mode);
    await sys.setTimes(ctx, target, mtime);
  }
}

/** Which file it is that several names lead to: overlayfs shows each name as a file of its own. */
async function fileBelow(ctx: Context, layers: readonly string[], path: string): Promise<string> {
  for (const layer of layers) {
    try {
      return `${layer}:${(await ctx.sys.lstat(ctx, layer + path)).ino}`;
    } catch (error) {
      if (!isErrno(error)) throw error;
    }
  }
  return '';
}
