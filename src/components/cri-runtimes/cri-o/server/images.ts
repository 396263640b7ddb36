/**
 * The ImageService.
 * @models CRI-O 1.36 server/image_{list,status,pull,remove,fs_info}.go, internal/storage/image.go
 * @fidelity partial: no separate image store, no artifacts, no namespaced policies
 */
import type { Context } from '../../../../linux/context.ts';
import type {
  AuthConfig,
  Image,
  ImageFsInfoResponse,
  ImageStatusRequest,
  ImageStatusResponse,
  ListImagesRequest,
  ListImagesResponse,
  PullImageRequest,
  PullImageResponse,
  RemoveImageRequest,
} from '../../../../protocols/cri/generated.ts';
import type { Credentials } from '../../../../protocols/distribution/authorizer.ts';
import { GrpcError, grpcCode } from '../../../../protocols/grpc/status.ts';
import type { ImageReference } from '../../../../protocols/oci/reference.ts';
import type { ImageConfig } from '../../../../protocols/oci/types.ts';
import type { Input } from '../../../../protocols/proto/message-type.ts';
import { Future } from '../../../../sim/primitives.ts';
import { candidates, fullName, looksLikeId, parseName, repositoryOf } from '../../shared/containers-image/names.ts';
import { checkPolicy } from '../../shared/containers-image/policy.ts';
import { pull } from '../../shared/containers-image/pull.ts';
import type { ImageRecord } from '../../shared/containers-storage/records.ts';
import { failure, messageOf, wrap } from '../../shared/errors.ts';
import { fromBase64, marshal } from '../../shared/go-json.ts';
import type { Logger } from '../../shared/log.ts';
import { USER_AGENT } from '../parts.ts';
import type { Server } from './server.ts';

export type LocalImage = {
  record: ImageRecord;
  id: string;
  /** The name by which it was found, or any; empty without one. */
  name: string;
  config: ImageConfig;
  repoTags: string[];
  repoDigests: string[];
};

export function findImage(server: Server, reference: ImageReference): ImageRecord | undefined {
  const { store } = server;
  if (reference.digest === null) return store.imageByName(fullName(reference));
  const repository = repositoryOf(reference);
  return store.images.find(
    (image) =>
      digestsOf(image).includes(reference.digest ?? '') &&
      [...(image['names-history'] ?? []), ...(image.names ?? [])].some(
        (name) => repositoryOf(parseName(name)) === repository,
      ),
  );
}

/** Of the manifest, and of the index it came from. */
function digestsOf(image: ImageRecord): string[] {
  const others = image['big-data-names']
    .filter((key) => key.startsWith('manifest-'))
    .map((key) => key.slice('manifest-'.length));
  return [...new Set([image.digest, ...others])];
}

async function describe(ctx: Context, server: Server, record: ImageRecord, name = ''): Promise<LocalImage> {
  const config = JSON.parse(await server.store.readBigData(ctx, record.id, `sha256:${record.id}`)) as ImageConfig;
  const repoTags = record.names ?? [];
  const repositories = [
    ...new Set([...repoTags, ...(record['names-history'] ?? [])].map((tag) => repositoryOf(parseName(tag)))),
  ];
  const repoDigests = repositories.flatMap((repository) =>
    digestsOf(record).map((digest) => `${repository}@${digest}`),
  );
  return { record, id: record.id, name: name || (repoTags[0] ?? ''), config, repoTags, repoDigests };
}

/** As an id it is never taken for a name, whether there is such an image or not. */
const FULL_ID = /^[0-9a-f]{64}$/;

/** By id or by name; null when it is not there. */
export async function findLocal(ctx: Context, server: Server, text: string): Promise<LocalImage | null> {
  const byId = imageById(server, text);
  if (byId !== undefined) return describe(ctx, server, byId);
  if (FULL_ID.test(text)) return null;
  for (const reference of await candidates(ctx, server.log, text, server.config.crio.image.short_name_mode)) {
    const record = findImage(server, reference);
    if (record !== undefined)
      return describe(ctx, server, record, reference.digest === null ? fullName(reference) : '');
  }
  return null;
}

function imageById(server: Server, text: string): ImageRecord | undefined {
  if (!looksLikeId(text)) return undefined;
  const hex = text.replace(/^sha256:/, '');
  const found = server.store.images.filter(({ id }) => id.startsWith(hex));
  return found.length === 1 ? found[0] : undefined;
}

/** What a container is made from. */
export async function resolveForContainer(ctx: Context, server: Server, text: string): Promise<LocalImage> {
  const byId = imageById(server, text);
  if (byId !== undefined) return describe(ctx, server, byId);
  let missing: ImageReference | null = null;
  for (const reference of await candidates(ctx, server.log, text, server.config.crio.image.short_name_mode)) {
    const record = findImage(server, reference);
    if (record !== undefined)
      return describe(ctx, server, record, reference.digest === null ? fullName(reference) : '');
    missing = reference;
  }
  const { root, runRoot } = server.store;
  throw failure(
    `reference "[overlay@${root}+${runRoot}]${missing === null ? text : fullName(missing)}" does not resolve to an image ID`,
  );
}

function toCri(server: Server, image: LocalImage): Input<Image> {
  const user = (image.config.config?.User ?? '').split(':')[0] ?? '';
  const numeric = /^\d+$/.test(user);
  const { pause_image: pause, pinned_images: pinned } = server.config.crio.image;
  const matches = (pattern: string): boolean =>
    image.repoTags.some((tag) =>
      pattern.endsWith('*') ? tag.startsWith(pattern.replace(/\*$/, '')) : tag === pattern,
    );
  return {
    id: image.id,
    repoTags: [...image.repoTags].sort(),
    repoDigests: image.repoDigests,
    size: BigInt(server.store.imageSize(image.record)),
    ...(numeric ? { uid: { value: BigInt(user) } } : {}),
    username: numeric ? '' : user,
    spec: {},
    pinned: matches(pause) || pinned.some(matches),
  };
}

export async function listImages(
  ctx: Context,
  server: Server,
  request: ListImagesRequest,
  log: Logger,
): Promise<Input<ListImagesResponse>> {
  const wanted = request.filter?.image?.image ?? '';
  if (wanted !== '') {
    const found = await findLocal(ctx, server, wanted);
    return { images: found === null ? [] : [toCri(server, found)] };
  }
  const images: Input<Image>[] = [];
  for (const record of server.store.images) images.push(toCri(server, await describe(ctx, server, record)));
  return { images };
}

export async function imageStatus(
  ctx: Context,
  server: Server,
  request: ImageStatusRequest,
  log: Logger,
): Promise<Input<ImageStatusResponse>> {
  const text = request.image?.image ?? '';
  if (text === '') throw failure('no image specified');
  await log.info(ctx, `Checking image status: ${text}`);
  const image = await findLocal(ctx, server, text);
  if (image === null) {
    await log.info(ctx, `Image ${text} not found`);
    return {};
  }
  const info = request.verbose ? { info: marshal({ imageSpec: image.config }) } : {};
  return { image: toCri(server, image), info };
}

export async function removeImage(
  ctx: Context,
  server: Server,
  request: RemoveImageRequest,
  log: Logger,
): Promise<Record<string, never>> {
  const text = request.image?.image ?? '';
  if (text === '') throw failure('no image specified');
  const byId = imageById(server, text);
  const found = byId ?? (await findLocal(ctx, server, text))?.record;
  if (found === undefined) return {};
  await server.store.removeImage(ctx, found.id);
  return {};
}

export async function imageFsInfo(ctx: Context, server: Server): Promise<Input<ImageFsInfoResponse>> {
  const mountpoint = `${server.store.root}/overlay-images`;
  const usage = { bytes: 0, inodes: 0 };
  const visit = async (path: string): Promise<void> => {
    const stat = await ctx.sys.lstat(ctx, path);
    usage.inodes++;
    usage.bytes += stat.size;
    if (stat.type !== 'directory') return;
    for (const entry of await ctx.sys.readDirectory(ctx, path)) await visit(`${path}/${entry.name}`);
  };
  await visit(mountpoint);
  const filesystem = {
    timestamp: ctx.wallTime,
    fsId: { mountpoint },
    usedBytes: { value: BigInt(usage.bytes) },
    inodesUsed: { value: BigInt(usage.inodes) },
  };
  return { imageFilesystems: [filesystem], containerFilesystems: [filesystem] };
}

export async function pullImage(
  ctx: Context,
  server: Server,
  request: PullImageRequest,
  log: Logger,
): Promise<PullImageResponse> {
  const text = request.image?.image ?? '';
  if (text === '') throw failure('no image specified');
  await log.info(ctx, `Pulling image: ${text}`);
  const credentials = credentialsOf(request.auth);
  let lastError: unknown = null;
  for (const reference of await candidates(ctx, server.log, text, server.config.crio.image.short_name_mode)) {
    try {
      const id = await pullByReference(ctx, server, reference, credentials);
      await log.info(ctx, `Pulled image: ${id}`);
      return { imageRef: id };
    } catch (error) {
      lastError = error;
    }
  }
  const words = messageOf(wrap('unable to pull image', lastError));
  const refused = /connect: connection refused$/.test(words) && !/lookup/.test(words);
  throw new GrpcError(grpcCode.Unknown, refused ? `RegistryUnavailable: ${words}` : words);
}

/** Two pulls of one image at a time are one. */
const pulling = new WeakMap<Server, Map<string, Future<string>>>();

export async function pullByReference(
  ctx: Context,
  server: Server,
  reference: ImageReference,
  credentials: Credentials | null,
): Promise<string> {
  const name = fullName(reference);
  await checkPolicy(ctx, server.config.crio.image.signature_policy, name);
  const running = pulling.get(server) ?? new Map<string, Future<string>>();
  pulling.set(server, running);
  const key = `${name}\n${credentials?.username ?? ''}`;
  const other = running.get(key);
  if (other !== undefined) return other.wait();
  const result = new Future<string>(ctx.scheduler);
  running.set(key, result);
  ctx.go('pull', async (inner) => {
    try {
      result.resolve(
        await pull(inner.withDeadline(null), reference, {
          store: server.store,
          log: server.log,
          insecureRegistries: server.config.crio.image.insecure_registries,
          userAgent: USER_AGENT,
          credentials,
        }),
      );
    } catch (error) {
      result.reject(error);
    }
    running.delete(key);
  });
  return result.wait();
}

function credentialsOf(auth: AuthConfig | undefined): Credentials | null {
  if (auth === undefined) return null;
  if (auth.username !== '') return { username: auth.username, secret: auth.password };
  if (auth.auth !== '') {
    const decoded = new TextDecoder().decode(fromBase64(auth.auth));
    const colon = decoded.indexOf(':');
    // An entry that cannot be decoded is no credential.
    if (colon < 0) return null;
    return { username: decoded.slice(0, colon), secret: decoded.slice(colon + 1).replace(/\0+$/, '') };
  }
  return null;
}
