/** containerd.services.tasks.v1: each call goes on to the shim of its container. @models containerd 2.1 plugins/services/tasks/local.go @fidelity partial: no checkpoints */
import type { Context } from '../../../../linux/context.ts';
import { TasksService } from '../../../../protocols/containerd/services/tasks/v1/generated.ts';
import { type Process, Status } from '../../../../protocols/containerd/types/task/generated.ts';
import type { GrpcServer } from '../../../../protocols/grpc/server.ts';
import { GrpcError, grpcCode } from '../../../../protocols/grpc/status.ts';
import type { Input } from '../../../../protocols/proto/message-type.ts';
import { classed, isNotFound } from '../../shared/errors.ts';
import type { Parts } from '../parts.ts';
import type { Shim, TaskState } from '../tasks/shim.ts';
import type { Exit } from '../tasks/shim-binary.ts';
import { toTimestamp } from '../timestamps.ts';
import { checkFilters, matchesAny } from './filters.ts';
import type { OutsideMounts } from './outside-mounts.ts';
import { inNamespace } from './request.ts';

const decoder = new TextDecoder();

export function serveTasks(server: GrpcServer, parts: Parts, outside: OutsideMounts): void {
  const { tasks, containers, log } = parts;
  const get = (ns: string, id: string): Shim => {
    containers.get(ns, id);
    const shim = tasks.find(ns, id);
    if (shim === undefined) throw new GrpcError(grpcCode.NotFound, `task ${id} not found`);
    return shim;
  };
  /** The task, after making sure that it knows the process. */
  const processOf = async (ctx: Context, ns: string, id: string, execId: string): Promise<Shim> => {
    const shim = get(ns, id);
    if (execId !== '') await shim.state(ctx, execId);
    return shim;
  };
  server.implement(TasksService, {
    Create: (ctx, { containerId, rootfs, stdin, stdout, stderr, terminal, options, runtimePath, checkpoint }, call) =>
      inNamespace(ctx, parts, call, async (ns, ctx) => {
        const container = containers.get(ns, containerId);
        if (checkpoint !== undefined) throw classed('Unimplemented', 'restoring a checkpoint: not simulated: CRIU');
        const io = { stdin, stdout, stderr, terminal };
        const pid = await tasks.create(ctx, ns, container, outside.take(rootfs), io, runtimePath, options ?? null);
        return { containerId, pid };
      }),
    Start: (ctx, { containerId, execId }, call) =>
      inNamespace(ctx, parts, call, async (ns, ctx) => {
        const shim = await processOf(ctx, ns, containerId, execId);
        await shim.start(ctx, execId);
        const { pid } = await shim.state(ctx, execId);
        if (execId === '') tasks.announce(ctx, shim.bundle, { address: shim.params.address, status: 'running', pid });
        return { pid };
      }),
    Delete: (ctx, { containerId }, call) =>
      inNamespace(ctx, parts, call, async (ns, ctx) => {
        get(ns, containerId);
        return exitOf(await tasks.delete(ctx, ns, containerId));
      }),
    DeleteProcess: (ctx, { containerId, execId }, call) =>
      inNamespace(ctx, parts, call, async (ns, ctx) => {
        const shim = await processOf(ctx, ns, containerId, execId);
        return { id: execId, ...exitOf(await shim.deleteProcess(ctx, execId)) };
      }),
    Get: (ctx, { containerId, execId }, call) =>
      inNamespace(ctx, parts, call, async (ns, ctx) => {
        const state = await get(ns, containerId).state(ctx, execId);
        return { process: processState(execId === '' ? containerId : execId, state) };
      }),
    List: (ctx, _request, call) =>
      inNamespace(ctx, parts, call, async (ns, ctx) => {
        const found: Input<Process>[] = [];
        for (const shim of tasks.list(ns)) {
          try {
            found.push(processState(shim.id, await shim.state(ctx)));
          } catch (error) {
            if (!isNotFound(error)) await log.error(ctx, 'converting task to protobuf', error, { id: shim.id });
          }
        }
        return { tasks: found };
      }),
    Kill: (ctx, { containerId, execId, signal, all }, call) =>
      inNamespace(ctx, parts, call, async (ns, ctx) => {
        const shim = await processOf(ctx, ns, containerId, execId);
        await shim.kill(ctx, signal, all, execId);
      }),
    Exec: (ctx, { containerId, execId, stdin, stdout, stderr, terminal, spec }, call) =>
      inNamespace(ctx, parts, call, async (ns, ctx) => {
        if (execId === '') throw new GrpcError(grpcCode.InvalidArgument, 'exec id cannot be empty');
        const io = { stdin, stdout, stderr, terminal };
        await get(ns, containerId).exec(ctx, execId, io, decoder.decode(spec?.value ?? new Uint8Array(0)));
      }),
    ResizePty: (ctx, { containerId, execId, width, height }, call) =>
      inNamespace(ctx, parts, call, async (ns, ctx) => {
        await (await processOf(ctx, ns, containerId, execId)).resize(ctx, width, height, execId);
      }),
    CloseIO: (ctx, { containerId, execId, stdin }, call) =>
      inNamespace(ctx, parts, call, async (ns, ctx) => {
        const shim = await processOf(ctx, ns, containerId, execId);
        if (stdin) await shim.closeIo(ctx, execId);
      }),
    Pause: (ctx, { containerId }, call) =>
      inNamespace(ctx, parts, call, async (ns, ctx) => get(ns, containerId).pause(ctx)),
    Resume: (ctx, { containerId }, call) =>
      inNamespace(ctx, parts, call, async (ns, ctx) => get(ns, containerId).resume(ctx)),
    ListPids: (ctx, { containerId }, call) =>
      inNamespace(ctx, parts, call, async (ns, ctx) => ({ processes: await get(ns, containerId).processes(ctx) })),
    Checkpoint: (ctx, { containerId }, call) =>
      inNamespace(ctx, parts, call, async (ns, ctx) => {
        get(ns, containerId);
        throw classed('Unimplemented', 'checkpoint: not simulated: CRIU');
      }),
    Update: (ctx, { containerId, resources }, call) =>
      inNamespace(ctx, parts, call, async (ns, ctx) => {
        await get(ns, containerId).update(ctx, decoder.decode(resources?.value ?? new Uint8Array(0)));
      }),
    Metrics: (ctx, { filters }, call) =>
      inNamespace(ctx, parts, call, async (ns, ctx) => {
        checkFilters(filters);
        const metrics: {
          timestamp: ReturnType<typeof toTimestamp>;
          id: string;
          data?: { typeUrl: string; value: Uint8Array };
        }[] = [];
        for (const shim of tasks.list(ns)) {
          if (!matchesAny(filters, { id: shim.id, namespace: ns })) continue;
          const timestamp = toTimestamp(ctx.wallTime);
          try {
            const data = await shim.stats(ctx);
            metrics.push({ timestamp, id: shim.id, ...(data === null ? {} : { data }) });
          } catch (error) {
            if (!isNotFound(error)) await log.error(ctx, `collecting metrics for ${shim.id}`, error);
          }
        }
        return { metrics };
      }),
    Wait: (ctx, { containerId, execId }, call) =>
      inNamespace(ctx, parts, call, async (ns, ctx) => {
        const { status, exitedAt } = await (await processOf(ctx, ns, containerId, execId)).wait(ctx, execId);
        return { exitStatus: status, exitedAt: toTimestamp(exitedAt) };
      }),
  });
}

function exitOf({ pid, status, exitedAt }: Exit): {
  pid: number;
  exitStatus: number;
  exitedAt: ReturnType<typeof toTimestamp>;
} {
  return { pid, exitStatus: status, exitedAt: toTimestamp(exitedAt) };
}

const STATUSES: Readonly<Record<TaskState['status'], Status>> = {
  unknown: Status.UNKNOWN,
  created: Status.CREATED,
  running: Status.RUNNING,
  stopped: Status.STOPPED,
  paused: Status.PAUSED,
  pausing: Status.PAUSING,
};

function processState(id: string, state: TaskState): Input<Process> {
  return {
    id,
    pid: state.pid,
    status: STATUSES[state.status],
    ...state.io,
    exitStatus: state.exitStatus,
    ...(state.exitedAt === 0n ? {} : { exitedAt: toTimestamp(state.exitedAt) }),
  };
}
