/** docker images, pull, rmi, tag, history. @models docker/cli 20.10 cli/command/image, cli/command/formatter/image.go @fidelity partial: no build, push, save, load or import */
import { humanSizeWithPrecision } from '../../../go/units.ts';
import type { Context } from '../../../linux/context.ts';
import { print } from '../../../linux/io.ts';
import { DockerError } from '../../../protocols/docker/client.ts';
import type { ImageSummary } from '../../../protocols/docker/types.ts';
import { normalized, pull } from '../pull.ts';
import {
  agoText,
  type Command,
  Failure,
  filtersOf,
  needArguments,
  printFormatted,
  printTable,
  wordsOf,
} from '../run.ts';

const TITLES: Readonly<Record<string, string>> = {
  Repository: 'REPOSITORY',
  Tag: 'TAG',
  Digest: 'DIGEST',
  ID: 'IMAGE ID',
  CreatedSince: 'CREATED',
  Size: 'SIZE',
};
const SIZE_DIGITS = 3;

type Row = { Repository: string; Tag: string; Digest: string; ID: string; CreatedSince: string; Size: string };

function rowsOf(ctx: Context, image: ImageSummary, whole: boolean, withDigest: boolean): Row[] {
  const common = {
    ID: whole ? image.Id : image.Id.slice(7, 19),
    CreatedSince: agoText(ctx, image.Created),
    Size: humanSizeWithPrecision(image.Size, SIZE_DIGITS),
  };
  const split = (name: string, separator: string): [string, string] => {
    const at = name.lastIndexOf(separator);
    return [name.slice(0, at), name.slice(at + 1)];
  };
  const digests = new Map((image.RepoDigests ?? []).map((name) => split(name, '@')));
  const tags = (image.RepoTags ?? []).filter((name) => name !== '<none>:<none>').map((name) => split(name, ':'));
  if (tags.length > 0)
    return tags.map(([Repository, Tag]) => ({
      Repository,
      Tag,
      Digest: withDigest ? (digests.get(Repository) ?? '<none>') : '',
      ...common,
    }));
  const [first] = digests;
  return [{ Repository: first?.[0] ?? '<none>', Tag: '<none>', Digest: first?.[1] ?? '<none>', ...common }];
}

export const imagesCommand: Command = {
  name: 'images',
  short: 'List images',
  flags: [
    { name: 'all', short: 'a', kind: 'bool', usage: 'Intermediate images too' },
    { name: 'digests', kind: 'bool', usage: 'Show digests' },
    { name: 'filter', short: 'f', kind: 'stringArray', usage: 'Filter by conditions' },
    { name: 'format', kind: 'string', usage: 'Print with a Go template' },
    { name: 'no-trunc', kind: 'bool', usage: "Don't truncate" },
    { name: 'quiet', short: 'q', kind: 'bool', usage: 'Only ids' },
  ],
  action: async (ctx, { cli, client }) => {
    needArguments(cli, '[OPTIONS] [REPOSITORY[:TAG]]\n\nList images', 0, 1);
    const [name] = cli.args;
    const filters = filtersOf([...cli.strings('filter'), ...(name === undefined ? [] : [`reference=${name}`])]);
    const found = await client.json<ImageSummary[]>(ctx, 'GET', '/images/json', { query: { filters } });
    const rows = found.flatMap((image) => rowsOf(ctx, image, cli.bool('no-trunc'), cli.bool('digests')));
    if (cli.bool('quiet')) return print(ctx, rows.map(({ ID }) => `${ID}\n`).join(''));
    if (cli.string('format') !== '') return printFormatted(ctx, cli.string('format'), TITLES, rows);
    const columns = [
      'Repository',
      'Tag',
      ...(cli.bool('digests') ? (['Digest'] as const) : []),
      'ID',
      'CreatedSince',
      'Size',
    ] as const;
    await printTable(ctx, [columns.map((c) => TITLES[c] ?? ''), ...rows.map((row) => columns.map((c) => row[c]))]);
  },
};

export const pullCommand: Command = {
  name: 'pull',
  short: 'Pull an image or a repository from a registry',
  flags: [{ name: 'quiet', short: 'q', kind: 'bool', usage: 'Say less' }],
  action: async (ctx, { cli, client }) => {
    needArguments(cli, '[OPTIONS] NAME[:TAG|@DIGEST]\n\nPull an image or a repository from a registry', 1, 1);
    const [name = ''] = cli.args;
    const { full, isDefaulted } = normalized(name);
    const quiet = cli.bool('quiet');
    if (isDefaulted && !quiet) await print(ctx, 'Using default tag: latest\n');
    try {
      await pull(ctx, client, name, 1, quiet);
    } catch (error) {
      if (error instanceof Failure) throw new Failure(`Error response from daemon: ${error.message}`);
      throw error;
    }
    await print(ctx, `${full}\n`);
  },
};

export const rmiCommand: Command = {
  name: 'rmi',
  short: 'Remove one or more images',
  flags: [
    { name: 'force', short: 'f', kind: 'bool', usage: 'Remove it all the same' },
    { name: 'no-prune', kind: 'bool', usage: 'Keep untagged parents' },
  ],
  action: async (ctx, { cli, client }) => {
    needArguments(cli, '[OPTIONS] IMAGE [IMAGE...]\n\nRemove one or more images', 1);
    const failed: string[] = [];
    for (const name of cli.args) {
      try {
        const query = { force: cli.bool('force') ? '1' : undefined };
        const gone = await client.json<{ Untagged?: string; Deleted?: string }[]>(ctx, 'DELETE', `/images/${name}`, {
          query,
        });
        for (const { Untagged, Deleted } of gone)
          await print(ctx, Untagged !== undefined ? `Untagged: ${Untagged}\n` : `Deleted: ${Deleted}\n`);
      } catch (error) {
        if (!(error instanceof DockerError)) throw error;
        failed.push(error.status === 404 ? `Error: ${error.message}` : wordsOf(error));
      }
    }
    if (failed.length > 0) throw new Failure(failed.join('\n'));
  },
};

export const tagCommand: Command = {
  name: 'tag',
  short: 'Create a tag TARGET_IMAGE that refers to SOURCE_IMAGE',
  action: async (ctx, { cli, client }) => {
    needArguments(
      cli,
      'SOURCE_IMAGE[:TAG] TARGET_IMAGE[:TAG]\n\nCreate a tag TARGET_IMAGE that refers to SOURCE_IMAGE',
      2,
      2,
    );
    const [source = '', target = ''] = cli.args;
    const { tag } = normalized(target);
    const repo = target.includes(':', target.lastIndexOf('/')) ? target.slice(0, target.lastIndexOf(':')) : target;
    await client.json(ctx, 'POST', `/images/${source}/tag`, { query: { repo, tag } });
  },
};

export const historyCommand: Command = {
  name: 'history',
  short: 'Show the history of an image',
  flags: [{ name: 'no-trunc', kind: 'bool', usage: "Don't truncate" }],
  action: async (ctx, { cli, client }) => {
    needArguments(cli, '[OPTIONS] IMAGE\n\nShow the history of an image', 1, 1);
    type Entry = { Id: string; Created: number; CreatedBy: string; Size: number; Comment: string };
    const rows = await client.json<Entry[]>(ctx, 'GET', `/images/${cli.args[0]}/history`);
    const cut = (text: string): string => (cli.bool('no-trunc') || text.length <= 45 ? text : `${text.slice(0, 44)}…`);
    await printTable(ctx, [
      ['IMAGE', 'CREATED', 'CREATED BY', 'SIZE', 'COMMENT'],
      ...rows.map((one) => [
        one.Id.startsWith('sha256:') ? one.Id.slice(7, 19) : one.Id,
        agoText(ctx, one.Created),
        cut(one.CreatedBy.replaceAll('\t', ' ')),
        humanSizeWithPrecision(one.Size, SIZE_DIGITS),
        one.Comment,
      ]),
    ]);
  },
};
