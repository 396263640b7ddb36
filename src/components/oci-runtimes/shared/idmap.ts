/**
 * Id-mapped mounts: only whoever has privileges over the filesystem can make them, so the parent does, before the container
 * is in its user namespace, and hands over descriptors of mounts that are nowhere yet.
 * @models runc libcontainer/{mount_linux,process_linux}.go, internal/userns @fidelity full
 */
import type { Context } from '../../../linux/context.ts';
import { writeFile } from '../../../linux/io.ts';
import { type Config, type MappingConfig, namespacePath } from './config.ts';
import { wrapped } from './fault.ts';

/** Descriptors of the mounts, by their place in config.json. */
export type MountSources = Readonly<Record<number, number>>;

export async function openIdmapped(ctx: Context, config: Config): Promise<MountSources> {
  const sources: Record<number, number> = {};
  for (const [i, mount] of config.mounts.entries()) {
    if (mount.id_mapping === null) continue;
    const { uid_mappings, gid_mappings } = mount.id_mapping;
    try {
      const namespace = await userNamespaceFor(ctx, config, uid_mappings, gid_mappings);
      const tree = await ctx.sys.openTree(ctx, mount.source);
      await ctx.sys.idmapMount(ctx, tree, namespace);
      await ctx.sys.close(ctx, namespace);
      sources[i] = tree;
    } catch (error) {
      throw wrapped(`failed to set MOUNT_ATTR_IDMAP on ${mount.source}`, error);
    }
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
  return newUserNamespace(ctx, own ? uids : (config.uid_mappings ?? []), own ? gids : (config.gid_mappings ?? []));
}

export function mapLines(map: readonly MappingConfig[]): string {
  return map.map(({ container_id, host_id, size }) => `${container_id} ${host_id} ${size}\n`).join('');
}

/** A descriptor of a user namespace with these maps: somebody has to be in it for as long as that takes. */
async function newUserNamespace(
  ctx: Context,
  uids: readonly MappingConfig[],
  gids: readonly MappingConfig[],
): Promise<number> {
  const { sys } = ctx;
  const [wait, gate] = await sys.pipe(ctx);
  const pid = await sys.fork(
    ctx,
    async (child) => {
      await child.sys.close(child, gate);
      await child.sys.read(child, wait, 1);
      return 0;
    },
    { newNamespaces: ['user'] },
  );
  await sys.close(ctx, wait);
  await writeFile(ctx, `/proc/${pid}/uid_map`, mapLines(uids));
  await writeFile(ctx, `/proc/${pid}/gid_map`, mapLines(gids));
  const fd = await sys.open(ctx, `/proc/${pid}/ns/user`, { read: true });
  await sys.close(ctx, gate);
  await sys.wait(ctx, pid);
  return fd;
}
