/** Images of Docker's own store. @models kubernetes 1.23 pkg/kubelet/dockershim/docker_image.go, convert.go, libdocker/helpers.go @fidelity partial: user names are not looked up */
import { base64 } from '../../../../go/json.ts';
import type { Context } from '../../../../linux/context.ts';
import type {
  Image,
  ImageFsInfoResponse,
  ImageStatusResponse,
  ListImagesResponse,
  PullImageRequest,
  PullImageResponse,
} from '../../../../protocols/cri/generated.ts';
import type { ImageInspect, ImageSummary, PullMessage } from '../../../../protocols/docker/types.ts';
import { GrpcError, grpcCode } from '../../../../protocols/grpc/status.ts';
import type { Input } from '../../../../protocols/proto/message-type.ts';
import { type DockerService, isMissing } from './docker-service.ts';

async function inspectImage(ctx: Context, shim: DockerService, name: string): Promise<ImageInspect | null> {
  try {
    // The API takes references, the CRI's prefixes are the kubelet's.
    const bare = name.replace(/^docker(?:-pullable)?:\/\//, '');
    return await shim.docker.json<ImageInspect>(ctx, 'GET', `/images/${bare}/json`);
  } catch (error) {
    if (!isMissing(error)) throw error;
    return null;
  }
}

export async function imageRefOf(
  ctx: Context,
  shim: DockerService,
  id: string,
): Promise<{ name: string; reference: string; id: string }> {
  const image = await inspectImage(ctx, shim, id);
  if (image === null) return { name: id, reference: `docker://${id}`, id };
  const [tag] = image.RepoTags;
  const [digest] = image.RepoDigests;
  return {
    name: tag ?? id,
    reference: digest === undefined ? `docker://${id}` : `docker-pullable://${digest}`,
    id,
  };
}

export async function listImages(ctx: Context, shim: DockerService): Promise<Input<ListImagesResponse>> {
  const found = await shim.docker.json<ImageSummary[]>(ctx, 'GET', '/images/json', { query: { all: '0' } });
  const images: Input<Image>[] = found.map((one) => ({
    id: one.Id,
    repoTags: (one.RepoTags ?? []).filter((tag) => tag !== '<none>:<none>'),
    repoDigests: one.RepoDigests ?? [],
    size: BigInt(one.VirtualSize),
  }));
  return { images };
}

export async function imageStatus(
  ctx: Context,
  shim: DockerService,
  name: string,
): Promise<Input<ImageStatusResponse>> {
  const image = await inspectImage(ctx, shim, name);
  if (image === null) return {};
  const user = image.Config.User ?? '';
  const uid = /^\d+/.exec(user)?.[0];
  return {
    image: {
      id: image.Id,
      repoTags: image.RepoTags,
      repoDigests: image.RepoDigests,
      size: BigInt(image.VirtualSize),
      ...(uid === undefined ? { username: user.split(':')[0] ?? '' } : { uid: { value: BigInt(uid) } }),
    },
  };
}

async function pull(ctx: Context, shim: DockerService, name: string, auth: string): Promise<void> {
  let fault: string | null = null;
  let rest = '';
  const decoder = new TextDecoder();
  const headers = auth === '' ? [] : ([['X-Registry-Auth', auth]] as const);
  const at = name.indexOf('@');
  const colon = name.lastIndexOf(':');
  const query =
    at >= 0
      ? { fromImage: name.slice(0, at), tag: name.slice(at + 1) }
      : colon > name.lastIndexOf('/')
        ? { fromImage: name.slice(0, colon), tag: name.slice(colon + 1) }
        : { fromImage: name, tag: 'latest' };
  await shim.docker.stream(ctx, 'POST', '/images/create', { query, headers }, async (_c, data) => {
    const lines = (rest + decoder.decode(data, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line.trim() === '') continue;
      const message = JSON.parse(line) as PullMessage;
      if (message.error !== undefined) fault = message.error;
    }
    return true;
  });
  if (fault !== null) throw new GrpcError(grpcCode.Unknown, fault);
}

export async function pullImage(
  ctx: Context,
  shim: DockerService,
  { image, auth }: PullImageRequest,
): Promise<PullImageResponse> {
  const name = image?.image ?? '';
  const text =
    auth === undefined
      ? ''
      : base64(
          new TextEncoder().encode(
            JSON.stringify({ username: auth.username, password: auth.password, serveraddress: auth.serverAddress }),
          ),
        );
  await pull(ctx, shim, name, text);
  const found = await inspectImage(ctx, shim, name);
  if (found === null) throw new GrpcError(grpcCode.Unknown, `unable to inspect image ${name}`);
  const [digest] = found.RepoDigests;
  return { imageRef: digest ?? found.Id };
}

export async function ensureImage(ctx: Context, shim: DockerService, name: string): Promise<void> {
  if ((await inspectImage(ctx, shim, name)) !== null) return;
  try {
    await pull(ctx, shim, name, '');
  } catch (error) {
    throw new GrpcError(grpcCode.Unknown, `unable to pull sandbox image "${name}": ${(error as Error).message}`);
  }
}

export async function removeImage(ctx: Context, shim: DockerService, name: string): Promise<Record<string, never>> {
  const image = await inspectImage(ctx, shim, name);
  if (image === null) return {};
  const names = image.RepoTags.length === 0 ? [image.Id] : image.RepoTags;
  for (const one of names) {
    try {
      await shim.docker.json(ctx, 'DELETE', `/images/${one}`, { query: { noprune: '0' } });
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  }
  return {};
}

export async function imageFsInfo(ctx: Context, shim: DockerService): Promise<Input<ImageFsInfoResponse>> {
  const { DockerRootDir } = await shim.info(ctx);
  const stat = await ctx.sys.statfs(ctx, DockerRootDir);
  const used = (stat.blocks - stat.blocksFree) * stat.blockSize;
  return {
    imageFilesystems: [
      {
        timestamp: ctx.wallTime,
        fsId: { mountpoint: DockerRootDir },
        usedBytes: { value: BigInt(used) },
        inodesUsed: { value: BigInt(stat.files - stat.filesFree) },
      },
    ],
  };
}
