/**
 * containerd as dockerd uses it: containers and tasks of the namespace moby, over containerd's own socket.
 * @models moby 20.10 libcontainerd/remote/client.go
 * @fidelity partial: exits are waited for task by task instead of being read from the event stream
 */
import type { Context } from '../../../linux/context.ts';
import { ContainersService } from '../../../protocols/containerd/services/containers/v1/generated.ts';
import { TasksService } from '../../../protocols/containerd/services/tasks/v1/generated.ts';
import { VersionService } from '../../../protocols/containerd/services/version/v1/generated.ts';
import { Options } from '../../../protocols/containerd/types/runc/options/generated.ts';
import { type Process, Status } from '../../../protocols/containerd/types/task/generated.ts';
import { dialGrpc, type GrpcConnection } from '../../../protocols/grpc/client.ts';
import { GrpcError, grpcCode } from '../../../protocols/grpc/status.ts';
import type { Input } from '../../../protocols/proto/message-type.ts';
import type { Method } from '../../../protocols/proto/service.ts';
import type { TaskIo } from '../shared/io/fifos.ts';

export const NAMESPACE = 'moby';
const RUNTIME = 'io.containerd.runc.v2';
const RUNC_ROOT = '/var/run/docker/runtime-runc';
const SPEC_TYPE = 'types.containerd.io/opencontainers/runtime-spec/1/Spec';
const PROCESS_TYPE = 'types.containerd.io/opencontainers/runtime-spec/1/Process';
const BUNDLE_LABEL = 'com.docker/engine.bundle.path';
const RETRIES_MAX = 100;
const RETRY_NS = 100_000_000;

export type TaskExit = { code: number; atNs: bigint };

export class ContainerdClient {
  private readonly path: string;
  private readonly systemdCgroup: boolean;
  private connection: GrpcConnection | null = null;

  constructor(path: string, systemdCgroup: boolean) {
    this.path = path;
    this.systemdCgroup = systemdCgroup;
  }

  private async call<Req, Res>(ctx: Context, method: Method<Req, Res>, request: Input<Req>): Promise<Res> {
    if (this.connection === null || !this.connection.open) this.connection = await dialGrpc(ctx, this.path);
    return this.connection.call(ctx, method, request, { metadata: { 'containerd-namespace': NAMESPACE } });
  }

  /** Waits until somebody answers; throws GrpcError when nobody does. */
  async version(ctx: Context): Promise<string> {
    for (let attempt = 1; ; attempt++) {
      try {
        return (await this.call(ctx, VersionService.methods.Version, {})).version;
      } catch (error) {
        if (!(error instanceof GrpcError) || error.code !== grpcCode.Unavailable || attempt >= RETRIES_MAX) throw error;
        await ctx.sleep(RETRY_NS);
      }
    }
  }

  private options(): { typeUrl: string; value: Uint8Array } {
    const value = Options.encode({
      binaryName: 'runc',
      root: RUNC_ROOT,
      systemdCgroup: this.systemdCgroup,
    }).slice();
    return { typeUrl: Options.typeName, value };
  }

  /** A container and its task, created and not started. Returns the pid. */
  async create(ctx: Context, id: string, spec: string, io: TaskIo): Promise<number> {
    const container = {
      id,
      labels: { [BUNDLE_LABEL]: `/var/run/docker/containerd/${id}` },
      runtime: { name: RUNTIME, options: this.options() },
      spec: { typeUrl: SPEC_TYPE, value: new TextEncoder().encode(spec) },
    };
    try {
      await this.call(ctx, ContainersService.methods.Create, { container });
    } catch (error) {
      if (!(error instanceof GrpcError) || error.code !== grpcCode.AlreadyExists) throw error;
      await this.deleteContainer(ctx, id);
      await this.call(ctx, ContainersService.methods.Create, { container });
    }
    try {
      const { stdin, stdout, stderr, terminal } = io;
      const request = { containerId: id, stdin, stdout, stderr, terminal, options: this.options() };
      return (await this.call(ctx, TasksService.methods.Create, request)).pid;
    } catch (error) {
      await this.deleteContainer(ctx, id);
      throw error;
    }
  }

  async start(ctx: Context, id: string): Promise<void> {
    await this.call(ctx, TasksService.methods.Start, { containerId: id });
  }

  /** Resolves when the process has ended; null if containerd knows of none. */
  async wait(ctx: Context, id: string, execId = ''): Promise<TaskExit | null> {
    try {
      const { exitStatus, exitedAt } = await this.call(ctx, TasksService.methods.Wait, { containerId: id, execId });
      const atNs = exitedAt === undefined ? ctx.wallTime : exitedAt.seconds * 1_000_000_000n + BigInt(exitedAt.nanos);
      return { code: exitStatus, atNs };
    } catch (error) {
      if (!(error instanceof GrpcError)) throw error;
      return null;
    }
  }

  async kill(ctx: Context, id: string, signal: number, execId = '', all = false): Promise<void> {
    await this.call(ctx, TasksService.methods.Kill, { containerId: id, execId, signal, all });
  }

  async task(ctx: Context, id: string): Promise<Process | null> {
    try {
      return (await this.call(ctx, TasksService.methods.Get, { containerId: id })).process ?? null;
    } catch (error) {
      if (!(error instanceof GrpcError) || error.code === grpcCode.Unavailable) throw error;
      return null;
    }
  }

  isRunning(task: Process | null): boolean {
    return task !== null && (task.status === Status.RUNNING || task.status === Status.PAUSED);
  }

  async pids(ctx: Context, id: string): Promise<number[]> {
    return (await this.call(ctx, TasksService.methods.ListPids, { containerId: id })).processes.map(({ pid }) => pid);
  }

  async delete(ctx: Context, id: string): Promise<void> {
    await this.quietly(() => this.call(ctx, TasksService.methods.Delete, { containerId: id }));
    await this.deleteContainer(ctx, id);
  }

  private async deleteContainer(ctx: Context, id: string): Promise<void> {
    await this.quietly(() => this.call(ctx, ContainersService.methods.Delete, { id }));
  }

  private async quietly(body: () => Promise<unknown>): Promise<void> {
    try {
      await body();
    } catch (error) {
      if (!(error instanceof GrpcError)) throw error;
    }
  }

  async exec(ctx: Context, id: string, execId: string, process: string, io: TaskIo): Promise<number> {
    const { stdin, stdout, stderr, terminal } = io;
    const spec = { typeUrl: PROCESS_TYPE, value: new TextEncoder().encode(process) };
    await this.call(ctx, TasksService.methods.Exec, { containerId: id, execId, stdin, stdout, stderr, terminal, spec });
    try {
      return (await this.call(ctx, TasksService.methods.Start, { containerId: id, execId })).pid;
    } catch (error) {
      await this.deleteProcess(ctx, id, execId);
      throw error;
    }
  }

  async deleteProcess(ctx: Context, id: string, execId: string): Promise<void> {
    await this.quietly(() => this.call(ctx, TasksService.methods.DeleteProcess, { containerId: id, execId }));
  }

  async closeStdin(ctx: Context, id: string, execId = ''): Promise<void> {
    await this.quietly(() => this.call(ctx, TasksService.methods.CloseIO, { containerId: id, execId, stdin: true }));
  }

  async resize(ctx: Context, id: string, execId: string, width: number, height: number): Promise<void> {
    await this.quietly(() =>
      this.call(ctx, TasksService.methods.ResizePty, { containerId: id, execId, width, height }),
    );
  }
}
