import type { CliCommand } from '../../../go/cli-types.ts';
import { quote } from '../../../go/quote.ts';
import type { Context } from '../../../linux/context.ts';
import { print } from '../../../linux/io.ts';
import { RemoveImageRequest } from '../../../protocols/cri/generated.ts';
import { toProtoText } from '../../../protocols/prototext.ts';
import { runTogether } from '../aggregate.ts';
import { Failure, isFailure, wrapping } from '../failure.ts';
import { listImages, removeImage } from '../image-calls.ts';
import { tracedImageStatus } from '../image-status.ts';
import { debug, log } from '../logger.ts';
import { type Action, type Run, showHelp } from '../run.ts';
import { listContainers } from '../runtime-calls.ts';
import { type CriService, connectImages, connectRuntime } from '../service.ts';

/** @models kubernetes-sigs/cri-tools cmd/crictl/image.go removeImageCommand @fidelity full */
export const rmiCommand: CliCommand<Action> = {
  name: 'rmi',
  usage: 'Remove images',
  argsUsage: 'IMAGE-ID [IMAGE-ID...]',
  description: `Remove images, named by ID or by reference.

NOTE: The CRI API only knows whole images. When you name one by a tag (say 'localhost/test:latest'),
the image goes with ALL of its tags, not just that one. In this it differs from 'docker rmi',
'nerdctl rmi' and 'ctr image rm'. To remove a single tag, use the tool of the runtime
itself ('nerdctl', 'ctr' or 'podman', for instance).`,
  shortOptions: true,
  flags: [
    { name: 'all', aliases: ['a'], kind: 'bool', usage: 'Remove every image' },
    { name: 'prune', aliases: ['q'], kind: 'bool', usage: 'Remove every image that no container uses' },
  ],
  action: async (ctx, run) => {
    const { cli } = run;
    const images = await connectImages(ctx, run);
    const { all, prune } = { all: cli.bool('all'), prune: cli.bool('prune') };
    const wanted = await selectImages(ctx, run, images, all, prune);
    if (wanted.size === 0) {
      if (!all && !prune) return await showHelp(ctx, run);
      return await log(ctx, run.logger, 'info', 'No images to remove');
    }
    const ids = [...wanted].filter(([, isWanted]) => isWanted).map(([id]) => id);
    await runTogether(
      ctx,
      ids.map((id) => (c: Context) => removeOne(c, run, images, id, prune)),
    );
  },
};

/** What was named or found, by whether it is to go. */
async function selectImages(
  ctx: Context,
  run: Run,
  images: CriService,
  all: boolean,
  prune: boolean,
): Promise<Map<string, boolean>> {
  const wanted = new Map<string, boolean>();
  for (const id of run.cli.args) {
    await debug(ctx, run.logger, () => `User specified image to be removed: ${id}`);
    wanted.set(id, true);
  }
  if (all || prune) {
    for (const image of await listImages(ctx, images, null)) {
      const verb = prune && image.pinned ? 'Excluding pinned container image' : 'Adding container image to be removed';
      await debug(ctx, run.logger, () => `${verb}: ${image.id}`);
      if (!prune || !image.pinned) wanted.set(image.id, true);
    }
  }
  if (prune) for (const id of await imagesInUse(ctx, run, images)) wanted.set(id, false);
  return wanted;
}

async function imagesInUse(ctx: Context, run: Run, images: CriService): Promise<string[]> {
  const runtime = await connectRuntime(ctx, run);
  const ids: string[] = [];
  for (const container of await listContainers(ctx, runtime, undefined)) {
    const name = container.image?.image ?? '';
    try {
      const id = (await tracedImageStatus(ctx, images, name, false)).image?.id ?? '';
      await debug(ctx, run.logger, () => `Excluding in use container image: ${id}`);
      ids.push(id);
    } catch (error) {
      if (!isFailure(error)) throw error;
      await log(ctx, run.logger, 'error', `image status request for ${quote(name)} failed: ${error.message}`);
    }
  }
  return ids;
}

async function removeOne(ctx: Context, run: Run, images: CriService, id: string, prune: boolean): Promise<void> {
  const { image } = await wrapping(`image status request for ${quote(id)} failed`, () => {
    return tracedImageStatus(ctx, images, id, false);
  });
  if (image === undefined) throw new Failure(`no such image ${id}`);
  const { repoTags, repoDigests } = image;
  const looksLikeTag = !id.startsWith('sha256:') && /[:/]/.test(id);
  if (repoTags.length > 1 && looksLikeTag) {
    const text = 'has multiple tags. Removing this image will delete all of the following tags:';
    await log(ctx, run.logger, 'warning', `Image ${quote(id)} ${text}`);
    for (const tag of repoTags) await log(ctx, run.logger, 'warning', `  ${tag}`);
  }
  try {
    await wrapping(`error of removing image ${quote(id)}`, async () => {
      if (id === '') throw new Failure('ImageID cannot be empty');
      const request = RemoveImageRequest.create({ image: { image: id } });
      await debug(ctx, run.logger, () => `RemoveImageRequest: ${toProtoText(RemoveImageRequest, request)}`);
      await removeImage(ctx, images, id);
    });
  } catch (error) {
    // Somebody else may have been quicker, or may use it by now.
    if (prune && isFailure(error)) return;
    throw error;
  }
  const names = repoTags.length === 0 ? repoDigests : repoTags;
  await print(ctx, names.map((name) => `Deleted: ${name}\n`).join(''));
}
