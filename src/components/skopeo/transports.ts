/**
 * Images by `transport:reference`.
 * @models containers/image 5.34 transports/alltransports, docker, storage, directory, oci/layout
 * @fidelity partial: docker, containers-storage, dir and oci; layers of a store are not read back as archives
 */
import { quote } from '../../go/quote.ts';
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { exists, mkdirAll, readFile, readFileRope, writeFile } from '../../linux/io.ts';
import { Rope, utf8 } from '../../linux/rope.ts';
import { digestOf } from '../../protocols/oci/digest.ts';
import { isIndexType } from '../../protocols/oci/media-types.ts';
import { HOST_PLATFORM, selectManifests } from '../../protocols/oci/platform.ts';
import type { Descriptor, ImageIndex, ImageManifest } from '../../protocols/oci/types.ts';
import {
  type DockerSource,
  parseImageManifest,
  parseIndex,
} from '../cri-runtimes/shared/containers-image/docker-client.ts';
import { fullName, parseName, repositoryOf } from '../cri-runtimes/shared/containers-image/names.ts';
import { chooseInstance, openSource } from '../cri-runtimes/shared/containers-image/pull.ts';
import { Store } from '../cri-runtimes/shared/containers-storage/store.ts';
import { failure, pathFailure, wrap } from '../cri-runtimes/shared/errors.ts';
import { quiet, USER_AGENT } from './run.ts';

const ROOT = '/var/lib/containers/storage';
const RUN_ROOT = '/run/containers/storage';
const OTHERS = ['docker-archive', 'docker-daemon', 'oci-archive', 'sif', 'tarball', 'ostree', 'atomic'];
const DIR_VERSION = 'Directory Transport Version: 1.1\n';

export type Reference = { transport: string; text: string };

/** `what`: how the caller names the argument in its complaints. */
export function parseReference(name: string): Reference {
  const colon = name.indexOf(':');
  if (colon < 0) throw failure(`Invalid image name ${quote(name)}, expected colon-separated transport:reference`);
  const transport = name.slice(0, colon);
  const rest = name.slice(colon + 1);
  if (transport === 'docker') {
    if (!rest.startsWith('//')) throw failure(`docker: image reference ${rest} does not start with //`);
    parseName(rest.slice(2));
    return { transport, text: rest.slice(2) };
  }
  if (['containers-storage', 'dir', 'oci'].includes(transport)) return { transport, text: rest };
  if (OTHERS.includes(transport)) throw failure(`not simulated: the transport ${quote(transport)}`);
  throw failure(`Invalid image name ${quote(name)}, unknown transport ${quote(transport)}`);
}

export function openStore(ctx: Context): Promise<Store> {
  return Store.open(ctx, ROOT, RUN_ROOT);
}

export type OpenImage = {
  /** `docker.io/library/busybox`, or empty. */
  repository: string;
  /** As the reference names it: perhaps an index. */
  top: { body: Rope; digest: string };
  /** Of the image for this machine. */
  manifest: { body: Rope; digest: string };
  config: Rope;
  blob(ctx: Context, descriptor: Descriptor): Promise<Rope>;
  tags(ctx: Context): Promise<string[]>;
  close(ctx: Context): Promise<void>;
};

export async function openImage(ctx: Context, { transport, text }: Reference): Promise<OpenImage> {
  if (transport === 'docker') return openDocker(ctx, text);
  if (transport === 'containers-storage') return openStored(ctx, text);
  return openDirectory(ctx, transport, text);
}

export async function openDockerSource(ctx: Context, text: string): ReturnType<typeof openSource> {
  return openSource(ctx, parseName(text), {
    log: quiet,
    insecureRegistries: [],
    credentials: null,
    userAgent: USER_AGENT,
  });
}

async function openDocker(ctx: Context, text: string): Promise<OpenImage> {
  const { source, top } = await openDockerSource(ctx, text);
  const chosen = await chooseInstance(ctx, source, top);
  const { config } = parseImageManifest(utf8(chosen.body.bytes()));
  return {
    repository: repositoryOf(parseName(text)),
    top,
    manifest: chosen,
    config: await source.blob(ctx, config),
    blob: (c, descriptor) => source.blob(c, descriptor),
    tags: (c) => (source as DockerSource).tags(c),
    close: (c) => source.close(c),
  };
}

async function openStored(ctx: Context, text: string): Promise<OpenImage> {
  const store = await openStore(ctx);
  const bare = text.replace(/^\[[^\]]*\]/, '');
  const byId = /^@?[0-9a-f]{3,64}$/.test(bare)
    ? store.images.find(({ id }) => id.startsWith(bare.replace(/^@/, '')))
    : undefined;
  const reference = byId === undefined ? parseName(bare) : null;
  const image = byId ?? (reference === null ? undefined : store.imageByName(fullName(reference)));
  if (image === undefined)
    throw failure(
      `reference "[overlay@${ROOT}+${RUN_ROOT}]${reference === null ? bare : fullName(reference)}" does not resolve to an image ID: identifier is not an image`,
    );
  const name = reference === null ? (image.names?.[0] ?? '') : fullName(reference);
  const body = Rope.text(await store.readBigData(ctx, image.id, 'manifest'));
  const manifest = { body, digest: image.digest };
  return {
    repository: name === '' ? '' : repositoryOf(parseName(name)),
    top: manifest,
    manifest,
    config: Rope.text(await store.readBigData(ctx, image.id, `sha256:${image.id}`)),
    blob: async () => {
      throw failure('not simulated: reading layers back from containers-storage');
    },
    tags: async () => [],
    close: async () => {},
  };
}

/** `dir:PATH` and `oci:PATH[:TAG]`. */
async function openDirectory(ctx: Context, transport: string, text: string): Promise<OpenImage> {
  const { path, tag } = splitPath(transport, text);
  const isDir = transport === 'dir';
  const blobPath = (digest: string): string =>
    isDir ? `${path}/${digest.replace('sha256:', '')}` : `${path}/blobs/${digest.replace(':', '/')}`;
  const read = async (file: string): Promise<Rope> => {
    try {
      return await readFileRope(ctx, file);
    } catch (error) {
      throw pathFailure('open', file, error);
    }
  };
  let body: Rope;
  if (isDir) body = await read(`${path}/manifest.json`);
  else {
    const index = JSON.parse(utf8((await read(`${path}/index.json`)).bytes())) as ImageIndex;
    const found = tag === '' ? index.manifests[0] : index.manifests.find((one) => nameOf(one) === tag);
    if (found === undefined) throw failure(`no descriptor found for reference ${quote(tag)}`);
    body = await read(blobPath(found.digest));
  }
  const top = { body, digest: digestOf(body) };
  const document = JSON.parse(utf8(body.bytes())) as { mediaType?: string };
  let manifest = top;
  if (isIndexType(document.mediaType ?? '')) {
    const chosen = selectManifests(parseIndex(utf8(body.bytes())).manifests, HOST_PLATFORM)[0];
    if (chosen === undefined) throw failure('no image found in manifest list for architecture "amd64"');
    const inner = await read(
      isDir ? `${path}/${chosen.digest.replace('sha256:', '')}.manifest.json` : blobPath(chosen.digest),
    );
    manifest = { body: inner, digest: chosen.digest };
  }
  const parsed = parseImageManifest(utf8(manifest.body.bytes()));
  return {
    repository: '',
    top,
    manifest,
    config: await read(blobPath(parsed.config.digest)),
    blob: (c, { digest }) => readFileRope(c, blobPath(digest)),
    tags: async () => [],
    close: async () => {},
  };
}

const REF_NAME = 'org.opencontainers.image.ref.name';

function nameOf(descriptor: Descriptor): string {
  return descriptor.annotations?.[REF_NAME] ?? '';
}

function splitPath(transport: string, text: string): { path: string; tag: string } {
  const colon = transport === 'oci' ? text.lastIndexOf(':') : -1;
  const path = colon < 0 ? text : text.slice(0, colon);
  return { path: path.replace(/\/+$/, ''), tag: colon < 0 ? '' : text.slice(colon + 1) };
}

/** Writes an image as a directory; what is there of it stays. */
export async function writeDirectory(ctx: Context, { transport, text }: Reference, image: OpenImage): Promise<void> {
  const { path, tag } = splitPath(transport, text);
  const manifest: ImageManifest = parseImageManifest(utf8(image.manifest.body.bytes()));
  const isDir = transport === 'dir';
  const put = (name: string, data: Rope | string): Promise<void> => writeFile(ctx, `${path}/${name}`, data);
  await mkdirAll(ctx, isDir ? path : `${path}/blobs/sha256`, 0o755);
  const blobName = (digest: string): string =>
    isDir ? digest.replace('sha256:', '') : `blobs/${digest.replace(':', '/')}`;
  for (const layer of manifest.layers) await put(blobName(layer.digest), await image.blob(ctx, layer));
  await put(blobName(manifest.config.digest), image.config);
  if (isDir) {
    await put('manifest.json', image.manifest.body);
    await put('version', DIR_VERSION);
    return;
  }
  await put(blobName(image.manifest.digest), image.manifest.body);
  await put('oci-layout', '{"imageLayoutVersion":"1.0.0"}');
  let index: ImageIndex = { schemaVersion: 2, manifests: [] };
  if (await exists(ctx, `${path}/index.json`))
    index = JSON.parse(await readFile(ctx, `${path}/index.json`)) as ImageIndex;
  const entry: Descriptor = {
    mediaType: manifest.mediaType ?? 'application/vnd.oci.image.manifest.v1+json',
    digest: image.manifest.digest,
    size: image.manifest.body.length,
    ...(tag === '' ? {} : { annotations: { [REF_NAME]: tag } }),
  };
  index.manifests = [...index.manifests.filter((one) => nameOf(one) !== tag), entry];
  await put('index.json', JSON.stringify(index));
}

export function around(words: string, error: unknown): never {
  if (isErrno(error)) throw failure(`${words}: ${error.go}`);
  throw wrap(words, error);
}
