/**
 * The Task API for a pod in a VM: the first container makes the machine, all the rest is passed on to the agent inside.
 * @models kata-containers 4.1.0 src/runtime-rs/crates/{service,runtimes/virt_container}/src
 * @fidelity partial: no Checkpoint; statistics are the guest's cgroup figures
 */
import { newError } from '../../../go/errors.ts';
import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import { readFile } from '../../../linux/io.ts';
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
import type { CreateTaskRequest, TaskService } from '../../../protocols/containerd/runtime/task/v3/generated.ts';
import { Options } from '../../../protocols/containerd/types/runtimeoptions/v1/generated.ts';
import { Status } from '../../../protocols/containerd/types/task/generated.ts';
import { GrpcError, grpcCode } from '../../../protocols/grpc/status.ts';
import { AgentService } from '../../../protocols/kata/agent/generated.ts';
import type { Resources, Spec } from '../../../protocols/oci-runtime/types.ts';
import type { TtrpcHandlers } from '../../../protocols/ttrpc/server.ts';
import { Future } from '../../../sim/primitives.ts';
import { failedPrecondition, isGoError, messageOf, notFound } from '../shared/errors.ts';
import { log } from '../shared/log.ts';
import type { Publisher } from '../shared/publisher.ts';
import type { Reaper } from '../shared/reaper.ts';
import { loadConfiguration, sizedFor } from './configuration.ts';
import { createInGuest, type KataContainer, type KataProcess, newProcess, unplug, unshare } from './container.ts';
import { configureNics, rescanNetwork } from './network.ts';
import { removeSandboxFiles, requireSandbox, type Sandbox, startSandbox, stopSandbox } from './sandbox.ts';
import { closeStdin, endLogger, startStreams } from './streams.ts';

const { methods } = AgentService;
/** Whoever asked for the start has a deadline; waiting for the end has none. */
const FOREVER = { deadline: null };
/** How a process ended that nobody can be asked about any more. */
const EXIT_UNKNOWN = 255;

const STATUS: Readonly<Record<KataProcess['state'], Status>> = {
  created: Status.CREATED,
  running: Status.RUNNING,
  paused: Status.PAUSED,
  stopped: Status.STOPPED,
};

export class KataTasks {
  readonly shutdown: Future<void>;
  private readonly containers = new Map<string, KataContainer>();
  private readonly watched = new WeakSet<KataProcess>();
  private sandbox: Sandbox | null = null;
  /** Resolved when the machine and its helpers are gone. */
  private ending: Future<void> | null = null;
  private readonly namespace: string;
  private readonly reaper: Reaper;
  private readonly publisher: Publisher;

  constructor(ctx: Context, namespace: string, reaper: Reaper, publisher: Publisher) {
    this.namespace = namespace;
    this.reaper = reaper;
    this.publisher = publisher;
    this.shutdown = new Future<void>(ctx.scheduler);
  }

  private container(id: string): KataContainer {
    const container = this.containers.get(id);
    if (container === undefined) throw notFound(`failed to find container ${id}`);
    return container;
  }

  private process(id: string, execId: string): KataProcess {
    const container = this.container(id);
    const process = execId === '' ? container.init : container.execs.get(execId);
    if (process === undefined) throw notFound(`failed to find exec ${execId}`);
    return process;
  }

  /** What containerd is told as the pid of everything in the guest: the hypervisor's. */
  private get pid(): number {
    return this.sandbox?.vmm ?? 0;
  }

  handlers(): TtrpcHandlers<typeof TaskService> {
    return {
      Create: (ctx, request) => this.create(ctx, request),
      Start: async (ctx, { id, execId }) => {
        const sandbox = requireSandbox(this.sandbox);
        const container = this.container(id);
        const process = this.process(id, execId);
        if (process.state !== 'created') throw failedPrecondition(`cannot start a ${process.state} process`);
        if (execId === '') {
          if (!sandbox.hasNetwork) await this.rescan(ctx, sandbox);
          await sandbox.agent.call(ctx, methods.StartContainer, { containerId: id });
        } else {
          await sandbox.agent.call(ctx, methods.ExecProcess, {
            containerId: id,
            execId,
            process: process.spec ?? new Uint8Array(0),
          });
        }
        process.state = 'running';
        await startStreams(ctx, sandbox, { id, namespace: this.namespace }, process);
        if (execId === '') this.publisher.publish(ctx, '/tasks/start', TaskStart, { containerId: id, pid: this.pid });
        else {
          const started = { containerId: id, execId, pid: this.pid };
          this.publisher.publish(ctx, '/tasks/exec-started', TaskExecStarted, started);
        }
        this.announce(ctx, container, process);
        this.watch(ctx, sandbox, container, process);
        return { pid: this.pid };
      },
      Delete: (ctx, { id, execId }) => this.remove(ctx, id, execId),
      Exec: async (ctx, { id, execId, spec, stdin, stdout, stderr, terminal }) => {
        const container = this.container(id);
        if (container.execs.has(execId)) throw new GrpcError(grpcCode.AlreadyExists, `exec ${execId} already exists`);
        const process = newProcess(ctx, execId, { stdin, stdout, stderr, terminal });
        const given = JSON.parse(new TextDecoder().decode(spec?.value ?? new Uint8Array(0))) as Record<string, unknown>;
        process.spec = new TextEncoder().encode(JSON.stringify({ ...given, terminal }));
        container.execs.set(execId, process);
        this.publisher.publish(ctx, '/tasks/exec-added', TaskExecAdded, { containerId: id, execId });
      },
      State: async (_ctx, { id, execId }) => {
        const process = this.process(id, execId);
        return {
          id,
          bundle: this.container(id).bundle,
          pid: this.pid,
          status: STATUS[process.state],
          ...process.paths,
          exitStatus: process.exit?.status ?? 0,
          exitedAt: process.exit === null ? undefined : timestamp(process.exit.atNs),
          execId,
        };
      },
      Kill: async (ctx, { id, execId, signal }) => {
        const sandbox = requireSandbox(this.sandbox);
        const process = this.process(id, execId);
        if (process.state === 'stopped') throw notFound('process already finished: not found');
        await sandbox.agent.call(ctx, methods.SignalProcess, { containerId: id, execId, signal });
        // Killed before it was started: nobody waits for it yet, and there is nothing to be copied.
        if (execId === '' && process.state === 'created') {
          process.copied.resolve();
          this.watch(ctx, sandbox, this.container(id), process);
        }
      },
      Pids: async () => ({ processes: [{ pid: this.pid }] }),
      Wait: async (ctx, { id, execId }) => {
        const exit = await this.process(id, execId).exited.wait();
        if (execId === '' && id === this.sandbox?.id) await this.endSandbox(ctx);
        return { exitStatus: exit.status, exitedAt: timestamp(exit.atNs) };
      },
      CloseIO: async (ctx, { id, execId, stdin }) => {
        if (stdin) await closeStdin(ctx, this.process(id, execId));
      },
      ResizePty: async (ctx, { id, execId, width, height }) => {
        const { agent } = requireSandbox(this.sandbox);
        await agent.call(ctx, methods.TtyWinResize, { containerId: id, execId, row: height, column: width });
      },
      Connect: async (ctx) => ({ shimPid: ctx.sys.getpid(ctx), taskPid: this.pid, version: '' }),
      Shutdown: async (ctx) => {
        if (this.containers.size > 0) return;
        ctx.go('shutdown', async (inner) => {
          await inner.sleep(0);
          this.shutdown.resolve();
        });
      },
      Stats: async (ctx, { id }) => {
        this.container(id);
        const { agent } = requireSandbox(this.sandbox);
        const { cgroupStats } = await agent.call(ctx, methods.StatsContainer, { containerId: id });
        const usage = cgroupStats?.memoryStats?.usage;
        const value = Metrics.encode({
          pids: { current: cgroupStats?.pidsStats?.current ?? 0n, limit: cgroupStats?.pidsStats?.limit ?? 0n },
          cpu: { usageUsec: (cgroupStats?.cpuStats?.cpuUsage?.totalUsage ?? 0n) / 1000n },
          memory: { usage: usage?.usage ?? 0n, maxUsage: usage?.maxUsage ?? 0n, usageLimit: usage?.limit ?? 0n },
        });
        return { stats: { typeUrl: Metrics.typeName, value } };
      },
      Update: async (ctx, { id, resources }) => {
        const sandbox = requireSandbox(this.sandbox);
        const given = resources?.value ?? new TextEncoder().encode('{}');
        const container = this.container(id);
        container.resources = JSON.parse(new TextDecoder().decode(given)) as Resources;
        await sandbox.size.change(ctx, sandbox, id, container.resources, 'update');
        await sandbox.agent.call(ctx, methods.UpdateContainer, { containerId: id, resources: given });
      },
      Pause: async (ctx, { id }) => {
        await requireSandbox(this.sandbox).agent.call(ctx, methods.PauseContainer, { containerId: id });
        this.container(id).init.state = 'paused';
        this.publisher.publish(ctx, '/tasks/paused', TaskPaused, { containerId: id });
      },
      Resume: async (ctx, { id }) => {
        await requireSandbox(this.sandbox).agent.call(ctx, methods.ResumeContainer, { containerId: id });
        this.container(id).init.state = 'running';
        this.publisher.publish(ctx, '/tasks/resumed', TaskResumed, { containerId: id });
      },
    };
  }

  /** What goes wrong here is only told in the log. */
  private async rescan(ctx: Context, sandbox: Sandbox): Promise<void> {
    try {
      const nics = await rescanNetwork(ctx, sandbox.vmm, sandbox.control.plugNic);
      await configureNics(ctx, sandbox.agent, nics);
      sandbox.hasNetwork = nics.length > 0;
    } catch (error) {
      if (!isGoError(error) && !isErrno(error)) throw error;
      await log(ctx, 'error', `network rescan failed; container may lack networking: ${messageOf(error)}`);
    }
  }

  private async create(ctx: Context, request: CreateTaskRequest): Promise<{ pid: number }> {
    const { id, bundle, stdin, stdout, stderr, terminal } = request;
    const spec = JSON.parse(await readFile(ctx, `${bundle}/config.json`)) as Spec;
    const container: KataContainer = {
      id,
      bundle,
      mounted: [],
      init: newProcess(ctx, '', { stdin, stdout, stderr, terminal }),
      execs: new Map(),
      disk: null,
      resources: spec.linux?.resources ?? {},
      gone: new Future<void>(ctx.scheduler),
    };
    try {
      if (this.sandbox === null) {
        const options = Options.decode(request.options?.value ?? new Uint8Array(0));
        const config = await loadConfiguration(ctx, options.configPath);
        const sized = sizedFor(config, spec.annotations ?? {});
        const made = await ctx.spanned('start sandbox', 'shim', (inner) =>
          startSandbox(inner, this.reaper, sized, id, spec),
        );
        this.sandbox = made;
        const own = ctx.withSpan(ctx.process.span).withDeadline(null);
        own.go('oom events', (inner) => this.watchOom(inner, made));
      }
      const { sandbox } = this;
      sandbox.sharesPids = (spec.linux?.namespaces ?? []).some((ns) => ns.type === 'pid' && (ns.path ?? '') !== '');
      await createInGuest(ctx, sandbox, container, spec, request.rootfs);
    } catch (error) {
      if (!isGoError(error) && !isErrno(error) && !(error instanceof GrpcError)) throw error;
      await this.endSandboxIfEmpty(ctx);
      throw newError(
        `failed to handle message create container\n\nCaused by:\n    0: create container\n    1: ${messageOf(error)}`,
      );
    }
    this.containers.set(id, container);
    this.publisher.publish(ctx, '/tasks/create', TaskCreate, {
      containerId: id,
      bundle,
      rootfs: request.rootfs,
      checkpoint: request.checkpoint,
      pid: this.pid,
      io: { stdin, stdout, stderr, terminal },
    });
    this.announce(ctx, container, container.init);
    return { pid: this.pid };
  }

  private watch(ctx: Context, sandbox: Sandbox, container: KataContainer, process: KataProcess): void {
    if (this.watched.has(process)) return;
    this.watched.add(process);
    const own = ctx.withSpan(ctx.process.span).withDeadline(null);
    own.go(`wait for ${container.id}`, (inner) => this.follow(inner, sandbox, container, process));
  }

  /** Asks the agent how the process ends; a machine that is gone answers nothing. */
  private async follow(ctx: Context, sandbox: Sandbox, container: KataContainer, process: KataProcess): Promise<void> {
    const { execId } = process;
    let status = EXIT_UNKNOWN;
    try {
      ({ status } = await sandbox.agent.call(ctx, methods.WaitProcess, { containerId: container.id, execId }, FOREVER));
    } catch (error) {
      if (!(error instanceof GrpcError)) throw error;
    }
    await process.copied.wait();
    const exit = { status, atNs: ctx.wallTime };
    process.exit = exit;
    process.state = 'stopped';
    process.exited.resolve(exit);
    this.announce(ctx, container, process);
    this.publisher.publish(ctx, '/tasks/exit', TaskExit, {
      containerId: container.id,
      id: execId === '' ? container.id : execId,
      pid: this.pid,
      exitStatus: status,
      exitedAt: timestamp(exit.atNs),
    });
  }

  private async watchOom(ctx: Context, sandbox: Sandbox): Promise<void> {
    try {
      for (;;) {
        const { containerId } = await sandbox.agent.call(ctx, methods.GetOOMEvent, {});
        this.publisher.publish(ctx, '/tasks/oom', TaskOOM, { containerId });
      }
    } catch (error) {
      // The machine is gone.
      if (!(error instanceof GrpcError)) throw error;
    }
  }

  private async remove(ctx: Context, id: string, execId: string) {
    const container = this.container(id);
    const process = this.process(id, execId);
    if (process.state === 'running') throw failedPrecondition('cannot delete a running process: failed precondition');
    await closeStdin(ctx, process);
    await endLogger(ctx, process);
    const pid = this.pid;
    if (execId !== '') container.execs.delete(execId);
    else {
      const { sandbox } = this;
      if (sandbox !== null) {
        try {
          await sandbox.agent.call(ctx, methods.RemoveContainer, { containerId: id });
        } catch (error) {
          // A machine that died took its containers with it.
          if (!(error instanceof GrpcError)) throw error;
        }
        container.gone.resolve();
        await unplug(ctx, sandbox, container);
        await unshare(ctx, sandbox, container);
        if (!sandbox.vmmExit.done) await this.shrink(ctx, sandbox, id);
      }
      this.containers.delete(id);
      await this.endSandboxIfEmpty(ctx);
      this.publisher.publish(ctx, '/tasks/delete', TaskDelete, {
        containerId: id,
        pid,
        exitStatus: process.exit?.status ?? 0,
        exitedAt: timestamp(process.exit?.atNs ?? ctx.wallTime),
        id: '',
      });
    }
    return { pid, exitStatus: process.exit?.status ?? 0, exitedAt: timestamp(process.exit?.atNs ?? ctx.wallTime) };
  }

  /** What the container had brought with it goes; a failure does not keep the container from being removed. */
  private async shrink(ctx: Context, sandbox: Sandbox, id: string): Promise<void> {
    try {
      await sandbox.size.change(ctx, sandbox, id, {}, 'remove');
    } catch (error) {
      if (!isGoError(error) && !isErrno(error) && !(error instanceof GrpcError)) throw error;
      await log(ctx, 'warning', `failed to cleanup linux resources: ${messageOf(error)}`);
    }
  }

  /** The machine goes with the pod's sandbox container, as soon as somebody hears of its end. */
  private async endSandbox(ctx: Context): Promise<void> {
    const { sandbox } = this;
    if (sandbox === null) return;
    if (this.ending === null) {
      const ending = new Future<void>(ctx.scheduler);
      this.ending = ending;
      // Whoever asked may go; this goes on.
      ctx
        .withSpan(ctx.process.span)
        .withDeadline(null)
        .go('end sandbox', async (inner) => {
          await stopSandbox(inner, sandbox);
          ending.resolve();
        });
    }
    await this.ending.wait();
  }

  /** With the last container's record, at the latest. */
  private async endSandboxIfEmpty(ctx: Context): Promise<void> {
    const { sandbox } = this;
    if (sandbox === null || this.containers.size > 0) return;
    await this.endSandbox(ctx);
    this.sandbox = null;
    this.ending = null;
    await removeSandboxFiles(ctx, sandbox.id);
  }

  private announce(ctx: Context, container: KataContainer, process: KataProcess): void {
    ctx.trace.emit(ctx.span, ctx.process.pid, {
      kind: 'state',
      component: 'containerd-shim-kata-v2',
      topic: 'process',
      key: process.execId === '' ? container.id : `${container.id}/${process.execId}`,
      value: { pid: this.pid, state: process.state, exitStatus: process.exit?.status ?? null },
    });
  }
}

export function timestamp(ns: bigint): { seconds: bigint; nanos: number } {
  return { seconds: ns / 1_000_000_000n, nanos: Number(ns % 1_000_000_000n) };
}
