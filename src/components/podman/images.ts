/** podman images, pull, rmi, image exists. @models podman 5.4 cmd/podman/images @fidelity partial: no filters, trees, builds, pushes, archives */
import { type JsonValue, marshalJson } from '../../go/json.ts';
import { humanSizeWithPrecision } from '../../go/units.ts';
import type { Context } from '../../linux/context.ts';
import { print, printError } from '../../linux/io.ts';
import type { ImageConfig } from '../../protocols/oci/types.ts';
import { candidates, fullName, parseName, repositoryOf } from '../cri-runtimes/shared/containers-image/names.ts';
import { pull } from '../cri-runtimes/shared/containers-image/pull.ts';
import { readRegistriesConf } from '../cri-runtimes/shared/containers-image/registries-conf.ts';
import type { ImageRecord } from '../cri-runtimes/shared/containers-storage/records.ts';
import type { Store } from '../cri-runtimes/shared/containers-storage/store.ts';
import { failure, messageOf } from '../cri-runtimes/shared/errors.ts';
import {
  agoText,
  type Command,
  findImage,
  needImage,
  openStore,
  quiet,
  secondsOf,
  show,
  showTemplate,
  USER_AGENT,
} from './run.ts';

const SHORT_ID = 12;
const SIZE_DIGITS = 3;

export async function configOf(ctx: Context, store: Store, image: ImageRecord): Promise<ImageConfig> {
  return JSON.parse(await store.readBigData(ctx, image.id, `sha256:${image.id}`)) as ImageConfig;
}

type Row = { Repository: string; Tag: string; ID: string; Id: string; Digest: string; CreatedAt: number; Size: string };

async function rowsOf(ctx: Context, store: Store, image: ImageRecord): Promise<Row[]> {
  const created = secondsOf((await configOf(ctx, store, image)).created);
  const common = {
    ID: image.id.slice(0, SHORT_ID),
    Id: image.id,
    Digest: image.digest,
    CreatedAt: created,
    Size: humanSizeWithPrecision(store.imageSize(image), SIZE_DIGITS).replace(/([0-9])([a-zA-Z])/, '$1 $2'),
  };
  const names = image.names ?? [];
  if (names.length === 0) return [{ Repository: '<none>', Tag: '<none>', ...common }];
  return names.map((name) => {
    const reference = parseName(name);
    return { Repository: repositoryOf(reference), Tag: reference.tag ?? '<none>', ...common };
  });
}

const listFlags: Command['flags'] = [
  { name: 'all', short: 'a', kind: 'bool', usage: 'intermediate images too' },
  { name: 'digests', kind: 'bool', usage: 'show digests' },
  { name: 'format', kind: 'string', usage: 'print as json or with a Go template' },
  { name: 'no-trunc', kind: 'bool', usage: 'do not shorten' },
  { name: 'noheading', short: 'n', kind: 'bool', usage: 'no titles' },
  { name: 'quiet', short: 'q', kind: 'bool', usage: 'only ids' },
];

const listAction: NonNullable<Command['action']> = async (ctx, cli) => {
  const store = await openStore(ctx);
  const [name] = cli.args;
  const wanted = name === undefined ? null : await findImage(ctx, store, name);
  const images = wanted === null ? store.images : wanted === undefined ? [] : [wanted];
  const rows: Row[] = [];
  for (const image of images) rows.push(...(await rowsOf(ctx, store, image)));
  rows.sort((a, b) => b.CreatedAt - a.CreatedAt);
  const whole = cli.bool('no-trunc');
  if (cli.bool('quiet')) {
    const ids = [...new Set(rows.map((row) => (whole ? `sha256:${row.Id}` : row.ID)))];
    return print(ctx, ids.map((id) => `${id}\n`).join(''));
  }
  const format = cli.string('format');
  if (format === 'json') {
    const list = images.map((image) => ({
      Id: image.id,
      RepoTags: image.names ?? null,
      RepoDigests: (image.names ?? []).map((each) => `${repositoryOf(parseName(each))}@${image.digest}`),
      Size: store.imageSize(image),
      Digest: image.digest,
      Names: image.names ?? null,
    }));
    return print(ctx, `${marshalJson(list as JsonValue, { indent: '    ' })}\n`);
  }
  if (format !== '') return showTemplate(ctx, format, rows);
  const digests = cli.bool('digests');
  await show(
    ctx,
    ['REPOSITORY', 'TAG', ...(digests ? ['DIGEST'] : []), 'IMAGE ID', 'CREATED', 'SIZE'],
    rows.map((row) => [
      row.Repository,
      row.Tag,
      ...(digests ? [row.Digest] : []),
      whole ? `sha256:${row.Id}` : row.ID,
      agoText(ctx, row.CreatedAt),
      row.Size,
    ]),
    { noHeading: cli.bool('noheading') },
  );
};

export const imagesCommand: Command = {
  name: 'images',
  use: '[options] [IMAGE]',
  short: 'List images',
  flags: listFlags,
  action: listAction,
};
export const imageListCommand: Command = { ...imagesCommand, name: 'list', aliases: ['ls'] };

/** Returns the id; what happens is told on standard error. */
export async function pullImage(ctx: Context, store: Store, name: string, silent: boolean): Promise<string> {
  const say = (text: string): Promise<void> => (silent ? Promise.resolve() : printError(ctx, text));
  const isTerminal = await ctx.sys.isTty(ctx, 2);
  const conf = await readRegistriesConf(ctx);
  const alias = conf.aliases.get(/^[^:@]+/.exec(name)?.[0] ?? '');
  if (alias !== undefined)
    await say(`Resolved ${JSON.stringify(/^[^:@]+/.exec(name)?.[0])} as an alias (${alias.file})\n`);
  const tried = await candidates(ctx, quiet, name, 'permissive');
  const failed: string[] = [];
  for (const reference of tried) {
    await say(`Trying to pull ${fullName(reference)}...\n`);
    try {
      return await pull(ctx, reference, {
        store,
        log: quiet,
        insecureRegistries: [],
        credentials: null,
        userAgent: USER_AGENT,
        onCopy: (c, what, digest) => {
          if (silent) return Promise.resolve();
          if (what === 'signatures') return printError(c, 'Getting image source signatures\n');
          if (what === 'manifest') return printError(c, 'Writing manifest to image destination\n');
          const shown = isTerminal ? `${digest.slice('sha256:'.length).slice(0, SHORT_ID)} done   | ` : digest;
          return printError(c, `Copying ${what} ${shown}\n`);
        },
      });
    } catch (error) {
      failed.push(messageOf(error));
    }
  }
  throw failure(
    failed.length === 1
      ? (failed[0] ?? '')
      : `${failed.length} errors occurred while pulling:\n${failed.map((words) => ` * ${words}`).join('\n')}`,
  );
}

export const pullCommand: Command = {
  name: 'pull',
  use: '[options] IMAGE [IMAGE...]',
  short: 'Fetch an image from a registry',
  flags: [{ name: 'quiet', short: 'q', kind: 'bool', usage: 'say nothing but the id' }],
  action: async (ctx, cli) => {
    if (cli.args.length === 0) throw failure('requires at least 1 arg(s), only received 0');
    const store = await openStore(ctx);
    for (const name of cli.args)
      await print(ctx, `${await pullImage(ctx, store, name.replace(/^docker:\/\//, ''), cli.bool('quiet'))}\n`);
  },
};

export const existsCommand: Command = {
  name: 'exists',
  use: 'IMAGE',
  short: 'Tell by the exit code whether an image is there',
  action: async (ctx, cli) => {
    if (cli.args.length !== 1) throw failure(`accepts 1 arg(s), received ${cli.args.length}`);
    return (await findImage(ctx, await openStore(ctx), cli.args[0] ?? '')) === undefined ? 1 : 0;
  },
};

/** As `podman inspect` shows an image. */
export async function describeImage(ctx: Context, store: Store, name: string): Promise<Record<string, unknown>> {
  const image = await needImage(ctx, store, name);
  const config = await configOf(ctx, store, image);
  const names = image.names ?? [];
  const digests = [...new Set(names.map((each) => `${repositoryOf(parseName(each))}@${image.digest}`))];
  return {
    Id: image.id,
    Digest: image.digest,
    RepoTags: names,
    RepoDigests: digests,
    Parent: '',
    Comment: config.history?.at(-1)?.comment ?? '',
    Created: config.created ?? null,
    Config: config.config ?? {},
    Version: '',
    Author: config.author ?? '',
    Architecture: config.architecture,
    Os: config.os,
    Size: store.imageSize(image),
    VirtualSize: store.imageSize(image),
    GraphDriver: {
      Name: 'overlay',
      Data: { UpperDir: `${store.directory(image.layer)}/diff`, WorkDir: `${store.directory(image.layer)}/work` },
    },
    RootFS: { Type: 'layers', Layers: config.rootfs.diff_ids },
    Labels: config.config?.Labels ?? null,
    Annotations: {},
    ManifestType:
      (JSON.parse(await store.readBigData(ctx, image.id, 'manifest')) as { mediaType?: string }).mediaType ?? '',
    User: config.config?.User ?? '',
    History: config.history ?? [],
    NamesHistory: image['names-history'] ?? [],
  };
}
