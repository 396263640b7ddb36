/**
 * podman ps and inspect: podman's own containers are in its database; with --external, those of others in the same store.
 * @models podman 5.4 cmd/podman/containers/ps.go, pkg/ps/ps.go ListStorageContainer
 * @fidelity partial: of the filters label, name, status and id; of inspect the fields below
 */
import { type JsonValue, marshalJson } from '../../go/json.ts';
import { rfc3339Nano } from '../../go/time.ts';
import { humanDuration } from '../../go/units.ts';
import type { Context } from '../../linux/context.ts';
import { print } from '../../linux/io.ts';
import type { ContainerRecord } from '../cri-runtimes/shared/containers-storage/records.ts';
import type { Store } from '../cri-runtimes/shared/containers-storage/store.ts';
import { failure } from '../cri-runtimes/shared/errors.ts';
import { describeImage } from './images.ts';
import { findContainer, type LibpodContainer, needContainer, readDatabase } from './libpod/database.ts';
import { specOf } from './libpod/lifecycle.ts';
import { bundleOf, logPathOf, runDirectoryOf } from './libpod/monitor.ts';
import { mountpointOf } from './libpod/named-volumes.ts';
import { portsText } from './libpod/ports.ts';
import type { Volume } from './libpod/volumes.ts';
import { agoText, type Command, findImage, openStore, secondsOf, show, showTemplate } from './run.ts';

const SHORT_ID = 12;
const COMMAND_LENGTH = 20;

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
  Labels: Record<string, string>;
};

/** How long ago, in podman's words. */
function statusOf(ctx: Context, container: LibpodContainer): string {
  const since = (ns: string): string => humanDuration(Number(ctx.wallTime - BigInt(ns))).toLowerCase();
  if (container.state === 'running') return `Up ${since(container.started)}`;
  if (container.state === 'exited') return `Exited (${container.exitCode}) ${since(container.finished)} ago`;
  return container.state === 'created' ? 'Initialized' : 'Created';
}

function ownRow(ctx: Context, container: LibpodContainer, whole: boolean): Row {
  const created = Number(BigInt(container.created) / 1_000_000_000n);
  const command = container.command.join(' ');
  return {
    ID: whole ? container.id : container.id.slice(0, SHORT_ID),
    Image: container.image,
    Command: whole || command.length <= COMMAND_LENGTH ? command : `${command.slice(0, COMMAND_LENGTH - 3)}...`,
    CreatedAt: created,
    Created: agoText(ctx, created),
    Status: statusOf(ctx, container),
    State: container.state,
    Ports: portsText(container.bound),
    Names: container.name,
    Labels: container.labels,
  };
}

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
    Labels: {},
  };
}

type Filter = { name: string; value: string };
const FILTERS = ['id', 'label', 'name', 'status'];

function parseFilter(text: string): Filter {
  const [name = '', value] = text.split(/=(.*)/s);
  if (value === undefined) throw failure(`invalid filter "${text}": must be of the form <filter>=<value>`);
  if (!FILTERS.includes(name)) throw failure(`${name} is an invalid filter`);
  return { name, value };
}

/** Values of one filter are alternatives, but for labels: those are all wanted. */
function matches(container: LibpodContainer, filters: readonly Filter[]): boolean {
  const passes = ({ name, value }: Filter): boolean => {
    if (name === 'id') return container.id.startsWith(value);
    if (name === 'name') return container.name.includes(value);
    if (name === 'status')
      return container.state === value || (value === 'created' && container.state === 'configured');
    const [label = '', wanted] = value.split(/=(.*)/s);
    return wanted === undefined ? label in container.labels : container.labels[label] === wanted;
  };
  return FILTERS.every((kind) => {
    const own = filters.filter(({ name }) => name === kind);
    return own.length === 0 || (kind === 'label' ? own.every(passes) : own.some(passes));
  });
}

const psAction: NonNullable<Command['action']> = async (ctx, cli) => {
  const external = cli.bool('external');
  if (external && !cli.bool('all') && cli.isSet('last')) throw failure('--external and --last cannot be set together');
  const store = await openStore(ctx);
  const whole = cli.bool('no-trunc');
  const { containers } = await readDatabase(ctx);
  const filters = cli.strings('filter').map(parseFilter);
  const ids = new Set(containers.map(({ id }) => id));
  const rows = [
    ...containers
      .filter((container) => matches(container, filters))
      .filter(({ state }) => cli.bool('all') || external || state === 'running')
      .map((container) => ownRow(ctx, container, whole)),
    ...(external
      ? store.containers.filter(({ id }) => !ids.has(id)).map((record) => rowOf(ctx, store, record, whole))
      : []),
  ];
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
    { name: 'filter', short: 'f', kind: 'stringArray', usage: 'only those with this id, label, name or status' },
    { name: 'format', kind: 'string', usage: 'print as json or with a Go template' },
    { name: 'last', short: 'n', kind: 'int', value: -1, usage: 'only so many' },
    { name: 'no-trunc', kind: 'bool', usage: 'do not shorten' },
    { name: 'noheading', kind: 'bool', usage: 'no titles' },
    { name: 'quiet', short: 'q', kind: 'bool', usage: 'only ids' },
  ],
  action: psAction,
};
export const containerListCommand: Command = { ...psCommand, name: 'list', aliases: ['ls', 'ps'] };

function describeMount({ type, source, destination, options }: Volume): Record<string, unknown> {
  return {
    Type: type,
    ...(type === 'volume' ? { Name: source } : {}),
    Source: type === 'volume' ? mountpointOf(source) : source,
    Destination: destination,
    Driver: type === 'volume' ? 'local' : '',
    Mode: '',
    Options: options.filter((option) => option !== 'ro'),
    RW: !options.includes('ro'),
    Propagation: options.find((option) => /^r?(private|shared|slave)$/.test(option)) ?? 'rprivate',
  };
}

function timeText(ns: string): string {
  return ns === '0' ? '0001-01-01T00:00:00Z' : rfc3339Nano(BigInt(ns));
}

async function describeContainer(ctx: Context, container: LibpodContainer): Promise<unknown> {
  const mounts = (await specOf(ctx, container)).volumes.filter(({ type }) => type !== 'tmpfs').map(describeMount);
  const { id, state } = container;
  const [path = '', ...args] = container.command;
  return {
    Id: id,
    Created: timeText(container.created),
    Path: path,
    Args: args,
    State: {
      OciVersion: '1.2.0',
      Status: state,
      Running: state === 'running',
      Paused: false,
      OOMKilled: container.oomKilled,
      Dead: false,
      Pid: container.pid,
      ...(container.conmonPid === 0 ? {} : { ConmonPid: container.conmonPid }),
      ExitCode: container.exitCode,
      StartedAt: timeText(container.started),
      FinishedAt: timeText(container.finished),
      CgroupPath: state === 'running' ? `/machine.slice/libpod-${id}.scope` : '',
    },
    Image: container.imageId,
    ImageName: container.image,
    Name: container.name,
    RestartCount: container.restartCount,
    OCIRuntime: 'crun',
    Mounts: mounts,
    ConmonPidFile: `${runDirectoryOf(id)}/conmon.pid`,
    PidFile: `${runDirectoryOf(id)}/pidfile`,
    OCIConfigPath: `${bundleOf(id)}/config.json`,
    NetworkSettings: {
      IPAddress: container.address,
      SandboxKey: container.netns,
      Networks: container.network === 'bridge' ? { podman: { NetworkID: 'podman', IPAddress: container.address } } : {},
    },
    Config: {
      Hostname: id.slice(0, SHORT_ID),
      Image: container.image,
      Cmd: container.command,
      Labels: container.labels,
    },
    HostConfig: {
      AutoRemove: container.autoRemove,
      LogConfig: { Type: 'k8s-file', Path: logPathOf(id) },
      NetworkMode: container.network,
      RestartPolicy: { Name: container.restartPolicy || 'no', MaximumRetryCount: container.restartRetries },
      CgroupManager: 'systemd',
    },
  };
}

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
      else if (kind !== 'image' && (await findContainer(ctx, name)) !== undefined)
        found.push(await describeContainer(ctx, await needContainer(ctx, name)));
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
