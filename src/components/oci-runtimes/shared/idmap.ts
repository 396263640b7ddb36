/**
 * What a container in a user namespace cannot mount itself: sources that its root does not reach, and id-mapped mounts, which
 * take privileges over the filesystem. The parent makes them and hands over descriptors of mounts that are nowhere yet.
 * @models runc libcontainer/{mount_linux,process_linux}.go, internal/userns @fidelity full
 */

import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import { newUserNamespace } from '../../../linux/mapped-namespace.ts';
import { type Config, type MappingConfig, namespacePath } from './config.ts';
import { wrapped } from './fault.ts';
import { kernelFlags } from './mount-options.ts';

/** Descriptors of the mounts, by their place in config.json. */
export type MountSources = Readonly<Record<number, number>>;

/** Of a container in a user namespace all bind mounts: its root may not be able to reach what is to be bound. */
export async function openSources(ctx: Context, config: Config): Promise<MountSources> {
  const sources: Record<number, number> = {};
  const isMapped = namespacePath(config, 'NEWUSER') !== undefined;
  for (const [i, mount] of config.mounts.entries()) {
    if (mount.device !== 'bind' || (mount.id_mapping === null && !isMapped)) continue;
    const recursive = kernelFlags(mount.flags).recursive === true;
    let tree: number;
    try {
      tree = await ctx.sys.openTree(ctx, mount.source, { recursive });
    } catch (error) {
      // Whoever is to mount it says so in its own words.
      if (isErrno(error, 'ENOENT')) continue;
      throw error;
    }
    if (mount.id_mapping !== null) {
      const { uid_mappings, gid_mappings } = mount.id_mapping;
      try {
        const namespace = await userNamespaceFor(ctx, config, uid_mappings, gid_mappings);
        await ctx.sys.idmapMount(ctx, tree, namespace);
        await ctx.sys.close(ctx, namespace);
      } catch (error) {
        throw wrapped(`failed to set MOUNT_ATTR_IDMAP on ${mount.source}`, error);
      }
    }
    sources[i] = tree;
  }
  return sources;
}

async function userNamespaceFor(
  ctx: Context,
  config: Config,
  uids: readonly MappingConfig[],
  gids: readonly MappingConfig[],
): Promise<number> {
  const path = namespacePath(config, 'NEWUSER');
  // Without a map of its own it is that of the container.
  if (uids.length === 0 && gids.length === 0 && path !== undefined && path !== '')
    return ctx.sys.open(ctx, path, { read: true });
  const own = uids.length > 0 || gids.length > 0;
  const [uidMap, gidMap] = own ? [uids, gids] : [config.uid_mappings ?? [], config.gid_mappings ?? []];
  return newUserNamespace(ctx, mapLines(uidMap), mapLines(gidMap));
}

export function mapLines(map: readonly MappingConfig[]): string {
  return map.map(({ container_id, host_id, size }) => `${container_id} ${host_id} ${size}\n`).join('');
}
