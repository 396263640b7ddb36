/** ctr tasks. @models containerd 2.1 cmd/ctr/commands/tasks @fidelity partial: no checkpoints; metrics of cgroup v2 */
import type { JsonValue } from '../../../go/json.ts';
import { tabwrite } from '../../../go/tabwriter.ts';
import { print } from '../../../linux/io.ts';
import { Metrics } from '../../../protocols/cgroups/v2/generated.ts';
import { TasksService } from '../../../protocols/containerd/services/tasks/v1/generated.ts';
import { ProcessDetails } from '../../../protocols/containerd/types/runc/options/generated.ts';
import { followResizes, forwardSignals } from '../../common/containerd/console.ts';
import {
  deleteTask,
  loadContainer,
  loadProcess,
  loadTask,
  PROCESS_TYPE_URL,
  signalOf,
  specOf,
  startWait,
  statusName,
} from '../../common/containerd/container.ts';
import { type ContainerdError, isKind, nativeError } from '../../common/containerd/errors.ts';
import { attachStreams, NULL_IO, newStreams } from '../../common/containerd/streams.ts';
import { QUIET } from '../flags.ts';
import {
  type Command,
  ExitError,
  fail,
  log,
  newClient,
  printJson,
  printOpenTable,
  printTable,
  refuse,
  WIDE,
} from '../run.ts';
import { consoleFor, ignoreGone, runTask } from '../task.ts';

const { methods } = TasksService;

const attachCommand: Command = {
  name: 'attach',
  usage: 'Attach to the streams of a running container',
  argsUsage: 'CONTAINER',
  action: async (ctx, run) => {
    const id = run.cli.args[0] ?? '';
    const client = await newClient(ctx, run);
    const spec = specOf(await loadContainer(ctx, client, id));
    const tty = spec.process?.terminal === true;
    const terminal = await consoleFor(ctx, tty);
    try {
      const { stdin, stdout, stderr } = await loadTask(ctx, client, id);
      const streams = attachStreams(ctx, { stdin, stdout, stderr, terminal: tty });
      const exit = startWait(ctx, client, id);
      if (terminal !== null)
        await followResizes(ctx, terminal, (c, size) =>
          client
            .call(c, methods.ResizePty, { containerId: id, width: size.columns, height: size.rows })
            .then(() => {}, ignoreGone),
        );
      else
        forwardSignals(ctx, (c, signal) =>
          client.call(c, methods.Kill, { containerId: id, signal }).then(() => {}, ignoreGone),
        );
      const { code } = await exit.wait();
      await streams.drained();
      if (code !== 0) throw new ExitError(code);
    } finally {
      await terminal?.reset(ctx);
    }
  },
};

const deleteCommand: Command = {
  name: 'delete',
  aliases: ['del', 'remove', 'rm'],
  usage: 'Delete tasks',
  argsUsage: 'CONTAINER [CONTAINER, ...]',
  flags: [
    { name: 'force', aliases: ['f'], kind: 'bool', usage: 'Kill it first' },
    { name: 'exec-id', kind: 'string', usage: 'Delete this process of the container, not its init' },
  ],
  action: async (ctx, run) => {
    const client = await newClient(ctx, run);
    const execId = run.cli.string('exec-id');
    const kill = run.cli.bool('force');
    if (execId !== '') {
      const containerId = run.cli.args[0] ?? '';
      await loadContainer(ctx, client, containerId);
      if (kill) await client.call(ctx, methods.Kill, { containerId, execId, signal: 9 }).catch(ignoreGone);
      const { exitStatus } = await client.call(ctx, methods.DeleteProcess, { containerId, execId });
      if (exitStatus !== 0) throw new ExitError(exitStatus);
      return;
    }
    let failure: ContainerdError | null = null;
    for (const id of run.cli.args) {
      try {
        await loadContainer(ctx, client, id);
        await loadTask(ctx, client, id);
      } catch (error) {
        failure ??= nativeError(error);
        await log(ctx, run, 'error', `failed to load task from ${id}`, error);
        continue;
      }
      try {
        const { code } = await deleteTask(ctx, client, id, { kill });
        if (code !== 0) await log(ctx, run, 'warning', `task ${id} exit with non-zero exit code ${code}`);
      } catch (error) {
        failure ??= nativeError(error);
        await log(ctx, run, 'error', `unable to delete ${id}`, error);
      }
    }
    if (failure !== null) throw failure;
  },
};

const execCommand: Command = {
  name: 'exec',
  usage: 'Run another process in a container',
  argsUsage: '[flags] CONTAINER CMD [ARG...]',
  flags: [
    { name: 'cwd', kind: 'string', usage: 'Working directory of the process' },
    { name: 'tty', aliases: ['t'], kind: 'bool', usage: 'Give the process a terminal' },
    { name: 'detach', aliases: ['d'], kind: 'bool', usage: 'Do not wait for its end' },
    { name: 'exec-id', kind: 'string', required: true, usage: 'An ID for the process' },
    { name: 'fifo-dir', kind: 'string', usage: 'Directory for its fifos' },
    { name: 'log-uri', kind: 'string', usage: 'Where the shim is to log' },
    { name: 'user', kind: 'string', usage: 'User ID or name' },
    { name: 'env', kind: 'stringSlice', keepCommas: true, usage: 'More environment variables' },
  ],
  action: async (ctx, run) => {
    const { cli } = run;
    const [id = '', ...args] = cli.args;
    const execId = cli.string('exec-id');
    if (id === '') fail('container id must be provided');
    if (cli.string('log-uri') !== '') refuse('--log-uri: not simulated');
    const client = await newClient(ctx, run);
    const spec = specOf(await loadContainer(ctx, client, id));
    await loadTask(ctx, client, id);
    const tty = cli.bool('tty');
    const detach = cli.bool('detach');
    const user = cli.string('user');
    const process = {
      ...spec.process,
      terminal: tty,
      args,
      ...(cli.string('cwd') === '' ? {} : { cwd: cli.string('cwd') }),
      ...(user === '' ? {} : { user: userOf(user) }),
      env: [...(spec.process?.env ?? []), ...cli.strings('env')],
    };
    const terminal = await consoleFor(ctx, tty && !detach);
    const streams = detach ? null : await newStreams(ctx, execId, tty, cli.string('fifo-dir'));
    const config = streams?.config ?? { ...NULL_IO, terminal: tty };
    try {
      const value = new TextEncoder().encode(JSON.stringify(process));
      await client.call(ctx, methods.Exec, {
        containerId: id,
        execId,
        ...config,
        spec: { typeUrl: PROCESS_TYPE_URL, value },
      });
      if (detach) {
        await client.call(ctx, methods.Start, { containerId: id, execId });
        return;
      }
      const exit = startWait(ctx, client, id, execId);
      if (streams !== null)
        streams.onInputEnd = (c) =>
          client.call(c, methods.CloseIO, { containerId: id, execId, stdin: true }).then(() => {}, ignoreGone);
      await client.call(ctx, methods.Start, { containerId: id, execId });
      if (terminal !== null)
        await followResizes(ctx, terminal, (c, size) =>
          client
            .call(c, methods.ResizePty, { containerId: id, execId, width: size.columns, height: size.rows })
            .then(() => {}, ignoreGone),
        );
      else
        forwardSignals(ctx, (c, signal) =>
          client.call(c, methods.Kill, { containerId: id, execId, signal }).then(() => {}, ignoreGone),
        );
      const { code } = await exit.wait();
      await streams?.drained();
      await client.call(ctx, methods.DeleteProcess, { containerId: id, execId }).catch(ignoreGone);
      await streams?.remove(ctx);
      if (code !== 0) throw new ExitError(code);
    } catch (error) {
      if (!(error instanceof ExitError)) await streams?.remove(ctx);
      throw error;
    } finally {
      await terminal?.reset(ctx);
    }
  },
};

function userOf(text: string): { uid: number; gid: number } {
  const [uid = '', gid = uid] = text.split(':');
  if (!/^\d+$/.test(uid) || !/^\d+$/.test(gid)) refuse(`--user ${text}: names are not simulated here, use numbers`);
  return { uid: Number(uid), gid: Number(gid) };
}

const killCommand: Command = {
  name: 'kill',
  usage: 'Signal a container',
  argsUsage: '[flags] CONTAINER',
  flags: [
    { name: 'signal', aliases: ['s'], kind: 'string', usage: 'The signal' },
    { name: 'exec-id', kind: 'string', usage: 'Signal this process' },
    { name: 'all', aliases: ['a'], kind: 'bool', usage: 'Signal all processes of the container' },
  ],
  action: async (ctx, run) => {
    const { cli } = run;
    const id = cli.args[0] ?? '';
    if (id === '') fail('container id must be provided');
    const text = cli.string('signal') === '' ? 'SIGTERM' : cli.string('signal');
    let signal: number;
    try {
      signal = signalOf(text);
    } catch {
      return fail(`invalid signal: ${text}`);
    }
    const execId = cli.string('exec-id');
    if (execId !== '' && cli.bool('all')) fail('specify an exec-id or all; not both');
    const client = await newClient(ctx, run);
    const container = await loadContainer(ctx, client, id);
    const own = container.labels['io.containerd.image.config.stop-signal'];
    if (cli.string('signal') === '' && own !== undefined) signal = signalOf(own);
    await loadTask(ctx, client, id);
    await client.call(ctx, methods.Kill, { containerId: id, execId, signal, all: cli.bool('all') });
  },
};

const listCommand: Command = {
  name: 'list',
  aliases: ['ls'],
  usage: 'List tasks',
  argsUsage: '[flags]',
  flags: [QUIET('Only the IDs')],
  action: async (ctx, run) => {
    const client = await newClient(ctx, run);
    const { tasks } = await client.call(ctx, methods.List, {});
    if (run.cli.bool('quiet')) return print(ctx, tasks.map(({ id }) => `${id}\n`).join(''));
    const rows = tasks.map(({ id, pid, status }) => [id, pid, statusName(status).toUpperCase()]);
    await printOpenTable(ctx, WIDE, [['TASK', 'PID', 'STATUS'], ...rows]);
  },
};

const psCommand: Command = {
  name: 'ps',
  usage: 'List the processes of a container',
  argsUsage: 'CONTAINER',
  action: async (ctx, run) => {
    const id = run.cli.args[0] ?? '';
    if (id === '') fail('container id must be provided');
    const client = await newClient(ctx, run);
    await loadContainer(ctx, client, id);
    await loadTask(ctx, client, id);
    const { processes } = await client.call(ctx, methods.ListPids, { containerId: id });
    const rows = processes.map(({ pid, info }) => {
      if (info === undefined) return [pid, '-'];
      const { execId } = ProcessDetails.decode(info.value);
      return [pid, `exec_id:"${execId}"`];
    });
    await print(ctx, tabwrite([['PID', 'INFO'], ...rows].map((row) => `${row.join('\t')}\n`).join(''), WIDE));
  },
};

const pauseCommand = (name: 'pause' | 'resume'): Command => ({
  name,
  usage: name === 'pause' ? 'Pause a container' : 'Resume a paused container',
  argsUsage: 'CONTAINER',
  action: async (ctx, run) => {
    const containerId = run.cli.args[0] ?? '';
    const client = await newClient(ctx, run);
    await loadContainer(ctx, client, containerId);
    await loadTask(ctx, client, containerId);
    await client.call(ctx, name === 'pause' ? methods.Pause : methods.Resume, { containerId });
  },
});

const startCommand: Command = {
  name: 'start',
  usage: 'Start a container that was created',
  argsUsage: '[flags] CONTAINER',
  flags: [
    { name: 'null-io', kind: 'bool', usage: 'Send all output to /dev/null' },
    { name: 'log-uri', kind: 'string', usage: 'Where the shim is to log' },
    { name: 'fifo-dir', kind: 'string', usage: 'Directory for its fifos' },
    { name: 'pid-file', kind: 'string', usage: "Write the task's pid to this file" },
    { name: 'detach', aliases: ['d'], kind: 'bool', usage: 'Do not wait for its end' },
  ],
  action: async (ctx, run) => {
    const { cli } = run;
    const id = cli.args[0] ?? '';
    if (id === '') fail('container id must be provided');
    if (cli.string('log-uri') !== '') refuse('--log-uri: not simulated');
    const client = await newClient(ctx, run);
    const spec = specOf(await loadContainer(ctx, client, id));
    const code = await runTask(ctx, run, client, id, {
      detach: cli.bool('detach'),
      tty: spec.process?.terminal === true,
      nullIo: cli.bool('null-io'),
      fifoDir: cli.string('fifo-dir'),
      pidFile: cli.string('pid-file'),
    });
    if (code !== null && code !== 0) throw new ExitError(code);
  },
};

const metricsCommand: Command = {
  name: 'metrics',
  aliases: ['metric'],
  usage: 'Show the metrics of a container',
  argsUsage: 'CONTAINER',
  flags: [{ name: 'format', kind: 'string', value: 'table', usage: '"table" or "json"' }],
  action: async (ctx, run) => {
    const id = run.cli.args[0] ?? '';
    const client = await newClient(ctx, run);
    await loadContainer(ctx, client, id);
    await loadTask(ctx, client, id);
    const { metrics } = await client.call(ctx, methods.Metrics, { filters: [`id==${id}`] });
    const metric = metrics[0];
    if (metric?.data === undefined) return fail(`no metrics received for task ${id}: not found`);
    const data = Metrics.decode(metric.data.value);
    if (run.cli.string('format') === 'json') return printJson(ctx, plain(data) as JsonValue, '  ');
    const { seconds = 0n, nanos = 0 } = metric.timestamp ?? {};
    await printTable(ctx, WIDE, [
      ['ID', 'TIMESTAMP'],
      [metric.id, `seconds:${seconds} nanos:${nanos}`],
    ]);
    await print(ctx, '\n');
    const rows: (readonly [string, string | bigint | number])[] = [
      ['pids.current', data.pids?.current ?? 0n],
      ['pids.limit', data.pids?.limit ?? 0n],
      ['cpu.usage_usec', data.cpu?.usageUsec ?? 0n],
      ['cpu.user_usec', data.cpu?.userUsec ?? 0n],
      ['cpu.system_usec', data.cpu?.systemUsec ?? 0n],
      ['cpu.nr_periods', data.cpu?.nrPeriods ?? 0n],
      ['cpu.nr_throttled', data.cpu?.nrThrottled ?? 0n],
      ['cpu.throttled_usec', data.cpu?.throttledUsec ?? 0n],
      ['memory.usage', data.memory?.usage ?? 0n],
      ['memory.usage_limit', data.memory?.usageLimit ?? 0n],
      ['memory.swap_usage', data.memory?.swapUsage ?? 0n],
      ['memory.swap_limit', data.memory?.swapLimit ?? 0n],
    ];
    await printTable(ctx, WIDE, [['METRIC', 'VALUE'], ...rows]);
  },
};

/** What encoding/json leaves of a message with omitempty: no zeros; integers as numbers. */
function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return value === 0n ? undefined : Number(value);
  if (typeof value === 'number') return value === 0 ? undefined : value;
  if (Array.isArray(value)) return value.length === 0 ? undefined : value.map(plain);
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).flatMap(([key, inner]) => {
      const kept = plain(inner);
      return kept === undefined ? [] : [[key.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`), kept] as const];
    });
    return Object.fromEntries(entries);
  }
  return value === '' || value === false || value === undefined ? undefined : value;
}

const checkpointCommand: Command = {
  name: 'checkpoint',
  usage: 'Checkpoint a container',
  argsUsage: '[flags] CONTAINER',
  action: async (ctx, run) => {
    const id = run.cli.args[0] ?? '';
    if (id === '') fail('container id must be provided');
    const client = await newClient(ctx, run);
    await loadContainer(ctx, client, id);
    await loadProcess(ctx, client, id, '').catch((error: unknown) => {
      if (!isKind(error, 'NotFound')) throw error;
      throw error;
    });
    refuse('checkpoint: not simulated: this machine has no CRIU');
  },
};

export const tasksCommand: Command = {
  name: 'tasks',
  aliases: ['t', 'task'],
  usage: 'Manage tasks',
  subcommands: [
    attachCommand,
    checkpointCommand,
    deleteCommand,
    execCommand,
    listCommand,
    killCommand,
    metricsCommand,
    pauseCommand('pause'),
    psCommand,
    pauseCommand('resume'),
    startCommand,
  ],
};
