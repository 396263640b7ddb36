/**
 * Maps of users and groups, and lower layers seen through them.
 * @models containers/storage 1.60 pkg/idtools/idtools.go, pkg/idmap/idmapped_utils.go, drivers/overlay/overlay.go get()
 * @fidelity partial: mounts are id-mapped by the kernel, layers are never copied with other owners
 */
import type { Context } from '../../../../linux/context.ts';
import { Errno, isErrno } from '../../../../linux/errno.ts';
import { newUserNamespace } from '../../../../linux/mapped-namespace.ts';
import type { IdMapping } from '../../../../protocols/oci-runtime/types.ts';
import { failure } from '../errors.ts';
import type { IdMapRecord } from './records.ts';

export type PodMaps = { uids: IdMapping[]; gids: IdMapping[] };

/** The numbers on the node of the root inside; -1, which chown(2) leaves alone, if it has none. */
export function rootPair({ uids, gids }: PodMaps): { uid: number; gid: number } {
  const host = (map: readonly IdMapping[]): number => {
    const line = map.find(({ containerID, size }) => containerID === 0 && size > 0);
    return line?.hostID ?? -1;
  };
  return { uid: host(uids), gid: host(gids) };
}

export function mapLines(map: readonly IdMapping[]): string {
  return map.map(({ containerID, hostID, size }) => `${containerID} ${hostID} ${size}\n`).join('');
}

export function mapRecords(map: readonly IdMapping[]): IdMapRecord[] {
  return map.map(({ containerID, hostID, size }) => ({ container_id: containerID, host_id: hostID, size }));
}

export function fromRecords(map: readonly IdMapRecord[]): IdMapping[] {
  return map.map(({ container_id, host_id, size }) => ({ containerID: container_id, hostID: host_id, size }));
}

/**
 * Gives `use` a place below `directory` where `source` is seen through the maps. overlayfs keeps what it has found there:
 * the place itself goes again.
 */
export async function withMapped<T>(
  ctx: Context,
  source: string,
  directory: string,
  maps: PodMaps,
  use: (place: string) => Promise<T>,
): Promise<T> {
  const { sys } = ctx;
  const place = `${directory}/0`;
  try {
    const namespace = await newUserNamespace(ctx, mapLines(maps.uids), mapLines(maps.gids));
    for (const path of [directory, place])
      await sys.mkdir(ctx, path, 0o700).catch((error: unknown) => {
        if (!isErrno(error, 'EEXIST')) throw error;
      });
    const tree = await sys.openTree(ctx, source);
    await sys.idmapMount(ctx, tree, namespace);
    await sys.moveMount(ctx, tree, place);
    for (const fd of [tree, namespace]) await sys.close(ctx, fd);
  } catch (error) {
    if (!(error instanceof Errno)) throw error;
    throw failure(`create mapped mount for "${source}" on "${place}": ${error.go}`);
  }
  try {
    return await use(place);
  } finally {
    await sys.umount(ctx, place, { detach: true });
  }
}
