/**
 * What a directory takes on disk, as du counts it.
 * @models containerd/continuity fs/du_unix.go
 * @fidelity partial: hard links are counted once
 */
import type { Context } from '../../../../linux/context.ts';

export type Usage = { size: number; inodes: number };

const BLOCK = 4096;
const SECTOR = 512;

/** Of what lies in a layer's archive, before it is on a disk. */
export function fileUsage(type: string, size: number): number {
  if (type === 'directory') return BLOCK;
  return type === 'file' ? Math.ceil(size / BLOCK) * BLOCK : 0;
}

export async function diskUsage(ctx: Context, root: string): Promise<Usage> {
  const seen = new Set<number>();
  const usage: Usage = { size: 0, inodes: 0 };
  const visit = async (path: string): Promise<void> => {
    const stat = await ctx.sys.lstat(ctx, path);
    if (seen.has(stat.ino)) return;
    seen.add(stat.ino);
    usage.inodes++;
    usage.size += stat.blocks * SECTOR;
    if (stat.type !== 'directory') return;
    for (const entry of await ctx.sys.readDirectory(ctx, path)) await visit(`${path}/${entry.name}`);
  };
  await visit(root);
  return usage;
}
