/**
 * nerdctl ps.
 * @models nerdctl v2.3.5 pkg/cmd/container/list.go, pkg/formatter/formatter.go, pkg/containerutil/containerutil.go
 * @fidelity partial: no --filter, --format and --size; no published ports and no restart policies, since nothing makes any
 */
import { quote } from '../../../go/quote.ts';
import type { Context } from '../../../linux/context.ts';
import { print } from '../../../linux/io.ts';
import type { Container } from '../../../protocols/containerd/services/containers/v1/generated.ts';
import { Status } from '../../../protocols/containerd/types/task/generated.ts';
import type { Client } from '../../common/containerd/client.ts';
import { listContainers, loadTask, specOf, statusName } from '../../common/containerd/container.ts';
import { unlessMissing } from '../../common/containerd/errors.ts';
import { ago, byCreation, type Command, newClient, printTable } from '../run.ts';

const COMMAND_WIDTH_MAX = 20;

export const psCommand: Command = {
  name: 'ps',
  use: '[flags]',
  short: 'List containers',
  flags: [
    { name: 'all', short: 'a', kind: 'bool', usage: 'Those that do not run as well' },
    { name: 'last', short: 'n', kind: 'int', value: -1, usage: 'So many of the newest, running or not' },
    { name: 'latest', short: 'l', kind: 'bool', usage: 'The newest, running or not' },
    { name: 'no-trunc', kind: 'bool', usage: 'Do not shorten' },
    { name: 'quiet', short: 'q', kind: 'bool', usage: 'Only the ids' },
  ],
  action: async (ctx, cli) => {
    const client = await newClient(ctx, cli);
    const last = cli.bool('latest') ? 1 : cli.number('last');
    const all = cli.bool('all') || last > 0;
    const isWhole = cli.bool('no-trunc');
    const containers = (await listContainers(ctx, client)).sort(byCreation);
    const rows: string[][] = [];
    for (const container of last > 0 ? containers.slice(0, last) : containers) {
      const status = await statusText(ctx, client, container.id);
      if (!all && !status.startsWith('Up')) continue;
      const id = isWhole ? container.id : container.id.slice(0, 12);
      const command = commandText(container, isWhole);
      rows.push([id, container.image, command, ago(ctx, container.createdAt), status, '', containerName(container)]);
    }
    if (cli.bool('quiet')) return print(ctx, rows.map(([id]) => `${id}\n`).join(''));
    await printTable(ctx, [['CONTAINER ID', 'IMAGE', 'COMMAND', 'CREATED', 'STATUS', 'PORTS', 'NAMES'], ...rows]);
  },
};

async function statusText(ctx: Context, client: Client, id: string): Promise<string> {
  const task = await unlessMissing(() => loadTask(ctx, client, id));
  if (task === null) return 'Created';
  if (task.status === Status.RUNNING) return 'Up';
  if (task.status === Status.STOPPED) return `Exited (${task.exitStatus}) ${ago(ctx, task.exitedAt)}`;
  const name = statusName(task.status);
  return `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
}

function commandText(container: Container, isWhole: boolean): string {
  const letters = [...(specOf(container).process?.args ?? []).join(' ')];
  const isLong = !isWhole && letters.length > COMMAND_WIDTH_MAX;
  return quote(isLong ? `${letters.slice(0, COMMAND_WIDTH_MAX - 1).join('')}…` : letters.join(''));
}

/** What nerdctl named it, or where the kubelet has put it. */
function containerName({ labels }: Container): string {
  const name = labels['nerdctl/name'];
  if (name !== undefined) return name;
  const namespace = labels['io.kubernetes.pod.namespace'];
  const pod = labels['io.kubernetes.pod.name'];
  if (namespace === undefined || pod === undefined) return '';
  const container = labels['io.kubernetes.container.name'];
  return `k8s://${namespace}/${pod}${container === undefined ? '' : `/${container}`}`;
}
