/**
 * A layer's blob onto mounts: unpacked as its media type says, written where the mounts lead to.
 * @models containerd 2.1 core/diff/apply/{apply,apply_linux}.go, core/diff/stream.go, core/images/mediatypes.go
 * @fidelity partial: encrypted layers and other stream processors are not simulated
 */
import type { Context } from '../../../../linux/context.ts';
import { lookPath } from '../../../../linux/io.ts';
import { Rope } from '../../../../linux/rope.ts';
import { digestOf } from '../../../../protocols/oci/digest.ts';
import { isRawLayerType } from '../../../../protocols/oci/media-types.ts';
import type { Descriptor } from '../../../../protocols/oci/types.ts';
import { LATENCY } from '../../../../sim/latency.ts';
import { classed, failure, messageOf, wrap } from '../../shared/errors.ts';
import { applyLayer, decompress } from '../../shared/layers/apply-layer.ts';
import type { Usage } from '../../shared/layers/disk-usage.ts';
import type { ContentStore } from '../content-store/content-store.ts';
import { withTempMount } from '../mounts.ts';
import type { MountSpec } from '../snapshotters/snapshotter.ts';

/** Of the uncompressed layer. */
export type Applied = { digest: string; size: number; usage: Usage };

export type Applier = { content: ContentStore; tempRoot: string };

export async function applyDiff(
  ctx: Context,
  { content, tempRoot }: Applier,
  ns: string,
  layer: Pick<Descriptor, 'mediaType' | 'digest'>,
  mounts: readonly MountSpec[],
): Promise<Applied> {
  const blob = await content.read(ctx, ns, layer.digest).catch((error: unknown) => {
    throw wrap('failed to get reader from content store', error);
  });
  await checkProcessor(ctx, layer.mediaType);
  const mount = mounts[0];
  if (mount === undefined) throw classed('InvalidArgument', 'no mounts');
  await ctx.cpu(Math.round((blob.length / LATENCY.containerdUnpackBytesPerSecond) * 1e9));
  const source = isRawLayerType(layer.mediaType) ? blob : unpackedOrError(blob);
  // A checksum is looked at when everything has been read, a broken stream when somebody reads it.
  if (!(source instanceof Rope) && messageOf(source.error).includes('checksum')) throw source.error;
  const tar = (): Rope => {
    if (source instanceof Rope) return source;
    throw source.error;
  };
  const upper = option(mount, 'upperdir');
  let usage: Usage;
  if (mount.type === 'overlay' && upper !== undefined) {
    const lowers = (option(mount, 'lowerdir') ?? '').split(':').filter((directory) => directory !== '');
    usage = await applyLayer(ctx, tar(), upper, lowers, true);
  } else usage = await withTempMount(ctx, tempRoot, mount, async (root) => applyLayer(ctx, tar(), root, [], false));
  return { digest: digestOf(tar()), size: tar().length, usage };
}

function unpackedOrError(blob: Rope): Rope | { error: unknown } {
  try {
    return decompress(blob);
  } catch (error) {
    return { error };
  }
}

function option(mount: MountSpec, name: string): string | undefined {
  return mount.options.find((o) => o.startsWith(`${name}=`))?.slice(name.length + 1);
}

/** What the configuration's stream processors would be started for. */
const ENCRYPTED = '+encrypted';
const DECODER = 'ctd-decoder';

async function checkProcessor(ctx: Context, mediaType: string): Promise<void> {
  if (!mediaType.endsWith(ENCRYPTED)) return;
  const problem =
    (await lookPath(ctx, DECODER)) === null
      ? `exec: "${DECODER}": executable file not found in $PATH`
      : 'encrypted layers are not simulated';
  throw failure(`failed to get stream processor for ${mediaType}: ${problem}`);
}
