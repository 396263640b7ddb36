/** A task's life as `run` and `tasks start` live it with their own streams. @models containerd 2.1 cmd/ctr/commands/tasks/{tasks_unix,start}.go */
import type { Context } from '../../linux/context.ts';
import { writeFile } from '../../linux/io.ts';
import { TasksService } from '../../protocols/containerd/services/tasks/v1/generated.ts';
import type { Client } from '../common/containerd/client.ts';
import { type Console, followResizes, forwardSignals, rawConsole } from '../common/containerd/console.ts';
import { deleteTask, loadContainer, rootfsMounts, startWait } from '../common/containerd/container.ts';
import { isKind, nativeError } from '../common/containerd/errors.ts';
import { NULL_IO, newStreams, type OpenStreams } from '../common/containerd/streams.ts';
import { ExitError, type Run } from './run.ts';

const { methods } = TasksService;

/** console.Current panics without a terminal, and Go's runtime ends the program with 2. */
export async function consoleFor(ctx: Context, wanted: boolean): Promise<Console | null> {
  if (!wanted) return null;
  const found = await rawConsole(ctx);
  if (found === null) throw new ExitError(2, 'panic: provided file is not a console');
  return found;
}

export function ignoreGone(error: unknown): void {
  if (!isKind(nativeError(error), 'NotFound', 'FailedPrecondition', 'Unknown')) throw error;
}

export type TaskOptions = {
  detach: boolean;
  tty: boolean;
  nullIo: boolean;
  fifoDir: string;
  pidFile: string /** Where a failed start leaves nothing behind. */;
  onFailure?: () => Promise<void>;
};

/** Creates and starts the task; returns when it has ended, or at once when detached. The exit code, or null. */
export async function runTask(
  ctx: Context,
  run: Run,
  client: Client,
  id: string,
  options: TaskOptions,
): Promise<number | null> {
  const container = await loadContainer(ctx, client, id);
  const terminal = await consoleFor(ctx, options.tty && !options.detach);
  // Nobody reads the pipes of a detached task: its output goes nowhere.
  const streams: OpenStreams | null =
    options.detach || options.nullIo ? null : await newStreams(ctx, id, options.tty, options.fifoDir);
  const config = streams?.config ?? { ...NULL_IO, terminal: options.tty };
  try {
    const rootfs = await rootfsMounts(ctx, client, container);
    await client.call(ctx, methods.Create, { containerId: id, rootfs, ...config });
    const { pid } = (await client.call(ctx, methods.Get, { containerId: id })).process ?? { pid: 0 };
    if (options.pidFile !== '') await writeFile(ctx, options.pidFile, String(pid));
    if (options.detach) {
      await client.call(ctx, methods.Start, { containerId: id });
      return null;
    }
    const exit = startWait(ctx, client, id);
    if (streams !== null)
      streams.onInputEnd = (c) =>
        client.call(c, methods.CloseIO, { containerId: id, stdin: true }).then(() => {}, ignoreGone);
    await client.call(ctx, methods.Start, { containerId: id });
    if (terminal !== null)
      await followResizes(ctx, terminal, (c, { columns, rows }) =>
        client.call(c, methods.ResizePty, { containerId: id, width: columns, height: rows }).then(() => {}, ignoreGone),
      );
    else
      forwardSignals(ctx, (c, signal) =>
        client.call(c, methods.Kill, { containerId: id, signal }).then(() => {}, ignoreGone),
      );
    await exit.wait();
    const { code } = await deleteTask(ctx, client, id, { io: streams });
    return code;
  } catch (error) {
    await streams?.remove(ctx);
    throw error;
  } finally {
    await terminal?.reset(ctx);
  }
}
