/**
 * Extracting a layer into a snapshot's directory. For overlayfs whiteouts become what it understands: a character device
 * 0,0 hides a name, an attribute makes a directory opaque.
 * @models containerd 2.1 pkg/archive/tar.go, tar_opts_linux.go
 * @fidelity partial: no SELinux labels, no user namespaces
 */
import type { Context } from '../../../../linux/context.ts';
import { isErrno } from '../../../../linux/errno.ts';
import { removeAll } from '../../../../linux/io.ts';
import type { Rope } from '../../../../linux/rope.ts';
import { decompressed, isCompressionError } from '../../../../protocols/oci/compression.ts';
import { readTar, type TarEntry, TarError } from '../../../../protocols/oci/tar.ts';
import { failure, pathFailure, wrap } from '../errors.ts';
import { fileUsage, type Usage } from './disk-usage.ts';
import { cleanName, rootPath } from './root-path.ts';

const WHITEOUT = '.wh.';
const OPAQUE = '.wh..wh..opq';

/** The layer's uncompressed tar. */
export function decompress(blob: Rope): Rope {
  try {
    return decompressed(blob);
  } catch (error) {
    if (isCompressionError(error)) throw failure(error.message);
    throw error;
  }
}

/** What has been done so far, for one layer. */
type Extraction = {
  readonly root: string;
  readonly lowers: readonly string[];
  readonly hidesByWhiteout: boolean;
  readonly usage: Usage;
  /** Directories that are there, by the archive's name for them: where they really are. */
  readonly parents: Map<string, string>;
  /** Paths that this layer wrote. */
  readonly written: Set<string>;
};

/** Returns what was written, so that the snapshot need not be measured again. */
export async function applyLayer(
  ctx: Context,
  tar: Rope,
  root: string,
  lowers: readonly string[],
  hidesByWhiteout: boolean,
): Promise<Usage> {
  // The snapshot's own root directory.
  const usage: Usage = { size: fileUsage('directory', 0), inodes: 1 };
  const x: Extraction = { root, lowers, hidesByWhiteout, usage, parents: new Map(), written: new Set() };
  const directories: TarEntry[] = [];
  try {
    for (const entry of readTar(tar)) {
      const name = cleanName(entry.name);
      if (entry.type === 'directory') directories.push(entry);
      if (name !== '') await applyEntry(ctx, x, entry, name);
    }
  } catch (error) {
    if (error instanceof TarError) throw failure(error.message);
    throw error;
  }
  for (const { name, mtime } of directories) {
    const path = await rootPath(ctx, root, cleanName(name));
    await ctx.sys.setTimes(ctx, path, mtime).catch((error: unknown) => {
      throw pathFailure('chtimes', path, error);
    });
  }
  return usage;
}

async function applyEntry(ctx: Context, x: Extraction, entry: TarEntry, name: string): Promise<void> {
  const slash = name.lastIndexOf('/');
  const base = name.slice(slash + 1);
  const parent = slash < 0 ? x.root : await parentDirectory(ctx, x, name.slice(0, slash));
  const path = `${parent}/${base}`;
  if (base.startsWith(WHITEOUT)) {
    await applyWhiteout(ctx, x, parent, base);
    return;
  }
  if (await prepareTarget(ctx, x, path, entry.type)) await extract(ctx, x, entry, path);
  else await setAttributes(ctx, entry, path);
  x.written.add(path);
}

/** Where the directory of that name is; what is missing of it is made. */
async function parentDirectory(ctx: Context, x: Extraction, name: string): Promise<string> {
  const known = x.parents.get(name);
  if (known !== undefined) return known;
  const path = await rootPath(ctx, x.root, name).catch((error: unknown) => {
    throw wrap('failed to get root path', error);
  });
  await makeParent(ctx, x, path);
  x.parents.set(name, path);
  return path;
}

/** Parents that the layer itself does not list come from below, or are made afresh. */
async function makeParent(ctx: Context, x: Extraction, path: string): Promise<void> {
  if (path.length <= x.root.length) return;
  try {
    if ((await ctx.sys.lstat(ctx, path)).type !== 'directory') throw failure(`mkparent ${path}: not a directory`);
    return;
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw isErrno(error) ? pathFailure('lstat', path, error) : error;
  }
  await makeParent(ctx, x, path.slice(0, path.lastIndexOf('/')));
  try {
    await ctx.sys.mkdir(ctx, path, 0o755);
  } catch (error) {
    throw pathFailure('mkdir', path, error);
  }
  x.usage.size += fileUsage('directory', 0);
  x.usage.inodes++;
  for (const lower of x.lowers) {
    const source = await rootPath(ctx, lower, path.slice(x.root.length + 1));
    try {
      const { type, mode, uid, gid, mtime } = await ctx.sys.lstat(ctx, source);
      if (type !== 'directory') return;
      await ctx.sys.chmod(ctx, path, mode);
      await ctx.sys.chown(ctx, path, uid, gid);
      await ctx.sys.setTimes(ctx, path, mtime);
      return;
    } catch (error) {
      if (!isErrno(error, 'ENOENT')) throw pathFailure('lstat', source, error);
    }
  }
}

async function applyWhiteout(ctx: Context, x: Extraction, parent: string, base: string): Promise<void> {
  const { usage } = x;
  if (base === OPAQUE) {
    if (x.hidesByWhiteout) {
      await ctx.sys.setxattr(ctx, parent, 'trusted.overlay.opaque', 'y');
      return;
    }
    // What is there and not of this layer goes.
    for (const entry of await ctx.sys.readDirectory(ctx, parent)) {
      const path = `${parent}/${entry.name}`;
      if (!x.written.has(path)) await removeTree(ctx, x, path);
    }
    return;
  }
  const original = base.slice(WHITEOUT.length);
  if (original === '' || original === '.' || original === '..')
    throw failure(`invalid whiteout name: ${base}: invalid archive`);
  const hidden = `${parent}/${original}`;
  if (!x.hidesByWhiteout) {
    await removeTree(ctx, x, hidden);
    return;
  }
  try {
    await ctx.sys.mknod(ctx, hidden, 'char', 0, [0, 0]);
  } catch (error) {
    if (!isErrno(error)) throw error;
    throw failure(`failed to convert whiteout file "${base}": ${error.go}`);
  }
  usage.inodes++;
}

async function removeTree(ctx: Context, x: Extraction, path: string): Promise<void> {
  x.parents.clear();
  await removeAll(ctx, path);
}

/** Makes room; false when a directory is there already and a directory is wanted. */
async function prepareTarget(ctx: Context, x: Extraction, path: string, type: TarEntry['type']): Promise<boolean> {
  try {
    const found = await ctx.sys.lstat(ctx, path);
    if (found.type === 'directory' && type === 'directory') return false;
  } catch (error) {
    if (isErrno(error)) return true;
    throw error;
  }
  await removeTree(ctx, x, path);
  return true;
}

async function extract(ctx: Context, { root, usage }: Extraction, entry: TarEntry, path: string): Promise<void> {
  const { sys } = ctx;
  const mode = entry.mode & 0o777;
  const doing = async (operation: string, body: () => Promise<void>): Promise<void> => {
    try {
      await body();
    } catch (error) {
      throw pathFailure(operation, path, error);
    }
  };
  switch (entry.type) {
    case 'directory':
      await doing('mkdir', () => sys.mkdir(ctx, path, mode));
      usage.size += fileUsage('directory', 0);
      break;
    case 'file': {
      let fd = -1;
      await doing('open', async () => {
        fd = await sys.open(ctx, path, { write: true, create: true, truncate: true }, mode);
      });
      try {
        if (entry.content.length > 0) await doing('write', async () => void (await sys.write(ctx, fd, entry.content)));
      } finally {
        await sys.close(ctx, fd);
      }
      usage.size += fileUsage('file', entry.content.length);
      break;
    }
    case 'hardlink': {
      const at = entry.linkName.lastIndexOf('/');
      const target = `${await rootPath(ctx, root, entry.linkName.slice(0, at + 1))}/${entry.linkName.slice(at + 1)}`;
      await doing(`link ${target}`, () => sys.link(ctx, target, path));
      return;
    }
    case 'symlink':
      await doing(`symlink ${entry.linkName}`, () => sys.symlink(ctx, entry.linkName, path));
      break;
    case 'fifo':
      await sys.mknod(ctx, path, 'fifo', mode);
      break;
    default:
      await sys.mknod(ctx, path, entry.type, mode, entry.rdev);
  }
  usage.inodes++;
  await setAttributes(ctx, entry, path);
}

async function setAttributes(ctx: Context, entry: TarEntry, path: string): Promise<void> {
  if (entry.uid !== 0 || entry.gid !== 0) await ctx.sys.chown(ctx, path, entry.uid, entry.gid, false);
  for (const [key, value] of Object.entries(entry.xattrs)) {
    // What overlayfs keeps for itself is not for archives to set.
    if (!key.startsWith('trusted.')) await ctx.sys.setxattr(ctx, path, key, value);
  }
  if (entry.type === 'symlink') return;
  await ctx.sys.chmod(ctx, path, entry.mode);
  await ctx.sys.setTimes(ctx, path, entry.mtime);
}
