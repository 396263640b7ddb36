/**
 * A connection to a shim, seen as one container's task.
 * @models containerd 2.1 core/runtime/v2/shim.go, process.go
 * @fidelity partial: ttrpc only, no checkpoints
 */
import type { Context } from '../../../../linux/context.ts';
import { Errno, isErrno } from '../../../../linux/errno.ts';
import {
  type StateResponse,
  TaskService,
  type WaitResponse,
} from '../../../../protocols/containerd/runtime/task/v3/generated.ts';
import type { ProcessInfo } from '../../../../protocols/containerd/types/task/generated.ts';
import { GrpcError } from '../../../../protocols/grpc/status.ts';
import type { Input } from '../../../../protocols/proto/message-type.ts';
import type { Method } from '../../../../protocols/proto/service.ts';
import { dialTtrpc, TTRPC_CLOSED, type TtrpcClient } from '../../../../protocols/ttrpc/client.ts';
import { Future } from '../../../../sim/primitives.ts';
import { failure, isNotFound, notFound, toFailure, wrap } from '../../shared/errors.ts';
import type { TaskIo } from '../../shared/io/fifos.ts';
import { closeShimLog, openShimLog } from '../../shared/io/shim-log.ts';
import type { Logger } from '../../shared/log.ts';
import type { AnyMessage } from '../config/handlers.ts';
import type { MountSpec } from '../snapshotters/snapshotter.ts';
import { fromTimestamp } from '../timestamps.ts';
import { type Bundle, deleteBundle } from './bundle.ts';
import type { BootstrapParams, Exit } from './shim-binary.ts';

export type TaskStatus = 'unknown' | 'created' | 'running' | 'stopped' | 'paused' | 'pausing';

const STATUSES: readonly TaskStatus[] = ['unknown', 'created', 'running', 'stopped', 'paused', 'pausing'];

export type TaskState = { pid: number; status: TaskStatus; exitStatus: number; exitedAt: bigint; io: TaskIo };

const SHUTDOWN_TIMEOUT_NS = 3_000_000_000;

export function isClosed(error: unknown): boolean {
  return error instanceof GrpcError && error.description === TTRPC_CLOSED;
}

/** errgrpc.ToNative, except that a closed connection keeps its own words. */
function native(error: unknown): Error {
  return isClosed(error) ? failure(TTRPC_CLOSED) : toFailure(error);
}

export class Shim {
  readonly bundle: Bundle;
  readonly params: BootstrapParams;
  private readonly client: TtrpcClient;
  private readonly log: Logger;
  private readonly logFd: number;
  /** What is done when the connection ends, whoever ended it; resolved when that is over. */
  private readonly closeDone: Future<void>;
  private closing = false;
  private readonly closeWork: (ctx: Context) => Promise<void>;

  private constructor(
    bundle: Bundle,
    params: BootstrapParams,
    client: TtrpcClient,
    log: Logger,
    logFd: number,
    onClose: (ctx: Context) => Promise<void>,
    closeDone: Future<void>,
  ) {
    this.bundle = bundle;
    this.params = params;
    this.client = client;
    this.log = log;
    this.logFd = logFd;
    this.closeWork = onClose;
    this.closeDone = closeDone;
  }

  /** `base` outlives the request that opened the connection: its strands watch over the shim. */
  static async connect(
    base: Context,
    ctx: Context,
    bundle: Bundle,
    params: BootstrapParams,
    log: Logger,
    logFd: number,
    fields: Record<string, unknown>,
    onClose: (ctx: Context) => Promise<void>,
  ): Promise<Shim> {
    await log.info(ctx, `connecting to shim ${bundle.id}`, {
      address: params.address,
      protocol: params.protocol,
      version: params.version,
      ...fields,
    });
    if (params.protocol !== 'ttrpc') throw failure(`unexpected protocol: "${params.protocol}"`);
    const path = params.address.replace(/^unix:\/\//, '');
    let client: TtrpcClient;
    try {
      client = await dialTtrpc(base, path);
    } catch (error) {
      if (!(error instanceof Errno)) throw error;
      throw failure(`failed to create TTRPC connection: dial unix ${path}: connect: ${error.go}`);
    }
    const shim = new Shim(bundle, params, client, log, logFd, onClose, new Future<void>(base.scheduler));
    base.go('shim-watch', (c) => client.closed.wait().then(() => shim.runCloseWork(c)));
    return shim;
  }

  private async runCloseWork(ctx: Context): Promise<void> {
    if (this.closing) return this.closeDone.wait();
    this.closing = true;
    await this.closeWork(ctx);
    await closeShimLog(ctx, this.logFd);
    this.closeDone.resolve(undefined);
  }

  get id(): string {
    return this.bundle.id;
  }

  private async rpc<Req, Res>(ctx: Context, method: Method<Req, Res>, request: Input<Req>): Promise<Res> {
    try {
      return await this.client.call(ctx, method, request);
    } catch (error) {
      throw native(error);
    }
  }

  /** The pid of the container's init process. */
  async taskPid(ctx: Context): Promise<number> {
    return (await this.rpc(ctx, TaskService.methods.Connect, { id: this.id })).taskPid;
  }

  async create(ctx: Context, rootfs: readonly MountSpec[], io: TaskIo, options: AnyMessage | null): Promise<number> {
    const response = await this.rpc(ctx, TaskService.methods.Create, {
      id: this.id,
      bundle: this.bundle.path,
      rootfs,
      ...io,
      ...(options === null ? {} : { options }),
    });
    return response.pid;
  }

  async start(ctx: Context, execId = ''): Promise<number> {
    return (await this.rpc(ctx, TaskService.methods.Start, { id: this.id, execId })).pid;
  }

  async kill(ctx: Context, signal: number, all = false, execId = ''): Promise<void> {
    await this.rpc(ctx, TaskService.methods.Kill, { id: this.id, signal, all, execId });
  }

  async exec(ctx: Context, execId: string, io: TaskIo, processJson: string): Promise<void> {
    const spec = {
      typeUrl: 'types.containerd.io/opencontainers/runtime-spec/1/Process',
      value: new TextEncoder().encode(processJson),
    };
    await this.rpc(ctx, TaskService.methods.Exec, { id: this.id, execId, ...io, spec });
  }

  async resize(ctx: Context, width: number, height: number, execId = ''): Promise<void> {
    await this.rpc(ctx, TaskService.methods.ResizePty, { id: this.id, execId, width, height });
  }

  async closeIo(ctx: Context, execId = ''): Promise<void> {
    await this.rpc(ctx, TaskService.methods.CloseIO, { id: this.id, execId, stdin: true });
  }

  /** Throws what the socket gave, unwrapped: callers show it as it is. */
  wait(ctx: Context, execId = ''): Promise<Exit> {
    return this.client.call(ctx, TaskService.methods.Wait, { id: this.id, execId }, { deadline: null }).then(exitOf);
  }

  async state(ctx: Context, execId = ''): Promise<TaskState> {
    let s: StateResponse;
    try {
      s = await this.client.call(ctx, TaskService.methods.State, { id: this.id, execId });
    } catch (error) {
      // A shim that has gone has no tasks.
      throw isClosed(error) ? notFound() : native(error);
    }
    return {
      pid: s.pid,
      status: STATUSES[s.status] ?? 'unknown',
      exitStatus: s.exitStatus,
      exitedAt: fromTimestamp(s.exitedAt),
      io: { stdin: s.stdin, stdout: s.stdout, stderr: s.stderr, terminal: s.terminal },
    };
  }

  /** With what the shim knows of each: which exec it is. */
  async processes(ctx: Context): Promise<ProcessInfo[]> {
    return (await this.rpc(ctx, TaskService.methods.Pids, { id: this.id })).processes;
  }

  async pids(ctx: Context): Promise<number[]> {
    return (await this.processes(ctx)).map((process) => process.pid);
  }

  async update(ctx: Context, resourcesJson: string): Promise<void> {
    const resources = {
      typeUrl: 'types.containerd.io/opencontainers/runtime-spec/1/LinuxResources',
      value: new TextEncoder().encode(resourcesJson),
    };
    await this.rpc(ctx, TaskService.methods.Update, { id: this.id, resources });
  }

  async stats(ctx: Context): Promise<AnyMessage | null> {
    return (await this.rpc(ctx, TaskService.methods.Stats, { id: this.id })).stats ?? null;
  }

  async pause(ctx: Context): Promise<void> {
    await this.rpc(ctx, TaskService.methods.Pause, { id: this.id });
  }

  async resume(ctx: Context): Promise<void> {
    await this.rpc(ctx, TaskService.methods.Resume, { id: this.id });
  }

  async deleteProcess(ctx: Context, execId: string): Promise<Exit> {
    const response = await this.rpc(ctx, TaskService.methods.Delete, { id: this.id, execId });
    return { pid: response.pid, status: response.exitStatus, exitedAt: fromTimestamp(response.exitedAt) };
  }

  /** Deletes the task in the shim, lets the shim go if it is this container's own, and removes the bundle. */
  async delete(ctx: Context, sandboxed: boolean, removeTask: () => void): Promise<Exit> {
    let exit: Exit | null = null;
    let shimError: unknown = null;
    try {
      const response = await this.client.call(ctx, TaskService.methods.Delete, { id: this.id });
      exit = { pid: response.pid, status: response.exitStatus, exitedAt: fromTimestamp(response.exitedAt) };
      removeTask();
    } catch (error) {
      shimError = native(error);
      if (!isClosed(error) && !isNotFound(error)) throw shimError;
    }
    if (!sandboxed || this.params.version < 3) {
      try {
        await this.shutdown(ctx);
      } catch (error) {
        await this.log.error(ctx, 'failed to shutdown shim task and the shim might be leaked', error, { id: this.id });
      }
    }
    await this.disconnect(ctx);
    removeTask();
    if (exit === null) throw shimError;
    return exit;
  }

  private async shutdown(ctx: Context): Promise<void> {
    try {
      await this.client.call(
        ctx,
        TaskService.methods.Shutdown,
        { id: this.id },
        { deadline: ctx.now + SHUTDOWN_TIMEOUT_NS },
      );
    } catch (error) {
      if (!isClosed(error)) throw native(error);
    }
  }

  /** Closes the connection, which runs what its end is to run, and removes the bundle. */
  async disconnect(ctx: Context): Promise<void> {
    await this.client.close(ctx);
    await this.runCloseWork(ctx);
    try {
      await deleteBundle(ctx, this.bundle);
    } catch (error) {
      await this.log.error(ctx, 'failed to delete bundle', error, { id: this.id });
      await this.log.error(ctx, 'failed to delete shim', wrap('failed to delete bundle', error), { id: this.id });
    }
  }
}

/** The shim's log fifo, copied to the daemon's own log from the moment it is opened. */
export async function shimLog(base: Context, bundle: Bundle): Promise<number> {
  try {
    return await openShimLog(base, `${bundle.path}/log`);
  } catch (error) {
    if (isErrno(error)) throw wrap('open shim log pipe', error);
    throw error;
  }
}

function exitOf(response: WaitResponse): Exit {
  return { pid: 0, status: response.exitStatus, exitedAt: fromTimestamp(response.exitedAt) };
}
