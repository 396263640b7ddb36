/**
 * nerdctl top, stats, port.
 * @models nerdctl v2.3.5 pkg/cmd/container/top_unix.go stats.go stats_linux.go, pkg/statsutil, cmd/nerdctl/container/container_port.go
 * @fidelity partial: stats without containers that begin while it runs
 */
import { tabwrite } from '../../../go/tabwriter.ts';
import { bytesSize, humanSizeWithPrecision } from '../../../go/units.ts';
import type { Context } from '../../../linux/context.ts';
import { lookPath, print, readFile, runCommand } from '../../../linux/io.ts';
import { utf8 } from '../../../linux/rope.ts';
import { Metrics } from '../../../protocols/cgroups/v2/generated.ts';
import type { Container } from '../../../protocols/containerd/services/containers/v1/generated.ts';
import { TasksService } from '../../../protocols/containerd/services/tasks/v1/generated.ts';
import { Status } from '../../../protocols/containerd/types/task/generated.ts';
import type { Client } from '../../common/containerd/client.ts';
import { listContainers, loadTask } from '../../common/containerd/container.ts';
import { unlessMissing } from '../../common/containerd/errors.ts';
import { dataStore, loadPorts, stateDirectory } from '../data-store.ts';
import { isTable, printFormatted } from '../format.ts';
import { containerName } from '../labels.ts';
import { linksOf } from '../netns.ts';
import { command, fail, newClient, printTable, shortId } from '../run.ts';
import { findContainer, walkContainers } from '../walker.ts';

export const topCommand = command({
  name: 'top',
  use: 'CONTAINER [ps OPTIONS]',
  short: 'List the processes of a container',
  args: { min: 1 },
  flagsFirst: true,
  action: async (ctx, cli) => {
    const client = await newClient(ctx, cli);
    const [request = '', ...words] = cli.args;
    const { id } = await findContainer(ctx, client, request);
    const { status } = await loadTask(ctx, client, id);
    if (status !== Status.RUNNING) return;
    await print(ctx, await containerProcesses(ctx, client, id, words));
  },
});

/** The table that ps prints, of the container's processes only. */
export async function containerProcesses(
  ctx: Context,
  client: Client,
  id: string,
  words: readonly string[],
): Promise<string> {
  const { processes } = await client.call(ctx, TasksService.methods.ListPids, { containerId: id });
  const pids = processes.map(({ pid }) => String(pid));
  const args = words.length === 0 ? ['-ef'] : words;
  const path = (await lookPath(ctx, 'ps')) ?? fail('exec: "ps": executable file not found in $PATH');
  let result = await runCommand(ctx, ['ps', ...args, `-q${pids.join(',')}`], { path });
  if (result.status.exitCode !== 0) result = await runCommand(ctx, ['ps', ...args], { path });
  if (result.status.exitCode !== 0) fail(utf8(result.stderr).split('\n')[0] ?? '');
  const [head = '', ...lines] = utf8(result.stdout).split('\n');
  const titles = head.trim().split(/\s+/);
  const at = titles.indexOf('PID');
  if (at < 0) fail("couldn't find PID field in ps output");
  const rows = lines.flatMap((line) => {
    const fields = line.trim().split(/\s+/);
    if (line.trim() === '' || !pids.includes(fields[at] ?? '')) return [];
    return [[...fields.slice(0, titles.length - 1), fields.slice(titles.length - 1).join(' ')]];
  });
  const table = { minWidth: 20, tabWidth: 1, padding: 3, padChar: ' ' } as const;
  return tabwrite([titles, ...rows].map((row) => `${row.join('\t')}\n`).join(''), table);
}

type Sample = {
  cpuUsec: number;
  memory: number;
  limit: number;
  pids: number;
  rx: number;
  tx: number;
  read: number;
  written: number;
  atNs: number;
};

async function sample(ctx: Context, client: Client, id: string): Promise<Sample | null> {
  const task = await unlessMissing(() => loadTask(ctx, client, id));
  if (task === null || task.status === Status.STOPPED) return null;
  const { metrics } = await client.call(ctx, TasksService.methods.Metrics, { filters: [`id==${id}`] });
  const data = metrics[0]?.data;
  if (data === undefined) return null;
  const { cpu, memory, pids, io } = Metrics.decode(data.value);
  const total = Number(/MemTotal:\s+(\d+) kB/.exec(await readFile(ctx, '/proc/meminfo'))?.[1] ?? '0') * 1024;
  const limit = Number(memory?.usageLimit ?? 0n);
  const links = (await linksOf(ctx, task.pid)).filter(({ kind }) => kind !== 'loopback');
  const entries = io?.usage ?? [];
  return {
    cpuUsec: Number(cpu?.usageUsec ?? 0n),
    memory: Math.max(0, Number(memory?.usage ?? 0n) - Number(memory?.inactiveFile ?? 0n)),
    limit: limit === 0 || limit > total ? total : limit,
    pids: Number(pids?.current ?? 0n),
    rx: links.reduce((sum, { statistics }) => sum + statistics.rxBytes, 0),
    tx: links.reduce((sum, { statistics }) => sum + statistics.txBytes, 0),
    read: entries.reduce((sum, { rbytes }) => sum + Number(rbytes), 0),
    written: entries.reduce((sum, { wbytes }) => sum + Number(wbytes), 0),
    atNs: ctx.now,
  };
}

const INTERVAL_NS = 500_000_000;
const ROUNDS_MAX = 100_000;

export const statsCommand = command({
  name: 'stats',
  use: '[flags] [CONTAINER, ...]',
  short: 'Follow what containers use',
  flags: [
    { name: 'all', short: 'a', kind: 'bool', usage: 'Those that do not run as well' },
    { name: 'format', kind: 'string', usage: "Go template for the output, such as '{{json .}}'" },
    { name: 'no-stream', kind: 'bool', usage: 'Once' },
    { name: 'no-trunc', kind: 'bool', usage: 'Do not shorten' },
  ],
  action: async (ctx, cli) => {
    const format = cli.string('format');
    const asTable = isTable(format, false, ['', 'table']);
    const client = await newClient(ctx, cli);
    const chosen: Container[] = [];
    if (cli.args.length === 0) {
      for (const container of await listContainers(ctx, client)) {
        const task = await unlessMissing(() => loadTask(ctx, client, container.id));
        if (cli.bool('all') || task?.status === Status.RUNNING) chosen.push(container);
      }
    } else await walkContainers(ctx, client, cli.args, async (container) => void chosen.push(container), false);
    const before = new Map<string, Sample | null>();
    for (const { id } of chosen) before.set(id, await sample(ctx, client, id));
    for (let round = 0; round < ROUNDS_MAX; round++) {
      await ctx.sleep(INTERVAL_NS);
      const items = [];
      for (const { id, labels } of chosen) {
        const now = await sample(ctx, client, id);
        items.push(entry(cli.bool('no-trunc') ? id : shortId(id), containerName(labels), before.get(id) ?? null, now));
        before.set(id, now);
      }
      if (!cli.bool('no-stream')) await print(ctx, '\u001b[2J\u001b[H');
      if (asTable) await printStats(ctx, items);
      else await printFormatted(ctx, format, items, 'statsutil.FormattedStatsEntry');
      if (cli.bool('no-stream')) return;
    }
  },
});

type Entry = ReturnType<typeof entry>;

function entry(id: string, name: string, before: Sample | null, now: Sample | null) {
  const elapsed = before === null || now === null ? 0 : now.atNs - before.atNs;
  const used = before === null || now === null ? 0 : now.cpuUsec - before.cpuUsec;
  const percent = elapsed === 0 ? 0 : ((used * 1000) / elapsed) * 100;
  const size = (bytes: number): string => humanSizeWithPrecision(bytes, 3);
  return {
    Name: name === '' ? id : name,
    ID: id,
    CPUPerc: `${percent.toFixed(2)}%`,
    MemUsage: now === null ? '0B / 0B' : `${bytesSize(now.memory)} / ${bytesSize(now.limit)}`,
    MemPerc: now === null || now.limit === 0 ? '0.00%' : `${((now.memory / now.limit) * 100).toFixed(2)}%`,
    NetIO: `${size(now?.rx ?? 0)} / ${size(now?.tx ?? 0)}`,
    BlockIO: `${size(now?.read ?? 0)} / ${size(now?.written ?? 0)}`,
    PIDs: String(now?.pids ?? 0),
  };
}

async function printStats(ctx: Context, items: readonly Entry[]): Promise<void> {
  const head = ['CONTAINER ID', 'NAME', 'CPU %', 'MEM USAGE / LIMIT', 'MEM %', 'NET I/O', 'BLOCK I/O', 'PIDS'];
  const rows = items.map((i) => [i.ID, i.Name, i.CPUPerc, i.MemUsage, i.MemPerc, i.NetIO, i.BlockIO, i.PIDs]);
  await printTable(ctx, [head, ...rows], { minWidth: 10, tabWidth: 1, padding: 3, padChar: ' ' });
}

export const portCommand = command({
  name: 'port',
  use: '[flags] CONTAINER [PRIVATE_PORT[/PROTO]]',
  short: 'List published ports',
  args: { min: 1, max: 2 },
  action: async (ctx, cli) => {
    const [request = '', wanted = ''] = cli.args;
    const [number = '', protocol = 'tcp', ...more] = wanted.split('/');
    if (wanted !== '' && !/^[-+]?\d+$/.test(number)) fail(`strconv.Atoi: parsing "${number}": invalid syntax`);
    if (wanted !== '' && Number(number) <= 0) fail(`unexpected port ${Number(number)}`);
    if (more.length > 0) fail(`failed to parse "${wanted}"`);
    const client = await newClient(ctx, cli);
    const store = await dataStore(ctx, cli);
    const { id } = await findContainer(ctx, client, request);
    const ports = await loadPorts(ctx, stateDirectory(store, client.namespace, id));
    if (wanted === '') {
      const lines = ports.map((p) => `${p.ContainerPort}/${p.Protocol} -> ${p.HostIP}:${p.HostPort}\n`);
      return print(ctx, lines.join(''));
    }
    const found = ports.find(
      (p) => p.ContainerPort === Number(number) && p.Protocol.toLowerCase() === protocol.toLowerCase(),
    );
    if (found === undefined) fail(`no public port ${Number(number)}/${protocol.toLowerCase()} published for "${id}"`);
    await print(ctx, `${found.HostIP}:${found.HostPort}\n`);
  },
});
