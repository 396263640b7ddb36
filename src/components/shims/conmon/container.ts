/** The container as its monitor sees it: from the runtime's start to the exit files. @models conmon 2.1 src/conmon.c @fidelity partial: see program.ts */
import type { Context } from '../../../linux/context.ts';
import { Errno, isErrno } from '../../../linux/errno.ts';
import { printError, readFile, removeAll, writeFileAtomic } from '../../../linux/io.ts';
import { utf8 } from '../../../linux/rope.ts';
import { LATENCY } from '../../../sim/latency.ts';
import { Future, WaitQueue } from '../../../sim/primitives.ts';
import type { Exit, Reaper } from '../shared/reaper.ts';
import { AttachSocket } from './attach-socket.ts';
import { openControlFifos } from './control-fifos.ts';
import { OomWatch } from './oom-watch.ts';
import type { Options } from './options.ts';

/** One read: a longer line is split here. */
const STDIO_BYTES = 8192;
const MESSAGE_BYTES = 8192;
const FAILED = 1;
/** What the container has written is read to the end; who else still holds the pipe is not waited for. */
const DRAIN_NS = 1_000_000;
const TIMED_OUT = 'command timed out';

export class ConmonFailure extends Error {
  override readonly name = 'ConmonFailure';
}

/** Where output goes besides to those who are attached. */
type Sink = {
  write(ctx: Context, stream: 'stdout' | 'stderr', data: Uint8Array): Promise<void>;
  reopen(ctx: Context): Promise<void>;
};

type Streams = { stdin: number | null; stdout: number | null; stderr: number };

export class Container {
  private readonly options: Options;
  private readonly log: Sink | null;
  private syncPipe: number | null;
  private readonly reaper: Reaper;
  private attach: AttachSocket | null = null;
  private readonly streams: Streams = { stdin: null, stdout: null, stderr: -1 };
  private reading = 0;

  constructor(options: Options, log: Sink | null, syncPipe: number | null, reaper: Reaper) {
    this.options = options;
    this.log = log;
    this.syncPipe = syncPipe;
    this.reaper = reaper;
  }

  private get isExec(): boolean {
    return this.options.has('exec');
  }

  async run(ctx: Context): Promise<number> {
    const { options } = this;
    const bundle = options.text('bundle');
    if (bundle !== '') {
      const socketDirectory = options.text('socket-dir-path') || '/var/run/crio';
      this.attach = await AttachSocket.open(ctx, {
        bundle,
        socketDirectory,
        cuuid: options.text('cuuid') || options.text('cid'),
        leaveStdinOpen: options.has('leave-stdin-open'),
        terminal: options.has('terminal'),
        anyLength: options.has('no-control'),
      });
      if (!options.has('no-control'))
        await openControlFifos(ctx, bundle, {
          resize: (inner, rows, columns) => this.resize(inner, rows, columns),
          reopenLogs: async (inner) => this.log?.reopen(inner),
        });
    }
    await ctx.cpu(LATENCY.conmonSetupNs);
    const status = await this.startRuntime(ctx);
    if (status !== 0) {
      await this.report(ctx, -1, await this.lastWords(ctx));
      await this.attach?.close(ctx);
      return FAILED;
    }
    let pid: number;
    try {
      pid = Number(await readFile(ctx, options.text('container-pidfile')));
    } catch (error) {
      if (!(error instanceof Errno)) throw error;
      await this.report(ctx, -1, error.go);
      return FAILED;
    }
    if (!this.isExec) await this.report(ctx, pid, '');
    const oom = await OomWatch.start(
      ctx,
      pid,
      options.has('oom-file')
        ? options.list('oom-file')
        : [options.text('persist-dir'), bundle].filter((path) => path !== '').map((path) => `${path}/oom`),
    );
    const drained = this.copyOutput(ctx);
    const end = await this.waitForExit(ctx, pid);
    await oom?.check(ctx);
    if (end !== null) await drained(ctx);
    return this.finish(ctx, pid, end);
  }

  async resize(ctx: Context, rows: number, columns: number): Promise<void> {
    if (this.streams.stdout !== null) await ctx.sys.setWindowSize(ctx, this.streams.stdout, { rows, columns });
  }

  /** Null: the time that an exec was given is over. */
  private async waitForExit(ctx: Context, pid: number): Promise<Exit | null> {
    const seconds = Number(this.options.text('timeout') || 0);
    if (seconds <= 0) return this.reaper.exit(ctx, pid);
    const first = new Future<Exit | null>(ctx.scheduler);
    const timer = ctx.scheduler.at(ctx.now + seconds * 1e9, () => first.resolve(null));
    ctx.go('exit', async (inner) => first.resolve(await this.reaper.exit(inner, pid)));
    const end = await first.wait();
    ctx.scheduler.cancel(timer);
    return end;
  }

  private async finish(ctx: Context, pid: number, end: Exit | null): Promise<number> {
    const { options } = this;
    if (end === null) {
      try {
        await ctx.sys.kill(ctx, -ctx.sys.getpgid(ctx, pid), 'SIGKILL');
      } catch (error) {
        if (!isErrno(error)) throw error;
      }
    }
    const status = end?.status ?? -1;
    const persist = options.text('persist-dir');
    const exits = options.text('exit-dir');
    try {
      if (persist !== '') await writeFileAtomic(ctx, `${persist}/exit`, String(status));
      await this.attach?.close(ctx);
      for (const path of options.list('exit-file')) await writeFileAtomic(ctx, path, String(status));
      if (exits !== '') await writeFileAtomic(ctx, `${exits}/${options.text('cid')}`, String(status));
    } catch (error) {
      // Somebody has removed the directory meanwhile: nobody waits for this file.
      if (!isErrno(error)) throw error;
      await printError(ctx, `[conmon:e]: Failed to write ${status} to exit file: ${error.libc}\n`);
      await this.attach?.close(ctx);
      return FAILED;
    }
    if (this.isExec) await this.report(ctx, status, end === null ? TIMED_OUT : '');
    return status & 255;
  }

  /** Runs `create` or `exec` to its end and gives its exit code. */
  private async startRuntime(ctx: Context): Promise<number> {
    const { sys } = ctx;
    const { options, streams } = this;
    const terminal = options.has('terminal');
    const [errRead, errWrite] = await sys.pipe(ctx);
    const theirs: number[] = [errWrite];
    streams.stderr = errRead;
    const stdio: Record<number, number | 'null'> = { 0: 'null', 1: 'null', 2: errWrite };
    const consoleSocket = terminal ? `/tmp/conmon-term.${ctx.random.hex(6).toUpperCase()}` : null;
    let listener = -1;
    if (consoleSocket !== null) {
      listener = await sys.listen(ctx, { family: 'unix', path: consoleSocket }, { mode: 0o700 });
    } else {
      if (options.has('stdin')) {
        const [inRead, inWrite] = await sys.pipe(ctx);
        stdio[0] = inRead;
        theirs.push(inRead);
        streams.stdin = inWrite;
      }
      const [outRead, outWrite] = await sys.pipe(ctx);
      stdio[1] = outWrite;
      theirs.push(outWrite);
      streams.stdout = outRead;
    }
    for (const fd of [streams.stdin, streams.stdout, errRead]) if (fd !== null) await sys.setCloseOnExec(ctx, fd, true);
    const console = new Future<void>(ctx.scheduler);
    if (consoleSocket !== null)
      ctx.go('console', (inner) => this.acceptConsole(inner, listener, consoleSocket, console));
    const runtime = options.text('runtime');
    let pid: number;
    try {
      pid = await sys.spawn(ctx, runtime, {
        argv: this.runtimeArguments(consoleSocket),
        env: ctx.process.env.filter((entry) => !entry.startsWith('_OCI_')),
        stdio,
        oomScoreAdj: 0,
      });
    } catch (error) {
      if (!(error instanceof Errno)) throw error;
      // The forked child could not execute it: exit code 127, and nothing on its standard error.
      return 127;
    } finally {
      for (const fd of theirs) await sys.close(ctx, fd);
    }
    const { status } = await this.reaper.exit(ctx, pid);
    if (status === 0 && consoleSocket !== null) await console.wait();
    this.attach?.connectStdin(streams.stdin);
    return status;
  }

  private runtimeArguments(consoleSocket: string | null): string[] {
    const { options } = this;
    const what = this.isExec
      ? [
          'exec',
          '--pid-file',
          options.text('container-pidfile'),
          ...(options.has('exec-process-spec') ? ['--process', options.text('exec-process-spec')] : []),
          '--detach',
          ...(options.has('exec-command') && options.has('terminal') ? ['--tty'] : []),
        ]
      : [
          'create',
          '--bundle',
          options.text('bundle'),
          '--pid-file',
          options.text('container-pidfile'),
          ...(options.has('no-pivot') ? ['--no-pivot'] : []),
          ...(options.has('no-new-keyring') ? ['--no-new-keyring'] : []),
        ];
    return [
      options.text('runtime'),
      ...(options.has('systemd-cgroup') ? ['--systemd-cgroup'] : []),
      ...options.list('runtime-arg'),
      ...what,
      ...options.list('runtime-opt'),
      ...(consoleSocket === null ? [] : ['--console-socket', consoleSocket]),
      options.text('cid'),
      ...options.list('exec-command'),
    ];
  }

  private async acceptConsole(ctx: Context, listener: number, path: string, done: Future<void>): Promise<void> {
    const { sys } = ctx;
    const connection = await sys.accept(ctx, listener);
    const { descriptors } = await sys.receiveDescriptors(ctx, connection);
    const master = descriptors[0] ?? -1;
    this.streams.stdout = master;
    this.streams.stdin = await sys.dup(ctx, master);
    for (const fd of [connection, listener]) await sys.close(ctx, fd);
    await removeAll(ctx, path);
    done.resolve();
  }

  private async lastWords(ctx: Context): Promise<string> {
    const data = await ctx.sys.readRope(ctx, this.streams.stderr, MESSAGE_BYTES - 1);
    return utf8(data.bytes());
  }

  /** Starts copying; the result waits until what is there has been read. */
  private copyOutput(ctx: Context): (ctx: Context) => Promise<void> {
    const idle = new WaitQueue<void>(ctx.scheduler);
    const { stdout, stderr } = this.streams;
    for (const [name, fd] of [['stdout', stdout] as const, ['stderr', stderr] as const]) {
      if (fd === null) continue;
      this.reading++;
      ctx.go(name, async (inner) => {
        await this.copyStream(inner, name, fd);
        this.reading--;
        idle.wakeAll();
      });
    }
    return async (inner) => {
      const until = inner.scheduler.at(inner.now + DRAIN_NS, () => idle.wakeAll());
      if (this.reading > 0) await idle.wait();
      if (this.reading > 0 && inner.now < until.time) await idle.wait();
      inner.scheduler.cancel(until);
    };
  }

  private async copyStream(ctx: Context, stream: 'stdout' | 'stderr', fd: number): Promise<void> {
    try {
      for (;;) {
        const data = await ctx.sys.read(ctx, fd, STDIO_BYTES);
        if (data.length === 0) return;
        await this.log?.write(ctx, stream, data);
        await this.attach?.send(ctx, stream, data);
      }
    } catch (error) {
      // EIO: the last holder of the terminal is gone.
      if (!isErrno(error, 'EIO', 'EBADF')) throw error;
    }
  }

  /** A line of JSON for whoever started us. */
  private async report(ctx: Context, value: number, message: string): Promise<void> {
    if (this.syncPipe === null) return;
    const key = this.options.has('api-version') ? 'data' : this.isExec ? 'exit_code' : 'pid';
    const rest = message === '' ? '' : `, "message": ${JSON.stringify(message)}`;
    try {
      await ctx.sys.write(ctx, this.syncPipe, `{"${key}": ${value}${rest}}\n`);
    } catch (error) {
      if (!isErrno(error, 'EPIPE')) throw error;
      await ctx.sys.close(ctx, this.syncPipe);
      this.syncPipe = null;
    }
  }
}
