/** Container records and their tasks. @models containerd 2.1 client/container.go, task.go @fidelity partial: no checkpoints */
import type { Context } from '../../../linux/context.ts';
import { parseSignal, type Signal, signalNumber } from '../../../linux/signals.ts';
import { type Container, ContainersService } from '../../../protocols/containerd/services/containers/v1/generated.ts';
import { SnapshotsService } from '../../../protocols/containerd/services/snapshots/v1/generated.ts';
import { TasksService } from '../../../protocols/containerd/services/tasks/v1/generated.ts';
import { type Process, Status } from '../../../protocols/containerd/types/task/generated.ts';
import type { Timestamp } from '../../../protocols/google/protobuf/generated.ts';
import type { Spec } from '../../../protocols/oci-runtime/types.ts';
import { Future } from '../../../sim/primitives.ts';
import type { Client } from './client.ts';
import { ContainerdError, isKind } from './errors.ts';

export const SPEC_TYPE_URL = 'types.containerd.io/opencontainers/runtime-spec/1/Spec';
export const PROCESS_TYPE_URL = 'types.containerd.io/opencontainers/runtime-spec/1/Process';
export const STOP_SIGNAL_LABEL = 'io.containerd.image.config.stop-signal';

export type ExitStatus = { code: number; exitedAt: Timestamp | undefined };

export async function loadContainer(ctx: Context, client: Client, id: string): Promise<Container> {
  const { container } = await client.call(ctx, ContainersService.methods.Get, { id });
  if (container === undefined) throw new ContainerdError(`container "${id}": not found`, 'NotFound');
  return container;
}

export async function listContainers(
  ctx: Context,
  client: Client,
  filters: readonly string[] = [],
): Promise<Container[]> {
  const answers = await client.collect(ctx, ContainersService.methods.ListStream, { filters });
  return answers.flatMap(({ container }) => (container === undefined ? [] : [container]));
}

export function specOf(container: Container): Spec {
  return JSON.parse(new TextDecoder().decode(container.spec?.value ?? new TextEncoder().encode('{}'))) as Spec;
}

/** The task's state. Throws NotFound `no running task found: …`. */
export function loadTask(ctx: Context, client: Client, id: string): Promise<Process> {
  return loadProcess(ctx, client, id, '').catch((error: unknown) => {
    if (isKind(error, 'NotFound'))
      throw new ContainerdError(`no running task found: ${(error as Error).message}`, 'NotFound');
    throw error;
  });
}

export async function loadProcess(ctx: Context, client: Client, containerId: string, execId: string): Promise<Process> {
  const { process } = await client.call(ctx, TasksService.methods.Get, { containerId, execId });
  if (process === undefined) throw new ContainerdError(`task ${containerId} not found`, 'NotFound');
  return process;
}

const STATUS_NAMES: Readonly<Record<number, string>> = {
  [Status.UNKNOWN]: 'unknown',
  [Status.CREATED]: 'created',
  [Status.RUNNING]: 'running',
  [Status.STOPPED]: 'stopped',
  [Status.PAUSED]: 'paused',
  [Status.PAUSING]: 'pausing',
};

export function statusName(status: number): string {
  return STATUS_NAMES[status] ?? 'unknown';
}

/** Task.Wait, begun now and awaited later. */
export function startWait(ctx: Context, client: Client, containerId: string, execId = ''): Future<ExitStatus> {
  const future = new Future<ExitStatus>(ctx.scheduler);
  ctx.go('wait', async (c) => {
    try {
      const { exitStatus, exitedAt } = await client.call(c, TasksService.methods.Wait, { containerId, execId });
      future.resolve({ code: exitStatus, exitedAt });
    } catch (error) {
      future.reject(error);
    }
  });
  return future;
}

/** WithProcessKill: SIGKILL to everything, and wait; what has ended already is no error. */
export async function killTask(ctx: Context, client: Client, containerId: string): Promise<void> {
  const exited = startWait(ctx, client, containerId);
  try {
    await client.call(ctx, TasksService.methods.Kill, { containerId, signal: 9, all: true });
  } catch (error) {
    if (isKind(error, 'NotFound', 'FailedPrecondition')) return;
    throw error;
  }
  await exited.wait();
}

export type TaskStreams = { drained(): Promise<void>; remove(ctx: Context): Promise<void> };

/** Task.Delete: of one that has ended, after its output has arrived. */
export async function deleteTask(
  ctx: Context,
  client: Client,
  containerId: string,
  options: { kill?: boolean; io?: TaskStreams | null } = {},
): Promise<ExitStatus> {
  if (options.kill === true) await killTask(ctx, client, containerId);
  const { status, pid } = await loadProcess(ctx, client, containerId, '');
  const isOver = status === Status.STOPPED || status === Status.UNKNOWN || (status === Status.CREATED && pid === 0);
  if (!isOver) {
    throw new ContainerdError(
      `task must be stopped before deletion: ${statusName(status)}: failed precondition`,
      'FailedPrecondition',
    );
  }
  await options.io?.drained();
  const { exitStatus, exitedAt } = await client.call(ctx, TasksService.methods.Delete, { containerId });
  await options.io?.remove(ctx);
  return { code: exitStatus, exitedAt };
}

/** Container.Delete with or without its snapshot. */
export async function deleteContainer(ctx: Context, client: Client, id: string, withSnapshot: boolean): Promise<void> {
  try {
    await loadTask(ctx, client, id);
    throw new ContainerdError(`cannot delete running task ${id}: failed precondition`, 'FailedPrecondition');
  } catch (error) {
    if (!isKind(error, 'NotFound')) throw error;
  }
  const { snapshotKey: key, snapshotter } = await loadContainer(ctx, client, id);
  if (withSnapshot && key !== '') {
    try {
      await client.call(ctx, SnapshotsService.methods.Remove, { snapshotter, key });
    } catch (error) {
      if (!isKind(error, 'NotFound')) throw error;
    }
  }
  await client.call(ctx, ContainersService.methods.Delete, { id });
}

/** signal.ParseSignal: a number, or a name with or without SIG. */
export function signalOf(text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  const signal: Signal | null = parseSignal(text);
  if (signal === null) throw new ContainerdError(`unknown signal "${text}"`);
  return signalNumber(signal);
}

/** What a task is to mount as its root: nothing when the container brings its own directory. */
export async function rootfsMounts(
  ctx: Context,
  client: Client,
  container: Container,
): Promise<{ type: string; source: string; target: string; options: string[] }[]> {
  const { snapshotKey: key, snapshotter } = container;
  if (key === '') return [];
  if (snapshotter === '')
    throw new ContainerdError(
      `unable to resolve rootfs mounts without snapshotter on container: invalid argument`,
      'InvalidArgument',
    );
  return (await client.call(ctx, SnapshotsService.methods.Mounts, { snapshotter, key })).mounts;
}
