/**
 * The Task API of one shim: all containers of a pod.
 * @models containerd 2.1 cmd/containerd-shim-runc-v2/task/service.go @fidelity partial: no Checkpoint, no cgroup v1
 */
import { newError } from '../../../go/errors.ts';
import { marshalJson } from '../../../go/json.ts';
import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import { ALL_SIGNALS, signalNumber } from '../../../linux/signals.ts';
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
import type { TaskService, WaitResponse } from '../../../protocols/containerd/runtime/task/v3/generated.ts';
import { Status } from '../../../protocols/containerd/types/task/generated.ts';
import { GrpcError, grpcCode } from '../../../protocols/grpc/status.ts';
import type { Input } from '../../../protocols/proto/message-type.ts';
import type { TtrpcHandlers } from '../../../protocols/ttrpc/server.ts';
import { LATENCY } from '../../../sim/latency.ts';
import { Future } from '../../../sim/primitives.ts';
import { failedPrecondition, isGoError, messageOf, notFound } from '../shared/errors.ts';
import { log } from '../shared/log.ts';
import type { Publisher } from '../shared/publisher.ts';
import type { Exit, Reaper } from '../shared/reaper.ts';
import { cgroupMetrics, keyed } from '../shared/stats.ts';
import {
  addExec,
  type Container,
  createContainer,
  deleteInit,
  findProcess,
  killProcess,
  type ProcessState,
  type ShimProcess,
  shouldKillAllOnExit,
  startExec,
  startInit,
} from './container.ts';
import { mustRun, runtimeError } from './runc.ts';

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
      component: 'containerd-shim-runc-v2',
      topic: 'process',
      key,
      value: { pid: process.pid, state: process.state, exitStatus: process.exit?.status ?? null },
    });
  }

  /** One for all shims: `this` is the one that is asked. */
  static readonly handlers: TtrpcHandlers<typeof TaskService> & ThisType<ShimTasks> = {
    async Create(ctx, request) {
      const container = await createContainer(ctx, this.reaper, this.namespace, request);
      this.containers.set(request.id, container);
      this.follow(ctx, container, container.init);
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
    async Start(ctx, request) {
      const container = this.container(request.id);
      const process = findProcess(container, request.execId);
      process.starting = true;
      if (request.execId === '') {
        try {
          await startInit(ctx, this.reaper, container);
        } catch (error) {
          process.announced.resolve();
          throw error;
        }
        ctx.go('oom', (inner) => this.watchOom(inner, container));
        this.publisher.publish(ctx, '/tasks/start', TaskStart, { containerId: container.id, pid: process.pid });
      } else {
        await startExec(ctx, this.reaper, container, process);
        this.follow(ctx, container, process);
        this.publisher.publish(ctx, '/tasks/exec-started', TaskExecStarted, {
          containerId: container.id,
          execId: request.execId,
          pid: process.pid,
        });
      }
      process.announced.resolve();
      this.announce(ctx, container, process);
      return { pid: process.pid };
    },
    async Delete(ctx, request) {
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
        component: 'containerd-shim-runc-v2',
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
    async Exec(ctx, request) {
      const container = this.container(request.id);
      if (container.execs.has(request.execId))
        throw new GrpcError(grpcCode.AlreadyExists, `id ${request.execId}: already exists`);
      const { state } = container.init;
      if (state === 'paused' || state === 'stopped') throw newError(`cannot exec in a ${state} state`);
      addExec(ctx, container, request);
      this.publisher.publish(ctx, '/tasks/exec-added', TaskExecAdded, {
        containerId: container.id,
        execId: request.execId,
      });
    },
    async State(ctx, request) {
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
    async Kill(ctx, request) {
      const container = this.container(request.id);
      const process = findProcess(container, request.execId);
      const signal = ALL_SIGNALS.find((name) => signalNumber(name) === request.signal);
      if (signal === undefined) throw new GrpcError(grpcCode.InvalidArgument, `unknown signal ${request.signal}`);
      await killProcess(ctx, this.reaper, container, process, signal, request.signal, request.all);
    },
    async Pids(ctx, request) {
      const container = this.container(request.id);
      const { stdout } = await mustRun(ctx, this.reaper, container.runtime, ['ps', '--format', 'json', container.id]);
      return { processes: ((JSON.parse(stdout) as number[] | null) ?? []).map((pid) => ({ pid })) };
    },
    Wait(_ctx, request) {
      return findProcess(this.container(request.id), request.execId).exited.wait().then(waitAnswer);
    },
    async CloseIO(ctx, request) {
      if (request.stdin) await findProcess(this.container(request.id), request.execId).io?.closeStdin(ctx);
    },
    async ResizePty(ctx, request) {
      await findProcess(this.container(request.id), request.execId).io?.resize(ctx, request.width, request.height);
    },
    async Connect(ctx, request) {
      const taskPid = this.containers.get(request.id)?.init.pid ?? 0;
      return { shimPid: ctx.sys.getpid(ctx), taskPid, version: '' };
    },
    async Shutdown(ctx) {
      // Not while there are containers: the shim is theirs all together.
      if (this.containers.size > 0) return;
      ctx.go('shutdown', async (inner) => {
        await inner.sleep(0);
        this.shutdown.resolve();
      });
    },
    async Stats(ctx, request) {
      return { stats: await cgroupMetrics(ctx, this.container(request.id).cgroup) };
    },
    async Update(ctx, request) {
      const container = this.container(request.id);
      try {
        await mustRun(ctx, this.reaper, container.runtime, ['update', '--resources=-', container.id], {
          stdin: request.resources?.value ?? marshalJson({}),
        });
      } catch (error) {
        throw await runtimeError(ctx, container.runtime, error, 'OCI runtime update failed');
      }
    },
    async Pause(ctx, request) {
      const container = this.container(request.id);
      await this.setPaused(ctx, container, 'pause');
      this.publisher.publish(ctx, '/tasks/paused', TaskPaused, { containerId: container.id });
    },
    async Resume(ctx, request) {
      const container = this.container(request.id);
      await this.setPaused(ctx, container, 'resume');
      this.publisher.publish(ctx, '/tasks/resumed', TaskResumed, { containerId: container.id });
    },
  };

  private async setPaused(ctx: Context, container: Container, verb: 'pause' | 'resume'): Promise<void> {
    const { state } = container.init;
    if (state !== (verb === 'pause' ? 'running' : 'paused')) throw newError(notNow(verb, state));
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
    const own = ctx.withSpan(ctx.process.span);
    own.go(`wait for ${process.pid}`, async (inner) => {
      const exit = await this.reaper.exit(inner, process.pid);
      if (process.execId === '' && (await shouldKillAllOnExit(inner, container.bundle)))
        await this.killAll(inner, container);
      // An exit may come before the answer to Start; it is told after.
      if (process.starting) await process.announced.wait();
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

  private async killAll(ctx: Context, container: Container): Promise<void> {
    try {
      await mustRun(ctx, this.reaper, container.runtime, ['kill', '--all', container.id, '9']);
    } catch (error) {
      if (!isGoError(error)) throw error;
      const words = messageOf(error);
      if (!words.includes('not running') && !words.includes('does not exist'))
        await log(ctx, 'error', "failed to kill init's children", { error: words, id: container.id });
    }
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

function waitAnswer(exit: Exit): Input<WaitResponse> {
  return { exitStatus: exit.status, exitedAt: timestamp(exit.atNs) };
}

export function timestamp(ns: bigint): { seconds: bigint; nanos: number } {
  return { seconds: ns / 1_000_000_000n, nanos: Number(ns % 1_000_000_000n) };
}

/** The words of each state of a container's init. @models containerd 2.1 cmd/containerd-shim-runc-v2/process/init_state.go */
function notNow(verb: 'pause' | 'resume', state: ProcessState): string {
  if (state === 'created') return `cannot ${verb} task in created state`;
  if (state === 'running') return 'cannot resume a running process';
  return `cannot ${verb} a ${state} container`;
}
