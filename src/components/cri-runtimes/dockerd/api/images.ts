/** /images. @models moby 20.10 api/server/router/image, daemon/images @fidelity partial: no build, push, save, load, search or prune */
import { parseRfc3339 } from '../../../../go/time.ts';
import { utf8 } from '../../../../linux/rope.ts';
import { fromBase64 } from '../../../../protocols/base64.ts';
import type { Credentials } from '../../../../protocols/distribution/authorizer.ts';
import type { ImageInspect, ImageSummary, PullMessage } from '../../../../protocols/docker/types.ts';
import { headerValue } from '../../../../protocols/http/http1.ts';
import { type Engine, findImage } from '../engine.ts';
import { ApiError, badRequest, conflict } from '../errors.ts';
import type { StoredImage } from '../images/image-store.ts';
import { familiarName, familiarRepository, parseImageName } from '../images/names.ts';
import { pullImage } from '../images/pull.ts';
import { parseFilters } from './filters.ts';
import type { Call } from './routes.ts';

const createdAt = (image: StoredImage): number => {
  const parsed = parseRfc3339(image.config.created ?? '');
  return parsed.ok ? Number(parsed.ns / 1_000_000_000n) : 0;
};

export async function imageList({ engine, query, json }: Call): Promise<void> {
  const filters = parseFilters(query('filters'));
  const wanted = filters.get('reference') ?? [];
  const rows: ImageSummary[] = [];
  for (const image of engine.images.images.values()) {
    const { tags, digests } = engine.images.names(image.id);
    const fits = (name: string): boolean =>
      wanted.some((one) => name === one || name.split(':')[0] === one || name === familiarName(parseImageName(one)));
    if (wanted.length > 0 && ![...tags, ...digests].some(fits)) continue;
    const size = engine.images.sizeOf(image);
    rows.push({
      Id: image.id,
      ParentId: '',
      RepoTags: tags.length > 0 ? tags : digests.length > 0 ? null : ['<none>:<none>'],
      RepoDigests: digests.length > 0 ? digests : null,
      Created: createdAt(image),
      Size: size,
      SharedSize: -1,
      VirtualSize: size,
      Labels: (image.config.config?.Labels as Record<string, string> | undefined) ?? null,
      Containers: -1,
    });
  }
  await json(
    200,
    rows.sort((a, b) => b.Created - a.Created || (a.Id < b.Id ? -1 : 1)),
  );
}

export async function imageInspect({ engine, name, json }: Call): Promise<void> {
  const image = findImage(engine, name);
  const { tags, digests } = engine.images.names(image.id);
  const size = engine.images.sizeOf(image);
  const top = engine.images.topLayer(image);
  const directory = engine.images.directory(top?.cacheId ?? '');
  const answer: ImageInspect = {
    Id: image.id,
    RepoTags: tags,
    RepoDigests: digests,
    Parent: '',
    Comment: '',
    Created: image.config.created ?? '',
    Config: { ...(image.config.config as ImageInspect['Config']) },
    Architecture: image.config.architecture,
    Os: image.config.os,
    Size: size,
    VirtualSize: size,
    GraphDriver: {
      Data: { MergedDir: `${directory}/merged`, UpperDir: `${directory}/diff`, WorkDir: `${directory}/work` },
      Name: 'overlay2',
    },
    RootFS: { Type: 'layers', Layers: [...(image.config.rootfs?.diff_ids ?? [])] },
  };
  await json(200, answer);
}

export async function history({ engine, name, json }: Call): Promise<void> {
  const image = findImage(engine, name);
  const layers = engine.images.chainOf(image.config.rootfs?.diff_ids ?? []);
  let at = 0;
  const rows = (image.config.history ?? []).map((one) => {
    const size = one.empty_layer === true ? 0 : (engine.images.layers.get(layers[at++] ?? '')?.size ?? 0);
    const parsed = parseRfc3339(one.created ?? '');
    return {
      Id: '<missing>',
      Created: parsed.ok ? Number(parsed.ns / 1_000_000_000n) : 0,
      CreatedBy: one.created_by ?? '',
      Tags: null as string[] | null,
      Size: size,
      Comment: one.comment ?? '',
    };
  });
  const last = rows.at(-1);
  if (last !== undefined) Object.assign(last, { Id: image.id, Tags: engine.images.names(image.id).tags });
  await json(200, rows.reverse());
}

export async function imageTag({ ctx, engine, name, query, empty }: Call): Promise<void> {
  const image = findImage(engine, name);
  const reference = parseImageName(`${query('repo')}${query('tag') === '' ? '' : `:${query('tag')}`}`);
  await engine.images.putName(ctx, familiarRepository(reference), familiarName(reference), image.id);
  await empty(201);
}

export async function pull(call: Call): Promise<void> {
  const { ctx, engine, exchange, query } = call;
  const [from, tag] = [query('fromImage'), query('tag')];
  if (from === '') throw badRequest('not simulated: importing an image');
  const reference = parseImageName(tag === '' ? from : `${from}${tag.includes(':') ? '@' : ':'}${tag}`);
  let started = false;
  const begin = async (): Promise<void> => {
    if (started) return;
    started = true;
    await exchange.startChunks(ctx, 200, [['Content-Type', 'application/json']]);
  };
  const tell = async (c: Call['ctx'], message: PullMessage): Promise<void> => {
    await begin();
    await exchange.chunk(c, `${JSON.stringify(message)}\r\n`);
  };
  try {
    const insecure = engine.config.insecureRegistries.includes(reference.domain);
    const credentials = credentialsOf(headerValue(exchange.headers, 'x-registry-auth') ?? '');
    const id = await pullImage(ctx, reference, { store: engine.images, insecure, credentials, tell });
    engine.events.emit(ctx, 'image', 'pull', familiarName(reference), { name: familiarRepository(reference), id });
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    await engine.log.error(ctx, `Not continuing with pull after error: ${error.message}`);
    if (!started) throw error;
    await tell(ctx, { errorDetail: { message: error.message }, error: error.message });
  }
  await exchange.endChunks(ctx);
}

/** Base64 of a JSON object, in the alphabet of URLs or the other. */
function credentialsOf(header: string): Credentials | null {
  if (header === '') return null;
  try {
    const text = utf8(fromBase64(header.replaceAll('-', '+').replaceAll('_', '/')));
    const { username = '', password = '' } = JSON.parse(text) as { username?: string; password?: string };
    return username === '' ? null : { username, secret: password };
  } catch {
    return null;
  }
}

export async function imageRemove({ ctx, engine, name, flag, json }: Call): Promise<void> {
  const image = findImage(engine, name);
  const { tags, digests } = engine.images.names(image.id);
  const isId =
    /^(?:sha256:)?[0-9a-f]+$/.test(name) && image.id.replace('sha256:', '').startsWith(name.replace('sha256:', ''));
  const force = flag('force');
  const using = [...engine.containers.values()].filter((container) => container.record.Image === image.id);
  const short = image.id.slice(7, 19);
  const out: { Untagged?: string; Deleted?: string }[] = [];
  if (!isId && tags.length + digests.length > 0) {
    const familiar = familiarName(parseImageName(name));
    const rest = tags.filter((one) => one !== familiar);
    const [user] = using;
    if (rest.length === 0 && user !== undefined && !force)
      throw conflict(
        `conflict: unable to remove repository reference "${name}" (must force) - container ${user.id.slice(0, 12)} is using its referenced image ${short}`,
      );
    await engine.images.removeName(ctx, familiar);
    out.push({ Untagged: familiar });
    if (rest.length > 0 || user !== undefined) return await json(200, out);
  } else if (tags.length > 1 && !force)
    throw conflict(
      `conflict: unable to delete ${short} (must be forced) - image is referenced in multiple repositories`,
    );
  const running = using.find((container) => container.state.Running);
  if (running !== undefined)
    throw conflict(
      `conflict: unable to delete ${short} (cannot be forced) - image is being used by running container ${running.id.slice(0, 12)}`,
    );
  const stopped = using[0];
  if (stopped !== undefined && !force)
    throw conflict(
      `conflict: unable to delete ${short} (must be forced) - image is being used by stopped container ${stopped.id.slice(0, 12)}`,
    );
  const left = engine.images.names(image.id);
  for (const one of [...left.tags, ...left.digests]) {
    await engine.images.removeName(ctx, one);
    out.push({ Untagged: one });
  }
  const layers = await engine.images.removeImage(ctx, image.id);
  for (const id of [image.id, ...layers]) out.push({ Deleted: id });
  engine.events.emit(ctx, 'image', 'delete', image.id, { name: image.id });
  await json(200, out);
}

export function imagesCount(engine: Engine): number {
  return engine.images.images.size;
}
