/**
 * podman ps and inspect: podman's own containers are in its database; with --external, those of others in the same store.
 * @models podman 5.4 cmd/podman/containers/ps.go, pkg/ps/ps.go ListStorageContainer
 * @fidelity partial: containers of podman itself are not simulated, so its database is empty
 */
import { type JsonValue, marshalJson } from '../../go/json.ts';
import type { Context } from '../../linux/context.ts';
import { print } from '../../linux/io.ts';
import type { ContainerRecord } from '../cri-runtimes/shared/containers-storage/records.ts';
import type { Store } from '../cri-runtimes/shared/containers-storage/store.ts';
import { failure } from '../cri-runtimes/shared/errors.ts';
import { describeImage } from './images.ts';
import { agoText, type Command, findImage, openStore, secondsOf, show, showTemplate } from './run.ts';

const SHORT_ID = 12;

type Row = {
  ID: string;
  Image: string;
  Command: string;
  CreatedAt: number;
  Created: string;
  Status: string;
  State: string;
  Ports: string;
  Names: string;
};

function rowOf(ctx: Context, store: Store, record: ContainerRecord, whole: boolean): Row {
  const created = secondsOf(record.created);
  const image = store.findImage(record.image);
  return {
    ID: whole ? record.id : record.id.slice(0, SHORT_ID),
    Image: image?.names?.[0] ?? record.image,
    Command: 'storage',
    CreatedAt: created,
    Created: agoText(ctx, created),
    Status: 'Storage',
    State: 'storage',
    Ports: '',
    Names: record.names[0] ?? 'unknown',
  };
}

const psAction: NonNullable<Command['action']> = async (ctx, cli) => {
  const external = cli.bool('external');
  if (external && !cli.bool('all') && cli.isSet('last')) throw failure('--external and --last cannot be set together');
  const store = await openStore(ctx);
  const rows = external ? store.containers.map((record) => rowOf(ctx, store, record, cli.bool('no-trunc'))) : [];
  rows.sort((a, b) => b.CreatedAt - a.CreatedAt);
  if (cli.bool('quiet')) return print(ctx, rows.map(({ ID }) => `${ID}\n`).join(''));
  const format = cli.string('format');
  if (format === 'json') return print(ctx, `${marshalJson(rows as unknown as JsonValue, { indent: '  ' })}\n`);
  if (format !== '') return showTemplate(ctx, format, rows);
  await show(
    ctx,
    ['CONTAINER ID', 'IMAGE', 'COMMAND', 'CREATED', 'STATUS', 'PORTS', 'NAMES'],
    rows.map((row) => [row.ID, row.Image, row.Command, row.Created, row.Status, row.Ports, row.Names]),
    { noHeading: cli.bool('noheading') },
  );
};

export const psCommand: Command = {
  name: 'ps',
  use: '[options]',
  short: 'List containers',
  flags: [
    { name: 'all', short: 'a', kind: 'bool', usage: 'also those that do not run' },
    { name: 'external', kind: 'bool', usage: 'also those in the store that podman does not manage' },
    { name: 'format', kind: 'string', usage: 'print as json or with a Go template' },
    { name: 'last', short: 'n', kind: 'int', value: -1, usage: 'only so many' },
    { name: 'no-trunc', kind: 'bool', usage: 'do not shorten' },
    { name: 'noheading', kind: 'bool', usage: 'no titles' },
    { name: 'quiet', short: 'q', kind: 'bool', usage: 'only ids' },
  ],
  action: psAction,
};
export const containerListCommand: Command = { ...psCommand, name: 'list', aliases: ['ls', 'ps'] };

const inspect =
  (kind: 'all' | 'image' | 'container'): NonNullable<Command['action']> =>
  async (ctx, cli) => {
    if (cli.args.length === 0) throw failure('no names or ids specified');
    const store = await openStore(ctx);
    const found: unknown[] = [];
    const problems: string[] = [];
    for (const name of cli.args) {
      const image = kind === 'container' ? undefined : await findImage(ctx, store, name).catch(() => undefined);
      if (image !== undefined) found.push(await describeImage(ctx, store, image.id));
      else if (kind === 'image') problems.push(`${name}: image not known`);
      else if (kind === 'container') problems.push(`no such container ${name}`);
      else problems.push(`no such object: ${JSON.stringify(name)}`);
    }
    const format = cli.string('format');
    if (format === '' || format === 'json') {
      await print(ctx, `${marshalJson(found as JsonValue, { indent: '     ' })}\n`);
    } else await showTemplate(ctx, format, found);
    if (problems.length > 0) throw failure(problems.join('\n'));
  };

const inspectFlags: Command['flags'] = [
  { name: 'format', short: 'f', kind: 'string', usage: 'print with a Go template' },
  { name: 'size', short: 's', kind: 'bool', usage: 'with sizes of containers' },
  { name: 'type', short: 't', kind: 'string', value: 'all', usage: 'of what' },
];

export const inspectCommand: Command = {
  name: 'inspect',
  use: '[options] {CONTAINER|IMAGE}',
  short: 'Show all of a container or an image',
  flags: inspectFlags,
  action: inspect('all'),
};
export const imageInspectCommand: Command = {
  ...inspectCommand,
  short: 'Show all of an image',
  action: inspect('image'),
};
export const containerInspectCommand: Command = {
  ...inspectCommand,
  short: 'Show all of a container',
  action: inspect('container'),
};
