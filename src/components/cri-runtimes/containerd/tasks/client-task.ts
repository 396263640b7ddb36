/**
 * Tasks as containerd's own client handles them: loading, and deleting with everything that goes with it.
 * @models containerd 2.1 client/task.go, task_opts.go (WithProcessKill)
 * @fidelity partial: no checkpoints
 */
import type { Context } from '../../../../linux/context.ts';
import { start } from '../../shared/concurrency.ts';
import { failure, isKind, isNotFound } from '../../shared/errors.ts';
import { isClosed, type Shim, type TaskState } from './shim.ts';
import type { Exit } from './shim-binary.ts';
import type { TaskManager } from './task-manager.ts';

const SIGKILL = 9;

/** What has to end before a task's record may go. */
export type TaskIoHandle = {
  cancel(ctx: Context): Promise<void>;
  wait(): Promise<void>;
  close(ctx: Context): Promise<void>;
};

export type LoadedTask = { shim: Shim; state: TaskState };

/** Throws NotFound if there is no such task, or its shim has gone. */
export async function loadTask(ctx: Context, tasks: TaskManager, ns: string, id: string): Promise<LoadedTask> {
  const shim = tasks.get(ns, id);
  return { shim, state: await shim.state(ctx) };
}

/** SIGKILL to all processes, then wait for the end; a process that is gone already is no error. */
export async function killAndWait(ctx: Context, shim: Shim, execId = ''): Promise<void> {
  const exited = start(ctx, 'wait', (c) => shim.wait(c, execId));
  try {
    await shim.kill(ctx, SIGKILL, execId === '', execId);
  } catch (error) {
    if (!isKind(error, 'NotFound', 'FailedPrecondition')) throw error;
    if (isKind(error, 'FailedPrecondition')) return;
  }
  try {
    await exited.wait();
  } catch (error) {
    if (!isClosed(error) && !isNotFound(error)) throw error;
  }
}

export async function deleteTask(
  ctx: Context,
  tasks: TaskManager,
  ns: string,
  shim: Shim,
  io: TaskIoHandle | null,
): Promise<Exit> {
  await killAndWait(ctx, shim);
  const { status } = await shim.state(ctx);
  if (status !== 'stopped' && status !== 'unknown') {
    throw failure(`task must be stopped before deletion: ${status}: failed precondition`, 'FailedPrecondition');
  }
  if (io !== null) {
    await io.cancel(ctx);
    await io.wait();
  }
  const exit = await tasks.delete(ctx, ns, shim.id);
  if (io !== null) await io.close(ctx);
  return exit;
}
