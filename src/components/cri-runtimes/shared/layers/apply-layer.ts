/**
 * Extracting a layer into a snapshot's upper directory. Whiteouts become what overlayfs understands: a character device
 * 0,0 hides a name, an attribute makes a directory opaque.
 * @models containerd 2.1 pkg/archive/tar.go, core/diff/apply/apply_linux.go
 * @fidelity partial: device nodes other than whiteouts are made, xattrs are kept; no SELinux labels, no chown retries
 */
import type { Context } from '../../../../linux/context.ts';
import { isErrno } from '../../../../linux/errno.ts';
import { mkdirAll, readFileRope, removeAll } from '../../../../linux/io.ts';
import type { Rope } from '../../../../linux/rope.ts';
import { GzipError, gunzip, isGzip } from '../../../../protocols/oci/gzip.ts';
import { readTar, type TarEntry, TarError } from '../../../../protocols/oci/tar.ts';
import { failure, pathFailure } from '../errors.ts';
import { fileUsage, type Usage } from './disk-usage.ts';

const WHITEOUT = '.wh.';
const OPAQUE = '.wh..wh..opq';

/** The layer's uncompressed tar. */
export function decompress(blob: Rope): Rope {
  if (!isGzip(blob)) return blob;
  try {
    return gunzip(blob);
  } catch (error) {
    if (error instanceof GzipError) throw failure(error.message);
    throw error;
  }
}

/** Returns what was written, so that the snapshot need not be measured again. */
export async function applyLayer(
  ctx: Context,
  tar: Rope,
  upper: string,
  lowers: readonly string[],
  hidesByWhiteout: boolean,
): Promise<Usage> {
  // The snapshot's own root directory.
  const usage: Usage = { size: fileUsage('directory', 0), inodes: 1 };
  const directories: TarEntry[] = [];
  const made = new Set<string>();
  try {
    for (const entry of readTar(tar)) {
      const name = cleanName(entry.name);
      if (name === '') {
        directories.push(entry);
        continue;
      }
      await makeParents(ctx, upper, lowers, name, made, usage);
      if (await applyWhiteout(ctx, upper, name, usage, hidesByWhiteout, made)) continue;
      await extract(ctx, entry, name, upper, lowers, usage);
      made.add(name);
      if (entry.type === 'directory') directories.push(entry);
    }
  } catch (error) {
    if (error instanceof TarError) throw failure(error.message);
    throw error;
  }
  for (const entry of directories) await ctx.sys.setTimes(ctx, joined(upper, cleanName(entry.name)), entry.mtime);
  return usage;
}

function cleanName(name: string): string {
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..')) throw failure(`failed to extract layer: invalid path "${name}"`);
  return parts.join('/');
}

function joined(upper: string, name: string): string {
  return name === '' ? upper : `${upper}/${name}`;
}

/** Parents that the layer itself does not list come from below, or are made afresh. */
async function makeParents(
  ctx: Context,
  upper: string,
  lowers: readonly string[],
  name: string,
  made: Set<string>,
  usage: Usage,
): Promise<void> {
  const slash = name.lastIndexOf('/');
  if (slash < 0) return;
  const parent = name.slice(0, slash);
  if (made.has(parent)) return;
  await makeParents(ctx, upper, lowers, parent, made, usage);
  made.add(parent);
  const path = `${upper}/${parent}`;
  try {
    await ctx.sys.mkdir(ctx, path, 0o755);
  } catch (error) {
    if (isErrno(error, 'EEXIST')) return;
    throw pathFailure('mkdir', path, error);
  }
  usage.size += fileUsage('directory', 0);
  usage.inodes++;
  for (const lower of lowers) {
    try {
      const stat = await ctx.sys.stat(ctx, `${lower}/${parent}`);
      await ctx.sys.chmod(ctx, path, stat.mode);
      await ctx.sys.chown(ctx, path, stat.uid, stat.gid);
      await ctx.sys.setTimes(ctx, path, stat.mtime);
      return;
    } catch (error) {
      if (!isErrno(error, 'ENOENT', 'ENOTDIR')) throw error;
    }
  }
}

async function applyWhiteout(
  ctx: Context,
  upper: string,
  name: string,
  usage: Usage,
  hidesByWhiteout: boolean,
  made: ReadonlySet<string>,
): Promise<boolean> {
  const slash = name.lastIndexOf('/');
  const base = name.slice(slash + 1);
  const parent = joined(upper, slash < 0 ? '' : name.slice(0, slash));
  if (base === OPAQUE) {
    if (!hidesByWhiteout) {
      // What is there and not of this layer goes.
      const prefix = slash < 0 ? '' : name.slice(0, slash + 1);
      for (const entry of await ctx.sys.readDirectory(ctx, parent))
        if (!made.has(`${prefix}${entry.name}`)) await removeAll(ctx, `${parent}/${entry.name}`);
      return true;
    }
    await ctx.sys.setxattr(ctx, parent, 'trusted.overlay.opaque', 'y');
    return true;
  }
  if (!base.startsWith(WHITEOUT)) return false;
  const hidden = `${parent}/${base.slice(WHITEOUT.length)}`;
  await removeAll(ctx, hidden);
  if (!hidesByWhiteout) return true;
  await ctx.sys.mknod(ctx, hidden, 'char', 0, [0, 0]);
  usage.inodes++;
  return true;
}

async function extract(
  ctx: Context,
  entry: TarEntry,
  name: string,
  upper: string,
  lowers: readonly string[],
  usage: Usage,
): Promise<void> {
  const path = `${upper}/${name}`;
  const { sys } = ctx;
  if (entry.type === 'directory') {
    try {
      await sys.mkdir(ctx, path, entry.mode & 0o777);
      usage.size += fileUsage('directory', 0);
      usage.inodes++;
    } catch (error) {
      if (!isErrno(error, 'EEXIST')) throw pathFailure('mkdir', path, error);
      if ((await sys.lstat(ctx, path)).type !== 'directory') {
        await sys.unlink(ctx, path);
        await sys.mkdir(ctx, path, entry.mode & 0o777);
      }
    }
  } else {
    await replaceExisting(ctx, path);
    switch (entry.type) {
      case 'file': {
        const fd = await sys.open(ctx, path, { write: true, create: true, exclusive: true }, entry.mode & 0o777);
        if (entry.content.length > 0) await sys.write(ctx, fd, entry.content);
        await sys.close(ctx, fd);
        usage.size += fileUsage('file', entry.content.length);
        break;
      }
      case 'hardlink':
        await hardLink(ctx, cleanName(entry.linkName), path, upper, lowers, usage);
        return;
      case 'symlink':
        await sys.symlink(ctx, entry.linkName, path);
        break;
      case 'fifo':
        await sys.mknod(ctx, path, 'fifo', entry.mode & 0o777);
        break;
      default:
        await sys.mknod(ctx, path, entry.type, entry.mode & 0o777, entry.rdev);
    }
    usage.inodes++;
  }
  await setAttributes(ctx, entry, path);
}

async function setAttributes(ctx: Context, entry: TarEntry, path: string): Promise<void> {
  if (entry.uid !== 0 || entry.gid !== 0) await ctx.sys.chown(ctx, path, entry.uid, entry.gid, false);
  for (const [key, value] of Object.entries(entry.xattrs)) await ctx.sys.setxattr(ctx, path, key, value);
  if (entry.type === 'symlink') return;
  await ctx.sys.chmod(ctx, path, entry.mode);
  await ctx.sys.setTimes(ctx, path, entry.mtime);
}

async function replaceExisting(ctx: Context, path: string): Promise<void> {
  try {
    await ctx.sys.lstat(ctx, path);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return;
    throw error;
  }
  await removeAll(ctx, path);
}

/** The target may lie in a layer below: then it is copied up first. */
async function hardLink(
  ctx: Context,
  target: string,
  path: string,
  upper: string,
  lowers: readonly string[],
  usage: Usage,
): Promise<void> {
  const source = `${upper}/${target}`;
  try {
    await ctx.sys.link(ctx, source, path);
    return;
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw pathFailure('link', `${source} ${path}`, error);
  }
  for (const lower of lowers) {
    try {
      const stat = await ctx.sys.lstat(ctx, `${lower}/${target}`);
      const content = await readFileRope(ctx, `${lower}/${target}`);
      await mkdirAll(ctx, source.slice(0, source.lastIndexOf('/')));
      const fd = await ctx.sys.open(ctx, source, { write: true, create: true, truncate: true }, stat.mode & 0o777);
      await ctx.sys.write(ctx, fd, content);
      await ctx.sys.close(ctx, fd);
      await ctx.sys.chown(ctx, source, stat.uid, stat.gid);
      await ctx.sys.chmod(ctx, source, stat.mode);
      await ctx.sys.setTimes(ctx, source, stat.mtime);
      usage.size += fileUsage('file', content.length);
      usage.inodes++;
      await ctx.sys.link(ctx, source, path);
      return;
    } catch (error) {
      if (!isErrno(error, 'ENOENT', 'ENOTDIR')) throw error;
    }
  }
  throw failure(`link ${source} ${path}: no such file or directory`);
}
