/**
 * podman rmi.
 * @models podman 5.4 cmd/podman/images/rm.go, libpod/runtime_img.go
 * @fidelity partial: --force takes podman's own containers along, not those that CRI-O keeps in the same store
 */
import type { Context } from '../../linux/context.ts';
import { print, printError } from '../../linux/io.ts';
import { failure } from '../cri-runtimes/shared/errors.ts';
import { findContainer, readDatabase } from './libpod/database.ts';
import { removeContainer, stopContainer } from './libpod/lifecycle.ts';
import { type Command, findImage, openStore } from './run.ts';

/** With --force its containers go first, running ones too. */
async function removeUsers(ctx: Context, image: string): Promise<void> {
  for (const container of (await readDatabase(ctx)).containers) {
    if (container.imageId !== image) continue;
    await stopContainer(ctx, container, container.stopTimeout);
    const left = await findContainer(ctx, container.id);
    if (left !== undefined) await removeContainer(ctx, left);
  }
}

export const rmiCommand: Command = {
  name: 'rmi',
  use: '[options] IMAGE [IMAGE...]',
  short: 'Remove images',
  flags: [
    { name: 'all', short: 'a', kind: 'bool', usage: 'all images' },
    { name: 'force', short: 'f', kind: 'bool', usage: 'with the containers that use them' },
  ],
  action: async (ctx, cli) => {
    const store = await openStore(ctx);
    if (cli.args.length === 0 && !cli.bool('all')) throw failure('image name or ID must be specified');
    const names = cli.bool('all') ? store.images.map(({ id }) => id) : cli.args;
    const problems: string[] = [];
    for (const name of names) {
      const image = await findImage(ctx, store, name);
      if (image === undefined) {
        problems.push(`${name}: image not known`);
        continue;
      }
      const known = image.names ?? [];
      const named = known.find(
        (each) => each === name || each.endsWith(`/${name}`) || each.endsWith(`/${name}:latest`),
      );
      if (known.length > 1 && named !== undefined) {
        await store.untag(ctx, image, named);
        await print(ctx, `Untagged: ${named}\n`);
        continue;
      }
      if (cli.bool('force')) await removeUsers(ctx, image.id);
      const left = await openStore(ctx);
      const user = left.containers.find((container) => container.image === image.id);
      if (user !== undefined) {
        problems.push(
          `image used by ${user.id}: image is in use by a container: consider listing external containers and force-removing image`,
        );
        continue;
      }
      await left.removeImage(ctx, image.id);
      for (const each of known) await print(ctx, `Untagged: ${each}\n`);
      await print(ctx, `Deleted: ${image.id}\n`);
    }
    if (problems.length > 0) {
      await printError(ctx, `Error: ${problems.join('\n')}\n`);
      return problems.some((words) => words.includes('in use')) ? 2 : 1;
    }
    return 0;
  },
};
