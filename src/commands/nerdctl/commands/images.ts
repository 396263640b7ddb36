/**
 * nerdctl images.
 * @models nerdctl v2.3.5 pkg/cmd/image/list.go, pkg/imgutil/imgutil.go filtering.go
 * @fidelity partial: only the node's own platform is listed
 */
import { goTimeString, parseRfc3339 } from '../../../go/time.ts';
import { humanSize } from '../../../go/units.ts';
import type { Context } from '../../../linux/context.ts';
import { print } from '../../../linux/io.ts';
import type { Image } from '../../../protocols/containerd/services/images/v1/generated.ts';
import { SnapshotsService } from '../../../protocols/containerd/services/snapshots/v1/generated.ts';
import { chainIds } from '../../../protocols/oci/digest.ts';
import type { Client } from '../../common/containerd/client.ts';
import { unlessMissing } from '../../common/containerd/errors.ts';
import { imageSize, listImages, resolveImage, targetOf } from '../../common/containerd/image.ts';
import { isTable, printFormatted } from '../format.ts';
import { ago, byCreation, command, fail, log, newClient, printTable, timestampNs } from '../run.ts';
import { findImage, parseImageName } from '../walker.ts';

export const imagesCommand = command({
  name: 'images',
  use: '[flags] [REPOSITORY[:TAG]]',
  short: 'List images',
  long: `List images

Columns:
- REPOSITORY: Repository
- TAG:        Tag
- NAME:       Name of the image; with --names it is not taken apart
- IMAGE ID:   OCI digest, mostly another one than Docker's; that of the index for images of several platforms
- CREATED:    When it came here
- PLATFORM:   Platform
- SIZE:       What the unpacked snapshots take
- BLOB SIZE:  What the blobs take, such as packed layers`,
  flags: [
    { name: 'all', short: 'a', kind: 'bool', value: true, usage: '(no effect, always true)' },
    { name: 'no-trunc', kind: 'bool', usage: 'Do not shorten' },
    { name: 'quiet', short: 'q', kind: 'bool', usage: 'Only the IDs' },
    { name: 'format', kind: 'string', usage: "Go template for the output, such as '{{json .}}', or 'wide'" },
    { name: 'filter', short: 'f', kind: 'stringSlice', usage: 'Only those that match' },
    { name: 'digests', kind: 'bool', usage: 'With the digests' },
    { name: 'names', kind: 'bool', usage: 'With the whole names' },
  ],
  args: { max: 1 },
  action: async (ctx, cli) => {
    const client = await newClient(ctx, cli);
    const format = cli.string('format');
    const quiet = cli.bool('quiet');
    const named = cli.args[0] === undefined ? null : parseImageName(cli.args[0]);
    const isKube = client.namespace === 'k8s.io' && cli.bool('kube-hide-dupe');
    const all = await listImages(ctx, client);
    const filtered = await applyImageFilters(ctx, client, all, cli.strings('filter'));
    const images = filtered.filter(({ name }) => named === null || name === named).sort(byCreation);
    const asTable = isTable(format, quiet);
    const items: Item[] = [];
    for (const image of isKube ? withoutDuplicates(images) : images) {
      const item = await imageItem(ctx, client, image, cli.bool('no-trunc'), cli.bool('names'));
      if (item !== null) items.push(item);
    }
    if (!asTable) return printFormatted(ctx, format, items, 'image.imagePrintable');
    if (quiet) return print(ctx, items.map(({ ID }) => `${ID}\n`).join(''));
    const isNamed = cli.bool('names');
    const withDigests = cli.bool('digests') || format === 'wide';
    const head = [
      ...(isNamed ? ['NAME'] : ['REPOSITORY', 'TAG']),
      ...(withDigests ? ['DIGEST'] : []),
      ...['IMAGE ID', 'CREATED', 'PLATFORM', 'SIZE', 'BLOB SIZE'],
    ];
    const rows = items.map((item) => [
      ...(isNamed ? [item.Name] : [item.Repository, item.Tag]),
      ...(withDigests ? [item.Digest] : []),
      ...[item.ID, item.CreatedSince, item.Platform, item.Size, item.BlobSize],
    ]);
    await printTable(ctx, [head, ...rows]);
  },
});

type Item = {
  CreatedAt: string;
  CreatedSince: string;
  Digest: string;
  ID: string;
  Repository: string;
  Tag: string;
  Name: string;
  Size: string;
  BlobSize: string;
  Platform: string;
};

/** The CRI plugin records an image under its tag, its digest and its id: the tagged names stand for the others. */
export function withoutDuplicates(images: readonly Image[]): Image[] {
  const tagged = new Set(
    images.filter(({ name }) => repositoryAndTag(name)[1] !== '').map((image) => targetOf(image).digest),
  );
  return images.filter((image) => repositoryAndTag(image.name)[1] !== '' || !tagged.has(targetOf(image).digest));
}

async function imageItem(
  ctx: Context,
  client: Client,
  image: Image,
  isWhole: boolean,
  isNamed: boolean,
): Promise<Item | null> {
  const resolved = await unlessMissing(() => resolveImage(ctx, client, image));
  if (resolved === null) return null;
  const { digest } = resolved.target;
  const { os, architecture, variant } = resolved.config;
  const isId = resolved.manifest.config.digest === image.name;
  const [repository, tag] = isId && !isNamed ? ['', ''] : repositoryAndTag(image.name);
  const createdNs = timestampNs(image.createdAt);
  return {
    CreatedAt: goTimeString(((createdNs + 500_000_000n) / 1_000_000_000n) * 1_000_000_000n),
    CreatedSince: ago(ctx, image.createdAt),
    Digest: digest,
    ID: isWhole ? digest : digest.slice('sha256:'.length).slice(0, 12),
    Repository: repository || '<none>',
    Tag: tag || '<none>',
    Name: image.name,
    Size: humanSize(await unpackedSize(ctx, client, resolved.config.rootfs?.diff_ids ?? [])),
    BlobSize: humanSize(await imageSize(ctx, client, resolved.target)),
    Platform: [os, architecture, ...(variant === undefined ? [] : [variant])].join('/'),
  };
}

/** What the snapshots of its layers take; 0 of what is not unpacked. */
export async function unpackedSize(ctx: Context, client: Client, diffIds: readonly string[]): Promise<number> {
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
export function repositoryAndTag(name: string): [repository: string, tag: string] {
  if (/^sha256:[0-9a-f]{64}$/.test(name)) return ['', ''];
  const [plain = ''] = name.split('@');
  const colon = plain.lastIndexOf(':');
  const hasTag = colon > plain.lastIndexOf('/');
  const repository = hasTag ? plain.slice(0, colon) : plain;
  return [repository.replace(/^docker\.io\/(library\/(?=[^/]+$))?/, ''), hasTag ? plain.slice(colon + 1) : ''];
}

export function isDangling({ name }: Image): boolean {
  return repositoryAndTag(name)[1] === '';
}

/** imgutil.ParseFilters and ApplyFilters. */
export async function applyImageFilters(
  ctx: Context,
  client: Client,
  images: readonly Image[],
  texts: readonly string[],
): Promise<Image[]> {
  let left = [...images];
  for (const text of texts) {
    const at = text.indexOf('=');
    const [kind, value] = [at < 0 ? text : text.slice(0, at), at < 0 ? '' : text.slice(at + 1)];
    switch (kind) {
      case 'dangling': {
        if (value !== 'true' && value !== 'false') fail(`invalid filter 'dangling=[${value}]'`);
        left = left.filter((image) => isDangling(image) === (value === 'true'));
        break;
      }
      case 'before':
      case 'since': {
        const other = (await findImage(ctx, client, value)) ?? fail(`no such image: ${value}`);
        const sign = kind === 'before' ? 1 : -1;
        left = left.filter((image) => byCreation(image, other) * sign > 0);
        break;
      }
      case 'until': {
        const parsed = parseRfc3339(value);
        if (parsed.ok) left = left.filter(({ createdAt }) => timestampNs(createdAt) < parsed.ns);
        else await log(ctx, 'warning', `unable to parse until filter "${value}"`);
        break;
      }
      case 'label': {
        const [key = '', wanted] = value.split('=');
        const kept: Image[] = [];
        for (const image of left) {
          const labels = (await unlessMissing(() => resolveImage(ctx, client, image)))?.config.config?.Labels ?? {};
          if (labels[key] !== undefined && (wanted === undefined || labels[key] === wanted)) kept.push(image);
        }
        left = kept;
        break;
      }
      case 'reference':
        left = left.filter(({ name }) => matchesReference(name, value));
        break;
      default:
        fail(`invalid filter: ${text}`);
    }
  }
  return left;
}

function matchesReference(name: string, pattern: string): boolean {
  const [repository, tag] = repositoryAndTag(name);
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '[^/]*')
    .replaceAll('?', '[^/]');
  const glob = new RegExp(`^${source}$`);
  return glob.test(repository) || glob.test(`${repository}:${tag}`);
}
