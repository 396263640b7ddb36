/** ctr snapshots. @models containerd 2.1 cmd/ctr/commands/snapshots @fidelity partial: diff of a snapshot with its parent only */

import type { CliFlag } from '../../../go/cli-types.ts';
import { rfc3339, rfc3339Nano } from '../../../go/time.ts';
import { progressBytes } from '../../../go/units.ts';
import type { Context } from '../../../linux/context.ts';
import { print } from '../../../linux/io.ts';
import { DiffService } from '../../../protocols/containerd/services/diff/v1/generated.ts';
import { type Info, Kind, SnapshotsService } from '../../../protocols/containerd/services/snapshots/v1/generated.ts';
import { MEDIA_TYPES } from '../../../protocols/oci/media-types.ts';
import type { Client } from '../../common/containerd/client.ts';
import { parseDigest, readBlob } from '../../common/containerd/content.ts';
import { isKind, wrapping } from '../../common/containerd/errors.ts';
import { listImages, resolveImage, targetOf, unpackImage } from '../../common/containerd/image.ts';
import type { MountSpec } from '../../common/containerd/mounts.ts';
import { LABEL, SNAPSHOTTER, SYNC_FS } from '../flags.ts';
import {
  type Command,
  fail,
  labelArgs,
  labelText,
  NARROW,
  newClient,
  printJson,
  printTable,
  type Run,
  showHelp,
  timestampNs,
} from '../run.ts';

const { methods } = SnapshotsService;

/** A connection, and the snapshotter that the command line names. */
async function open(ctx: Context, run: Run): Promise<{ client: Client; snapshotter: string }> {
  const client = await newClient(ctx, run);
  return { client, snapshotter: await client.snapshotter(ctx, run.cli.string('snapshotter')) };
}

async function walk(ctx: Context, client: Client, snapshotter: string): Promise<Info[]> {
  return (await client.collect(ctx, methods.List, { snapshotter })).flatMap(({ info }) => info);
}

const KINDS: Readonly<Record<number, string>> = {
  [Kind.UNKNOWN]: 'Unknown',
  [Kind.VIEW]: 'View',
  [Kind.ACTIVE]: 'Active',
  [Kind.COMMITTED]: 'Committed',
};

const listCommand: Command = {
  name: 'list',
  aliases: ['ls'],
  usage: 'List snapshots',
  action: async (ctx, run) => {
    const { client, snapshotter } = await open(ctx, run);
    const rows = (await walk(ctx, client, snapshotter)).map(({ name, parent, kind }) => [
      name,
      parent,
      KINDS[kind] ?? '',
    ]);
    await printTable(ctx, NARROW, [['KEY', 'PARENT', 'KIND'], ...rows]);
  },
};

const usageCommand: Command = {
  name: 'usage',
  usage: 'Tell how much disk snapshots take',
  argsUsage: '[flags] [<key>, ...]',
  flags: [{ name: 'b', kind: 'bool', usage: 'Sizes in bytes' }],
  action: async (ctx, run) => {
    const { client, snapshotter } = await open(ctx, run);
    const named = run.cli.args;
    const keys = named.length > 0 ? named : (await walk(ctx, client, snapshotter)).map(({ name }) => name);
    const rows: (readonly (string | bigint)[])[] = [['KEY', 'SIZE', 'INODES']];
    for (const key of keys) {
      const { size, inodes } = await client.call(ctx, methods.Usage, { snapshotter, key });
      rows.push([key, run.cli.bool('b') ? size : progressBytes(Number(size)), inodes]);
    }
    await printTable(ctx, NARROW, rows);
  },
};

const removeCommand: Command = {
  name: 'delete',
  aliases: ['del', 'remove', 'rm'],
  usage: 'Remove snapshots',
  argsUsage: '<key> [<key>, ...]',
  action: async (ctx, run) => {
    const { client, snapshotter } = await open(ctx, run);
    for (const key of run.cli.args)
      await wrapping(`failed to remove "${key}"`, () => client.call(ctx, methods.Remove, { snapshotter, key }));
  },
};

const TARGET: readonly CliFlag[] = [
  { name: 'target', aliases: ['t'], kind: 'string', usage: 'Print how to mount it there' },
  { name: 'mounts', kind: 'bool', usage: 'Print its mounts as JSON' },
];

/** What keeps it from the collector although nothing refers to it. */
function rootLabels(ctx: Context): Record<string, string> {
  return { 'containerd.io/gc.root': rfc3339(ctx.wallTime) };
}

async function showMounts(ctx: Context, run: Run, mounts: readonly MountSpec[]): Promise<void> {
  const target = run.cli.string('target');
  if (target !== '') await printMounts(ctx, target, mounts);
  if (run.cli.bool('mounts'))
    await printJson(
      ctx,
      mounts.map(({ type, source, target: at, options }) => ({
        Type: type,
        Source: source,
        Target: at,
        Options: [...options],
      })),
    );
}

async function printMounts(ctx: Context, target: string, mounts: readonly MountSpec[]): Promise<void> {
  for (const { type, source, target: inner, options } of mounts) {
    const where = inner === '' ? target : `${target}/${inner}`;
    await print(ctx, `mount -t ${type} ${source} ${where}${options.length > 0 ? ` -o ${options.join(',')}` : ''}\n`);
  }
}

const prepareCommand: Command = {
  name: 'prepare',
  usage: 'Make a writable snapshot on a committed one',
  argsUsage: '[flags] <key> [<parent>]',
  flags: TARGET,
  action: async (ctx, run) => {
    const [key = '', parent = ''] = run.cli.args;
    if (run.cli.args.length < 1 || run.cli.args.length > 2) return showHelp(ctx, run);
    const { client, snapshotter } = await open(ctx, run);
    const { mounts } = await client.call(ctx, methods.Prepare, { snapshotter, key, parent, labels: rootLabels(ctx) });
    await showMounts(ctx, run, mounts);
  },
};

const viewCommand: Command = {
  name: 'view',
  usage: 'Make a read-only snapshot of a committed one',
  argsUsage: '[flags] <key> [<parent>]',
  flags: TARGET,
  action: async (ctx, run) => {
    const [key = '', parent = ''] = run.cli.args;
    if (run.cli.args.length < 1 || run.cli.args.length > 2) return showHelp(ctx, run);
    const { client, snapshotter } = await open(ctx, run);
    const { mounts } = await client.call(ctx, methods.View, { snapshotter, key, parent });
    await showMounts(ctx, run, mounts);
  },
};

const mountsCommand: Command = {
  name: 'mounts',
  aliases: ['m', 'mount'],
  usage: 'Print how to mount a snapshot',
  argsUsage: '<target> <key>',
  action: async (ctx, run) => {
    const [target = '', key = ''] = run.cli.args;
    if (run.cli.args.length !== 2) return showHelp(ctx, run);
    const { client, snapshotter } = await open(ctx, run);
    const { mounts } = await client.call(ctx, methods.Mounts, { snapshotter, key });
    await printMounts(ctx, target, mounts);
  },
};

const commitCommand: Command = {
  name: 'commit',
  usage: 'Commit an active snapshot under a name',
  argsUsage: '<key> <active>',
  action: async (ctx, run) => {
    const [name = '', key = ''] = run.cli.args;
    if (run.cli.args.length !== 2) return showHelp(ctx, run);
    const { client, snapshotter } = await open(ctx, run);
    await client.call(ctx, methods.Commit, { snapshotter, name, key, labels: rootLabels(ctx) });
  },
};

const treeCommand: Command = {
  name: 'tree',
  usage: 'Print which snapshots stand on which',
  action: async (ctx, run) => {
    const { client, snapshotter } = await open(ctx, run);
    const all = await walk(ctx, client, snapshotter);
    const lines: string[] = [];
    const add = (name: string, level: number): void => {
      lines.push(`${'  '.repeat(level)}${level > 0 ? '\\_' : ''} ${name}\n`);
      for (const child of all) if (child.parent === name) add(child.name, level + 1);
    };
    for (const info of all) if (info.parent === '') add(info.name, 0);
    await print(ctx, lines.join(''));
  },
};

const infoCommand: Command = {
  name: 'info',
  usage: 'Tell about a snapshot',
  argsUsage: '<key>',
  action: async (ctx, run) => {
    if (run.cli.args.length !== 1) return showHelp(ctx, run);
    const { client, snapshotter } = await open(ctx, run);
    const { info } = await client.call(ctx, methods.Stat, { snapshotter, key: run.cli.args[0] ?? '' });
    if (info === undefined) return;
    const labels = Object.fromEntries(Object.entries(info.labels).sort(([a], [b]) => (a < b ? -1 : 1)));
    await printJson(ctx, {
      Kind: KINDS[info.kind] ?? '',
      Name: info.name,
      Parent: info.parent === '' ? undefined : info.parent,
      Labels: Object.keys(labels).length === 0 ? undefined : labels,
      Created: rfc3339Nano(timestampNs(info.createdAt)),
      Updated: rfc3339Nano(timestampNs(info.updatedAt)),
    });
  },
};

const labelCommand: Command = {
  name: 'label',
  usage: 'Set labels of a snapshot',
  argsUsage: '<name> [<label>=<value> ...]',
  description: 'sets labels of a snapshot; an empty value clears one',
  action: async (ctx, run) => {
    const [key = '', ...words] = run.cli.args;
    const { client, snapshotter } = await open(ctx, run);
    const labels = labelArgs(words);
    const paths = Object.keys(labels).map((label) => `labels.${label}`);
    const { info } =
      paths.length === 0
        ? await client.call(ctx, methods.Stat, { snapshotter, key })
        : await client.call(ctx, methods.Update, { snapshotter, info: { name: key, labels }, updateMask: { paths } });
    await print(ctx, `${labelText(info?.labels ?? {})}\n`);
  },
};

const unpackCommand: Command = {
  name: 'unpack',
  usage: 'Unpack the layers of a manifest',
  argsUsage: '[flags] <digest>',
  flags: [SYNC_FS, SNAPSHOTTER],
  action: async (ctx, run) => {
    const digest = parseDigest(run.cli.args[0] ?? '');
    const { client, snapshotter } = await open(ctx, run);
    const image = (await listImages(ctx, client)).find((candidate) => targetOf(candidate).digest === digest);
    if (image === undefined) fail('manifest not found');
    await print(ctx, `unpacking ${digest} (${image.target?.mediaType})...`);
    try {
      await unpackImage(ctx, client, await resolveImage(ctx, client, image), snapshotter);
    } catch (error) {
      await print(ctx, '\n');
      throw error;
    }
    await print(ctx, 'done\n');
  },
};

const diffCommand: Command = {
  name: 'diff',
  usage: 'Print what a snapshot changes, as a layer. Without a second one it is compared with its parent.',
  argsUsage: '[flags] <idA> [<idB>]',
  flags: [
    { name: 'media-type', kind: 'string', value: MEDIA_TYPES.layerGzip, usage: 'Media type of the layer' },
    { name: 'ref', kind: 'string', usage: 'Reference of the ingest' },
    { name: 'keep', kind: 'bool', usage: 'Keep the layer in the content store; whoever made it has to delete it' },
    LABEL,
  ],
  action: async (ctx, run) => {
    const { cli } = run;
    const [a = '', b = ''] = cli.args;
    if (a === '') fail('snapshot id must be provided');
    const { client, snapshotter } = await open(ctx, run);
    await client.withLease(ctx, async (leased) => {
      const labels = { ...labelArgs(cli.strings('label')), ...(cli.bool('keep') ? rootLabels(ctx) : {}) };
      const { info } = await leased.call(ctx, methods.Stat, { snapshotter, key: b === '' ? a : b });
      const [lower, upper] = b === '' ? [info?.parent ?? '', a] : [a, b];
      await withMounts(ctx, leased, snapshotter, lower, (left) =>
        withMounts(ctx, leased, snapshotter, upper, async (right) => {
          const { diff } = await leased.call(ctx, DiffService.methods.Diff, {
            left,
            right,
            mediaType: cli.string('media-type'),
            ref: cli.string('ref'),
            labels,
          });
          await print(ctx, await readBlob(ctx, leased, diff?.digest ?? ''));
        }),
      );
    });
  },
};

async function withMounts(
  ctx: Context,
  client: Client,
  snapshotter: string,
  key: string,
  body: (mounts: MountSpec[]) => Promise<void>,
): Promise<void> {
  if (key === '') return body([]);
  const { info } = await client.call(ctx, methods.Stat, { snapshotter, key });
  if (info?.kind === Kind.ACTIVE) return body((await client.call(ctx, methods.Mounts, { snapshotter, key })).mounts);
  const view = `${key}-view-key`;
  const { mounts } = await client.call(ctx, methods.View, { snapshotter, key: view, parent: key });
  try {
    await body(mounts);
  } finally {
    await removeView(ctx, client, snapshotter, view);
  }
}

async function removeView(ctx: Context, client: Client, snapshotter: string, key: string): Promise<void> {
  try {
    await client.call(ctx, methods.Remove, { snapshotter, key });
  } catch (error) {
    if (!isKind(error, 'NotFound')) throw error;
  }
}

export const snapshotsCommand: Command = {
  name: 'snapshots',
  aliases: ['snapshot'],
  usage: 'Manage snapshots',
  flags: [SNAPSHOTTER],
  subcommands: [
    commitCommand,
    diffCommand,
    infoCommand,
    listCommand,
    mountsCommand,
    prepareCommand,
    removeCommand,
    labelCommand,
    treeCommand,
    unpackCommand,
    usageCommand,
    viewCommand,
  ],
};
