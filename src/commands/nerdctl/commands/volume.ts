/** nerdctl volume. @models nerdctl v2.3.5 pkg/cmd/volume @fidelity full */
import type { CobraContext } from '../../../go/cobra-types.ts';
import { quote } from '../../../go/quote.ts';
import { progressBytes } from '../../../go/units.ts';
import type { Context } from '../../../linux/context.ts';
import { print } from '../../../linux/io.ts';
import type { Client } from '../../common/containerd/client.ts';
import { listContainers } from '../../common/containerd/container.ts';
import {
  createVolume,
  dataStore,
  directorySize,
  getVolume,
  listVolumes,
  removeVolume,
  type Volume,
} from '../data-store.ts';
import { isTable, printFormatted, printInspected } from '../format.ts';
import { jsonLabel, LABELS, labelText } from '../labels.ts';
import { type Command, command, confirmed, FORMAT, fail, log, newClient, newId, printTable } from '../run.ts';
import { goPattern } from './ps.ts';

async function usedVolumes(ctx: Context, client: Client): Promise<Set<string>> {
  const used = new Set<string>();
  for (const { labels } of await listContainers(ctx, client)) {
    for (const { Type, Name } of jsonLabel<{ Type?: string; Name?: string }[]>(labels, LABELS.mounts) ?? [])
      if (Type === 'volume' && Name !== undefined) used.add(Name);
  }
  return used;
}

function matches({ Name, Labels }: Volume, filters: readonly string[]): boolean {
  return filters.every((filter) => {
    const at = filter.indexOf('=');
    const [kind, value] = [filter.slice(0, at), filter.slice(at + 1)];
    if (kind === 'name') return goPattern(value).test(Name);
    if (kind !== 'label') return true;
    const [key = '', wanted] = value.split('=');
    return Labels?.[key] !== undefined && (wanted === undefined || Labels[key] === wanted);
  });
}

const listCommand = command({
  name: 'ls',
  aliases: ['list'],
  use: '[flags]',
  short: 'List volumes',
  flags: [
    { name: 'quiet', short: 'q', kind: 'bool', usage: 'Only the names' },
    { name: 'format', kind: 'string', usage: "Go template for the output, such as '{{json .}}'" },
    { name: 'size', short: 's', kind: 'bool', usage: 'With their sizes' },
    { name: 'filter', short: 'f', kind: 'stringSlice', usage: 'Only those that match' },
  ],
  args: 'none',
  action: async (ctx, cli) => {
    const quiet = cli.bool('quiet');
    const asTable = isTable(cli.string('format'), quiet);
    const store = await dataStore(ctx, cli);
    const all = await listVolumes(ctx, store, cli.string('namespace'));
    const volumes = all.filter((volume) => matches(volume, cli.strings('filter')));
    const items = [];
    for (const { Name, Mountpoint, Labels = {} } of volumes) {
      const size = cli.bool('size') && !quiet ? progressBytes(await directorySize(ctx, Mountpoint)) : '';
      items.push({ Driver: 'local', Labels: labelText(Labels), Mountpoint, Name, Scope: 'local', Size: size });
    }
    if (!asTable) return printFormatted(ctx, cli.string('format'), items, 'volume.volumePrintable');
    if (quiet) return print(ctx, items.map(({ Name }) => `${Name}\n`).join(''));
    const withSize = cli.bool('size');
    await printTable(ctx, [
      ['VOLUME NAME', 'DIRECTORY', ...(withSize ? ['SIZE'] : [])],
      ...items.map(({ Name, Mountpoint, Size }) => [Name, Mountpoint, ...(withSize ? [Size] : [])]),
    ]);
  },
});

const createCommand = command({
  name: 'create',
  use: '[flags] [VOLUME]',
  short: 'Make a volume',
  flags: [{ name: 'label', kind: 'stringArray', usage: 'Labels' }],
  args: { max: 1 },
  action: async (ctx, cli) => {
    const name = cli.args[0] ?? newId(ctx);
    const store = await dataStore(ctx, cli);
    await createVolume(ctx, store, cli.string('namespace'), name, cli.strings('label'));
    await print(ctx, `${name}\n`);
  },
});

const inspectCommand = command({
  name: 'inspect',
  use: '[flags] VOLUME [VOLUME, ...]',
  short: 'Tell all about volumes',
  flags: [FORMAT, { name: 'size', short: 's', kind: 'bool', usage: 'With their sizes' }],
  args: { min: 1 },
  action: async (ctx, cli) => {
    const store = await dataStore(ctx, cli);
    const found: Volume[] = [];
    const missing: string[] = [];
    for (const name of cli.args) {
      const volume = await getVolume(ctx, store, cli.string('namespace'), name);
      if (volume === null) missing.push(name);
      else found.push(cli.bool('size') ? { ...volume, Size: await directorySize(ctx, volume.Mountpoint) } : volume);
    }
    await printInspected(ctx, cli.string('format'), found, '*native.Volume');
    for (const name of missing) await log(ctx, 'warning', `volume-store error\nnot found: ${quote(name)}`);
    if (missing.length > 0) fail('some volumes could not be inspected');
  },
});

const removeCommand = command({
  name: 'rm',
  aliases: ['remove'],
  use: '[flags] VOLUME [VOLUME, ...]',
  short: 'Remove volumes that no container uses',
  flags: [{ name: 'force', short: 'f', kind: 'bool', usage: '(no effect)' }],
  args: { min: 1 },
  action: async (ctx, cli) => {
    const client = await newClient(ctx, cli);
    const store = await dataStore(ctx, cli);
    const used = await usedVolumes(ctx, client);
    const faults: string[] = [];
    for (const name of cli.args) {
      if (used.has(name)) faults.push(`volume ${quote(name)} is in use (failed precondition)`);
      else if ((await getVolume(ctx, store, client.namespace, name)) === null)
        faults.push(`volume ${quote(name)}: not found`);
      else {
        await removeVolume(ctx, store, client.namespace, name);
        await print(ctx, `${name}\n`);
      }
    }
    for (const fault of faults) await log(ctx, 'warning', fault);
    if (faults.length > 0) fail('some volumes could not be removed');
  },
});

/** Without `all` only anonymous ones: 64 hexadecimal digits. */
export async function pruneVolumes(ctx: Context, cli: CobraContext, client: Client, all: boolean): Promise<void> {
  const store = await dataStore(ctx, cli);
  const used = await usedVolumes(ctx, client);
  const removed: string[] = [];
  for (const { Name } of await listVolumes(ctx, store, client.namespace)) {
    if (used.has(Name) || (!all && !/^[0-9a-f]{64}$/.test(Name))) continue;
    await removeVolume(ctx, store, client.namespace, Name);
    removed.push(Name);
  }
  if (removed.length > 0) await print(ctx, `Deleted Volumes:\n${removed.map((name) => `${name}\n`).join('')}\n`);
}

const pruneCommand = command({
  name: 'prune',
  use: '[flags]',
  short: 'Remove all volumes that nobody uses',
  flags: [
    { name: 'all', short: 'a', kind: 'bool', usage: 'Also those with a name' },
    { name: 'force', short: 'f', kind: 'bool', usage: 'Do not ask' },
  ],
  args: 'none',
  action: async (ctx, cli) => {
    const question = 'This will remove all local volumes not used by at least one container.';
    if (!cli.bool('force') && !(await confirmed(ctx, question))) return;
    await pruneVolumes(ctx, cli, await newClient(ctx, cli), cli.bool('all'));
  },
});

export const volumeCommands: Command[] = [listCommand, inspectCommand, createCommand, removeCommand, pruneCommand];
