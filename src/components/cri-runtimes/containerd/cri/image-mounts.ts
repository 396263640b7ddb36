/**
 * Images mounted as volumes: a snapshot on top of the image's layers, mounted once a pod below the CRI plugin's state.
 * @models containerd 2.1 internal/cri/server/container_image_mount.go
 * @fidelity full
 */
import { quote } from '../../../../go/quote.ts';
import type { Context } from '../../../../linux/context.ts';
import { isErrno } from '../../../../linux/errno.ts';
import { exists, mkdirAll } from '../../../../linux/io.ts';
import type { Mount } from '../../../../protocols/cri/generated.ts';
import { failure, isNotFound, wrap } from '../../shared/errors.ts';
import { withLease } from '../metadata/leases.ts';
import { mountsBelow } from '../mounts.ts';
import type { MountSpec } from '../snapshotters/snapshotter.ts';
import type { CriService } from './cri-service.ts';
import { CRI_NAMESPACE } from './types.ts';

const baseOf = (cri: CriService, sandboxId: string): string => `${cri.stateDir}/image-volumes/${sandboxId}`;

/** The mounts with images in place as directories. Throws what CreateContainer answers with. */
export async function mountImages(
  ctx: Context,
  cri: CriService,
  sandboxId: string,
  mounts: readonly Mount[],
): Promise<Mount[]> {
  const out: Mount[] = [];
  for (const mount of mounts) {
    if (mount.image === undefined) out.push(mount);
    else out.push({ ...mount, hostPath: await placeOf(ctx, cri, sandboxId, mount, mount.image.image) });
  }
  return out;
}

async function placeOf(ctx: Context, cri: CriService, sandboxId: string, mount: Mount, ref: string): Promise<string> {
  const shown = `container_path:${quote(mount.containerPath)}`;
  if (mount.hostPath !== '') throw failure(`hostpath must be empty while mount image: ${shown}`);
  if (!mount.readonly) throw failure(`readonly must be true while mount image: ${shown}`);
  if (ref === '') throw failure(`image not specified in: ${shown}`);
  const image = (() => {
    try {
      return cri.images.resolve(ref);
    } catch (error) {
      throw wrap(`failed to resolve image ${quote(ref)}`, error);
    }
  })();
  const digest = cri.parts.images.find(CRI_NAMESPACE, image.id)?.target.digest ?? image.id;
  const target = `${baseOf(cri, sandboxId)}/${digest.replace(/^sha256:/, '')}`;
  // Another container of the pod has it.
  if ((await mountsBelow(ctx, target)).length > 0) return target;
  const { metadata, snapshots } = cri.parts;
  if (metadata.leases.get(CRI_NAMESPACE, sandboxId) === undefined)
    await metadata.leases.create(ctx, CRI_NAMESPACE, sandboxId);
  const held = withLease(ctx, CRI_NAMESPACE, sandboxId);
  const specs = await (snapshots.has(CRI_NAMESPACE, target)
    ? Promise.resolve(snapshots.mounts(CRI_NAMESPACE, target))
    : snapshots.prepare(held, CRI_NAMESPACE, target, image.chainId)
  ).catch((error: unknown) => {
    throw wrap(`failed to prepare for image volume ${quote(ref)}`, error);
  });
  await mkdirAll(ctx, target, 0o755);
  for (const spec of specs) await mountSpec(ctx, spec, target);
  return target;
}

async function mountSpec(ctx: Context, { type, source, options }: MountSpec, target: string): Promise<void> {
  if (type === 'overlay')
    await ctx.sys.mount(ctx, 'overlay', target, 'overlay', {}, [...options, 'volatile'].join(','));
  else await ctx.sys.mount(ctx, source, target, '', { bind: true, recursive: options.includes('rbind') });
}

/** Undoes what was mounted for a pod. */
export async function cleanUpImageMounts(ctx: Context, cri: CriService, sandboxId: string): Promise<void> {
  const base = baseOf(cri, sandboxId);
  if (!(await exists(ctx, base))) return;
  for (const { name } of await ctx.sys.readDirectory(ctx, base)) {
    const target = `${base}/${name}`;
    for (const point of await mountsBelow(ctx, target)) await ctx.sys.umount(ctx, point, {});
    try {
      await cri.parts.snapshots.remove(ctx, CRI_NAMESPACE, target);
    } catch (error) {
      if (!isNotFound(error)) throw wrap('failed to removing snapshot', error);
    }
    await removeDirectory(ctx, target);
  }
  await removeDirectory(ctx, base);
}

async function removeDirectory(ctx: Context, path: string): Promise<void> {
  try {
    await ctx.sys.rmdir(ctx, path);
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
  }
}
