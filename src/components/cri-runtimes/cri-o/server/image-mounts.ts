/**
 * Images mounted as volumes: storage mounts the image once, read only, and each container gets an overlay of that mount and
 * an empty directory. The mount stays until the image is removed.
 * @models CRI-O 1.36 server/container_create_linux.go mountImage ensureImageVolumesPath, server/safemount_linux.go
 * @fidelity partial: no artifacts; a sub path is bound by its path and not by an open descriptor
 */
import type { Context } from '../../../../linux/context.ts';
import { isErrno } from '../../../../linux/errno.ts';
import { mkdirAll, writeFile } from '../../../../linux/io.ts';
import type { Mount as CriMount } from '../../../../protocols/cri/generated.ts';
import type { Mount } from '../../../../protocols/oci-runtime/types.ts';
import { checkPolicy } from '../../shared/containers-image/policy.ts';
import { failure, wrap } from '../../shared/errors.ts';
import { findLocal } from './images.ts';
import type { Server } from './server.ts';
import { mountMaps } from './user-namespace.ts';

/** As path lookups in a root allow. */
const SYMLINKS_MAX = 255;

/** Where the empty directory of all image volumes is, made if a mount needs it; '' if none does. Throws what CreateContainer answers with. */
export async function imageVolumesPath(ctx: Context, server: Server, mounts: readonly CriMount[]): Promise<string> {
  if (!mounts.some((mount) => (mount.image?.image ?? '') !== '')) return '';
  const exits = server.config.crio.runtime.container_exits_dir;
  const path = `${exits.slice(0, exits.lastIndexOf('/'))}/image-volumes`;
  const because = (words: string) => (error: unknown) => {
    if (!isErrno(error)) throw error;
    throw failure(`ensure image volumes path: ${words}: ${error.go}`);
  };
  await mkdirAll(ctx, path, 0o700).catch(because('create image volumes path'));
  const inside = await ctx.sys.readDirectory(ctx, path).catch(because(`open image volumes path ${path}`));
  if (inside.length > 0) throw failure(`ensure image volumes path: image volumes path ${path} is not empty`);
  return path;
}

/** What the container mounts, and what is remembered of it. Throws what CreateContainer answers with. */
export async function imageMount(
  ctx: Context,
  server: Server,
  mount: CriMount,
  empty: string,
  containerId: string,
): Promise<{ volume: CriMount; mount: Mount }> {
  try {
    return await made(ctx, server, mount, empty, containerId);
  } catch (error) {
    throw wrap('ImageVolumeMountFailed', error);
  }
}

async function made(
  ctx: Context,
  server: Server,
  mount: CriMount,
  empty: string,
  containerId: string,
): Promise<{ volume: CriMount; mount: Mount }> {
  const reference = mount.image?.image ?? '';
  const image = await findLocal(ctx, server, reference);
  if (image === null) throw failure(`image "${reference}" does not exist locally`);
  await checkPolicy(ctx, server.config.crio.image.signature_policy, image.name === '' ? image.id : image.name);
  let hostPath = await server.store.mountImage(ctx, image.id).catch((error: unknown) => {
    throw wrap('mount storage', error);
  });
  await server.log.info(ctx, `Image mounted to: ${hostPath}`);
  if (mount.imageSubPath !== '')
    hostPath = await subPath(ctx, hostPath, mount.imageSubPath, reference, server.store.runDirectory(containerId));
  return {
    volume: {
      ...mount,
      hostPath,
      image: { ...(mount.image as NonNullable<CriMount['image']>), image: image.id, userSpecifiedImage: '' },
      imageSubPath: '',
    },
    mount: {
      destination: mount.containerPath,
      type: 'overlay',
      source: 'overlay',
      options: [`lowerdir=${hostPath}:${empty}`],
      ...mountMaps(mount.uidMappings, mount.gidMappings),
    },
  };
}

/** Binds it below the container's own directory, with which it goes. */
async function subPath(ctx: Context, root: string, path: string, reference: string, runDir: string): Promise<string> {
  try {
    const found = await lookUpIn(ctx, root, path);
    const target = `${runDir}/subpath${ctx.random.below(1_000_000_000)}`;
    if ((await ctx.sys.stat(ctx, found)).type === 'directory') await ctx.sys.mkdir(ctx, target, 0o700);
    else await writeFile(ctx, target, '', { mode: 0o600 });
    await ctx.sys.mount(ctx, found, target, '', { bind: true, recursive: true });
    return target;
  } catch (error) {
    if (isErrno(error, 'ENOENT')) throw failure(`sub path "${path}" does not exist in image volume "${reference}"`);
    if (isErrno(error)) throw failure(`safe mount sub path: ${error.go}`);
    throw wrap('safe mount sub path', error);
  }
}

/** Links lead nowhere else than into the root. Throws Errno. */
async function lookUpIn(ctx: Context, root: string, path: string): Promise<string> {
  let at: string[] = [];
  const left = path.split('/');
  for (let links = 0; left.length > 0; ) {
    const part = left.shift() ?? '';
    if (part === '' || part === '.') continue;
    if (part === '..') {
      at.pop();
      continue;
    }
    const next = [root, ...at, part].join('/');
    const { type } = await ctx.sys.lstat(ctx, next);
    if (type !== 'symlink') {
      at.push(part);
      continue;
    }
    links++;
    if (links > SYMLINKS_MAX) throw failure('too many levels of symbolic links');
    const target = await ctx.sys.readlink(ctx, next);
    if (target.startsWith('/')) at = [];
    left.unshift(...target.split('/'));
  }
  return [root, ...at].join('/');
}
