/** containerd.services.images.v1. @models containerd 2.1 plugins/services/images @fidelity partial: no source date epoch, descriptors without annotations */
import { type Image, ImagesService } from '../../../../protocols/containerd/services/images/v1/generated.ts';
import type { Descriptor } from '../../../../protocols/containerd/types/generated.ts';
import type { GrpcServer } from '../../../../protocols/grpc/server.ts';
import { digestError } from '../../../../protocols/oci/digest.ts';
import type { Input } from '../../../../protocols/proto/message-type.ts';
import { classed } from '../../shared/errors.ts';
import type { ContentDescriptor } from '../content-store/content-store.ts';
import type { ImageRecord } from '../images/image-records.ts';
import type { Parts } from '../parts.ts';
import { timestampOf } from './containers.ts';
import { checkFilters, labelFields, matchesAny } from './filters.ts';
import { byKey, inNamespace, plainLabels, updatedLabels } from './request.ts';

export function serveImages(server: GrpcServer, parts: Parts): void {
  const { images } = parts;
  server.implement(ImagesService, {
    Get: (ctx, { name }, call) =>
      inNamespace(ctx, parts, call, async (ns, ctx) => ({ image: toProto(images.get(ns, name)) })),
    List: (ctx, { filters }, call) =>
      inNamespace(ctx, parts, call, async (ns, ctx) => {
        checkFilters(filters);
        const matching = images.list(ns).filter(({ name, labels, target }) =>
          matchesAny(filters, {
            name,
            'target.digest': target.digest,
            'target.mediatype': target.mediaType,
            ...labelFields(labels),
          }),
        );
        return { images: byKey(matching, (image) => image.name).map(toProto) };
      }),
    Create: (ctx, { image }, call) =>
      inNamespace(ctx, parts, call, async (ns, ctx) => {
        if (image === undefined || image.name === '') throw classed('InvalidArgument', 'image name must not be empty');
        const target = targetOf(image.target);
        return { image: toProto(await images.create(ctx, ns, image.name, target, plainLabels(image.labels))) };
      }),
    Update: (ctx, { image, updateMask }, call) =>
      inNamespace(ctx, parts, call, async (ns, ctx) => {
        if (image === undefined || image.name === '')
          throw classed('InvalidArgument', 'image name is required for update');
        const paths = updateMask?.paths ?? [];
        const wrong = paths.find((path) => path !== 'target' && path !== 'labels' && !path.startsWith('labels.'));
        if (wrong !== undefined)
          throw classed('InvalidArgument', `cannot update "${wrong}" field on image "${image.name}"`);
        const old = images.get(ns, image.name);
        const touchesLabels = paths.length === 0 || paths.some((path) => path.startsWith('labels'));
        const touchesTarget = paths.length === 0 || paths.includes('target');
        const changed = await images.update(ctx, ns, image.name, {
          ...(touchesLabels ? { labels: plainLabels(updatedLabels(old.labels, image.labels, paths)) } : {}),
          ...(touchesTarget ? { target: targetOf(image.target) } : {}),
        });
        if (touchesTarget) parts.gc.schedule();
        return { image: toProto(changed) };
      }),
    Delete: (ctx, { name, sync, target }, call) =>
      inNamespace(ctx, parts, call, async (ns, ctx) => {
        const { digest } = images.get(ns, name).target;
        if (target !== undefined && target.digest !== digest) {
          throw classed('NotFound', `image "${name}" has target ${digest}, not ${target.digest}`);
        }
        await images.delete(ctx, ns, name);
        if (sync) await parts.gc.collect(ctx);
        else parts.gc.schedule();
      }),
  });
}

function targetOf(target: Descriptor | undefined): ContentDescriptor {
  const { mediaType, digest, size } = target ?? { mediaType: '', digest: '', size: 0n };
  const wrong = digestError(digest);
  if (wrong !== null) throw classed('InvalidArgument', `target.Digest "${digest}" invalid: ${wrong}`);
  if (size <= 0n) throw classed('InvalidArgument', 'target.Size must be greater than zero');
  if (mediaType === '') throw classed('InvalidArgument', 'target.MediaType must be set');
  return { mediaType, digest, size: Number(size) };
}

function toProto(record: ImageRecord): Input<Image> {
  const { mediaType, digest, size } = record.target;
  return {
    name: record.name,
    labels: record.labels,
    target: { mediaType, digest, size: BigInt(size) },
    createdAt: timestampOf(record.createdAt),
    updatedAt: timestampOf(record.updatedAt),
  };
}
