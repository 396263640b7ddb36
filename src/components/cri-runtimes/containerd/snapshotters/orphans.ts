/**
 * What a daemon that was killed has left of snapshots nobody knows of.
 * @models containerd 2.1 core/metadata/snapshot.go garbageCollect, plugins/snapshots/overlay/overlay.go Cleanup
 * @fidelity full
 */
import type { Context } from '../../../../linux/context.ts';
import { isErrno } from '../../../../linux/errno.ts';
import { removeAll } from '../../../../linux/io.ts';
import type { BoltFile } from '../metadata/bolt-file.ts';
import type { BackendSnapshot } from './snapshotter.ts';

export async function removeOrphanSnapshots(
  ctx: Context,
  db: BoltFile,
  root: string,
  keep: ReadonlySet<string>,
  remove: (key: string) => Promise<void>,
): Promise<void> {
  const all = (): [key: string, snapshot: BackendSnapshot][] => db.list<BackendSnapshot>('snapshots');
  for (;;) {
    const parents = new Set(all().map(([, { parent }]) => parent));
    const lost = all().filter(([key]) => !keep.has(key) && !parents.has(key));
    if (lost.length === 0) break;
    for (const [key] of lost) await remove(key);
  }
  const known = new Set(all().map(([, { id }]) => String(id)));
  for (const { name } of await ctx.sys.readDirectory(ctx, `${root}/snapshots`)) {
    if (known.has(name)) continue;
    try {
      await removeAll(ctx, `${root}/snapshots/${name}`);
    } catch (error) {
      // Still mounted somewhere: left for the next start.
      if (!isErrno(error, 'EBUSY')) throw error;
    }
  }
}
