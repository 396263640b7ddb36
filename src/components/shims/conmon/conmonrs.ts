/**
 * conmonrs: one for each pod, and a server. It starts the OCI runtime for all of the pod's containers, keeps their streams,
 * writes their logs, runs commands in them, and leaves their exit codes in files.
 * @models conmon-rs 0.7 conmon-rs/server/src
 * @fidelity partial: the calls are those of its interface, one a connection, but lines of JSON instead of Cap'n Proto; of log
 * drivers only that of the CRI; no streaming server of its own, tracing or heap tracking
 */
import type { Context } from '../../../linux/context.ts';
import { Errno, isErrno } from '../../../linux/errno.ts';
import { LineReader, mkdirAll, print, printError, removeAll, writeFile } from '../../../linux/io.ts';
import type { Program } from '../../../linux/program.ts';
import { concatBytes } from '../../../protocols/byte-queue.ts';
import { LATENCY } from '../../../sim/latency.ts';
import { Reaper } from '../shared/reaper.ts';
import { Container } from './container.ts';
import { LogFile } from './log-file.ts';
import type { Options } from './options.ts';

const VERSION = '0.7.3';
const FAILED = 1;
const USAGE = 2;
const ID_SHOWN = 12;
/** Of each stream of a command. */
const OUTPUT_BYTES_MAX = 16 << 20;

const VALUES = ['cgroup-manager', 'log-driver', 'log-level', 'runtime', 'runtime-dir', 'runtime-root'] as const;
type Settings = Partial<Record<(typeof VALUES)[number], string>>;

export const conmonrsProgram: Program = {
  name: 'conmonrs',
  layer: 'shim',
  startCpuNs: LATENCY.conmonStartNs,
  rssBytes: 3_100 << 10,
  threads: 3,
  main,
};

async function main(ctx: Context, argv: string[]): Promise<number> {
  const settings: Settings = {};
  for (let i = 1; i < argv.length; i++) {
    const word = argv[i] ?? '';
    if (word === '--version' || word === '-V') {
      await print(ctx, `version: ${VERSION}\n`);
      return 0;
    }
    const name = VALUES.find((each) => word === `--${each}`);
    const value = argv[i + 1];
    if (name === undefined || value === undefined) {
      const words =
        name === undefined
          ? `unexpected argument '${word}' found`
          : `a value is required for '${word}' but none was supplied`;
      await printError(ctx, `error: ${words}\n\nFor more information, try '--help'.\n`);
      return USAGE;
    }
    settings[name] = value;
    i++;
  }
  const directory = settings['runtime-dir'];
  if (directory === undefined || settings.runtime === undefined) {
    await printError(ctx, 'Error: validate config: runtime binary path and runtime directory must be specified\n');
    return FAILED;
  }
  try {
    await mkdirAll(ctx, directory, 0o755);
    await removeAll(ctx, `${directory}/conmon.sock`);
    const listener = await ctx.sys.listen(ctx, { family: 'unix', path: `${directory}/conmon.sock` }, { mode: 0o755 });
    // The one that goes on is nobody's child.
    const pid = await ctx.sys.fork(ctx, (child) => serve(child, settings, listener));
    await writeFile(ctx, `${directory}/pidfile`, String(pid));
    return 0;
  } catch (error) {
    if (!isErrno(error)) throw error;
    await printError(ctx, `Error: ${error.libc} (os error ${error.errno})\n`);
    return FAILED;
  }
}

type Request = {
  method: string;
  id: string;
  bundle: string;
  terminal: boolean;
  stdin: boolean;
  logPath: string;
  exitPaths: string[];
  oomExitPaths: string[];
  command: string[];
  timeoutSeconds: number;
  rows: number;
  columns: number;
};

type Answer = Record<string, unknown>;

/** What the container's part needs to be told, in the words of conmon's command line. */
function optionsOf(values: Readonly<Record<string, string | readonly string[]>>): Options {
  const list = (name: string): readonly string[] => {
    const value = values[name];
    return value === undefined ? [] : typeof value === 'string' ? [value] : value;
  };
  return { list, has: (name) => values[name] !== undefined, text: (name) => list(name).at(-1) ?? '' };
}

async function serve(ctx: Context, settings: Settings, listener: number): Promise<number> {
  const { sys } = ctx;
  const nobody = await sys.open(ctx, '/dev/null', { read: true, write: true });
  for (const fd of [0, 1, 2]) await sys.dup2(ctx, nobody, fd);
  await sys.close(ctx, nobody);
  await sys.setsid(ctx);
  sys.setSubreaper(ctx, true);
  sys.sigaction(ctx, 'SIGPIPE', 'ignore');
  await sys.setCloseOnExec(ctx, listener, true);
  const server = new Server(settings, new Reaper(ctx));
  for (;;) {
    const connection = await sys.accept(ctx, listener);
    await sys.setCloseOnExec(ctx, connection, true);
    ctx.go('call', async (inner) => {
      const line = await new LineReader(connection).next(inner);
      if (line !== null) {
        let answer: Answer;
        try {
          answer = await server.handle(inner, JSON.parse(line) as Request);
        } catch (error) {
          if (!(error instanceof Errno) && !(error instanceof Refusal)) throw error;
          answer = { error: error instanceof Errno ? error.libc : error.message };
        }
        try {
          await inner.sys.write(inner, connection, `${JSON.stringify(answer)}\n`);
        } catch (error) {
          if (!isErrno(error)) throw error;
        }
      }
      await inner.sys.close(inner, connection);
    });
  }
}

class Refusal extends Error {
  override readonly name = 'Refusal';
}

class Server {
  private readonly settings: Settings;
  private readonly reaper: Reaper;
  private readonly containers = new Map<string, { container: Container; log: LogFile; bundle: string }>();

  constructor(settings: Settings, reaper: Reaper) {
    this.settings = settings;
    this.reaper = reaper;
  }

  async handle(ctx: Context, request: Request): Promise<Answer> {
    const own = ctx.withDeadline(null);
    switch (request.method) {
      case 'version':
        return { version: VERSION, processId: ctx.sys.getpid(ctx) };
      case 'createContainer':
        return this.create(own, request);
      case 'execSyncContainer':
        return this.exec(own, request);
      case 'reopenLogContainer':
        await this.find(request.id).log.reopen(own);
        return {};
      case 'setWindowSizeContainer':
        await this.find(request.id).container.resize(own, request.rows, request.columns);
        return {};
      default:
        throw new Refusal(`not simulated: ${request.method}`);
    }
  }

  private find(id: string): { container: Container; log: LogFile; bundle: string } {
    const found = this.containers.get(id);
    if (found === undefined) throw new Refusal(`child not found: ${id.slice(0, ID_SHOWN)}`);
    return found;
  }

  private runtimeArguments(): string[] {
    const { 'runtime-root': root } = this.settings;
    return root === undefined ? [] : [`--root=${root}`];
  }

  private get systemd(): Record<string, string> {
    return this.settings['cgroup-manager'] === 'systemd' ? { 'systemd-cgroup': '' } : {};
  }

  private async create(ctx: Context, request: Request): Promise<Answer> {
    const { id, bundle } = request;
    const log = await LogFile.open(ctx, request.logPath, { fileBytesMax: 0, totalBytesMax: 0 });
    const [read, write] = await ctx.sys.pipe(ctx);
    for (const fd of [read, write]) await ctx.sys.setCloseOnExec(ctx, fd, true);
    const options = optionsOf({
      'api-version': '1',
      bundle,
      cid: id,
      cuuid: id,
      'container-pidfile': `${bundle}/pidfile`,
      'exit-file': request.exitPaths,
      'oom-file': request.oomExitPaths,
      'no-control': '',
      runtime: this.settings.runtime ?? '',
      'runtime-arg': this.runtimeArguments(),
      'socket-dir-path': this.settings['runtime-dir'] ?? '',
      ...this.systemd,
      ...(request.terminal ? { terminal: '' } : {}),
      ...(request.stdin ? { stdin: '', 'leave-stdin-open': '' } : {}),
    });
    const container = new Container(options, log, write, this.reaper);
    ctx.withSpan(ctx.process.span).go(`container ${id.slice(0, ID_SHOWN)}`, async (inner) => {
      await container.run(inner);
      this.containers.delete(id);
      await log.close(inner);
      await inner.sys.close(inner, write);
    });
    this.containers.set(id, { container, log, bundle });
    const line = await new LineReader(read).next(ctx);
    await ctx.sys.close(ctx, read);
    const { data = -1, message = '' } = JSON.parse(line ?? '{}') as { data?: number; message?: string };
    if (data < 0) throw new Refusal(message === '' ? 'runtime did not create the container' : message);
    return { pid: data };
  }

  private async exec(ctx: Context, request: Request): Promise<Answer> {
    this.find(request.id);
    const parts = { stdout: [] as Uint8Array[], stderr: [] as Uint8Array[] };
    const left = { stdout: OUTPUT_BYTES_MAX, stderr: OUTPUT_BYTES_MAX };
    const pidFile = `${this.settings['runtime-dir']}/exec-${ctx.random.hex(8)}.pid`;
    const [read, write] = await ctx.sys.pipe(ctx);
    for (const fd of [read, write]) await ctx.sys.setCloseOnExec(ctx, fd, true);
    const options = optionsOf({
      'api-version': '1',
      exec: '',
      'exec-command': request.command,
      cid: request.id,
      'container-pidfile': pidFile,
      runtime: this.settings.runtime ?? '',
      'runtime-arg': this.runtimeArguments(),
      ...this.systemd,
      ...(request.terminal ? { terminal: '' } : {}),
      ...(request.timeoutSeconds > 0 ? { timeout: String(request.timeoutSeconds) } : {}),
    });
    const sink = {
      write: async (_ctx: Context, stream: 'stdout' | 'stderr', data: Uint8Array) => {
        const kept = data.slice(0, left[stream]);
        left[stream] -= kept.length;
        if (kept.length > 0) parts[stream].push(kept);
      },
      reopen: async () => {},
    };
    await new Container(options, sink, write, this.reaper).run(ctx);
    await ctx.sys.close(ctx, write);
    const line = await new LineReader(read).next(ctx);
    await ctx.sys.close(ctx, read);
    await removeAll(ctx, pidFile);
    const { data = -1, message = '' } = JSON.parse(line ?? '{}') as { data?: number; message?: string };
    if (data < 0 && message !== TIMED_OUT) throw new Refusal(message);
    const bytes = (chunks: Uint8Array[]): number[] => [...concatBytes(chunks)];
    return {
      exitCode: data,
      timedOut: message === TIMED_OUT,
      stdout: bytes(parts.stdout),
      stderr: bytes(parts.stderr),
    };
  }
}

const TIMED_OUT = 'command timed out';
