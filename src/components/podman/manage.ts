/**
 * podman start, stop, restart, kill, rm, wait, exec, logs, and the clean-up that conmon asks for.
 * @models podman 5.4 cmd/podman/containers
 * @fidelity partial: an exec has no conmon of its own; no filters, no detach keys
 */
import type { Context } from '../../linux/context.ts';
import { exists, print, printError, readFile, removeAll } from '../../linux/io.ts';
import { failure, messageOf } from '../cri-runtimes/shared/errors.ts';
import { findContainer, type LibpodContainer, needContainer, readDatabase, saveContainer } from './libpod/database.ts';
import {
  containerEnded,
  initContainer,
  removeContainer,
  specOf,
  startProcess,
  stopContainer,
  waitForExit,
} from './libpod/lifecycle.ts';
import { logPathOf, RuntimeFailure, runDirectoryOf, runtime, runtimeFailure } from './libpod/monitor.ts';
import { attachTerminal } from './libpod/terminal.ts';
import type { Command } from './run.ts';

type Action = NonNullable<Command['action']>;
type Cli = Parameters<Action>[1];

const FAILED = 125;
/** How often a followed log is looked at. */
const FOLLOW_NS = 250_000_000;
const REFUSED = 2;
const IMPROPER = 'container state improper';

/** Each container that the command line names, or all. What fails is told, and the others go on. */
async function each(
  ctx: Context,
  cli: Cli,
  body: (container: LibpodContainer, text: string) => Promise<number | void>,
): Promise<number> {
  const all = cli.has('all') && cli.bool('all');
  if (!all && cli.args.length === 0) throw failure('you must provide at least one name or id');
  const names = all ? (await readDatabase(ctx)).containers.map(({ id }) => id) : cli.args;
  let code = 0;
  for (const text of names) {
    try {
      code = (await body(await needContainer(ctx, text), text)) ?? code;
    } catch (error) {
      if (error instanceof RuntimeFailure) code = error.exitCode;
      else code = FAILED;
      await printError(ctx, `Error: ${error instanceof RuntimeFailure ? error.message : messageOf(error)}\n`);
    }
  }
  return code;
}

/** Somebody starts it: its policy counts from the beginning. */
async function beginAnew(ctx: Context, container: LibpodContainer): Promise<void> {
  container.restartCount = 0;
  container.stoppedByUser = false;
  if (container.state === 'created') await saveContainer(ctx, container);
  else await initContainer(ctx, container, await specOf(ctx, container));
}

const start: Action = async (ctx, cli) =>
  each(ctx, cli, async (container, text) => {
    if (container.state === 'running') {
      await print(ctx, `${text}\n`);
      return;
    }
    await beginAnew(ctx, container);
    if (!cli.bool('attach')) {
      await startProcess(ctx, container);
      await print(ctx, `${text}\n`);
      return;
    }
    await attachTerminal(ctx, container, () => startProcess(ctx, container));
    return waitForExit(ctx, container.id);
  });

const stop: Action = async (ctx, cli) =>
  each(ctx, cli, async (container, text) => {
    const seconds = cli.isSet('time') ? cli.number('time') : container.stopTimeout;
    const { state } = container;
    if (state === 'configured' || state === 'created')
      throw failure(`can only stop created or running containers. ${container.id} is in state ${state}: ${IMPROPER}`);
    await stopContainer(ctx, container, seconds);
    await print(ctx, `${text}\n`);
  });

const kill: Action = async (ctx, cli) =>
  each(ctx, cli, async (container, text) => {
    const { id, state } = container;
    if (state !== 'running') throw failure(`can only kill running containers. ${id} is in state ${state}: ${IMPROPER}`);
    const refused = await runtime(ctx, 'kill', id, cli.string('signal'));
    if (refused !== null) throw failure(refused);
    await print(ctx, `${text}\n`);
  });

const remove: Action = async (ctx, cli) => {
  const force = cli.bool('force');
  if (!cli.bool('all') && cli.args.length === 0) throw failure('you must provide at least one name or id');
  let code = 0;
  for (const text of cli.bool('all') ? (await readDatabase(ctx)).containers.map(({ id }) => id) : cli.args) {
    const container = await findContainer(ctx, text);
    if (container === undefined) {
      if (force) continue;
      await printError(ctx, `Error: no container with ID or name "${text}" found: no such container\n`);
      code = 1;
      continue;
    }
    if (container.state === 'running') {
      if (!force) {
        await printError(
          ctx,
          `Error: cannot remove container ${container.id} as it is running - running or paused containers cannot be removed without force: ${IMPROPER}\n`,
        );
        code = REFUSED;
        continue;
      }
      await stopContainer(ctx, container, cli.isSet('time') ? cli.number('time') : container.stopTimeout);
    }
    const left = await findContainer(ctx, container.id);
    if (left !== undefined) await removeContainer(ctx, left, cli.bool('volumes') || left.autoRemove);
    await print(ctx, `${text}\n`);
  }
  return code;
};

const wait: Action = async (ctx, cli) =>
  each(ctx, cli, async ({ id }) => {
    await print(ctx, `${await waitForExit(ctx, id)}\n`);
  });

const exec: Action = async (ctx, cli) => {
  const [text, ...command] = cli.args;
  if (text === undefined) throw failure('exec requires the name or ID of a container or the --latest flag');
  if (command.length === 0)
    throw failure('must provide a non-empty command to start an exec session: invalid argument');
  const container = await needContainer(ctx, text);
  if (container.state !== 'running') {
    await printError(ctx, `Error: can only create exec sessions on running containers: ${IMPROPER}\n`);
    return 255;
  }
  const runtimePath = '/usr/bin/crun';
  const tty = cli.bool('tty') && (await ctx.sys.isTty(ctx, 0));
  const log = `${runDirectoryOf(container.id)}/exec-${ctx.random.hex(8)}.log`;
  const argv = [
    runtimePath,
    `--log=file:${log}`,
    'exec',
    ...(tty ? ['--tty'] : []),
    ...cli.strings('env').flatMap((entry) => ['--env', entry]),
    ...(cli.string('workdir') === '' ? [] : ['--cwd', cli.string('workdir')]),
    ...(cli.string('user') === '' ? [] : ['--user', cli.string('user')]),
    container.id,
    ...command,
  ];
  const [errRead, errWrite] = await ctx.sys.pipe(ctx);
  const pid = await ctx.sys.spawn(ctx, runtimePath, {
    argv,
    env: ctx.process.env,
    stdio: { 0: cli.bool('interactive') || tty ? 0 : 'null', 1: 1, 2: tty ? 2 : errWrite },
  });
  await ctx.sys.close(ctx, errWrite);
  // What the runtime says of itself is in its log as well, and told in other words.
  for (let data = await ctx.sys.read(ctx, errRead); data.length > 0; data = await ctx.sys.read(ctx, errRead))
    if (!(await exists(ctx, log))) await printError(ctx, data);
  const status = await ctx.sys.wait(ctx, pid);
  const words = (await exists(ctx, log)) ? await readFile(ctx, log) : '';
  await removeAll(ctx, log);
  if (status?.exitCode === 0 || words === '') return status?.exitCode ?? FAILED;
  const why = runtimeFailure(words);
  await printError(ctx, `Error: ${why.message}\n`);
  return why.exitCode;
};

/** Stopped as `stop` does, and started again. */
const restart: Action = async (ctx, cli) =>
  each(ctx, cli, async (container, text) => {
    await stopContainer(ctx, container, cli.isSet('time') ? cli.number('time') : container.stopTimeout);
    const now = await needContainer(ctx, container.id);
    await beginAnew(ctx, now);
    await startProcess(ctx, now);
    await print(ctx, `${text}\n`);
  });

/** `TIME STREAM F|P TEXT` */
const logs: Action = async (ctx, cli) => {
  if (cli.args.length === 0) throw failure('specify at least one container name or ID to log');
  for (const text of cli.args) {
    const { id } = await needContainer(ctx, text);
    const path = logPathOf(id);
    const whole = async (): Promise<string[]> =>
      (await exists(ctx, path)) ? (await readFile(ctx, path)).split('\n').slice(0, -1) : [];
    let lines = await whole();
    const tail = cli.number('tail');
    let shown = tail < 0 ? 0 : Math.max(0, lines.length - tail);
    for (;;) {
      for (const line of lines.slice(shown)) await showLine(ctx, line, cli.bool('timestamps'));
      shown = lines.length;
      if (!cli.bool('follow')) break;
      // What was written after the last look at a container that has ended is there now.
      const ended = (await findContainer(ctx, id))?.state !== 'running';
      if (!ended) await ctx.sleep(FOLLOW_NS);
      lines = await whole();
      if (ended && lines.length === shown) break;
    }
  }
};

async function showLine(ctx: Context, line: string, timestamps: boolean): Promise<void> {
  const [time = '', stream = '', part = '', ...words] = line.split(' ');
  const shown = `${timestamps ? `${time} ` : ''}${words.join(' ')}${part === 'P' ? '' : '\n'}`;
  await (stream === 'stderr' ? printError(ctx, shown) : print(ctx, shown));
}

const cleanup: Action = async (ctx, cli) =>
  each(ctx, cli, async (container, text) => {
    await containerEnded(ctx, container.id, cli.bool('rm') || container.autoRemove);
    await print(ctx, `${text}\n`);
  });

const time = { name: 'time', short: 't', kind: 'int', value: 10, usage: 'seconds until it is killed' } as const;
const all = { name: 'all', short: 'a', kind: 'bool', usage: 'all containers' } as const;
const USE = '[options] CONTAINER [CONTAINER...]';

export const manageCommands: readonly Command[] = [
  {
    name: 'start',
    use: USE,
    short: 'Start containers',
    flags: [{ name: 'attach', short: 'a', kind: 'bool', usage: 'with its streams' }],
    action: start,
  },
  { name: 'stop', use: USE, short: 'Stop containers', flags: [all, time], action: stop },
  { name: 'restart', use: USE, short: 'Stop containers and start them again', flags: [all, time], action: restart },
  {
    name: 'kill',
    use: USE,
    short: 'Send a signal to containers',
    flags: [all, { name: 'signal', short: 's', kind: 'string', value: 'KILL', usage: 'which one' }],
    action: kill,
  },
  {
    name: 'rm',
    use: USE,
    short: 'Remove containers',
    flags: [
      all,
      { name: 'force', short: 'f', kind: 'bool', usage: 'also those that run' },
      time,
      { name: 'volumes', short: 'v', kind: 'bool', usage: 'and the volumes that were made for them' },
    ],
    action: remove,
  },
  { name: 'wait', use: USE, short: 'Wait until containers have ended', flags: [], action: wait },
  {
    name: 'exec',
    use: '[options] CONTAINER COMMAND [ARG...]',
    short: 'Run a process in a running container',
    flags: [
      { name: 'env', short: 'e', kind: 'stringArray', usage: 'a variable of its environment' },
      { name: 'interactive', short: 'i', kind: 'bool', usage: 'with standard input' },
      { name: 'tty', short: 't', kind: 'bool', usage: 'on a terminal' },
      { name: 'user', short: 'u', kind: 'string', usage: 'as whom' },
      { name: 'workdir', short: 'w', kind: 'string', usage: 'where' },
    ],
    flagsFirst: true,
    action: exec,
  },
  {
    name: 'logs',
    use: USE,
    short: 'Show what containers have printed',
    flags: [
      { name: 'follow', short: 'f', kind: 'bool', usage: 'and what they will' },
      { name: 'tail', kind: 'int', value: -1, usage: 'only so many lines of the end' },
      { name: 'timestamps', short: 't', kind: 'bool', usage: 'with times' },
    ],
    action: logs,
  },
];

export const cleanupCommand: Command = {
  name: 'cleanup',
  use: USE,
  short: 'Take back what ended containers had of mounts and networks',
  flags: [all, { name: 'rm', kind: 'bool', usage: 'and remove them' }],
  action: cleanup,
};
