/**
 * `compose ps`, `images`, `port` and `top`.
 * @models nerdctl v2.3.5 cmd/nerdctl/compose/compose_{ps,images,port,top}.go, pkg/composer/port.go
 * @fidelity full
 */
import type { CobraContext } from '../../../go/cobra-types.ts';
import { marshalJson } from '../../../go/json.ts';
import { progressBytes } from '../../../go/units.ts';
import { print } from '../../../linux/io.ts';
import type { Container } from '../../../protocols/containerd/services/containers/v1/generated.ts';
import { Status } from '../../../protocols/containerd/types/task/generated.ts';
import { loadTask, specOf, statusName } from '../../common/containerd/container.ts';
import { unlessMissing } from '../../common/containerd/errors.ts';
import { getImage, resolveImage } from '../../common/containerd/image.ts';
import { repositoryAndTag, unpackedSize } from '../commands/images.ts';
import { containerProcesses } from '../commands/observe.ts';
import { commandText, containerStatus, willRestart } from '../commands/ps.ts';
import { dataStore, loadPorts, stateDirectory } from '../data-store.ts';
import { HOST } from '../images.ts';
import { LABELS } from '../labels.ts';
import { formatPorts } from '../ports.ts';
import { fail, printTable, shortId } from '../run.ts';
import { type Composer, nameOf, namesOf, projectContainers } from './composer.ts';

/** The word that --status is compared with. */
async function filterStatus({ ctx, client }: Composer, { id, labels }: Container): Promise<string> {
  const task = await unlessMissing(() => loadTask(ctx, client, id));
  if (task === null) return 'created';
  if (task.status !== Status.STOPPED) return statusName(task.status);
  return willRestart(labels, task.exitStatus) ? 'restarting' : 'exited';
}

/** Statuses asked for; the format is checked as well. */
export function psFilters(cli: CobraContext): string[] {
  const format = cli.string('format');
  if (format !== 'json' && format !== 'table')
    fail(`unsupported format ${format}, supported formats are: [table|json]`);
  const filter = cli.string('filter');
  if (filter === '') return [...cli.strings('status')];
  const at = filter.indexOf('=');
  if (at < 0) fail(`invalid argument "${filter}" for "-f, --filter": bad format of filter (expected name=value)`);
  if (filter.slice(0, at) !== 'status') fail(`invalid filter '${filter.slice(0, at)}'`);
  return [...cli.strings('status'), filter.slice(at + 1)];
}

export async function ps(composer: Composer, statuses: readonly string[]): Promise<void> {
  const { ctx, cli, client } = composer;
  let containers = await projectContainers(composer, namesOf(composer, cli.args));
  const keep = async (test: (container: Container) => Promise<boolean>): Promise<void> => {
    const kept: Container[] = [];
    for (const container of containers) if (await test(container)) kept.push(container);
    containers = kept;
  };
  if (!cli.bool('all'))
    await keep(async ({ id }) => (await unlessMissing(() => loadTask(ctx, client, id)))?.status === Status.RUNNING);
  if (statuses.length > 0) await keep(async (container) => statuses.includes(await filterStatus(composer, container)));
  if (cli.bool('quiet')) return print(ctx, containers.map(({ id }) => `${id}\n`).join(''));
  if (cli.bool('services'))
    return print(ctx, containers.map(({ labels }) => `${labels[LABELS.composeService] ?? ''}\n`).join(''));
  if (cli.string('format') === 'json') return psJson(composer, containers);
  const rows = [['NAME', 'IMAGE', 'COMMAND', 'SERVICE', 'STATUS', 'PORTS']];
  for (const container of containers) {
    const status = await containerStatus(ctx, client, container);
    rows.push([
      nameOf(container),
      container.image,
      commandText(container, false),
      container.labels[LABELS.composeService] ?? '',
      status === 'Up' ? 'running' : status,
      formatPorts(await portsOf(composer, container.id)),
    ]);
  }
  await printTable(ctx, rows);
}

async function portsOf({ ctx, cli, client }: Composer, id: string): ReturnType<typeof loadPorts> {
  return loadPorts(ctx, stateDirectory(await dataStore(ctx, cli), client.namespace, id));
}

async function psJson(composer: Composer, containers: readonly Container[]): Promise<void> {
  const { ctx, client } = composer;
  const items = [];
  for (const container of containers) {
    const { id, labels, image } = container;
    const task = await unlessMissing(() => loadTask(ctx, client, id));
    const isStopped = task?.status === Status.STOPPED;
    const ports = await portsOf(composer, id);
    items.push({
      ID: id,
      Name: nameOf(container),
      Image: image,
      Command: (specOf(container).process?.args ?? []).join(' '),
      Project: labels[LABELS.composeProject] ?? '',
      Service: labels[LABELS.composeService] ?? '',
      State: task === null ? 'unknown' : isStopped ? 'exited' : statusName(task.status),
      Health: '',
      ExitCode: isStopped ? task.exitStatus : 0,
      Publishers:
        ports.length === 0
          ? null
          : ports.map(({ HostIP, ContainerPort, HostPort, Protocol }) => ({
              URL: HostIP,
              TargetPort: ContainerPort,
              PublishedPort: HostPort,
              Protocol,
            })),
    });
  }
  await print(ctx, `${marshalJson(items)}\n`);
}

export async function images(composer: Composer): Promise<void> {
  const { ctx, cli, client } = composer;
  const format = cli.string('format');
  const containers = await projectContainers(composer, namesOf(composer, cli.args));
  const rows: { name: string; repository: string; tag: string; id: string; size: string }[] = [];
  for (const container of containers) {
    const image = await getImage(ctx, client, container.image);
    const { target, config } = await resolveImage(ctx, client, image, HOST);
    const [repository, tag] = repositoryAndTag(image.name);
    const digest = image.target?.digest ?? target.digest;
    rows.push({
      name: nameOf(container),
      repository: repository || '<none>',
      tag: tag || '<none>',
      id: format === 'json' ? digest : shortId(digest.split(':')[1] ?? ''),
      size: progressBytes(await unpackedSize(ctx, client, config.rootfs?.diff_ids ?? [])),
    });
  }
  if (cli.bool('quiet'))
    return print(ctx, [...new Set(rows.map(({ id }) => `${shortId(id.split(':').at(-1) ?? '')}\n`))].join(''));
  if (format === 'json') {
    const items = rows.map(({ name, repository, tag, id, size }) => ({
      ContainerName: name,
      Repository: repository,
      Tag: tag,
      ImageID: id,
      Size: size,
    }));
    return print(ctx, `${marshalJson(items)}\n`);
  }
  const head = ['Container', 'Repository', 'Tag', 'Image Id', 'Size'];
  await printTable(ctx, [head, ...rows.map((row) => [row.name, row.repository, row.tag, row.id, row.size])]);
}

export async function port(composer: Composer, service: string, index: number, number: number, protocol: string) {
  const { ctx } = composer;
  const containers = await projectContainers(composer, [service]);
  if (containers.length === 0) fail(`no running containers from service ${service}`);
  const container =
    containers[index - 1] ??
    fail(`index (${index}) out of range: only ${containers.length} running instances from service ${service}`);
  const ports = await portsOf(composer, container.id);
  const found =
    ports.find(({ ContainerPort, Protocol }) => ContainerPort === number && Protocol.toLowerCase() === protocol) ??
    fail(`no public port ${number}/${protocol} published for "${container.id}"`);
  await print(ctx, `${found.HostIP}:${found.HostPort}\n`);
}

export async function top(composer: Composer): Promise<void> {
  const { ctx, cli, client } = composer;
  for (const container of await projectContainers(composer, namesOf(composer, cli.args))) {
    const { status } = await loadTask(ctx, client, container.id);
    if (status !== Status.RUNNING) continue;
    await print(ctx, `${nameOf(container)}\n`);
    await print(ctx, await containerProcesses(ctx, client, container.id, []));
    await print(ctx, '\n');
  }
}
