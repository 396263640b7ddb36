/**
 * Commands in a container, its console and its log: exec by the runtime itself, ExecSync by a short-lived conmon, attach
 * and log rotation by the container's own conmon.
 * @models CRI-O 1.36 internal/oci/runtime_oci.go
 * @fidelity partial: no CPU affinity of execs
 */

import { exitText } from '../../../../go/exit-text.ts';
import type { Context } from '../../../../linux/context.ts';
import { Errno, isErrno } from '../../../../linux/errno.ts';
import { LineReader, readAll, readFileBytes, removeAll, writeFile } from '../../../../linux/io.ts';
import { utf8 } from '../../../../linux/rope.ts';
import type { WaitStatus } from '../../../../linux/syscalls.ts';
import { concatBytes } from '../../../../protocols/byte-queue.ts';
import type { RemoteStreams } from '../../../../protocols/streaming/server.ts';
import { LATENCY } from '../../../../sim/latency.ts';
import { Future } from '../../../../sim/primitives.ts';
import { settledWithin, start } from '../../shared/concurrency.ts';
import { failure } from '../../shared/errors.ts';
import type { CrioConfig } from '../config/defaults.ts';
import type { Container } from './container.ts';
import type { ExecResult, ExecRuntime } from './runtime.ts';
import { type RuntimeOci, succeeded } from './runtime-oci.ts';

const OUTPUT_BYTES_MAX = 16_777_216;
const CHUNK = 32_768;
const TIMED_OUT = 'command timed out';
const REOPEN = '2 0 0\n';
const REOPEN_NS_MAX = 10_000_000_000;

export type Resizer = {
  resize(ctx: Context, size: { height: number; width: number }): Promise<void>;
  close(ctx: Context): Promise<void>;
};

export class ExecOci implements ExecRuntime {
  private readonly config: CrioConfig;
  private readonly runtime: RuntimeOci;

  constructor(config: CrioConfig, runtime: RuntimeOci) {
    this.config = config;
    this.runtime = runtime;
  }

  private async processFile(
    ctx: Context,
    container: Container,
    command: readonly string[],
    terminal: boolean,
  ): Promise<string> {
    const path = `/tmp/exec-process-${ctx.random.uint32()}`;
    const process = { ...container.spec.process, args: [...command], terminal };
    await writeFile(ctx, path, JSON.stringify(process));
    return path;
  }

  async exec(ctx: Context, container: Container, command: readonly string[], streams: RemoteStreams): Promise<number> {
    const file = await this.processFile(ctx, container, command, streams.tty);
    try {
      const path = this.runtime.handler.runtime_path;
      const argv = [path, ...this.runtime.runtimeArguments(), 'exec', '--process', file, container.id];
      return await (streams.tty
        ? this.withTerminal(ctx, container, argv, streams)
        : this.withPipes(ctx, container, argv, streams));
    } finally {
      await removeAll(ctx, file);
    }
  }

  private async withPipes(
    ctx: Context,
    container: Container,
    argv: readonly string[],
    streams: RemoteStreams,
  ): Promise<number> {
    const { sys } = ctx;
    const input = streams.stdin === null ? null : await sys.pipe(ctx);
    const output = streams.stdout === null ? null : await sys.pipe(ctx);
    const errors = streams.stderr === null ? null : await sys.pipe(ctx);
    const stdio = { 0: input?.[0] ?? 'null', 1: output?.[1] ?? 'null', 2: errors?.[1] ?? 'null' } as const;
    const ours = [input?.[1], output?.[0], errors?.[0]].filter((fd) => fd !== undefined);
    const theirs = [input?.[0], output?.[1], errors?.[1]].filter((fd) => fd !== undefined);
    const pid = await this.spawn(ctx, argv, stdio, theirs, ours);
    container.execs.add(pid);
    const copies = [
      ...(output === null || streams.stdout === null ? [] : [copyOut(ctx, output[0], streams.stdout)]),
      ...(errors === null || streams.stderr === null ? [] : [copyOut(ctx, errors[0], streams.stderr)]),
    ];
    if (input !== null && streams.stdin !== null) copyIn(ctx, input[1], streams.stdin);
    const status = (await sys.wait(ctx, pid)) as WaitStatus;
    container.execs.delete(pid);
    for (const copy of copies) await copy.wait();
    return exitCode(status);
  }

  private async withTerminal(
    ctx: Context,
    container: Container,
    argv: readonly string[],
    streams: RemoteStreams,
  ): Promise<number> {
    const { sys } = ctx;
    const { master, slavePath } = await sys.openPty(ctx);
    const slave = await sys.open(ctx, slavePath, { read: true, write: true });
    const pid = await this.spawn(ctx, argv, { 0: slave, 1: slave, 2: slave }, [slave], [master], true);
    container.execs.add(pid);
    ctx.go('resize', async (inner) => {
      for (let size = await streams.resizes.take(); size !== null; size = await streams.resizes.take()) {
        if (size.width === 0 && size.height === 0) continue;
        await inner.sys
          .setWindowSize(inner, master, { rows: size.height, columns: size.width })
          .catch((error: unknown) => {
            if (!isErrno(error)) throw error;
          });
      }
    });
    const keys = await sys.dup(ctx, master);
    if (streams.stdin !== null) copyIn(ctx, keys, streams.stdin);
    const copied = streams.stdout === null ? null : copyOut(ctx, master, streams.stdout);
    const status = (await sys.wait(ctx, pid)) as WaitStatus;
    container.execs.delete(pid);
    await copied?.wait();
    return exitCode(status);
  }

  private async spawn(
    ctx: Context,
    argv: readonly string[],
    stdio: Readonly<Record<number, number | 'null'>>,
    theirs: readonly number[],
    ours: readonly number[],
    newSession = false,
  ): Promise<number> {
    const path = argv[0] ?? '';
    await ctx.cpu(LATENCY.crioExecNs);
    for (const fd of ours) await ctx.sys.setCloseOnExec(ctx, fd, true);
    try {
      return await ctx.sys.spawn(ctx, path, {
        argv,
        stdio,
        ...(newSession ? { newSession, foregroundTty: 0 } : {}),
      });
    } catch (error) {
      for (const fd of ours) await ctx.sys.close(ctx, fd);
      if (!(error instanceof Errno)) throw error;
      throw failure(`fork/exec ${path}: ${error.go}`);
    } finally {
      for (const fd of theirs) await ctx.sys.close(ctx, fd);
    }
  }

  async execSync(
    ctx: Context,
    container: Container,
    command: readonly string[],
    timeoutSeconds: number,
  ): Promise<ExecResult> {
    const suffix = (): number => ctx.random.uint32();
    const pidFile = `/tmp/pidfile${suffix()}`;
    const logFile = `/tmp/crio-log-${container.id}${suffix()}`;
    await writeFile(ctx, pidFile, '', { mode: 0o600 });
    await writeFile(ctx, logFile, '', { mode: 0o600 });
    const file = await this.processFile(ctx, container, command, container.terminal);
    const { handler } = this.runtime;
    const args = [
      '-c',
      container.id,
      '-n',
      container.name,
      '-r',
      handler.runtime_path,
      '-p',
      pidFile,
      '-e',
      '-l',
      logFile,
      '--socket-dir-path',
      this.config.crio.runtime.container_attach_socket_dir,
      '--log-level',
      this.config.crio.runtime.log_level,
      '--sync',
      '--log-global-size-max',
      String(OUTPUT_BYTES_MAX),
      ...(container.terminal ? ['-t'] : []),
      ...(timeoutSeconds > 0 ? ['-T', String(timeoutSeconds)] : []),
      ...(this.runtime.systemdCgroup ? ['-s'] : []),
      '--exec-process-spec',
      file,
      '--runtime-arg',
      `--root=${this.runtime.root}`,
    ];
    try {
      const { code, message } = await this.runMonitor(ctx, container, [handler.monitor_path, ...args]);
      if (code === -1 && message === TIMED_OUT)
        return { stdout: new Uint8Array(0), stderr: new TextEncoder().encode(TIMED_OUT), exitCode: -1 };
      if (code === -1) throw commandError(message);
      return { ...parseLog(await readFileBytes(ctx, logFile)), exitCode: code };
    } finally {
      for (const path of [pidFile, logFile, file]) await removeAll(ctx, path);
    }
  }

  private async runMonitor(
    ctx: Context,
    container: Container,
    argv: readonly string[],
  ): Promise<{ code: number; message: string }> {
    const { sys } = ctx;
    const [syncRead, syncWrite] = await sys.pipe(ctx);
    const [startRead, startWrite] = await sys.pipe(ctx);
    const [outRead, outWrite] = await sys.pipe(ctx);
    for (const fd of [syncRead, startWrite, outRead]) await sys.setCloseOnExec(ctx, fd, true);
    await ctx.cpu(LATENCY.crioExecNs);
    let pid: number;
    try {
      pid = await sys.spawn(ctx, argv[0] ?? '', {
        argv,
        env: this.runtime.environment(ctx, true),
        stdio: { 0: 'null', 1: outWrite, 2: outWrite, 3: syncWrite, 4: startRead },
      });
    } catch (error) {
      for (const fd of [syncRead, startWrite, outRead]) await sys.close(ctx, fd);
      if (!(error instanceof Errno)) throw error;
      throw commandError(`fork/exec ${argv[0]}: ${error.go}`);
    } finally {
      for (const fd of [syncWrite, startRead, outWrite]) await sys.close(ctx, fd);
    }
    container.execs.add(pid);
    const written = start(ctx, 'monitor-output', (inner) => readAll(inner, outRead));
    await sys.write(ctx, startWrite, Uint8Array.of(0)).catch((error: unknown) => {
      if (!isErrno(error, 'EPIPE')) throw error;
      return 0;
    });
    await sys.close(ctx, startWrite);
    const status = (await sys.wait(ctx, pid)) as WaitStatus;
    container.execs.delete(pid);
    const line = await new LineReader(syncRead).next(ctx);
    await sys.close(ctx, syncRead);
    const output = utf8(await written.wait());
    await sys.close(ctx, outRead);
    if (line === null) throw commandError(succeeded(status) ? 'EOF' : exitText(status), output);
    const { exit_code: code, message = '' } = JSON.parse(line) as { exit_code: number; message?: string };
    return { code, message };
  }

  async attach(ctx: Context, container: Container, streams: RemoteStreams): Promise<void> {
    const { sys } = ctx;
    const resizer = await this.resizer(ctx, container);
    ctx.go('resize', async (inner) => {
      for (let size = await streams.resizes.take(); size !== null; size = await streams.resizes.take()) {
        await resizer.resize(inner, size).catch((error: unknown) => {
          if (!isErrno(error)) throw error;
        });
      }
    });
    const path = this.attachPath(container);
    let fd: number;
    try {
      fd = await sys.connect(ctx, { family: 'unix', path });
    } catch (error) {
      if (!(error instanceof Errno)) throw error;
      throw failure(
        `failed to connect to container ${container.id} attach socket: dial unixpacket ${path}: connect: ${error.go}`,
      );
    }
    const ended = new Future<void>(ctx.scheduler);
    ctx.go('attach-output', async (inner) => {
      await redirectOutput(inner, fd, streams);
      ended.resolve();
    });
    const { stdin } = streams;
    if (stdin !== null) {
      ctx.go('attach-input', async (inner) => {
        try {
          for (let data = await stdin.read(inner); data !== null; data = await stdin.read(inner))
            await inner.sys.write(inner, fd, data);
          await inner.sys.shutdown(inner, fd, 'write');
        } catch (error) {
          if (!isErrno(error)) throw error;
        }
        // A container whose input stays open goes on; so does whoever watches a terminal.
        if (container.stdin && !container.stdinOnce && !streams.tty) ended.resolve();
      });
    }
    await ended.wait();
    await sys.close(ctx, fd);
    await resizer.close(ctx);
  }

  protected attachPath(container: Container): string {
    return `${this.config.crio.runtime.container_attach_socket_dir}/${container.id}/attach`;
  }

  /** Sizes of the terminal go through a fifo of conmon's. */
  protected async resizer(ctx: Context, container: Container): Promise<Resizer> {
    const control = await openControl(ctx, container);
    return {
      resize: async (inner, { height, width }) => {
        await inner.sys.write(inner, control, `1 ${height} ${width}\n`);
      },
      close: (inner) => inner.sys.close(inner, control),
    };
  }

  async reopenLog(ctx: Context, container: Container): Promise<void> {
    const control = await openControl(ctx, container);
    const directory = container.logPath.slice(0, container.logPath.lastIndexOf('/'));
    const made = start(ctx, 'log-watch', (inner) => inner.sys.watch(inner, directory));
    try {
      await ctx.sys.write(ctx, control, REOPEN);
    } catch (error) {
      if (!isErrno(error)) throw error;
    }
    // A file that has not been moved away is opened again without a change of the directory.
    if (await isThere(ctx, container.logPath)) await settledWithin(ctx, made, 1_000_000);
    else await settledWithin(ctx, made, REOPEN_NS_MAX);
    await ctx.sys.close(ctx, control);
  }
}

async function isThere(ctx: Context, path: string): Promise<boolean> {
  try {
    await ctx.sys.stat(ctx, path);
    return true;
  } catch (error) {
    if (isErrno(error)) return false;
    throw error;
  }
}

async function openControl(ctx: Context, container: Container): Promise<number> {
  const path = `${container.bundle}/ctl`;
  try {
    return await ctx.sys.open(ctx, path, { write: true, closeOnExec: true });
  } catch (error) {
    if (!(error instanceof Errno)) throw error;
    throw failure(`failed to open container ctl file: open ${path}: ${error.go}`);
  }
}

/** Packets of conmon: a byte for the stream, then what the container has written. */
async function redirectOutput(ctx: Context, fd: number, streams: RemoteStreams): Promise<void> {
  const STDERR = 3;
  try {
    for (;;) {
      const packet = await ctx.sys.read(ctx, fd, CHUNK + 1);
      if (packet.length === 0) return;
      const sink = packet[0] === STDERR && !streams.tty ? streams.stderr : streams.stdout;
      if (sink !== null && !(await sink.write(ctx, packet.slice(1)))) return;
    }
  } catch (error) {
    if (!isErrno(error)) throw error;
  }
}

function copyOut(ctx: Context, fd: number, sink: NonNullable<RemoteStreams['stdout']>): Future<void> {
  return start(ctx, 'exec-output', async (inner) => {
    try {
      for (;;) {
        const data = await inner.sys.read(inner, fd, CHUNK);
        if (data.length === 0) break;
        await sink.write(inner, data);
      }
    } catch (error) {
      // EIO: the last holder of the terminal is gone.
      if (!isErrno(error, 'EIO')) throw error;
    }
    await inner.sys.close(inner, fd);
    await sink.close(inner);
  });
}

function copyIn(ctx: Context, fd: number, source: NonNullable<RemoteStreams['stdin']>): void {
  ctx.go('exec-input', async (inner) => {
    try {
      for (let data = await source.read(inner); data !== null; data = await source.read(inner))
        await inner.sys.write(inner, fd, data);
    } catch (error) {
      if (!isErrno(error)) throw error;
    }
    await inner.sys.close(inner, fd);
  });
}

function exitCode(status: WaitStatus): number {
  return status.signal === null ? status.exitCode : -1;
}

function commandError(words: string, output = ''): ReturnType<typeof failure> {
  return failure(`command error: ${words}, stdout: ${output}, stderr: , exit code -1`);
}

/** What the command has printed, out of the log that its conmon wrote. */
function parseLog(log: Uint8Array): { stdout: Uint8Array; stderr: Uint8Array } {
  const parts = { stdout: [] as Uint8Array[], stderr: [] as Uint8Array[] };
  const SPACE = 32;
  for (let start = 0; start < log.length; ) {
    const newline = log.indexOf(10, start);
    const end = newline < 0 ? log.length : newline + 1;
    const first = log.indexOf(SPACE, start);
    const second = log.indexOf(SPACE, first + 1);
    const third = log.indexOf(SPACE, second + 1);
    const stream = utf8(log.subarray(first + 1, second));
    const isPartial = utf8(log.subarray(second + 1, third)) === 'P';
    const content = log.slice(third + 1, isPartial ? end - 1 : end);
    if (stream === 'stdout' || stream === 'stderr') parts[stream].push(content);
    start = end;
  }
  return { stdout: concatBytes(parts.stdout), stderr: concatBytes(parts.stderr) };
}
