/**
 * A task for a container: detached with a logger, or attached with our own streams and a logger beside them.
 * @models nerdctl v2.3.5 pkg/taskutil/taskutil.go, pkg/cioutil/container_io.go, pkg/containerutil/containerutil.go (Start)
 * @fidelity partial: no detach keys, no checkpoints
 */
import type { CobraContext } from '../../go/cobra-types.ts';
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { type Container, ContainersService } from '../../protocols/containerd/services/containers/v1/generated.ts';
import { TasksService } from '../../protocols/containerd/services/tasks/v1/generated.ts';
import { Status } from '../../protocols/containerd/types/task/generated.ts';
import { Future } from '../../sim/primitives.ts';
import type { Client } from '../common/containerd/client.ts';
import { type Console, followResizes, forwardSignals, rawConsole } from '../common/containerd/console.ts';
import { deleteTask, loadTask, rootfsMounts, specOf, startWait } from '../common/containerd/container.ts';
import { isKind, nativeError, unlessMissing } from '../common/containerd/errors.ts';
import { NULL_IO, newStreams, type OpenStreams } from '../common/containerd/streams.ts';
import { LABELS } from './labels.ts';
import { fail, log } from './run.ts';

const { methods } = TasksService;

export function ignoreGone(error: unknown): void {
  if (!isKind(nativeError(error), 'NotFound', 'FailedPrecondition', 'Unknown')) throw error;
}

export async function consoleFor(ctx: Context): Promise<Console> {
  return (await rawConsole(ctx)) ?? fail('provided file is not a console');
}

export async function updateLabels(
  ctx: Context,
  client: Client,
  id: string,
  labels: Record<string, string>,
): Promise<void> {
  await client.call(ctx, ContainersService.methods.Update, {
    container: { id, labels },
    updateMask: { paths: Object.keys(labels).map((key) => `labels.${key}`) },
  });
}

/** Keeps a failure with the container, for inspect. */
export async function recordingError<T>(ctx: Context, client: Client, id: string, body: () => Promise<T>): Promise<T> {
  try {
    return await body();
  } catch (error) {
    if (!(error instanceof Error) || !('kind' in error)) throw error;
    await updateLabels(ctx, client, id, { [LABELS.error]: error.message }).catch(ignoreGone);
    throw error;
  }
}

export type TaskOptions = {
  detach: boolean;
  interactive: boolean;
  sigProxy: boolean;
  /** STDIN, STDOUT, STDERR; none is all that the other flags say. */
  attach: readonly string[];
};

/** Runs the task; its exit code when it was attached, null when not. With `remove` it is deleted at its end. */
export async function runTask(
  ctx: Context,
  client: Client,
  container: Container,
  options: TaskOptions,
  remove: boolean,
): Promise<number | null> {
  const { id, labels } = container;
  const terminal = specOf(container).process?.terminal === true;
  const uri = labels[LABELS.logUri] ?? '';
  const console = terminal && !options.detach ? await consoleFor(ctx) : null;
  let streams: AttachedStreams | null = null;
  try {
    const isLogged = uri !== '' && uri !== 'none';
    streams = options.detach ? null : await attachedStreams(ctx, client, id, terminal, uri, options);
    const logged = isLogged ? { stdin: '', stdout: uri, stderr: uri, terminal } : { ...NULL_IO, terminal };
    const config = streams?.open.config ?? logged;
    const rootfs = await rootfsMounts(ctx, client, container);
    const { runtime } = container;
    await client.call(ctx, methods.Create, {
      containerId: id,
      rootfs,
      ...config,
      ...(runtime?.options === undefined ? {} : { options: runtime.options }),
    });
    const exit = startWait(ctx, client, id);
    const { open } = streams ?? { open: null };
    if (open !== null)
      open.onInputEnd = (c) =>
        client.call(c, methods.CloseIO, { containerId: id, stdin: true }).then(() => {}, ignoreGone);
    await client.call(ctx, methods.Start, { containerId: id });
    await updateLabels(ctx, client, id, {
      ...(labels[LABELS.restartPolicy] === undefined ? {} : { [LABELS.restartStatus]: 'running' }),
      [LABELS.explicitlyStopped]: 'false',
    });
    if (options.detach) return null;
    if (console !== null)
      await followResizes(ctx, console, (c, { columns, rows }) =>
        client.call(c, methods.ResizePty, { containerId: id, width: columns, height: rows }).then(() => {}, ignoreGone),
      );
    else if (options.sigProxy)
      forwardSignals(ctx, (c, signal) =>
        client.call(c, methods.Kill, { containerId: id, signal }).then(() => {}, ignoreGone),
      );
    const { code } = await exit.wait();
    await streams?.end(ctx);
    if (remove) await deleteTask(ctx, client, id).catch(ignoreGone);
    return code;
  } catch (error) {
    await streams?.abandon(ctx);
    throw error;
  } finally {
    await console?.reset(ctx);
  }
}

type AttachedStreams = {
  open: OpenStreams;
  /** The output has arrived, here and in the log. */
  end(ctx: Context): Promise<void>;
  abandon(ctx: Context): Promise<void>;
};

async function attachedStreams(
  ctx: Context,
  client: Client,
  id: string,
  terminal: boolean,
  uri: string,
  { attach, interactive }: TaskOptions,
): Promise<AttachedStreams> {
  const wants = (name: string): boolean => attach.length === 0 || attach.includes(name);
  const withInput = attach.length === 0 ? interactive : attach.includes('STDIN') || interactive;
  const logger = uri.startsWith('binary://') ? await startLogger(ctx, client.namespace, id, uri) : null;
  const outputs = {
    stdout: [...(wants('STDOUT') ? [1] : []), ...(logger === null ? [] : [logger.stdout])],
    stderr: [...(wants('STDERR') ? [2] : []), ...(logger === null ? [] : [logger.stderr])],
  };
  const open = await newStreams(ctx, id, terminal, '', withInput, outputs);
  const closeLogger = async (c: Context): Promise<void> => {
    if (logger === null) return;
    for (const fd of [logger.stdout, logger.stderr]) await c.sys.close(c, fd);
  };
  return {
    open,
    async end(c) {
      await open.drained();
      await open.remove(c);
      await closeLogger(c);
      if (logger !== null) await reap(c, logger.pid);
    },
    async abandon(c) {
      await open.remove(c);
      await closeLogger(c);
      if (logger !== null) await stop(c, logger.pid);
    },
  };
}

async function reap(ctx: Context, pid: number): Promise<void> {
  try {
    await ctx.sys.wait(ctx, pid);
  } catch (error) {
    if (!isErrno(error)) throw error;
  }
}

async function stop(ctx: Context, pid: number): Promise<void> {
  try {
    await ctx.sys.kill(ctx, pid, 'SIGTERM');
  } catch (error) {
    if (!isErrno(error)) throw error;
  }
}

/** The same program that a shim would start for a detached container. */
async function startLogger(
  ctx: Context,
  namespace: string,
  id: string,
  uri: string,
): Promise<{ pid: number; stdout: number; stderr: number }> {
  const { sys } = ctx;
  const [path = '', query = ''] = uri.slice('binary://'.length).split('?');
  const args = query.split('=').map((word) => decodeURIComponent(word));
  const [outRead, stdout] = await sys.pipe(ctx);
  const [errRead, stderr] = await sys.pipe(ctx);
  const [ready, tellReady] = await sys.pipe(ctx);
  for (const fd of [stdout, stderr, ready]) await sys.setCloseOnExec(ctx, fd, true);
  try {
    const pid = await sys.spawn(ctx, path, {
      argv: [path, ...args],
      env: [`CONTAINER_ID=${id}`, `CONTAINER_NAMESPACE=${namespace}`],
      stdio: { 0: 'null', 1: 'null', 2: 'null', 3: outRead, 4: errRead, 5: tellReady },
    });
    for (const fd of [outRead, errRead, tellReady]) await sys.close(ctx, fd);
    await sys.read(ctx, ready, 1);
    return { pid, stdout, stderr };
  } catch (error) {
    if (!isErrno(error)) throw error;
    return fail(
      `failed to start binary process with cmdArgs [${[path, ...args].join(' ')}] (logURI: ${uri}): fork/exec ${path}: ${error.go}`,
    );
  } finally {
    await sys.close(ctx, ready);
  }
}

/** containerutil.Start: a new task in place of the one that has ended. Returns the exit code when attached. */
export async function startContainer(
  ctx: Context,
  cli: CobraContext,
  client: Client,
  container: Container,
): Promise<number | null> {
  const { id, labels } = container;
  if (labels[LABELS.criKind] !== undefined)
    await log(ctx, 'warning', `nerdctl does not support starting container ${id} created by Kubernetes`);
  const old = await unlessMissing(() => loadTask(ctx, client, id));
  if (old?.status === Status.RUNNING) {
    await log(ctx, 'warning', `container ${id} is already running`);
    return null;
  }
  if (old !== null) await deleteTask(ctx, client, id).catch(ignoreGone);
  const attach = cli.has('attach') && cli.bool('attach');
  const interactive = cli.has('interactive') && cli.bool('interactive');
  const options = { detach: !attach, interactive, sigProxy: true, attach: attach ? ['STDOUT', 'STDERR'] : [] };
  return runTask(ctx, client, container, options, false);
}

const SECOND_NS = 1_000_000_000;
const STOP_SECONDS_DEFAULT = 10;

/** containerutil.Stop: its signal, and when time is up SIGKILL. */
export async function stopContainer(
  ctx: Context,
  client: Client,
  { id, labels }: Container,
  seconds: number | null,
  signal: number,
): Promise<void> {
  await updateLabels(ctx, client, id, { [LABELS.explicitlyStopped]: 'true' });
  const task = await unlessMissing(() => loadTask(ctx, client, id));
  if (task === null || task.status === Status.CREATED || task.status === Status.STOPPED) return;
  const limit = seconds ?? Number(labels[LABELS.stopTimeout] ?? STOP_SECONDS_DEFAULT);
  const exit = startWait(ctx, client, id);
  if (task.status === Status.PAUSED || task.status === Status.PAUSING)
    await client.call(ctx, methods.Resume, { containerId: id });
  if (limit > 0) {
    await client.call(ctx, methods.Kill, { containerId: id, signal });
    if (await endsWithin(ctx, exit, limit * SECOND_NS)) return;
  }
  await client.call(ctx, methods.Kill, { containerId: id, signal: 9 }).catch(ignoreGone);
  await exit.wait();
}

type Waiting = ReturnType<typeof startWait>;

async function endsWithin(ctx: Context, exit: Waiting, durationNs: number): Promise<boolean> {
  const outcome = new Future<boolean>(ctx.scheduler);
  ctx.go('exit', async () => {
    try {
      await exit.wait();
    } catch (error) {
      nativeError(error);
    }
    outcome.resolve(true);
  });
  ctx.go('timeout', async (c) => {
    await c.sleep(durationNs);
    outcome.resolve(false);
  });
  return outcome.wait();
}
