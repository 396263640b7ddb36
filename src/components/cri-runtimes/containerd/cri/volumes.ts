/**
 * Volumes of images: what the image has at that place is copied into the new directory.
 * @models containerd 2.1 internal/cri/opts/container.go (WithVolumes)
 * @fidelity partial: read layer by layer, the nearest one that has the directory
 */
import type { Context } from '../../../../linux/context.ts';
import { isErrno } from '../../../../linux/errno.ts';
import { mkdirAll, readFileRope } from '../../../../linux/io.ts';
import type { Mount } from '../../../../protocols/cri/generated.ts';

export async function copyVolumes(
  ctx: Context,
  volumes: readonly Mount[],
  directories: { upper: string; lowers: string[] },
): Promise<void> {
  for (const volume of volumes) {
    await mkdirAll(ctx, volume.hostPath, 0o755);
    for (const layer of directories.lowers) {
      try {
        await copyTree(ctx, `${layer}${volume.containerPath}`, volume.hostPath);
        break;
      } catch (error) {
        if (!isErrno(error, 'ENOENT', 'ENOTDIR')) throw error;
      }
    }
  }
}

async function copyTree(ctx: Context, from: string, to: string): Promise<void> {
  const { sys } = ctx;
  const stat = await sys.lstat(ctx, from);
  if (stat.type === 'directory') {
    await mkdirAll(ctx, to, stat.mode & 0o777);
    for (const entry of await sys.readDirectory(ctx, from))
      await copyTree(ctx, `${from}/${entry.name}`, `${to}/${entry.name}`);
  } else if (stat.type === 'symlink') {
    await sys.symlink(ctx, await sys.readlink(ctx, from), to);
    return;
  } else if (stat.type === 'file') {
    const content = await readFileRope(ctx, from);
    const fd = await sys.open(ctx, to, { write: true, create: true, truncate: true }, stat.mode & 0o777);
    if (content.length > 0) await sys.write(ctx, fd, content);
    await sys.close(ctx, fd);
  } else return;
  await sys.chown(ctx, to, stat.uid, stat.gid);
  await sys.chmod(ctx, to, stat.mode);
}
