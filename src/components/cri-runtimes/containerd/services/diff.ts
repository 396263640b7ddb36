/** containerd.services.diff.v1: layers to directories and back. @models containerd 2.1 plugins/services/diff, core/diff/{apply,walking} @fidelity partial: a diff reads the mounts' directories as they are, without mounting them */
import type { Context } from '../../../../linux/context.ts';
import { DiffService } from '../../../../protocols/containerd/services/diff/v1/generated.ts';
import type { Mount } from '../../../../protocols/containerd/types/generated.ts';
import type { GrpcServer } from '../../../../protocols/grpc/server.ts';
import { digestOf } from '../../../../protocols/oci/digest.ts';
import { gzip } from '../../../../protocols/oci/gzip.ts';
import { layerCompression, MEDIA_TYPES } from '../../../../protocols/oci/media-types.ts';
import { LATENCY } from '../../../../sim/latency.ts';
import { classed, failure } from '../../shared/errors.ts';
import { diffTar } from '../images/diff-layer.ts';
import type { Parts } from '../parts.ts';
import type { OutsideMounts } from './outside-mounts.ts';
import { inNamespace, plainLabels } from './request.ts';

type Mounted = Pick<Mount, 'type' | 'source' | 'options'>;
type Directories = { upper: string; lowers: string[]; isOverlay: boolean };

export function serveDiff(server: GrpcServer, parts: Parts, outside: OutsideMounts): void {
  const { content } = parts;
  server.implement(DiffService, {
    Apply: (ctx, { diff, mounts }, call) =>
      inNamespace(ctx, parts, call, async (ns, ctx) => {
        if (diff === undefined) throw classed('InvalidArgument', 'no diff');
        const { digest, size } = await parts.unpacker.apply(ctx, ns, diff, outside.take(mounts));
        return { applied: { mediaType: MEDIA_TYPES.layer, digest, size: BigInt(size) } };
      }),
    Diff: (ctx, { left, right, mediaType, ref, labels }, call) =>
      inNamespace(ctx, parts, call, async (ns, ctx) => {
        const type = mediaType === '' ? MEDIA_TYPES.layerGzip : mediaType;
        const compression = layerCompression(type);
        if (compression === 'zstd') throw classed('Unimplemented', `unsupported diff media type: ${type}`);
        const tar = await changes(ctx, outside.take(left), outside.take(right));
        const data = compression === 'gzip' ? gzip(tar) : tar;
        await ctx.cpu(Math.round((data.length / LATENCY.containerdUnpackBytesPerSecond) * 1e9));
        const descriptor = { mediaType: type, digest: digestOf(data), size: data.length };
        const all = { ...labels, ...(compression === 'gzip' ? { 'containerd.io/uncompressed': digestOf(tar) } : {}) };
        const name = ref === '' ? `uncompressed-diff-${ctx.random.hex(8)}` : ref;
        await content.write(ctx, ns, name, data, descriptor, plainLabels(all));
        return { diff: { mediaType: type, digest: descriptor.digest, size: BigInt(descriptor.size) } };
      }),
  });
}

async function changes(ctx: Context, left: readonly Mounted[], right: readonly Mounted[]): ReturnType<typeof diffTar> {
  const { upper, isOverlay } = directoriesOf(right);
  if (isOverlay || left.length === 0) return diffTar(ctx, upper);
  throw failure('comparing two whole directories: not simulated: walking diff');
}

function directoriesOf(mounts: readonly Mounted[]): Directories {
  const [mount] = mounts;
  if (mount === undefined) throw classed('InvalidArgument', 'no mounts');
  const option = (name: string): string | undefined =>
    mount.options.find((o) => o.startsWith(`${name}=`))?.slice(name.length + 1);
  if (mount.type !== 'overlay') return { upper: mount.source, lowers: [], isOverlay: mount.source.endsWith('/fs') };
  const lowers = (option('lowerdir') ?? '').split(':').filter((directory) => directory !== '');
  const upper = option('upperdir') ?? lowers[0] ?? '';
  return { upper, lowers, isOverlay: true };
}
