/**
 * nerdctl start, stop, restart, kill, pause, unpause, wait, rename, rm, container prune.
 * @models nerdctl v2.3.5 pkg/cmd/container/{start,stop,restart,kill,pause,unpause,wait,rename,remove,prune}.go
 * @fidelity full
 */
import type { CobraContext, Pflag } from '../../../go/cobra-types.ts';
import type { Context } from '../../../linux/context.ts';
import { print } from '../../../linux/io.ts';
import type { Container } from '../../../protocols/containerd/services/containers/v1/generated.ts';
import { TasksService } from '../../../protocols/containerd/services/tasks/v1/generated.ts';
import { Status } from '../../../protocols/containerd/types/task/generated.ts';
import type { Client } from '../../common/containerd/client.ts';
import {
  listContainers,
  loadContainer,
  loadTask,
  STOP_SIGNAL_LABEL,
  signalOf,
  specOf,
  startWait,
} from '../../common/containerd/container.ts';
import { ContainerdError, isKind, nativeError, unlessMissing } from '../../common/containerd/errors.ts';
import { dataStore, renameName } from '../data-store.ts';
import { renameHosts } from '../hosts-store.ts';
import { cleanUpNetwork, stopReserver } from '../internal/oci-hook.ts';
import { LABELS } from '../labels.ts';
import { ContainerStatusError, removeContainer } from '../remove.ts';
import { type Command, command, confirmed, ExitError, fail, log, newClient } from '../run.ts';
import { ignoreGone, recordingError, startContainer, stopContainer, updateLabels } from '../task.ts';
import { refuseUnmodelled, UNMODELLED_START } from '../unmodelled-flags.ts';
import { findContainer, walkContainers } from '../walker.ts';

const { methods } = TasksService;

const TIME: Pflag = { name: 'time', short: 't', kind: 'int', value: 10, usage: 'Seconds until it is killed' };
const SIGNAL: Pflag = { name: 'signal', short: 's', kind: 'string', usage: 'Signal that stops it' };

export const startCommand = command({
  name: 'start',
  use: '[flags] CONTAINER [CONTAINER, ...]',
  short: 'Start containers that do not run',
  flags: [
    { name: 'attach', short: 'a', kind: 'bool', usage: 'Attach STDOUT and STDERR, and pass signals on' },
    { name: 'detach-keys', kind: 'string', value: 'ctrl-p,ctrl-q', usage: 'Keys that detach from the container' },
    { name: 'interactive', short: 'i', kind: 'bool', usage: 'Attach STDIN' },
    ...UNMODELLED_START,
  ],
  args: { min: 1 },
  action: async (ctx, cli) => {
    refuseUnmodelled(cli, UNMODELLED_START);
    const client = await newClient(ctx, cli);
    if (cli.bool('attach') && cli.args.length > 1) fail('you cannot start and attach multiple containers at once');
    await walkContainers(ctx, client, cli.args, async (container, request) => {
      const code = await recordingError(ctx, client, container.id, () => startContainer(ctx, cli, client, container));
      if (code !== null && code !== 0) throw new ExitError(code);
      if (!cli.bool('attach')) await print(ctx, `${request}\n`);
    });
  },
});

/** Label of the container or, with -s, what was typed. */
function stopSignal(cli: CobraContext, { labels }: Container): number {
  const given = cli.has('signal') ? cli.string('signal') : '';
  return signalOf(given === '' ? (labels[STOP_SIGNAL_LABEL] ?? 'SIGTERM') : given);
}

async function stopOne(ctx: Context, cli: CobraContext, client: Client, container: Container): Promise<void> {
  const seconds = cli.isSet('time') ? cli.number('time') : null;
  await cleanUpNetwork(ctx, cli, container.id, specOf(container).annotations ?? {});
  await recordingError(ctx, client, container.id, () =>
    stopContainer(ctx, client, container, seconds, stopSignal(cli, container)),
  );
  await stopReserver(ctx, client.namespace, container.id);
}

export const stopCommand = command({
  name: 'stop',
  use: '[flags] CONTAINER [CONTAINER, ...]',
  short: 'Stop running containers',
  flags: [TIME, SIGNAL],
  args: { min: 1 },
  action: async (ctx, cli) => {
    const client = await newClient(ctx, cli);
    await walkContainers(ctx, client, cli.args, async (container, request) => {
      await stopOne(ctx, cli, client, container);
      await print(ctx, `${request}\n`);
    });
  },
});

export const restartCommand = command({
  name: 'restart',
  use: '[flags] CONTAINER [CONTAINER, ...]',
  short: 'Stop and start containers',
  flags: [TIME, SIGNAL],
  args: { min: 1 },
  action: async (ctx, cli) => {
    const client = await newClient(ctx, cli);
    await walkContainers(ctx, client, cli.args, async (container, request) => {
      await stopOne(ctx, cli, client, container);
      await startContainer(ctx, cli, client, await loadContainer(ctx, client, container.id));
      await print(ctx, `${request}\n`);
    });
  },
});

export const killCommand = command({
  name: 'kill',
  use: '[flags] CONTAINER [CONTAINER, ...]',
  short: 'Send running containers a signal',
  flags: [{ name: 'signal', short: 's', kind: 'string', value: 'KILL', usage: 'The signal' }],
  args: { min: 1 },
  action: async (ctx, cli) => {
    const given = cli.string('signal');
    const name = given.startsWith('SIG') || /^\d+$/.test(given) ? given : `SIG${given}`;
    const signal = signalOf(name);
    const client = await newClient(ctx, cli);
    await walkContainers(ctx, client, cli.args, async (container) => {
      const { id } = container;
      await cleanUpNetwork(ctx, cli, id, specOf(container).annotations ?? {});
      await recordingError(ctx, client, id, async () => {
        await updateLabels(ctx, client, id, { [LABELS.explicitlyStopped]: 'true' });
        const { status } = await loadTask(ctx, client, id);
        if (status === Status.CREATED || status === Status.STOPPED)
          fail(`cannot kill container ${id}: container is not running`);
        await client.call(ctx, methods.Kill, { containerId: id, signal });
        if (status === Status.PAUSED || status === Status.PAUSING)
          await client.call(ctx, methods.Resume, { containerId: id }).catch(ignoreGone);
      });
      await print(ctx, `${id}\n`);
    });
  },
});

function freezer(name: 'pause' | 'unpause', short: string): Command {
  return command({
    name,
    use: 'CONTAINER [CONTAINER, ...]',
    short,
    args: { min: 1 },
    action: async (ctx, cli) => {
      const client = await newClient(ctx, cli);
      await walkContainers(ctx, client, cli.args, async ({ id }, request) => {
        const { status } = await loadTask(ctx, client, id);
        if (name === 'pause') {
          if (status === Status.PAUSED) fail(`container ${id} is already paused`);
          if (status === Status.CREATED || status === Status.STOPPED) fail(`container ${id} is not running`);
        } else if (status !== Status.PAUSED) fail(`container ${id} is not paused`);
        await client.call(ctx, name === 'pause' ? methods.Pause : methods.Resume, { containerId: id });
        await print(ctx, `${request}\n`);
      });
    },
  });
}

export const pauseCommand = freezer('pause', 'Freeze all processes of containers');
export const unpauseCommand = freezer('unpause', 'Thaw all processes of containers');

export const waitCommand = command({
  name: 'wait',
  use: 'CONTAINER [CONTAINER, ...]',
  short: 'Wait until containers end, then print their exit codes',
  args: { min: 1 },
  action: async (ctx, cli) => {
    const client = await newClient(ctx, cli);
    const found: Container[] = [];
    await walkContainers(ctx, client, cli.args, async (container) => void found.push(container), false);
    const errors: string[] = [];
    for (const { id } of found) {
      try {
        await loadTask(ctx, client, id);
        const { code } = await startWait(ctx, client, id).wait();
        await print(ctx, `${code}\n`);
      } catch (error) {
        errors.push(nativeError(error).message);
      }
    }
    if (errors.length > 0) fail(errors.join('\n'));
  },
});

export const renameCommand = command({
  name: 'rename',
  use: 'CONTAINER NEW_NAME',
  short: 'Rename a container',
  args: { exactly: 2 },
  action: async (ctx, cli) => {
    const client = await newClient(ctx, cli);
    const [request = '', name = ''] = cli.args;
    const store = await dataStore(ctx, cli);
    const { id, labels } = await findContainer(ctx, client, request);
    await renameName(ctx, store, client.namespace, id, labels[LABELS.name] ?? '', name);
    if (!(await renameHosts(ctx, store, client.namespace, id, name)))
      await log(
        ctx,
        'warning',
        "failed to update host networking definitions - if your container is using network 'none', this is expected - otherwise, please report this as a bug",
        new ContainerdError('hosts-store error\nnot found'),
      );
    await updateLabels(ctx, client, id, { [LABELS.name]: name });
  },
});

export const rmCommand = command({
  name: 'rm',
  use: '[flags] CONTAINER [CONTAINER, ...]',
  short: 'Remove containers',
  aliases: ['remove'],
  flags: [
    { name: 'force', short: 'f', kind: 'bool', usage: 'Also one that runs, with SIGKILL' },
    { name: 'volumes', short: 'v', kind: 'bool', usage: 'Its anonymous volumes as well' },
  ],
  args: { min: 1 },
  action: async (ctx, cli) => {
    const client = await newClient(ctx, cli);
    const force = cli.bool('force');
    try {
      await walkContainers(ctx, client, cli.args, async (container, request) => {
        try {
          await recordingError(ctx, client, container.id, () =>
            removeContainer(ctx, cli, client, container, force, cli.bool('volumes')),
          );
        } catch (error) {
          if (!(error instanceof ContainerStatusError)) throw error;
          fail(`${error.message}. unpause/stop container first or force removal`);
        }
        await print(ctx, `${request}\n`);
      });
    } catch (error) {
      if (!force || !(error instanceof ContainerdError)) throw error;
      await log(ctx, 'error', error.message);
    }
  },
});

/** Returns nothing: what it removed is printed. */
export async function pruneContainers(ctx: Context, cli: CobraContext, client: Client): Promise<void> {
  const deleted: string[] = [];
  for (const container of await listContainers(ctx, client)) {
    try {
      await removeContainer(ctx, cli, client, container, false, true);
      deleted.push(container.id);
    } catch (error) {
      if (error instanceof ContainerStatusError) continue;
      await log(ctx, 'warning', `failed to remove container ${container.id}`, error);
    }
  }
  if (deleted.length > 0) await print(ctx, `Deleted Containers:\n${deleted.join('\n')}\n`);
}

export const pruneCommand = command({
  name: 'prune',
  use: '[flags]',
  short: 'Remove all containers that do not run',
  flags: [{ name: 'force', short: 'f', kind: 'bool', usage: 'Do not ask' }],
  args: 'none',
  action: async (ctx, cli) => {
    if (!cli.bool('force') && !(await confirmed(ctx, 'This will remove all stopped containers.'))) return;
    await pruneContainers(ctx, cli, await newClient(ctx, cli));
  },
});

export async function isRunning(ctx: Context, client: Client, id: string): Promise<boolean> {
  const task = await unlessMissing(() => loadTask(ctx, client, id)).catch((error: unknown) => {
    if (isKind(error, 'Unavailable')) return null;
    throw error;
  });
  return task?.status === Status.RUNNING || task?.status === Status.PAUSED || task?.status === Status.PAUSING;
}
