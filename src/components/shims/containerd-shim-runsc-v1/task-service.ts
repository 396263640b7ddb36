/**
 * The Task API for a pod in a sandbox of gVisor.
 * @models gVisor pkg/shim/v1/runsc/service.go @fidelity partial: no Checkpoint and Restore; no Update
 */
import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import { Metrics } from '../../../protocols/cgroups/v2/generated.ts';
import {
  TaskCreate,
  TaskDelete,
  TaskExecAdded,
  TaskExecStarted,
  TaskExit,
  TaskOOM,
  TaskPaused,
  TaskResumed,
  TaskStart,
} from '../../../protocols/containerd/events/generated.ts';
import type { TaskService } from '../../../protocols/containerd/runtime/task/v3/generated.ts';
import { Status } from '../../../protocols/containerd/types/task/generated.ts';
import { GrpcError, grpcCode } from '../../../protocols/grpc/status.ts';
import type { TtrpcHandlers } from '../../../protocols/ttrpc/server.ts';
import { LATENCY } from '../../../sim/latency.ts';
import { Future } from '../../../sim/primitives.ts';
import { failedPrecondition, notFound } from '../shared/errors.ts';
import type { Publisher } from '../shared/publisher.ts';
import type { Exit, Reaper } from '../shared/reaper.ts';
import { keyed } from '../shared/stats.ts';
import {
  addExec,
  type Container,
  createContainer,
  deleteInit,
  EXIT_UNKNOWN,
  findProcess,
  killProcess,
  type ShimProcess,
  startExec,
  startInit,
  statisticsOf,
  waitFor,
} from './container.ts';
import { mustRun, runtimeError } from './runsc.ts';

const STATUS: Readonly<Record<ShimProcess['state'], Status>> = {
  created: Status.CREATED,
  running: Status.RUNNING,
  paused: Status.PAUSED,
  stopped: Status.STOPPED,
};

export class ShimTasks {
  readonly containers = new Map<string, Container>();
  /** Resolves when the shim is to end. */
  readonly shutdown: Future<void>;
  private readonly reaper: Reaper;
  private readonly publisher: Publisher;
  private readonly namespace: string;

  constructor(ctx: Context, namespace: string, reaper: Reaper, publisher: Publisher) {
    this.namespace = namespace;
    this.reaper = reaper;
    this.publisher = publisher;
    this.shutdown = new Future<void>(ctx.scheduler);
  }

  private container(id: string): Container {
    const container = this.containers.get(id);
    if (container === undefined) throw notFound('container not created: not found');
    return container;
  }

  private announce(ctx: Context, container: Container, process: ShimProcess): void {
    const key = process.execId === '' ? container.id : `${container.id}/${process.execId}`;
    ctx.trace.emit(ctx.span, ctx.process.pid, {
      kind: 'state',
      component: 'containerd-shim-runsc-v1',
      topic: 'process',
      key,
      value: { pid: process.pid, state: process.state, exitStatus: process.exit?.status ?? null },
    });
  }

  handlers(): TtrpcHandlers<typeof TaskService> {
    return {
      Create: async (ctx, request) => {
        const container = await createContainer(ctx, this.reaper, this.namespace, request);
        this.containers.set(request.id, container);
        this.publisher.publish(ctx, '/tasks/create', TaskCreate, {
          containerId: request.id,
          bundle: request.bundle,
          rootfs: request.rootfs,
          checkpoint: request.checkpoint,
          pid: container.init.pid,
          io: { stdin: request.stdin, stdout: request.stdout, stderr: request.stderr, terminal: request.terminal },
        });
        this.announce(ctx, container, container.init);
        return { pid: container.init.pid };
      },
      Start: async (ctx, request) => {
        const container = this.container(request.id);
        const process = findProcess(container, request.execId);
        if (request.execId === '') {
          try {
            await startInit(ctx, this.reaper, container);
          } catch (error) {
            // Nobody will ever be able to wait for it.
            await this.told(ctx, container, process, { pid: process.pid, status: EXIT_UNKNOWN, atNs: ctx.wallTime });
            throw error;
          }
          ctx.go('oom', (inner) => this.watchOom(inner, container));
          this.publisher.publish(ctx, '/tasks/start', TaskStart, { containerId: container.id, pid: process.pid });
        } else {
          await startExec(ctx, this.reaper, container, process);
          this.publisher.publish(ctx, '/tasks/exec-started', TaskExecStarted, {
            containerId: container.id,
            execId: request.execId,
            pid: process.pid,
          });
        }
        this.announce(ctx, container, process);
        this.follow(ctx, container, process);
        return { pid: process.pid };
      },
      Delete: async (ctx, request) => {
        const container = this.container(request.id);
        const process = findProcess(container, request.execId);
        await ctx.cpu(LATENCY.shimRpcNs);
        if (request.execId === '') {
          await deleteInit(ctx, this.reaper, container);
          this.containers.delete(container.id);
          const { exit } = process;
          this.publisher.publish(ctx, '/tasks/delete', TaskDelete, {
            containerId: container.id,
            pid: process.pid,
            exitStatus: exit?.status ?? 0,
            exitedAt: timestamp(exit?.atNs ?? ctx.wallTime),
            id: '',
          });
        } else {
          if (process.state === 'running')
            throw failedPrecondition('cannot delete a running process: failed precondition');
          await process.io?.closeStdin(ctx);
          container.execs.delete(request.execId);
        }
        const key = process.execId === '' ? container.id : `${container.id}/${process.execId}`;
        ctx.trace.emit(ctx.span, ctx.process.pid, {
          kind: 'state',
          component: 'containerd-shim-runsc-v1',
          topic: 'process',
          key,
          value: null,
        });
        return {
          pid: process.pid,
          exitStatus: process.exit?.status ?? 0,
          exitedAt: timestamp(process.exit?.atNs ?? ctx.wallTime),
        };
      },
      Exec: async (ctx, request) => {
        const container = this.container(request.id);
        if (container.execs.has(request.execId))
          throw new GrpcError(grpcCode.AlreadyExists, `id ${request.execId}: already exists`);
        addExec(ctx, container, request);
        this.publisher.publish(ctx, '/tasks/exec-added', TaskExecAdded, {
          containerId: container.id,
          execId: request.execId,
        });
      },
      State: async (ctx, request) => {
        const container = this.container(request.id);
        const process = findProcess(container, request.execId);
        await ctx.cpu(LATENCY.shimRpcNs);
        return {
          id: request.id,
          bundle: container.bundle,
          pid: process.pid,
          status: STATUS[process.state],
          ...process.paths,
          exitStatus: process.exit?.status ?? 0,
          exitedAt: process.exit === null ? undefined : timestamp(process.exit.atNs),
          execId: request.execId,
        };
      },
      Kill: async (ctx, request) => {
        const container = this.container(request.id);
        const process = findProcess(container, request.execId);
        await killProcess(ctx, this.reaper, container, process, request.signal, request.all);
      },
      // The sandbox's: the processes inside are none of the host's.
      Pids: async (_ctx, request) => ({ processes: [{ pid: this.container(request.id).init.pid }] }),
      Wait: async (_ctx, request) => {
        const exit = await findProcess(this.container(request.id), request.execId).exited.wait();
        return { exitStatus: exit.status, exitedAt: timestamp(exit.atNs) };
      },
      CloseIO: async (ctx, request) => {
        if (request.stdin) await findProcess(this.container(request.id), request.execId).io?.closeStdin(ctx);
      },
      ResizePty: async (ctx, request) => {
        await findProcess(this.container(request.id), request.execId).io?.resize(ctx, request.width, request.height);
      },
      Connect: async (ctx, request) => ({
        shimPid: ctx.sys.getpid(ctx),
        taskPid: this.containers.get(request.id)?.init.pid ?? 0,
        version: '',
      }),
      Shutdown: async (ctx) => {
        // Not while there are containers: the shim is theirs all together.
        if (this.containers.size > 0) return;
        ctx.go('shutdown', async (inner) => {
          await inner.sleep(0);
          this.shutdown.resolve();
        });
      },
      Stats: async (ctx, request) => {
        const { cpu, memory, pids } = await statisticsOf(ctx, this.reaper, this.container(request.id));
        const value = Metrics.encode({
          pids: { current: BigInt(pids.current) },
          cpu: { usageUsec: BigInt(Math.floor(cpu.usage.total / 1000)) },
          memory: { usage: BigInt(memory.usage.usage) },
        });
        return { stats: { typeUrl: Metrics.typeName, value } };
      },
      // As the real one: limits of a running container are not changed.
      Update: async () => {
        throw new GrpcError(grpcCode.Unimplemented, 'containerd.task.v3.Task/Update not implemented');
      },
      Pause: async (ctx, request) => {
        const container = this.container(request.id);
        await this.setPaused(ctx, container, 'pause');
        this.publisher.publish(ctx, '/tasks/paused', TaskPaused, { containerId: container.id });
      },
      Resume: async (ctx, request) => {
        const container = this.container(request.id);
        await this.setPaused(ctx, container, 'resume');
        this.publisher.publish(ctx, '/tasks/resumed', TaskResumed, { containerId: container.id });
      },
    };
  }

  private async setPaused(ctx: Context, container: Container, verb: 'pause' | 'resume'): Promise<void> {
    const from = verb === 'pause' ? 'running' : 'paused';
    if (container.init.state !== from) throw failedPrecondition(`cannot ${verb} a ${container.init.state} container`);
    try {
      await mustRun(ctx, this.reaper, container.runtime, [verb, container.id]);
    } catch (error) {
      throw await runtimeError(ctx, container.runtime, error, `OCI runtime ${verb} failed`);
    }
    container.init.state = verb === 'pause' ? 'paused' : 'running';
    this.announce(ctx, container, container.init);
  }

  /** Waits for a process to end, and tells it: Wait's callers, then containerd. */
  private follow(ctx: Context, container: Container, process: ShimProcess): void {
    const own = ctx.withSpan(ctx.process.span).withDeadline(null);
    own.go(`wait for ${container.id}`, async (inner) => {
      const exit = await waitFor(inner, this.reaper, container, process);
      await this.told(inner, container, process, exit);
    });
  }

  private async told(ctx: Context, container: Container, process: ShimProcess, exit: Exit): Promise<void> {
    await this.checkOom(ctx, container);
    process.exit = exit;
    process.state = 'stopped';
    process.exited.resolve(exit);
    this.announce(ctx, container, process);
    this.publisher.publish(ctx, '/tasks/exit', TaskExit, {
      containerId: container.id,
      id: process.execId === '' ? container.id : process.execId,
      pid: process.pid,
      exitStatus: exit.status,
      exitedAt: timestamp(exit.atNs),
    });
  }

  private async watchOom(ctx: Context, container: Container): Promise<void> {
    const path = `${container.cgroup}/memory.events`;
    while (container.init.state !== 'stopped') {
      try {
        await ctx.sys.watch(ctx, path);
      } catch (error) {
        if (isErrno(error)) return;
        throw error;
      }
      await this.checkOom(ctx, container);
    }
  }

  private async checkOom(ctx: Context, container: Container): Promise<void> {
    const kills = Number((await keyed(ctx, `${container.cgroup}/memory.events`)).get('oom_kill') ?? 0n);
    if (kills <= container.oomSeen) return;
    container.oomSeen = kills;
    this.publisher.publish(ctx, '/tasks/oom', TaskOOM, { containerId: container.id });
  }
}

export function timestamp(ns: bigint): { seconds: bigint; nanos: number } {
  return { seconds: ns / 1_000_000_000n, nanos: Number(ns % 1_000_000_000n) };
}
