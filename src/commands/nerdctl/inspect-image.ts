/** An image as `docker image inspect` would show it, or as containerd has it. @models nerdctl v2.3.5 pkg/inspecttypes/dockercompat, pkg/imageinspector @fidelity full */
import type { Context } from '../../linux/context.ts';
import type { Image } from '../../protocols/containerd/services/images/v1/generated.ts';
import { isIndexType } from '../../protocols/oci/media-types.ts';
import type { ImageIndex } from '../../protocols/oci/types.ts';
import type { Client } from '../common/containerd/client.ts';
import { readJson } from '../common/containerd/content.ts';
import { type ResolvedImage, resolveImage } from '../common/containerd/image.ts';
import { repositoryAndTag, unpackedSize } from './commands/images.ts';
import { withFields } from './format.ts';
import { nonEmpty, timeText } from './run.ts';

export async function inspectedImage(ctx: Context, client: Client, image: Image, mode: string): Promise<object> {
  const resolved = await resolveImage(ctx, client, image);
  const size = await unpackedSize(ctx, client, resolved.config.rootfs?.diff_ids ?? []);
  return mode === 'native' ? await native(ctx, client, image, resolved, size) : docker(image, resolved, size);
}

function docker({ name, labels }: Image, { config, manifest, target }: ResolvedImage, size: number): object {
  const [repository, tag] = repositoryAndTag(name);
  const last = config.history?.at(-1);
  const run = config.config ?? {};
  const exposed = Object.keys(run.ExposedPorts ?? {});
  const image = {
    Id: manifest.config.digest,
    RepoTags: [`${repository}:${tag}`],
    RepoDigests: [`${repository}@${target.digest}`],
    Parent: labels['org.mobyproject.image.parent'] ?? '',
    Comment: last?.comment ?? '',
    Created: last?.created ?? '',
    DockerVersion: '',
    Author: last?.author ?? '',
    Config: {
      ...(run.User === undefined || run.User === '' ? {} : { User: run.User }),
      AttachStdin: false,
      ...(exposed.length === 0 ? {} : { ExposedPorts: Object.fromEntries(exposed.map((port) => [port, {}])) }),
      Env: nonEmpty(run.Env),
      Cmd: nonEmpty(run.Cmd),
      Image: name,
      ...(Object.keys(run.Volumes ?? {}).length === 0 ? {} : { Volumes: run.Volumes }),
      ...(run.WorkingDir === undefined || run.WorkingDir === '' ? {} : { WorkingDir: run.WorkingDir }),
      Entrypoint: nonEmpty(run.Entrypoint),
      ...(Object.keys(run.Labels ?? {}).length === 0 ? {} : { Labels: run.Labels }),
    },
    Architecture: config.architecture,
    ...(config.variant === undefined ? {} : { Variant: config.variant }),
    Os: config.os,
    Size: size,
    VirtualSize: size,
    RootFS: { Type: config.rootfs?.type ?? 'layers', Layers: nonEmpty(config.rootfs?.diff_ids) },
    Metadata: { LastTagTime: '0001-01-01T00:00:00Z' },
  };
  return withFields(image, { ID: manifest.config.digest });
}

async function native(
  ctx: Context,
  client: Client,
  image: Image,
  { target, manifestDescriptor, manifest, config }: ResolvedImage,
  size: number,
): Promise<object> {
  const index = isIndexType(target.mediaType) ? await readJson<ImageIndex>(ctx, client, target.digest) : null;
  return {
    Image: {
      Name: image.name,
      Labels: Object.keys(image.labels).length === 0 ? null : image.labels,
      Target: target,
      CreatedAt: timeText(image.createdAt),
      UpdatedAt: timeText(image.updatedAt),
    },
    ...(index === null ? {} : { IndexDesc: target, Index: index }),
    ManifestDesc: manifestDescriptor,
    Manifest: manifest,
    ImageConfigDesc: manifest.config,
    ImageConfig: config,
    Size: size,
  };
}
