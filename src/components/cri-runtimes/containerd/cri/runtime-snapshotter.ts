/**
 * Which snapshotter the containers of a runtime handler stand on, and images that are not there yet in its form.
 * @models containerd 2.1 internal/cri/server/podsandbox/helpers.go (RuntimeSnapshotter), internal/cri/opts/container.go (WithNewSnapshot)
 * @fidelity full
 */
import type { Context } from '../../../../linux/context.ts';
import { isLayerType } from '../../../../protocols/oci/media-types.ts';
import { classed, isNotFound, wrap } from '../../shared/errors.ts';
import type { RuntimeHandlerConfig } from '../config/defaults.ts';
import { resolveImage } from '../images/image-content.ts';
import type { Parts } from '../parts.ts';
import type { Snapshots } from '../snapshotters/snapshots.ts';
import type { CriImage } from './image-store.ts';
import { CRI_NAMESPACE } from './types.ts';

export function runtimeSnapshots(parts: Parts, { snapshotter }: RuntimeHandlerConfig): Snapshots {
  if (snapshotter === '') return parts.snapshots;
  const found = parts.snapshotters.get(snapshotter);
  if (found === undefined) throw classed('InvalidArgument', `snapshotter not loaded: ${snapshotter}`);
  return found;
}

/** The one that holds a container's snapshot. */
export function snapshotsHolding(parts: Parts, id: string): Snapshots {
  return [...parts.snapshotters.values()].find((one) => one.has(CRI_NAMESPACE, id)) ?? parts.snapshots;
}

/** Prepares a container's snapshot; an image that was pulled for another snapshotter is unpacked first. */
export async function prepareRootfs(
  ctx: Context,
  parts: Parts,
  snapshots: Snapshots,
  id: string,
  image: CriImage,
  labels: Record<string, string>,
): Promise<void> {
  const prepare = () => snapshots.prepare(ctx, CRI_NAMESPACE, id, image.chainId, labels);
  try {
    await prepare();
  } catch (error) {
    if (!isNotFound(error)) throw error;
    const record = parts.images.get(CRI_NAMESPACE, image.references[0] ?? image.id);
    const { manifest, config, configDigest } = await resolveImage(ctx, parts.content, CRI_NAMESPACE, record.target);
    const layers = manifest.layers.filter(({ mediaType }) => isLayerType(mediaType));
    const stack = { layers, diffIds: config.rootfs.diff_ids, configDigest };
    await parts.metadata.leases.holding(ctx, CRI_NAMESPACE, async (held) => {
      await parts.unpacker.unpack(held, CRI_NAMESPACE, snapshots, stack).catch((problem: unknown) => {
        throw wrap('error unpacking image', problem);
      });
      await prepare();
    });
  }
}
