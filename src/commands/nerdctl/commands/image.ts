/**
 * nerdctl pull, push, tag, rmi, history, save, load, image prune.
 * @models nerdctl v2.3.5 pkg/cmd/image, cmd/nerdctl/image
 * @fidelity partial: no conversion, encryption and signatures
 */
import type { CobraContext } from '../../../go/cobra-types.ts';
import { parseRfc3339, rfc3339 } from '../../../go/time.ts';
import { humanDuration, humanSize } from '../../../go/units.ts';
import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import { print, writeFile } from '../../../linux/io.ts';
import { Rope } from '../../../linux/rope.ts';
import { type Image, ImagesService } from '../../../protocols/containerd/services/images/v1/generated.ts';
import { SnapshotsService } from '../../../protocols/containerd/services/snapshots/v1/generated.ts';
import { chainIds } from '../../../protocols/oci/digest.ts';
import type { Client } from '../../common/containerd/client.ts';
import { listContainers } from '../../common/containerd/container.ts';
import { isKind, nativeError, onPath, unlessMissing, wrapping } from '../../common/containerd/errors.ts';
import { getImage, listImages, resolveImage, targetOf } from '../../common/containerd/image.ts';
import { TransferDisplay } from '../../common/containerd/progress.ts';
import { exportStream, imageStore, importStream, transfer } from '../../common/containerd/transfer.ts';
import { isTable, printFormatted } from '../format.ts';
import { ensureImage, platformsOf, pushImage } from '../images.ts';
import { command, confirmed, fail, log, newClient, notSimulated, printTable } from '../run.ts';
import { refuseUnmodelled, UNMODELLED_PULL, UNMODELLED_PUSH } from '../unmodelled-flags.ts';
import { findImage, matchImages, parseImageName } from '../walker.ts';
import { applyImageFilters, isDangling, withoutDuplicates } from './images.ts';
import { isRunning } from './lifecycle.ts';

const { methods } = ImagesService;
const ARCHIVE_BLOCK = 1 << 20;

export const pullCommand = command({
  name: 'pull',
  use: '[flags] NAME[:TAG]',
  short: 'Pull an image from a registry',
  flags: [
    { name: 'unpack', kind: 'string', value: 'auto', usage: 'Unpack it (auto|true|false)' },
    { name: 'platform', kind: 'stringSlice', usage: 'Platforms' },
    { name: 'all-platforms', kind: 'bool', usage: 'All platforms' },
    { name: 'verify', kind: 'string', value: 'none', usage: 'Verify the image (none|cosign|notation)' },
    { name: 'quiet', short: 'q', kind: 'bool', usage: 'No progress' },
    ...UNMODELLED_PULL,
  ],
  args: { exactly: 1 },
  action: async (ctx, cli) => {
    if (cli.string('verify') !== 'none') notSimulated('--verify');
    refuseUnmodelled(cli, UNMODELLED_PULL);
    const client = await newClient(ctx, cli);
    const raw = cli.args[0] ?? '';
    const platforms = cli.bool('all-platforms') ? [] : platformsOf(cli.strings('platform'));
    const unpack =
      cli.string('unpack') === 'auto' ? platforms.length === 1 : /^(1|t|true)$/i.test(cli.string('unpack'));
    const quiet = cli.bool('quiet');
    await ensureImage(ctx, cli, client, raw, 'always', { platforms, quiet, unpack, fd: 1 });
    if (quiet) await print(ctx, `${raw}\n`);
  },
});

export const pushCommand = command({
  name: 'push',
  use: '[flags] NAME[:TAG]',
  short: 'Push an image to a registry',
  flags: [
    { name: 'platform', kind: 'stringSlice', usage: 'Platforms' },
    { name: 'all-platforms', kind: 'bool', usage: 'All platforms' },
    { name: 'sign', kind: 'string', value: 'none', usage: 'Sign the image (none|cosign|notation)' },
    { name: 'quiet', short: 'q', kind: 'bool', usage: 'No progress' },
    ...UNMODELLED_PUSH,
  ],
  args: { exactly: 1 },
  action: async (ctx, cli) => {
    if (cli.string('sign') !== 'none') notSimulated('--sign');
    refuseUnmodelled(cli, UNMODELLED_PUSH);
    const client = await newClient(ctx, cli);
    const name = parseImageName(cli.args[0] ?? '');
    await getImage(ctx, client, name);
    const platforms = cli.bool('all-platforms') ? 'all' : platformsOf(cli.strings('platform'));
    await pushImage(ctx, cli, client, name, { platforms, quiet: cli.bool('quiet') });
  },
});

export const tagCommand = command({
  name: 'tag',
  use: 'SOURCE_IMAGE[:TAG] TARGET_IMAGE[:TAG]',
  short: 'Give an image another name',
  args: { exactly: 2 },
  action: async (ctx, cli) => {
    const [from = '', to = ''] = cli.args;
    const [source, name] = [parseImageName(from), parseImageName(to)];
    const client = await newClient(ctx, cli);
    const found = (await findImage(ctx, client, from)) ?? (await getImage(ctx, client, source));
    const image = { name, labels: {}, ...(found.target === undefined ? {} : { target: found.target }) };
    try {
      await client.call(ctx, methods.Create, { image });
    } catch (error) {
      if (!isKind(error, 'AlreadyExists')) throw error;
      await client.call(ctx, methods.Update, { image, updateMask: { paths: ['target'] } });
    }
  },
});

async function deleteImage(ctx: Context, client: Client, image: Image, word: string): Promise<string> {
  const resolved = await unlessMissing(() => resolveImage(ctx, client, image));
  await client.call(ctx, methods.Delete, { name: image.name, sync: true });
  return (resolved?.config.rootfs?.diff_ids ?? []).map((digest) => `${word}: ${digest}\n`).join('');
}

type Users = { running: Map<string, string>; stopped: Map<string, string> };

async function usersOf(ctx: Context, client: Client): Promise<Users> {
  const users: Users = { running: new Map(), stopped: new Map() };
  for (const { id, image } of await listContainers(ctx, client))
    ((await isRunning(ctx, client, id)) ? users.running : users.stopped).set(image, id);
  return users;
}

export const rmiCommand = command({
  name: 'rmi',
  use: '[flags] IMAGE [IMAGE, ...]',
  short: 'Remove images',
  flags: [
    { name: 'force', short: 'f', kind: 'bool', usage: 'Also one that containers use' },
    { name: 'async', kind: 'bool', usage: 'Do not wait until all of it is gone' },
  ],
  args: { min: 1 },
  action: async (ctx, cli) => {
    const client = await newClient(ctx, cli);
    const users = await usersOf(ctx, client);
    const force = cli.bool('force');
    const errors: string[] = [];
    let isFatal = false;
    for (const request of cli.args) {
      try {
        if ((await removeMatching(ctx, cli, client, request, force, users)) === 0)
          errors.push(`no such image: ${request}`);
      } catch (error) {
        errors.push(nativeError(error).message);
        isFatal = true;
      }
    }
    if (errors.length === 0) return;
    const message = `${errors.length} errors:\n${errors.join('\n')}`;
    if (!force || isFatal) fail(message);
    await log(ctx, 'error', message);
  },
});

async function removeMatching(
  ctx: Context,
  cli: CobraContext,
  client: Client,
  request: string,
  force: boolean,
  users: Users,
): Promise<number> {
  const found = await matchImages(ctx, client, request);
  const isKube = cli.bool('kube-hide-dupe') && client.namespace === 'k8s.io';
  const images = isKube ? withoutDuplicates(found.images) : found.images;
  const named = found.images[found.byName];
  const unique = new Set(images.map((image) => targetOf(image).digest)).size;
  if (named === undefined && images.length > 1 && !(force && unique === 1))
    fail(`multiple IDs found with provided prefix: ${request}`);
  for (const image of named === undefined ? images : [named]) {
    const runner = users.running.get(image.name);
    const { digest } = targetOf(image);
    if (runner !== undefined) {
      if (!force)
        fail(
          `conflict: unable to delete ${request} (cannot be forced) - image is being used by running container ${runner}`,
        );
      const target = image.target;
      await client.call(ctx, methods.Create, {
        image: { ...image, name: ':', ...(target === undefined ? {} : { target }) },
      });
      await client.call(ctx, methods.Delete, { name: image.name, sync: true });
      await print(ctx, `Untagged: ${image.name}\nUntagged: ${image.name}@${digest}\n`);
      continue;
    }
    const user = users.stopped.get(image.name);
    if (user !== undefined && !force)
      fail(`conflict: unable to delete ${request} (must be forced) - image is being used by stopped container ${user}`);
    const deleted = await deleteImage(ctx, client, image, 'Deleted');
    await print(ctx, `Untagged: ${image.name}@${digest}\n${deleted}`);
  }
  return images.length;
}

const HISTORY_WIDTH_MAX = 45;

export const historyCommand = command({
  name: 'history',
  use: '[flags] IMAGE',
  short: 'Tell how an image was made',
  flags: [
    { name: 'format', short: 'f', kind: 'string', usage: "Go template for the output, such as '{{json .}}'" },
    { name: 'quiet', short: 'q', kind: 'bool', usage: 'Only the IDs' },
    { name: 'human', short: 'H', kind: 'bool', value: true, usage: 'Sizes and dates for people' },
    { name: 'no-trunc', kind: 'bool', usage: 'Do not shorten' },
  ],
  args: { exactly: 1 },
  action: async (ctx, cli) => {
    const client = await newClient(ctx, cli);
    const request = cli.args[0] ?? '';
    const image = (await findImage(ctx, client, request)) ?? fail(`1 errors:\nno such image: ${request}`);
    const { config } = await resolveImage(ctx, client, image);
    const keys = chainIds(config.rootfs?.diff_ids ?? []);
    const snapshotter = await client.snapshotter(ctx, cli.string('snapshotter'));
    const quiet = cli.bool('quiet');
    const cut = (text: string): string =>
      cli.bool('no-trunc') || text.length <= HISTORY_WIDTH_MAX ? text : `${text.slice(0, HISTORY_WIDTH_MAX - 1)}…`;
    let layer = 0;
    const items = [];
    for (const { created = '', created_by = '', comment = '', empty_layer } of config.history ?? []) {
      let size = 0;
      let snapshot = '<missing>';
      if (empty_layer !== true) {
        const key = keys[layer++] ?? fail('1 errors:\ntoo many non-empty layers in History section');
        const usage = await wrapping('failed to get stat', () =>
          client.call(ctx, SnapshotsService.methods.Usage, { snapshotter, key }),
        );
        size = Number(usage.size);
        snapshot = key;
      }
      const parsed = parseRfc3339(created);
      const age = parsed.ok ? `${humanDuration(Number(ctx.wallTime - parsed.ns))} ago` : created;
      const isHuman = cli.bool('human');
      items.unshift({
        Snapshot: quiet ? snapshot : cut(snapshot),
        CreatedAt: created,
        CreatedSince: isHuman ? age : created,
        CreatedBy: cut(created_by),
        Size: isHuman ? humanSize(size) : String(size),
        Comment: comment,
      });
    }
    if (!isTable(cli.string('format'), false, ['', 'table']))
      return printFormatted(ctx, cli.string('format'), items, 'image.historyPrintable');
    if (quiet) return print(ctx, items.map(({ Snapshot }) => `${Snapshot}\n`).join(''));
    await printTable(ctx, [
      ['SNAPSHOT', 'CREATED', 'CREATED BY', 'SIZE', 'COMMENT'],
      ...items.map((item) => [item.Snapshot, item.CreatedSince, item.CreatedBy, item.Size, item.Comment]),
    ]);
  },
});

export const saveCommand = command({
  name: 'save',
  use: '[flags] IMAGE [IMAGE...]',
  short: 'Write images to a tar archive (standard output by default)',
  flags: [
    { name: 'output', short: 'o', kind: 'string', usage: 'Write to this file' },
    { name: 'platform', kind: 'stringSlice', usage: 'Platforms' },
    { name: 'all-platforms', kind: 'bool', usage: 'All platforms' },
  ],
  args: { min: 1 },
  action: async (ctx, cli) => {
    const path = cli.string('output');
    if (path === '' && (await ctx.sys.isTty(ctx, 1)))
      fail('cowardly refusing to save to a terminal. Use the -o flag or redirect');
    const client = await newClient(ctx, cli);
    const names: string[] = [];
    for (const request of cli.args)
      names.push(((await findImage(ctx, client, request)) ?? fail(`1 errors:\nno such image: ${request}`)).name);
    const parts: Rope[] = [];
    const platforms = platformsOf(cli.strings('platform')).map((p) => ({ ...p, variant: p.variant ?? '' }));
    const { target, done } = await exportStream(
      ctx,
      client,
      {
        platforms: cli.bool('all-platforms') ? [] : platforms,
        allPlatforms: cli.bool('all-platforms'),
        skipCompatibilityManifest: false,
        skipNonDistributable: false,
      },
      async (_, part) => void parts.push(part),
    );
    const flags = { isPrefix: false, allowOverwrite: false, addDigest: false, skipNamedDigest: false };
    const extraReferences = names.slice(1).map((name) => ({ name, ...flags }));
    await transfer(ctx, client, imageStore({ name: names[0] ?? '', extraReferences }), target, async () => {});
    await done.wait();
    const archive = Rope.concat(parts);
    if (path === '') await print(ctx, archive);
    else await onPath('open', path, () => writeFile(ctx, path, archive));
  },
});

export const loadCommand = command({
  name: 'load',
  use: '[flags]',
  short: 'Load images from a tar archive (standard input by default)',
  flags: [
    { name: 'input', short: 'i', kind: 'string', usage: 'Read this file' },
    { name: 'quiet', short: 'q', kind: 'bool', usage: 'No progress' },
    { name: 'platform', kind: 'stringSlice', usage: 'Platforms' },
    { name: 'all-platforms', kind: 'bool', usage: 'All platforms' },
  ],
  args: 'none',
  action: async (ctx, cli) => {
    const path = cli.string('input');
    if (path === '' && (await ctx.sys.isTty(ctx, 0))) fail('stdin is empty and input flag is not specified');
    const fd = path === '' ? 0 : await onPath('open', path, () => ctx.sys.open(ctx, path, { read: true }));
    const client = await newClient(ctx, cli);
    const before = new Map((await listImages(ctx, client)).map((image) => [image.name, targetOf(image).digest]));
    const snapshotter = await client.snapshotter(ctx, cli.string('snapshotter'));
    const source = await importStream(ctx, client, async (c, max) => {
      try {
        const part = await c.sys.readRope(c, fd, Math.min(max, ARCHIVE_BLOCK));
        return part.length === 0 ? null : part;
      } catch (error) {
        if (isErrno(error)) return null;
        throw error;
      }
    });
    const platform = { os: 'linux', architecture: 'amd64', variant: '' };
    const day = rfc3339(ctx.wallTime).slice(0, 'yyyy-mm-dd'.length);
    const prefix = { isPrefix: true, allowOverwrite: true };
    const destination = imageStore({
      name: '',
      platforms: cli.bool('all-platforms') ? [] : [platform],
      unpacks: [{ platform, snapshotter }],
      extraReferences: [
        { ...prefix, name: 'import', addDigest: true, skipNamedDigest: true },
        { ...prefix, name: `import-${day}`, addDigest: false, skipNamedDigest: false },
      ],
    });
    const loaded = new Set<string>();
    const display = new TransferDisplay(ctx);
    await transfer(ctx, client, source, destination, async (c, progress) => {
      if (progress.event === 'saved') loaded.add(progress.name);
      if (!cli.bool('quiet')) await display.update(c, progress);
    });
    if (cli.bool('quiet')) return;
    for (const image of await listImages(ctx, client))
      if (loaded.has(image.name) || before.get(image.name) !== targetOf(image).digest)
        await print(ctx, `Loaded image: ${image.name}\n`);
  },
});

export async function pruneImages(
  ctx: Context,
  client: Client,
  all: boolean,
  filters: readonly string[] = [],
): Promise<void> {
  const users = await usersOf(ctx, client);
  const candidates = await applyImageFilters(ctx, client, await listImages(ctx, client), filters);
  let text = '';
  for (const image of candidates) {
    const isUsed = users.running.has(image.name) || users.stopped.has(image.name);
    if (all ? isUsed : !isDangling(image)) continue;
    try {
      const deleted = await deleteImage(ctx, client, image, 'deleted');
      text += `Untagged: ${image.name}\n${deleted}`;
    } catch (error) {
      await log(ctx, 'warning', `failed to delete image ${image.name}`, error);
    }
  }
  if (text !== '') await print(ctx, `Deleted Images:\n${text}\n`);
}

export const imagePruneCommand = command({
  name: 'prune',
  use: '[flags]',
  short: 'Remove images that nobody uses',
  flags: [
    { name: 'all', short: 'a', kind: 'bool', usage: 'Not only those without a name' },
    { name: 'filter', kind: 'stringSlice', usage: 'Only those that match' },
    { name: 'force', short: 'f', kind: 'bool', usage: 'Do not ask' },
  ],
  args: 'none',
  action: async (ctx, cli) => {
    const question = cli.bool('all')
      ? 'This will remove all images without at least one container associated to them.'
      : 'This will remove all dangling images.';
    if (!cli.bool('force') && !(await confirmed(ctx, question))) return;
    await pruneImages(ctx, await newClient(ctx, cli), cli.bool('all'), cli.strings('filter'));
  },
});
