/**
 * Containers of a shim that brings its own kernel: no conmon, the daemon itself talks to the shim and writes the log.
 * @models CRI-O 1.36 internal/oci/runtime_vm.go
 * @fidelity partial: no image pull in the guest, no statistics of the guest
 */

import { exitText } from '../../../../go/exit-text.ts';
import { rfc3339Nano } from '../../../../go/time.ts';
import type { Context } from '../../../../linux/context.ts';
import { Errno, isErrno } from '../../../../linux/errno.ts';
import { exists, readFile, removeAll, runCommand, writeFile } from '../../../../linux/io.ts';
import { utf8 } from '../../../../linux/rope.ts';
import { parseSignal, signalNumber } from '../../../../linux/signals.ts';
import { concatBytes } from '../../../../protocols/byte-queue.ts';
import { TaskService } from '../../../../protocols/containerd/runtime/task/v3/generated.ts';
import { Options } from '../../../../protocols/containerd/types/runtimeoptions/v1/generated.ts';
import { GrpcError } from '../../../../protocols/grpc/status.ts';
import type { Resources } from '../../../../protocols/oci-runtime/types.ts';
import type { Input } from '../../../../protocols/proto/message-type.ts';
import type { Method } from '../../../../protocols/proto/service.ts';
import type { RemoteStreams, TerminalSize } from '../../../../protocols/streaming/server.ts';
import { dialTtrpc, TTRPC_CLOSED, type TtrpcClient } from '../../../../protocols/ttrpc/client.ts';
import { LATENCY } from '../../../../sim/latency.ts';
import type { Queue } from '../../../../sim/primitives.ts';
import { settledWithin, start } from '../../shared/concurrency.ts';
import { failure, messageOf, notFound, pathFailure, toFailure, wrap } from '../../shared/errors.ts';
import { ContainerIo } from '../../shared/io/container-io.ts';
import { type FifoSet, fifoSetOf, newFifoSet } from '../../shared/io/fifos.ts';
import { LogFile } from '../../shared/io/log-file.ts';
import { openShimLog } from '../../shared/io/shim-log.ts';
import type { OutputSink } from '../../shared/io/writer-group.ts';
import type { Logger } from '../../shared/log.ts';
import type { CrioConfig, RuntimeHandler } from '../config/defaults.ts';
import { type Container, type Status, stamp, startTimeOf, ZERO_TIME } from './container.ts';
import type { ExecResult, ExecRuntime, Runtime } from './runtime.ts';

const { methods } = TaskService;
/** The shim is told the namespace of containerd that a client which names none gets. */
const NAMESPACE = 'default';
const SHIM_VERSION_MAX = 2;
const CREATE_TIMEOUT_SECONDS = 240;
const KILL_TIMEOUT_NS = 120_000_000_000;
const OUTPUT_BYTES_MAX = 16_777_216;
const NO_LINE_LIMIT = -1;
const SIGKILL = 9;
const TIMED_OUT = 'command timed out';
const SPEC_TYPES = 'types.containerd.io/opencontainers/runtime-spec/1';
const STATUSES: readonly (Status | undefined)[] = [undefined, 'created', 'running', 'stopped', 'paused'];

type Vm = { client: TtrpcClient; io: ContainerIo | null };

export class RuntimeVm implements Runtime, ExecRuntime {
  /** Outlives requests: connections and copied streams belong to the daemon. */
  private readonly base: Context;
  private readonly config: CrioConfig;
  private readonly handler: RuntimeHandler;
  private readonly log: Logger;
  private readonly vms = new Map<string, Vm>();

  constructor(base: Context, config: CrioConfig, handler: RuntimeHandler, log: Logger) {
    this.base = base;
    this.config = config;
    this.handler = handler;
    this.log = log;
  }

  private get fifos(): string {
    return `${this.handler.runtime_root}/crio/fifo`;
  }

  private vm(container: Container): Vm {
    const vm = this.vms.get(container.id);
    if (vm === undefined) throw failure('runtime not correctly setup');
    return vm;
  }

  private io(container: Container): ContainerIo {
    const io = this.vms.get(container.id)?.io ?? null;
    if (io === null) throw failure('could not retrieve container information');
    return io;
  }

  /** When the shim has gone, Wait and State find nothing; the others say how they know. */
  private async call<Req, Res>(
    ctx: Context,
    container: Container,
    method: Method<Req, Res>,
    request: Input<Req>,
    deadline: number | null = null,
  ): Promise<Res> {
    try {
      return await this.vm(container).client.call(ctx, method, request, { deadline });
    } catch (error) {
      if (isClosed(error))
        throw method === methods.Wait || method === methods.State ? notFound() : failure(TTRPC_CLOSED);
      throw toFailure(error);
    }
  }

  async create(ctx: Context, container: Container, log: Logger): Promise<void> {
    const unlock = await container.lock.lock();
    const { id, bundle } = container;
    try {
      const client = await this.startShim(ctx, container, log);
      this.vms.set(id, { client, io: null });
      const fifos = await newFifoSet(ctx, this.fifos, id, container.terminal, container.stdin);
      try {
        const io = await this.openIo(container, fifos);
        const timeout = this.handler.container_create_timeout ?? CREATE_TIMEOUT_SECONDS;
        const { pid } = await this.call(
          ctx,
          container,
          methods.Create,
          { id, bundle, ...io.config, ...this.options() },
          ctx.now + timeout * 1e9,
        ).catch((error: unknown) => {
          throw wrap('CreateContainer failed', error);
        });
        container.state.initPid = pid;
        container.state.initStartTime = (await startTimeOf(ctx, pid)) ?? '';
      } catch (error) {
        await log.warn(ctx, `Cleaning up container ${id}: ${messageOf(error)}`);
        await this.deleteLocked(ctx, container, true);
        await removeAll(ctx, container.logPath);
        throw error;
      }
    } finally {
      unlock();
    }
  }

  private options(): { options?: { typeUrl: string; value: Uint8Array } } {
    const { runtime_config_path: configPath } = this.handler;
    if (configPath === '') return {};
    return { options: { typeUrl: Options.typeName, value: Options.encode({ configPath }) } };
  }

  /** One shim a pod; its binary finds the pod's own by the annotations in the bundle. */
  private async startShim(ctx: Context, container: Container, log: Logger): Promise<TtrpcClient> {
    const { runtime_path: path } = this.handler;
    await openShimLog(this.base, `${container.bundle}/log`);
    await ctx.cpu(LATENCY.crioExecNs);
    const self = await ctx.sys.readlink(ctx, '/proc/self/exe');
    const argv = [
      path,
      ...['-namespace', NAMESPACE, '-address', '', '-publish-binary', self, '-id', container.id],
      ...(log.level === 'debug' || log.level === 'trace' ? ['-debug'] : []),
      'start',
    ];
    const env = [
      ...ctx.process.env,
      'MAX_SHIM_VERSION=2',
      'TTRPC_ADDRESS=',
      'GRPC_ADDRESS=',
      `NAMESPACE=${NAMESPACE}`,
      'GOMAXPROCS=2',
    ];
    try {
      const result = await runCommand(ctx, argv, { path, cwd: container.bundle, env });
      if (result.status.signal !== null || result.status.exitCode !== 0)
        throw failure(`${utf8(result.stderr)}: ${exitText(result.status)}`);
      return await this.dial(shimAddress(utf8(result.stdout)));
    } catch (error) {
      if (error instanceof Errno) throw failure(`: fork/exec ${path}: ${error.go}`);
      throw error;
    }
  }

  private async dial(address: string): Promise<TtrpcClient> {
    const path = address.replace(/^unix:\/\//, '');
    try {
      return await dialTtrpc(this.base, path);
    } catch (error) {
      if (!(error instanceof Errno)) throw error;
      throw failure(`dial unix ${path}: connect: ${error.go}`);
    }
  }

  private async openIo(container: Container, fifos: FifoSet): Promise<ContainerIo> {
    const io = await ContainerIo.open(this.base, container.id, fifos, this.log);
    await this.openLog(this.base, container, io);
    io.pipe(this.base);
    this.vm(container).io = io;
    return io;
  }

  private async openLog(ctx: Context, container: Container, io: ContainerIo): Promise<void> {
    const file = await LogFile.open(ctx, container.logPath);
    for (const stream of ['stdout', 'stderr'] as const) {
      const sink = file.stream(stream, NO_LINE_LIMIT, this.log);
      const old = await io.addOutput(ctx, stream, container.logPath, sink);
      await old?.close(ctx);
    }
  }

  async start(ctx: Context, container: Container): Promise<void> {
    const unlock = await container.lock.lock();
    try {
      await this.call(ctx, container, methods.Start, { id: container.id });
      container.state.started = stamp(ctx);
    } finally {
      unlock();
    }
    this.base.go('vm-wait', (inner) => this.follow(inner, container));
  }

  /** Leaves the file that the daemon watches for, as conmon does for others. */
  private async follow(ctx: Context, container: Container): Promise<void> {
    try {
      await this.call(ctx, container, methods.Wait, { id: container.id });
    } catch (error) {
      await this.log.warn(ctx, `Wait for ${container.id} returned: ${messageOf(error)}`);
      return;
    }
    const path = `${this.config.crio.runtime.container_exits_dir}/${container.id}`;
    try {
      await writeFile(ctx, path, 'Exited', { mode: 0o644 });
    } catch (error) {
      await this.log.warn(ctx, `Unable to write exit file ${messageOf(pathFailure('open', path, error))}`);
    }
    try {
      await this.refresh(ctx, container);
    } catch (error) {
      await this.log.warn(ctx, `Error updating container status ${messageOf(error)}`);
    }
  }

  async stop(ctx: Context, container: Container, timeoutSeconds: number, log: Logger): Promise<void> {
    if (container.state.status === 'stopped') return;
    if (container.state.status === 'paused') {
      await log.warn(ctx, `Cannot stop paused container ${container.id}`);
      await this.resume(ctx, container);
      await this.updateStatus(ctx, container);
    }
    const unlock = await container.lock.lock();
    try {
      const { id } = container;
      const ended = start(ctx.withDeadline(null), 'stop-wait', async (inner) => {
        await this.call(inner, container, methods.Wait, { id }).catch(ignoreNotFound);
      });
      if (timeoutSeconds > 0) {
        const signal = signalNumber(parseSignal(container.stopSignal) ?? 'SIGTERM');
        await this.call(ctx, container, methods.Kill, { id, signal });
        if (await settledWithin(ctx, ended, timeoutSeconds * 1e9)) {
          container.state.finished = stamp(ctx);
          return;
        }
        await log.warn(ctx, timedOut('terminated', `${timeoutSeconds}s`));
      }
      await this.call(ctx, container, methods.Kill, { id, signal: SIGKILL });
      if (!(await settledWithin(ctx, ended, KILL_TIMEOUT_NS))) {
        const words = timedOut('killed', '2m0s');
        await log.error(ctx, words);
        throw failure(words);
      }
      container.state.finished = stamp(ctx);
    } finally {
      unlock();
    }
  }

  async delete(ctx: Context, container: Container): Promise<void> {
    const unlock = await container.lock.lock();
    try {
      await this.deleteLocked(ctx, container, false);
    } finally {
      unlock();
    }
  }

  private async deleteLocked(ctx: Context, container: Container, force: boolean): Promise<void> {
    const { id } = container;
    const vm = this.vms.get(id);
    if (vm === undefined || vm.io === null) {
      if (!force) throw failure('could not retrieve container information');
    }
    await vm?.io?.close(ctx);
    if (vm === undefined) return;
    try {
      for (const method of [methods.Delete, methods.Shutdown] as const) {
        try {
          await vm.client.call(ctx, method as typeof methods.Shutdown, { id }, { deadline: null });
        } catch (error) {
          if (!isClosed(error) && !force) throw toFailure(error);
        }
      }
    } finally {
      await vm.client.close(ctx);
    }
    this.vms.delete(id);
  }

  async updateStatus(ctx: Context, container: Container): Promise<void> {
    const unlock = await container.lock.lock();
    try {
      await this.refresh(ctx, container);
    } finally {
      unlock();
    }
  }

  private async refresh(ctx: Context, container: Container): Promise<void> {
    const { id, state } = container;
    if (!this.vms.has(id) && !(await this.reconnect(ctx, container))) return;
    const told = await this.call(ctx, container, methods.State, { id });
    if (this.vm(container).io === null) {
      const { stdin, stdout, stderr, terminal } = told;
      await this.openIo(container, fifoSetOf({ stdin, stdout, stderr, terminal })).catch((error: unknown) => {
        throw wrap('failed to restore container io', error);
      });
    }
    state.status = STATUSES[told.status] ?? state.status;
    state.pid = told.pid;
    state.exitCode = told.exitStatus;
    const { exitedAt } = told;
    state.finished =
      exitedAt === undefined ? ZERO_TIME : rfc3339Nano(exitedAt.seconds * 1_000_000_000n + BigInt(exitedAt.nanos));
    if (told.exitStatus !== 0 && (await exists(ctx, `${container.bundle}/oom`))) state.oomKilled = true;
  }

  /** After a restart of the daemon: the shim has left its address. False: gone, and known to be. */
  private async reconnect(ctx: Context, container: Container): Promise<boolean> {
    const path = `${container.bundle}/address`;
    let address: string;
    try {
      address = (await readFile(ctx, path)).trim();
    } catch (error) {
      if (!isErrno(error)) throw error;
      if (container.state.status === 'stopped') return false;
      await this.log.warn(ctx, `Failed to read shim address: ${pathFailure('open', path, error).message}`);
      throw failure('runtime not correctly setup');
    }
    this.vms.set(container.id, { client: await this.dial(address), io: null });
    await openShimLog(this.base, `${container.bundle}/log`);
    return true;
  }

  async update(ctx: Context, container: Container, resources: Resources): Promise<void> {
    await this.call(ctx, container, methods.Update, {
      id: container.id,
      resources: anyOf('LinuxResources', resources),
    });
  }

  async pause(ctx: Context, container: Container): Promise<void> {
    await this.call(ctx, container, methods.Pause, { id: container.id });
  }

  async resume(ctx: Context, container: Container): Promise<void> {
    await this.call(ctx, container, methods.Resume, { id: container.id });
  }

  async exec(ctx: Context, container: Container, command: readonly string[], streams: RemoteStreams): Promise<number> {
    const code = await this.execCommon(ctx, container, command, 0, streams);
    return code ?? -1;
  }

  async execSync(
    ctx: Context,
    container: Container,
    command: readonly string[],
    timeoutSeconds: number,
  ): Promise<ExecResult> {
    const stdout = new Buffer();
    const stderr = new Buffer();
    const { terminal: tty } = container;
    try {
      const code = await this.execCommon(ctx, container, command, timeoutSeconds, {
        stdin: null,
        stdout,
        stderr,
        tty,
        resizes: null,
      });
      if (code === null)
        return { stdout: new Uint8Array(0), stderr: new TextEncoder().encode(TIMED_OUT), exitCode: -1 };
      return { stdout: stdout.bytes, stderr: stderr.bytes, exitCode: code };
    } catch (error) {
      throw wrap('ExecSyncContainer failed', error);
    }
  }

  /** Returns null when the time was up. */
  private async execCommon(
    ctx: Context,
    container: Container,
    command: readonly string[],
    timeoutSeconds: number,
    streams: Omit<RemoteStreams, 'resizes'> & { resizes: Queue<TerminalSize> | null },
  ): Promise<number | null> {
    const { id } = container;
    const execId = ctx.random.hex(64);
    const slow = ctx.withDeadline(null);
    const fifos = await newFifoSet(ctx, this.fifos, execId, streams.tty, streams.stdin !== null);
    const io = await ContainerIo.open(this.base, execId, fifos, this.log);
    try {
      const process = { ...container.spec.process, args: [...command] };
      await this.call(slow, container, methods.Exec, { id, execId, ...io.config, spec: anyOf('Process', process) });
      await this.call(slow, container, methods.Start, { id, execId });
    } catch (error) {
      await io.cancel(ctx);
      await io.close(ctx);
      throw error;
    }
    try {
      io.pipe(this.base);
      const attached = start(slow, 'exec-attach', (inner) =>
        io.attach(inner, {
          stdin: streams.stdin,
          stdout: streams.stdout ?? new Buffer(),
          stderr: streams.stderr ?? new Buffer(),
          tty: streams.tty,
          stdinOnce: true,
          announced: false,
          closeStdin: (c) =>
            this.call(c, container, methods.CloseIO, { id, execId, stdin: true }).then(() => undefined, ignoreNotFound),
        }),
      );
      if (streams.resizes !== null) this.followSizes(ctx, container, execId, streams.resizes);
      const ended = start(slow, 'exec-wait', (inner) => this.call(inner, container, methods.Wait, { id, execId }));
      if (timeoutSeconds > 0 && !(await settledWithin(ctx, ended, timeoutSeconds * 1e9))) {
        await this.call(slow, container, methods.Kill, { id, execId, signal: SIGKILL });
        await ended.wait();
        return null;
      }
      const { exitStatus } = await ended.wait();
      await attached.wait();
      return exitStatus;
    } finally {
      await io.close(ctx);
      await this.call(slow, container, methods.Delete, { id, execId }).catch((error: unknown) => void messageOf(error));
    }
  }

  private followSizes(ctx: Context, container: Container, execId: string, sizes: Queue<TerminalSize>): void {
    ctx.go('resize', async (inner) => {
      for (let size = await sizes.take(); size !== null; size = await sizes.take()) {
        const { width, height } = size;
        try {
          await this.call(inner, container, methods.ResizePty, { id: container.id, execId, width, height });
        } catch (error) {
          await this.log.warn(inner, `Failed to resize terminal: ${messageOf(error)}`);
        }
      }
    });
  }

  async attach(ctx: Context, container: Container, streams: RemoteStreams): Promise<void> {
    const io = this.io(container);
    this.followSizes(ctx, container, '', streams.resizes);
    await io.attach(ctx, {
      stdin: streams.stdin,
      stdout: streams.stdout,
      stderr: streams.stderr,
      tty: streams.tty,
      stdinOnce: container.stdinOnce,
      announced: false,
      closeStdin: async (inner) => {
        await this.call(inner, container, methods.CloseIO, { id: container.id, stdin: true });
      },
    });
  }

  async reopenLog(_ctx: Context, container: Container): Promise<void> {
    await this.openLog(this.base, container, this.io(container));
  }
}

/** Keeps the beginning. */
class Buffer implements OutputSink {
  private readonly parts: Uint8Array[] = [];
  private left = OUTPUT_BYTES_MAX;

  async write(_ctx: Context, data: Uint8Array): Promise<boolean> {
    const kept = data.slice(0, this.left);
    this.left -= kept.length;
    if (kept.length > 0) this.parts.push(kept);
    return true;
  }

  async close(): Promise<void> {}

  get bytes(): Uint8Array {
    return concatBytes(this.parts);
  }
}

function anyOf(type: 'Process' | 'LinuxResources', value: unknown): { typeUrl: string; value: Uint8Array } {
  return { typeUrl: `${SPEC_TYPES}/${type}`, value: new TextEncoder().encode(JSON.stringify(value)) };
}

function isClosed(error: unknown): boolean {
  return error instanceof GrpcError && error.description === TTRPC_CLOSED;
}

function ignoreNotFound(error: unknown): void {
  const words = messageOf(error);
  if (!words.endsWith('not found')) throw toFailure(error);
}

function timedOut(signal: string, time: string): string {
  return `StopContainer with signal ${signal} timed out after (${time})`;
}

/** What `start` has printed: an address, or, since version 2, JSON with it. */
function shimAddress(output: string): string {
  const text = output.trim();
  let params: { version?: number; address?: string };
  try {
    params = JSON.parse(text) as { version?: number; address?: string };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return text;
  }
  const { version = 0, address = '' } = params;
  if (version < SHIM_VERSION_MAX) return text;
  if (version > SHIM_VERSION_MAX)
    throw failure(`parsing shim address: unsupported shim version (${version}): not implemented`);
  return address;
}
