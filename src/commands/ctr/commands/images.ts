/** ctr images. @models containerd 2.1 cmd/ctr/commands/images @fidelity partial: pulls and pushes go through the transfer service, --local too; no conversion */
import { goTimeString, rfc3339 } from '../../../go/time.ts';
import { progressBytes } from '../../../go/units.ts';
import type { Context } from '../../../linux/context.ts';
import { mkdirAll, print, writeFile } from '../../../linux/io.ts';
import { Rope } from '../../../linux/rope.ts';
import { type Image, ImagesService } from '../../../protocols/containerd/services/images/v1/generated.ts';
import { SnapshotsService } from '../../../protocols/containerd/services/snapshots/v1/generated.ts';
import { chainIds } from '../../../protocols/oci/digest.ts';
import { isIndexType, isManifestType } from '../../../protocols/oci/media-types.ts';
import { formatPlatform, parsePlatform } from '../../../protocols/oci/platform.ts';
import type { Descriptor, ImageIndex, ImageManifest } from '../../../protocols/oci/types.ts';
import type { Client } from '../../common/containerd/client.ts';
import { hasContent, readJson } from '../../common/containerd/content.ts';
import { isKind, onPath, wrapping } from '../../common/containerd/errors.ts';
import {
  getImage,
  imagePlatforms,
  imageSize,
  isUnpacked,
  listImages,
  resolveImage,
  targetOf,
  unpackImage,
} from '../../common/containerd/image.ts';
import { mountAll, unmountAll } from '../../common/containerd/mounts.ts';
import { TransferDisplay } from '../../common/containerd/progress.ts';
import { exportStream, imageStore, importStream, ociRegistry, transfer } from '../../common/containerd/transfer.ts';
import { fetchImage } from '../fetch.ts';
import { LABEL, PLATFORM, QUIET, REGISTRY, SNAPSHOTTER, SYNC_FS } from '../flags.ts';
import { credentialsOf } from '../resolver.ts';
import {
  type Command,
  fail,
  labelArgs,
  labelText,
  log,
  NARROW,
  newClient,
  printOpenTable,
  printTable,
  refuse,
  showHelp,
  timestampNs,
} from '../run.ts';

const { methods } = ImagesService;
const ARCHIVE_BLOCK = 1 << 20;

const listCommand: Command = {
  name: 'list',
  aliases: ['ls'],
  usage: 'List the images that containerd knows',
  argsUsage: '[flags] [<filter>, ...]',
  description: 'lists the images of the namespace',
  flags: [QUIET('Only the names')],
  action: async (ctx, run) => {
    const client = await newClient(ctx, run);
    const images = await wrapping('failed to list images', () => listImages(ctx, client, run.cli.args));
    if (run.cli.bool('quiet')) return print(ctx, images.map(({ name }) => `${name}\n`).join(''));
    const rows: string[][] = [];
    for (const image of images) {
      const target = targetOf(image);
      let size = 0;
      try {
        size = await imageSize(ctx, client, target);
      } catch (error) {
        await log(ctx, run, 'error', `failed calculating size for image ${image.name}`, error);
      }
      const platforms = [...new Set((await imagePlatforms(ctx, client, target)).map(formatPlatform))].sort();
      const labels = Object.keys(image.labels).length === 0 ? '-' : labelText(image.labels);
      rows.push([
        image.name,
        target.mediaType,
        target.digest,
        progressBytes(size),
        platforms.length === 0 ? '-' : platforms.join(','),
        labels,
      ]);
    }
    await printTable(ctx, NARROW, [['REF', 'TYPE', 'DIGEST', 'SIZE', 'PLATFORMS', 'LABELS'], ...rows]);
  },
};

/** What the transfer service cannot be asked for. */
const LOCAL_ONLY = ['max-concurrent-downloads', 'print-chainid', 'skip-verify', 'tlscacert', 'tlscert', 'tlskey'];

const pullCommand: Command = {
  name: 'pull',
  usage: 'Pull an image from a registry',
  argsUsage: '[flags] <ref>',
  description: 'Fetches an image, gives it its name and prepares its layers for containers.',
  flags: [
    ...REGISTRY,
    SNAPSHOTTER,
    LABEL,
    PLATFORM,
    { name: 'all-platforms', kind: 'bool', usage: 'Content and metadata of all platforms' },
    { name: 'all-metadata', kind: 'bool', hidden: true, usage: '(Deprecated) Metadata of all platforms' },
    {
      name: 'skip-metadata',
      kind: 'bool',
      usage: 'Leave out the metadata of other platforms (the image cannot be pushed then)',
    },
    { name: 'print-chainid', kind: 'bool', usage: 'Print the chain ID of the result' },
    { name: 'max-concurrent-downloads', kind: 'int', usage: 'How many downloads at once' },
    { name: 'local', kind: 'bool', usage: 'Fetch here, not in the daemon' },
    SYNC_FS,
  ],
  action: async (ctx, run) => {
    const ref = run.cli.args[0] ?? '';
    if (ref === '') fail('please provide an image reference to pull');
    if (!run.cli.bool('local')) {
      const wrong = LOCAL_ONLY.find((name) => run.cli.isSet(name));
      if (wrong !== undefined) fail(`"--${wrong}" requires "--local" flag`);
    }
    const client = await newClient(ctx, run);
    const snapshotter = await client.snapshotter(ctx, run.cli.string('snapshotter'));
    await fetchImage(ctx, run, client, ref, { unpack: true, snapshotter });
    if (run.cli.bool('print-chainid')) {
      const { chainId } = await resolveImage(ctx, client, await getImage(ctx, client, ref));
      await print(ctx, `image chain ID: ${chainId}\n`);
    }
  },
};

const pushCommand: Command = {
  name: 'push',
  usage: 'Push an image to a registry',
  argsUsage: '[flags] <ref> [<local>]',
  description: 'Pushes an image, by its own name or as another.',
  flags: [
    ...REGISTRY,
    { name: 'manifest', kind: 'string', usage: 'Digest of the manifest to push' },
    PLATFORM,
    { name: 'local', kind: 'bool', usage: 'Push from here, not from the daemon' },
  ],
  action: async (ctx, run) => {
    const [ref = '', local = ref] = run.cli.args;
    if (ref === '') fail('please provide a remote image reference to push');
    const client = await newClient(ctx, run);
    await getImage(ctx, client, local);
    const destination = await ociRegistry(ctx, client, ref, {
      hostDir: run.cli.string('hosts-dir'),
      plainHttp: run.cli.bool('plain-http'),
      credentials: await credentialsOf(ctx, run),
    });
    const display = new TransferDisplay(ctx);
    await transfer(ctx, client, imageStore({ name: local }), destination, (c, progress) => display.update(c, progress));
  },
};

const removeCommand: Command = {
  name: 'delete',
  aliases: ['del', 'remove', 'rm'],
  usage: 'Remove images by their names',
  argsUsage: '[flags] <ref> [<ref>, ...]',
  description: 'removes images by their names',
  flags: [{ name: 'sync', kind: 'bool', usage: 'Wait until all that belongs to them is gone' }],
  action: async (ctx, run) => {
    const client = await newClient(ctx, run);
    const names = run.cli.args;
    for (const [i, name] of names.entries()) {
      try {
        await client.call(ctx, methods.Delete, { name, sync: run.cli.bool('sync') && i === names.length - 1 });
        await print(ctx, `${name}\n`);
      } catch (error) {
        if (!isKind(error, 'NotFound')) throw error;
        await log(ctx, run, 'warning', `${name}: image not found`);
      }
    }
  },
};

const tagCommand: Command = {
  name: 'tag',
  usage: 'Give an image another name',
  argsUsage: '[flags] <source_ref> <target_ref> [<target_ref>, ...]',
  flags: [
    { name: 'force', kind: 'bool', usage: 'Replace an image of that name' },
    { name: 'local', kind: 'bool', usage: 'Do it here, not in the daemon' },
    { name: 'skip-reference-check', kind: 'bool', usage: 'Take any text for a name' },
  ],
  action: async (ctx, run) => {
    const [ref = '', ...targets] = run.cli.args;
    if (ref === '') fail('please provide an image reference to tag from');
    if (targets.length === 0) fail('please provide an image reference to tag to');
    const client = await newClient(ctx, run);
    const { target } = await getImage(ctx, client, ref);
    for (const name of targets) {
      const image = { name, labels: {}, ...(target === undefined ? {} : { target }) };
      try {
        await client.call(ctx, methods.Create, { image });
      } catch (error) {
        if (!isKind(error, 'AlreadyExists')) throw error;
        await client.call(ctx, methods.Update, { image, updateMask: { paths: ['target'] } });
      }
      await print(ctx, `${name}\n`);
    }
  },
};

const labelCommand: Command = {
  name: 'label',
  usage: 'Set and clear labels of an image',
  argsUsage: '[flags] <name> [<key>=<value>, ...]',
  description: 'sets labels of an image; an empty value clears one',
  flags: [{ name: 'replace-all', aliases: ['r'], kind: 'bool', usage: 'Replace all labels' }],
  action: async (ctx, run) => {
    const [name = '', ...words] = run.cli.args;
    if (name === '') fail('please specify an image');
    const client = await newClient(ctx, run);
    const labels = labelArgs(words);
    const paths = run.cli.bool('replace-all') ? ['labels'] : Object.keys(labels).map((key) => `labels.${key}`);
    const { image } = await client.call(ctx, methods.Update, { image: { name, labels }, updateMask: { paths } });
    await print(ctx, `${labelText(image?.labels ?? {})}\n`);
  },
};

async function childrenOf(ctx: Context, client: Client, { mediaType, digest }: Descriptor): Promise<Descriptor[]> {
  if (!(await hasContent(ctx, client, digest))) return [];
  if (isIndexType(mediaType)) return (await readJson<ImageIndex>(ctx, client, digest)).manifests ?? [];
  if (!isManifestType(mediaType)) return [];
  const { config, layers } = await readJson<ImageManifest>(ctx, client, digest);
  return [config, ...layers];
}

const checkCommand: Command = {
  name: 'check',
  usage: 'Check which images are complete',
  argsUsage: '[flags] [<filter>, ...]',
  description: 'says of each image how much of its content is there, and whether it is unpacked',
  flags: [QUIET('Only the complete ones'), SNAPSHOTTER],
  action: async (ctx, run) => {
    const client = await newClient(ctx, run);
    const snapshotter = await client.snapshotter(ctx, run.cli.string('snapshotter'));
    const rows: string[][] = [];
    for (const image of await listImages(ctx, client, run.cli.args)) {
      const target = targetOf(image);
      const wanted = await partsOf(ctx, client, image);
      const there: Descriptor[] = [];
      for (const part of wanted) if (await hasContent(ctx, client, part.digest)) there.push(part);
      const sum = (list: readonly Descriptor[]): string =>
        progressBytes(list.reduce((total, { size }) => total + size, 0));
      const complete = there.length === wanted.length;
      const status = `${complete ? 'complete' : 'incomplete'} (${there.length}/${wanted.length})`;
      const unpacked = complete && (await isUnpacked(ctx, client, await resolveImage(ctx, client, image), snapshotter));
      if (run.cli.bool('quiet')) {
        if (complete) await print(ctx, `${image.name}\n`);
      } else
        rows.push([
          image.name,
          target.mediaType,
          target.digest,
          status,
          `${sum(there)}/${sum(wanted)}`,
          String(unpacked),
        ]);
    }
    if (run.cli.bool('quiet')) return;
    const head = ['REF', 'TYPE', 'DIGEST', 'STATUS', 'SIZE', 'UNPACKED'];
    await printOpenTable(ctx, NARROW, [head, ...rows]);
  },
};

/** Config and layers of the manifest for this machine. */
async function partsOf(ctx: Context, client: Client, image: Image): Promise<Descriptor[]> {
  const { manifest } = await resolveImage(ctx, client, image);
  return [manifest.config, ...manifest.layers];
}

const inspectCommand: Command = {
  name: 'inspect',
  aliases: ['i'],
  usage: 'Show an image as a tree',
  argsUsage: '<image> [flags]',
  flags: [{ name: 'content', kind: 'bool', usage: 'Show the JSON of each part' }],
  action: async (ctx, run) => {
    const client = await newClient(ctx, run);
    const image = await getImage(ctx, client, run.cli.args[0] ?? '');
    await print(
      ctx,
      `${image.name}\n│    Created: ${goTimeString(timestampNs(image.createdAt))}\n│    Updated: ${goTimeString(timestampNs(image.updatedAt))}\n`,
    );
    const show = async (descriptor: Descriptor, prefix: string, last: boolean): Promise<void> => {
      const platform = descriptor.platform === undefined ? '' : ` ${formatPlatform(descriptor.platform)}`;
      await print(
        ctx,
        `${prefix}${last ? '└── ' : '├── '}${descriptor.mediaType} @${descriptor.digest} (${descriptor.size} bytes)\n`,
      );
      const below = `${prefix}${last ? '    ' : '│   '}`;
      const children = await childrenOf(ctx, client, descriptor);
      if (platform !== '') await print(ctx, `${below}${children.length > 0 ? '│' : ' '}    Platform:${platform}\n`);
      for (const [i, child] of children.entries()) await show(child, below, i === children.length - 1);
    };
    await show(targetOf(image), '', true);
  },
};

const usageCommand: Command = {
  name: 'usage',
  usage: 'Show what the snapshots of an image take',
  argsUsage: '[flags] <ref>',
  flags: [SNAPSHOTTER],
  action: async (ctx, run) => {
    const ref = run.cli.args[0] ?? '';
    if (ref === '') fail('please provide an image reference');
    const client = await newClient(ctx, run);
    const snapshotter = await client.snapshotter(ctx, run.cli.string('snapshotter'));
    const image = await wrapping(`failed to ensure if image ${ref} exists`, () => getImage(ctx, client, ref));
    const { config } = await resolveImage(ctx, client, image);
    const rows: (readonly (string | bigint)[])[] = [];
    for (const key of chainIds(config.rootfs?.diff_ids ?? []).reverse()) {
      const { size, inodes } = await client.call(ctx, SnapshotsService.methods.Usage, { snapshotter, key });
      rows.push([key, progressBytes(Number(size)), inodes]);
    }
    await printTable(ctx, NARROW, [['KEY', 'SIZE', 'INODES'], ...rows]);
  },
};

const exportCommand: Command = {
  name: 'export',
  usage: 'Write images into a tar archive',
  argsUsage: '[flags] <out> <image> ...',
  description: 'Writes images into an OCI archive; `-` is standard output.',
  flags: [
    { name: 'skip-manifest-json', kind: 'bool', usage: "Leave out Docker's manifest.json" },
    { name: 'skip-non-distributable', kind: 'bool', usage: 'Leave out non-distributable layers' },
    PLATFORM,
    { name: 'all-platforms', kind: 'bool', usage: 'Content of all platforms' },
    { name: 'local', kind: 'bool', usage: 'Do it here, not in the daemon' },
  ],
  action: async (ctx, run) => {
    const [out = '', ...names] = run.cli.args;
    if (out === '' || names.length === 0)
      fail('please provide both an output filename and an image reference to export');
    const client = await newClient(ctx, run);
    const images: Image[] = [];
    for (const name of names) images.push(await getImage(ctx, client, name));
    const parts: Rope[] = [];
    const { target, done } = await exportStream(
      ctx,
      client,
      {
        platforms: run.cli.strings('platform').flatMap((text) => {
          const platform = parsePlatform(text);
          return platform === null ? [] : [{ ...platform, variant: platform.variant ?? '' }];
        }),
        allPlatforms: run.cli.bool('all-platforms'),
        skipCompatibilityManifest: run.cli.bool('skip-manifest-json'),
        skipNonDistributable: run.cli.bool('skip-non-distributable'),
      },
      async (_, part) => void parts.push(part),
    );
    const source = imageStore({
      name: images[0]?.name ?? '',
      extraReferences: images.slice(1).map(({ name }) => ({
        name,
        isPrefix: false,
        allowOverwrite: false,
        addDigest: false,
        skipNamedDigest: false,
      })),
    });
    await transfer(ctx, client, source, target, async () => {});
    await done.wait();
    const archive = Rope.concat(parts);
    if (out === '-') await print(ctx, archive);
    else await onPath('open', out, () => writeFile(ctx, out, archive));
  },
};

const importCommand: Command = {
  name: 'import',
  usage: 'Take images out of a tar archive',
  argsUsage: '[flags] <in>',
  description: 'Takes images out of an OCI or Docker archive; `-` is standard input.',
  flags: [
    {
      name: 'base-name',
      kind: 'string',
      usage: 'Base name of added images; with it only images that have it are kept',
    },
    { name: 'digests', kind: 'bool', usage: 'Make names by digest (import-%{yyyy-MM-dd} by default)' },
    { name: 'skip-digest-for-named', kind: 'bool', usage: 'No name by digest for images that have one' },
    { name: 'index-name', kind: 'string', usage: 'Name for the index' },
    { name: 'all-platforms', kind: 'bool', usage: 'Content of all platforms' },
    { name: 'platform', kind: 'string', usage: 'Content of this platform' },
    { name: 'no-unpack', kind: 'bool', usage: 'Do not unpack' },
    { name: 'local', kind: 'bool', usage: 'Do it here, not in the daemon' },
    { name: 'compress-blobs', kind: 'bool', usage: 'Compress what is not' },
    { name: 'discard-unpacked-layers', kind: 'bool', usage: 'Drop layers once they are unpacked' },
    SNAPSHOTTER,
    SYNC_FS,
  ],
  action: async (ctx, run) => {
    const path = run.cli.args[0] ?? '';
    const fd = path === '-' ? 0 : await onPath('open', path, () => ctx.sys.open(ctx, path, { read: true }));
    const client = await newClient(ctx, run);
    const snapshotter = await client.snapshotter(ctx, run.cli.string('snapshotter'));
    const source = await importStream(ctx, client, async (c, max) => {
      const part = await c.sys.readRope(c, fd, Math.min(max, ARCHIVE_BLOCK));
      return part.length === 0 ? null : part;
    });
    const platform = { os: 'linux', architecture: 'amd64', variant: '' };
    const base = run.cli.string('base-name');
    // Nothing is named by the date unless it has no name of its own: the annotation of the archive goes first.
    const prefix = base === '' ? `import-${rfc3339(ctx.wallTime).slice(0, 10)}` : base;
    const destination = imageStore({
      name: run.cli.string('index-name'),
      platforms: run.cli.bool('all-platforms') ? [] : [platform],
      unpacks: run.cli.bool('no-unpack') ? [] : [{ platform, snapshotter }],
      extraReferences: [
        {
          name: prefix,
          isPrefix: true,
          allowOverwrite: base === '',
          addDigest: run.cli.bool('digests'),
          skipNamedDigest: run.cli.bool('skip-digest-for-named'),
        },
      ],
    });
    const display = new TransferDisplay(ctx);
    await transfer(ctx, client, source, destination, (c, progress) => display.update(c, progress));
  },
};

const mountCommand: Command = {
  name: 'mount',
  usage: 'Mount an image at a directory',
  argsUsage: '[flags] <ref> <target>',
  description: 'Mounts the unpacked layers of an image; prints the chain ID and the directory.',
  flags: [
    SNAPSHOTTER,
    LABEL,
    { name: 'rw', kind: 'bool', usage: 'Make it writable' },
    { ...PLATFORM, kind: 'string', value: '' } as never,
  ],
  action: async (ctx, run) => {
    const [ref = '', target = ''] = run.cli.args;
    if (ref === '') fail('please provide an image reference to mount');
    if (target === '') fail('please provide a target path to mount to');
    const client = await newClient(ctx, run);
    const snapshotter = await client.snapshotter(ctx, run.cli.string('snapshotter'));
    const image = await resolveImage(ctx, client, await getImage(ctx, client, ref));
    if (!(await isUnpacked(ctx, client, image, snapshotter)))
      await wrapping(`error unpacking image`, () => unpackImage(ctx, client, image, snapshotter));
    const service = SnapshotsService.methods;
    const key = target;
    const labels = { 'containerd.io/gc.root': String(ctx.wallTime) };
    const request = { snapshotter, key, parent: image.chainId, labels };
    const { mounts } = run.cli.bool('rw')
      ? await client.call(ctx, service.Prepare, request)
      : await client.call(ctx, service.View, request);
    await mkdirAll(ctx, target);
    await mountAll(ctx, mounts, target);
    await print(ctx, `${image.chainId}\n${target}\n`);
  },
};

const unmountCommand: Command = {
  name: 'unmount',
  usage: 'Unmount an image',
  argsUsage: '[flags] <target>',
  description: 'Unmounts what `mount` has mounted.',
  flags: [SNAPSHOTTER, { name: 'rm', kind: 'bool', usage: 'Remove its snapshot, too' }],
  action: async (ctx, run) => {
    const target = run.cli.args[0] ?? '';
    if (target === '') fail('please provide a target path to unmount from');
    await unmountAll(ctx, target);
    if (run.cli.bool('rm')) {
      const client = await newClient(ctx, run);
      const snapshotter = await client.snapshotter(ctx, run.cli.string('snapshotter'));
      await client.call(ctx, SnapshotsService.methods.Remove, { snapshotter, key: target }).catch((error: unknown) => {
        if (!isKind(error, 'NotFound')) throw error;
      });
    }
    await print(ctx, `${target}\n`);
  },
};

const pruneCommand: Command = {
  name: 'prune',
  usage: 'Remove unused images',
  flags: [{ name: 'all', kind: 'bool', usage: 'All images that no container uses' }],
  action: async (ctx, run) => {
    if (!run.cli.bool('all')) fail('must use --all to prune images');
    return showHelp(ctx, run);
  },
};

const convertCommand: Command = {
  name: 'convert',
  usage: 'Convert an image',
  argsUsage: '[flags] <source_ref> <target_ref>',
  action: async () => refuse('convert: not simulated'),
};

export const imagesCommand: Command = {
  name: 'images',
  aliases: ['image', 'i'],
  usage: 'Manage images',
  subcommands: [
    checkCommand,
    exportCommand,
    importCommand,
    inspectCommand,
    listCommand,
    mountCommand,
    unmountCommand,
    pullCommand,
    pushCommand,
    pruneCommand,
    removeCommand,
    tagCommand,
    labelCommand,
    convertCommand,
    usageCommand,
  ],
};
