/**
 * nerdctl ps.
 * @models nerdctl v2.3.5 pkg/cmd/container/list.go list_util.go, pkg/formatter/formatter.go, cmd/nerdctl/container/container_list.go
 * @fidelity partial: no health in the status
 */
import type { CobraContext } from '../../../go/cobra-types.ts';
import { quote } from '../../../go/quote.ts';
import { goTimeString } from '../../../go/time.ts';
import { progressBytes } from '../../../go/units.ts';
import type { Context } from '../../../linux/context.ts';
import { print } from '../../../linux/io.ts';
import type { Container } from '../../../protocols/containerd/services/containers/v1/generated.ts';
import { SnapshotsService } from '../../../protocols/containerd/services/snapshots/v1/generated.ts';
import { Status } from '../../../protocols/containerd/types/task/generated.ts';
import type { Client } from '../../common/containerd/client.ts';
import { listContainers, loadTask, specOf, statusName } from '../../common/containerd/container.ts';
import { unlessMissing } from '../../common/containerd/errors.ts';
import { dataStore, loadPorts, stateDirectory } from '../data-store.ts';
import { isTable, printFormatted, withFields } from '../format.ts';
import { containerName, jsonLabel, LABELS, labelText, networksOf } from '../labels.ts';
import { formatPorts } from '../ports.ts';
import { ago, byCreation, command, fail, log, newClient, printTable, shortId, timestampNs } from '../run.ts';

const COMMAND_WIDTH_MAX = 20;

export const psCommand = command({
  name: 'ps',
  use: '[flags]',
  short: 'List containers',
  flags: [
    { name: 'all', short: 'a', kind: 'bool', usage: 'Those that do not run as well' },
    { name: 'last', short: 'n', kind: 'int', value: -1, usage: 'So many of the newest, running or not' },
    { name: 'latest', short: 'l', kind: 'bool', usage: 'The newest, running or not' },
    { name: 'no-trunc', kind: 'bool', usage: 'Do not shorten' },
    { name: 'quiet', short: 'q', kind: 'bool', usage: 'Only the IDs' },
    { name: 'size', short: 's', kind: 'bool', usage: 'With the size of their files' },
    { name: 'format', kind: 'string', usage: "Go template for the output, such as '{{json .}}', or 'wide'" },
    {
      name: 'filter',
      short: 'f',
      kind: 'stringSlice',
      usage: "Only those that match; with 'status' running or not",
    },
  ],
  args: 'none',
  action: async (ctx, cli) => {
    const format = cli.string('format');
    const quiet = cli.bool('quiet');
    const client = await newClient(ctx, cli);
    const items = await list(ctx, cli, client, !quiet && (cli.bool('size') || format === 'wide'));
    if (!isTable(format, quiet)) return printFormatted(ctx, format, items, '*container.ListItem');
    if (quiet) return print(ctx, items.map(({ ID }) => `${ID}\n`).join(''));
    const head = ['CONTAINER ID', 'IMAGE', 'COMMAND', 'CREATED', 'STATUS', 'PORTS', 'NAMES'];
    const isWide = format === 'wide';
    const more = isWide ? ['RUNTIME', 'PLATFORM', 'SIZE'] : cli.bool('size') ? ['SIZE'] : [];
    const rows = items.map((item) => [
      item.ID,
      item.Image,
      item.Command,
      item.since,
      item.Status,
      item.Ports,
      item.Names,
      ...(isWide ? [item.Runtime, item.Platform, item.Size] : cli.bool('size') ? [item.Size] : []),
    ]);
    await printTable(ctx, [[...head, ...more], ...rows]);
  },
});

type Item = {
  Command: string;
  CreatedAt: string;
  ID: string;
  Image: string;
  Platform: string;
  Names: string;
  Ports: string;
  Status: string;
  Runtime: string;
  Size: string;
  Labels: string;
  /** Not shown in JSON. */
  since: string;
};

async function list(ctx: Context, cli: CobraContext, client: Client, withSize: boolean): Promise<Item[]> {
  const last = cli.number('last') === -1 && cli.bool('latest') ? 1 : cli.number('last');
  const isWhole = cli.bool('no-trunc');
  const store = await dataStore(ctx, cli);
  const all = await listContainers(ctx, client);
  const filters = await readFilters(ctx, all, cli.strings('filter'));
  const matching: Container[] = [];
  for (const container of all.sort(byCreation)) {
    if (filters.byRecord.every((test) => test(container)) && (await matchesTask(ctx, client, container, filters)))
      matching.push(container);
  }
  const items: Item[] = [];
  for (const container of last > 0 ? matching.slice(0, last) : matching) {
    const status = await containerStatus(ctx, client, container);
    if (!cli.bool('all') && last <= 0 && !filters.anyStatus && !status.startsWith('Up')) continue;
    const { id, labels } = container;
    const since = ago(ctx, container.createdAt);
    const item = {
      Command: commandText(container, isWhole),
      CreatedAt: goTimeString(timestampNs(container.createdAt)),
      ID: isWhole ? id : shortId(id),
      Image: container.image,
      Platform: labels[LABELS.platform] ?? '',
      Names: containerName(labels),
      Ports: formatPorts(await loadPorts(ctx, stateDirectory(store, client.namespace, id))),
      Status: status,
      Runtime: container.runtime?.name ?? '',
      Size: withSize ? await sizeText(ctx, client, container) : '',
      Labels: labelText(labels),
    };
    items.push(withFields(item, { since, Label: labels, LabelsMap: labels, State: status }) as Item);
  }
  return items;
}

export async function containerStatus(ctx: Context, client: Client, { id, labels }: Container): Promise<string> {
  const task = await unlessMissing(() => loadTask(ctx, client, id));
  if (task === null) return 'Created';
  if (task.status === Status.RUNNING) return 'Up';
  if (task.status === Status.STOPPED) {
    const word = willRestart(labels, task.exitStatus) ? 'Restarting' : 'Exited';
    return `${word} (${task.exitStatus}) ${ago(ctx, task.exitedAt)}`;
  }
  const name = statusName(task.status);
  return `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
}

/** restart.Reconcile. */
export function willRestart(labels: Readonly<Record<string, string>>, exitStatus: number): boolean {
  if (labels[LABELS.restartStatus] !== 'running') return false;
  const [policy, count] = (labels[LABELS.restartPolicy] ?? 'always').split(':');
  const isExplicit = labels[LABELS.explicitlyStopped] === 'true';
  if (policy === 'always' || policy === 'unless-stopped') return !isExplicit;
  if (policy !== 'on-failure' || exitStatus === 0 || isExplicit) return false;
  return count === undefined || Number(count) === 0 || Number(labels[LABELS.restartCount] ?? '0') < Number(count);
}

export function commandText(container: Container, isWhole: boolean): string {
  const letters = [...(specOf(container).process?.args ?? []).join(' ')];
  const isLong = !isWhole && letters.length > COMMAND_WIDTH_MAX;
  return quote(isLong ? `${letters.slice(0, COMMAND_WIDTH_MAX - 1).join('')}…` : letters.join(''));
}

/** Its own layer, and all of them together. */
async function sizeText(ctx: Context, client: Client, { snapshotKey, snapshotter }: Container): Promise<string> {
  if (snapshotKey === '') return '0.0 B (virtual 0.0 B)';
  const [own, all] = await snapshotSizes(ctx, client, snapshotter, snapshotKey);
  return `${progressBytes(own)} (virtual ${progressBytes(all)})`;
}

export async function snapshotSizes(
  ctx: Context,
  client: Client,
  snapshotter: string,
  key: string,
): Promise<readonly [own: number, all: number]> {
  const { methods } = SnapshotsService;
  let own = -1;
  let all = 0;
  for (let at = key; at !== ''; ) {
    const name = at;
    const usage = await unlessMissing(() => client.call(ctx, methods.Usage, { snapshotter, key: name }));
    if (own < 0) own = Number(usage?.size ?? 0);
    all += Number(usage?.size ?? 0);
    const stat = await unlessMissing(() => client.call(ctx, methods.Stat, { snapshotter, key: name }));
    at = stat?.info?.parent ?? '';
  }
  return [Math.max(0, own), all];
}

type Filters = {
  byRecord: ((container: Container) => boolean)[];
  byStatus: number[];
  byExit: number[];
  /** A condition on the status looks at all containers. */
  anyStatus: boolean;
};

const KINDS = ['id', 'name', 'before', 'since', 'network', 'label', 'volume', 'status', 'exited'];
const STATUSES: Readonly<Record<string, number>> = {
  running: Status.RUNNING,
  created: Status.CREATED,
  stopped: Status.STOPPED,
  exited: Status.STOPPED,
  paused: Status.PAUSED,
  pausing: Status.PAUSING,
  unknown: Status.UNKNOWN,
};

async function readFilters(ctx: Context, all: readonly Container[], texts: readonly string[]): Promise<Filters> {
  const filters: Filters = { byRecord: [], byStatus: [], byExit: [], anyStatus: false };
  for (const text of texts) {
    const kind = KINDS.find((name) => text.startsWith(name)) ?? fail(`invalid filter '${text}'`);
    const at = text.indexOf('=');
    if (at < 0) fail(`invalid argument "${kind}" for "-f, --filter": bad format of filter (expected name=value)`);
    const value = text.slice(at + 1);
    if (kind === 'status') {
      const status = STATUSES[value];
      filters.anyStatus = true;
      if (status !== undefined) filters.byStatus.push(status);
      else if (['restarting', 'removing', 'dead'].includes(value))
        await log(ctx, 'warning', `${text} is not supported and is ignored`);
      else fail(`invalid filter '${text}'`);
    } else if (kind === 'exited') {
      if (!/^[-+]?\d+$/.test(value)) fail(`strconv.Atoi: parsing ${quote(value)}: invalid syntax`);
      await log(ctx, 'info', `checking exit status ${text} ${value}`);
      filters.anyStatus = true;
      filters.byExit.push(Number(value));
    } else filters.byRecord.push(recordFilter(kind, value, all));
  }
  return filters;
}

function recordFilter(kind: string, value: string, all: readonly Container[]): (container: Container) => boolean {
  switch (kind) {
    case 'id':
      return ({ id }) => value !== '' && id.startsWith(value);
    case 'name': {
      const pattern = goPattern(value);
      return ({ labels }) => value === '' || pattern.test(containerName(labels));
    }
    case 'before':
    case 'since': {
      const other =
        all.find(({ id, labels }) => id.startsWith(value) || labels[LABELS.name] === value) ??
        fail(`no such container ${value}`);
      const sign = kind === 'before' ? 1 : -1;
      return (container) => byCreation(container, other) * sign > 0;
    }
    case 'network':
      return ({ labels }) => networksOf(labels).includes(value);
    case 'volume':
      return ({ labels }) => volumesOf(labels).includes(value);
    default: {
      const at = value.indexOf('=');
      const [key, wanted] = at < 0 ? [value, null] : [value.slice(0, at), value.slice(at + 1)];
      return ({ labels }) => labels[key] !== undefined && (wanted === null || labels[key] === wanted);
    }
  }
}

/** A pattern as Go's regexp has it, near enough; one that does not parse is told. */
export function goPattern(source: string): RegExp {
  try {
    return new RegExp(source);
  } catch {
    return fail(`error parsing regexp: invalid regexp: \`${source}\``);
  }
}

function volumesOf(labels: Readonly<Record<string, string>>): string[] {
  const mounts = jsonLabel<{ Name?: string; Source?: string; Destination?: string }[]>(labels, LABELS.mounts) ?? [];
  const anonymous = jsonLabel<string[]>(labels, LABELS.anonymousVolumes) ?? [];
  return [...anonymous, ...mounts.flatMap(({ Name, Source, Destination }) => [Name, Source, Destination])].filter(
    (name): name is string => name !== undefined && name !== '',
  );
}

async function matchesTask(ctx: Context, client: Client, { id }: Container, filters: Filters): Promise<boolean> {
  if (filters.byStatus.length + filters.byExit.length === 0) return true;
  const task = await unlessMissing(() => loadTask(ctx, client, id));
  const status = task?.status ?? Status.CREATED;
  const isRight = filters.byStatus.every((wanted) => wanted === status);
  return isRight && filters.byExit.every((code) => status === Status.STOPPED && task?.exitStatus === code);
}
