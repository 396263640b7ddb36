/**
 * nerdctl images.
 * @models nerdctl v2.3.5 pkg/cmd/image/list.go, pkg/imgutil/imgutil.go
 * @fidelity partial: no --filter, --format, --digests and --names; only the node's own platform is listed
 */
import { humanSize } from '../../../go/units.ts';
import type { Context } from '../../../linux/context.ts';
import { print } from '../../../linux/io.ts';
import type { Image } from '../../../protocols/containerd/services/images/v1/generated.ts';
import { SnapshotsService } from '../../../protocols/containerd/services/snapshots/v1/generated.ts';
import { chainIds } from '../../../protocols/oci/digest.ts';
import type { Client } from '../../common/containerd/client.ts';
import { unlessMissing } from '../../common/containerd/errors.ts';
import { imageSize, listImages, resolveImage, targetOf } from '../../common/containerd/image.ts';
import { ago, byCreation, type Command, newClient, printTable } from '../run.ts';

export const imagesCommand: Command = {
  name: 'images',
  use: '[flags]',
  short: 'List images',
  flags: [
    { name: 'all', short: 'a', kind: 'bool', usage: 'No effect: all images are listed' },
    { name: 'no-trunc', kind: 'bool', usage: 'Do not shorten' },
    { name: 'quiet', short: 'q', kind: 'bool', usage: 'Only the ids' },
  ],
  action: async (ctx, cli) => {
    const client = await newClient(ctx, cli);
    const isKube = client.namespace === 'k8s.io' && cli.bool('kube-hide-dupe');
    const all = (await listImages(ctx, client)).sort(byCreation);
    const rows: string[][] = [];
    for (const image of isKube ? withoutDuplicates(all) : all) {
      const row = await imageRow(ctx, client, image, cli.bool('no-trunc'));
      if (row !== null) rows.push(row);
    }
    if (cli.bool('quiet')) return print(ctx, rows.map((row) => `${row[2]}\n`).join(''));
    await printTable(ctx, [['REPOSITORY', 'TAG', 'IMAGE ID', 'CREATED', 'PLATFORM', 'SIZE', 'BLOB SIZE'], ...rows]);
  },
};

/** The CRI plugin records an image under its tag, its digest and its id: the tagged names stand for the others. */
function withoutDuplicates(images: readonly Image[]): Image[] {
  const tagged = new Set(
    images.filter(({ name }) => repositoryAndTag(name)[1] !== '').map((image) => targetOf(image).digest),
  );
  return images.filter((image) => repositoryAndTag(image.name)[1] !== '' || !tagged.has(targetOf(image).digest));
}

async function imageRow(ctx: Context, client: Client, image: Image, isWhole: boolean): Promise<string[] | null> {
  const resolved = await unlessMissing(() => resolveImage(ctx, client, image));
  if (resolved === null) return null;
  const { digest } = resolved.target;
  const { os, architecture, variant } = resolved.config;
  const [repository, tag] = repositoryAndTag(image.name);
  return [
    repository || '<none>',
    tag || '<none>',
    isWhole ? digest : digest.slice('sha256:'.length).slice(0, 12),
    ago(ctx, image.createdAt),
    [os, architecture, ...(variant === undefined ? [] : [variant])].join('/'),
    humanSize(await unpackedSize(ctx, client, resolved.config.rootfs?.diff_ids ?? [])),
    humanSize(await imageSize(ctx, client, resolved.target)),
  ];
}

/** What the snapshots of its layers take; 0 of what is not unpacked. */
async function unpackedSize(ctx: Context, client: Client, diffIds: readonly string[]): Promise<number> {
  const snapshotter = await client.snapshotter(ctx, '');
  let sum = 0;
  for (const key of chainIds([...diffIds])) {
    const usage = await unlessMissing(() => client.call(ctx, SnapshotsService.methods.Usage, { snapshotter, key }));
    if (usage === null) return 0;
    sum += Number(usage.size);
  }
  return sum;
}

/** As docker writes them: without docker.io/library/; an id has neither, a name with a digest alone has no tag. */
function repositoryAndTag(name: string): [repository: string, tag: string] {
  if (/^sha256:[0-9a-f]{64}$/.test(name)) return ['', ''];
  const [plain = ''] = name.split('@');
  const colon = plain.lastIndexOf(':');
  const hasTag = colon > plain.lastIndexOf('/');
  const repository = hasTag ? plain.slice(0, colon) : plain;
  return [repository.replace(/^docker\.io\/(library\/(?=[^/]+$))?/, ''), hasTag ? plain.slice(colon + 1) : ''];
}
