/** What every program writes again and again, on top of the system calls. */
import { Future } from '../sim/primitives.ts';
import type { Context } from './context.ts';
import { isErrno } from './errno.ts';
import { type Data, Rope, utf8 } from './rope.ts';
import type { Signal } from './signals.ts';
import type { SpawnOptions, WaitStatus } from './syscalls.ts';

const READ_SIZE = 65_536;

export async function readAllRope(ctx: Context, fd: number): Promise<Rope> {
  const parts: Rope[] = [];
  for (;;) {
    const part = await ctx.sys.readRope(ctx, fd, 1 << 30);
    if (part.length === 0) return parts.length === 1 ? (parts[0] as Rope) : Rope.concat(parts);
    parts.push(part);
  }
}

export async function readAll(ctx: Context, fd: number): Promise<Uint8Array> {
  return (await readAllRope(ctx, fd)).bytes();
}

export async function readFileRope(ctx: Context, path: string): Promise<Rope> {
  const fd = await ctx.sys.open(ctx, path, { read: true });
  try {
    return await readAllRope(ctx, fd);
  } finally {
    await ctx.sys.close(ctx, fd);
  }
}

// Not asynchronous functions around one another: each would cost as much as a small file's reading.
const bytesOf = (rope: Rope): Uint8Array => rope.bytes();
const textOf = (rope: Rope): string => rope.toString();

export function readFileBytes(ctx: Context, path: string): Promise<Uint8Array> {
  return readFileRope(ctx, path).then(bytesOf);
}

export function readFile(ctx: Context, path: string): Promise<string> {
  return readFileRope(ctx, path).then(textOf);
}

export async function writeFile(
  ctx: Context,
  path: string,
  data: Data,
  options: { mode?: number; append?: boolean } = {},
): Promise<void> {
  const flags = { write: true, create: true, ...(options.append ? { append: true } : { truncate: true }) };
  const fd = await ctx.sys.open(ctx, path, flags, options.mode ?? 0o644);
  try {
    await ctx.sys.write(ctx, fd, data);
  } finally {
    await ctx.sys.close(ctx, fd);
  }
}

/** Write to a temporary name, then rename: readers see the old or the new file, never half of it. */
export async function writeFileAtomic(ctx: Context, path: string, data: Data, mode = 0o644): Promise<void> {
  const temporary = `${path}.tmp${ctx.random.hex(8)}`;
  await writeFile(ctx, temporary, data, { mode });
  await ctx.sys.rename(ctx, temporary, path);
}

export async function exists(ctx: Context, path: string): Promise<boolean> {
  try {
    await ctx.sys.stat(ctx, path);
    return true;
  } catch (error) {
    if (isErrno(error)) return false;
    throw error;
  }
}

export async function mkdirAll(ctx: Context, path: string, mode = 0o755): Promise<void> {
  try {
    await ctx.sys.mkdir(ctx, path, mode);
  } catch (error) {
    if (isErrno(error, 'EEXIST')) return;
    if (!isErrno(error, 'ENOENT')) throw error;
    const parent = path.slice(0, path.lastIndexOf('/'));
    if (parent === '' || parent === path) throw error;
    await mkdirAll(ctx, parent, mode);
    await mkdirAll(ctx, path, mode);
  }
}

/** os.RemoveAll: no error if it does not exist; does not follow links. */
export async function removeAll(ctx: Context, path: string): Promise<void> {
  try {
    const stat = await ctx.sys.lstat(ctx, path);
    if (stat.type !== 'directory') return await ctx.sys.unlink(ctx, path);
    for (const entry of await ctx.sys.readDirectory(ctx, path)) await removeAll(ctx, `${path}/${entry.name}`);
    await ctx.sys.rmdir(ctx, path);
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
  }
}

export async function print(ctx: Context, text: Data): Promise<void> {
  if (text.length > 0) await ctx.sys.write(ctx, 1, text);
}

/** Where complaints go: when nobody can read them, there is nobody to complain to. */
/** Says that something which is there in reality is not simulated, and has it in the trace: whoever learns may collect them. */
export async function printRefusal(ctx: Context, text: string): Promise<void> {
  ctx.trace.emit(ctx.span, ctx.process.pid, { kind: 'refusal', what: text.trim() });
  await printError(ctx, text);
}

export async function printError(ctx: Context, text: Data): Promise<void> {
  if (text.length === 0) return;
  try {
    await ctx.sys.write(ctx, 2, text);
  } catch (error) {
    if (!isErrno(error)) throw error;
  }
}

export function getenvIn(env: readonly string[], name: string): string | undefined {
  const prefix = `${name}=`;
  return env.find((entry) => entry.startsWith(prefix))?.slice(prefix.length);
}

export function getenv(ctx: Context, name: string): string | undefined {
  return getenvIn(ctx.process.env, name);
}

/** exec.LookPath: the first executable regular file of that name on PATH; names with a slash are taken as they are. */
export async function lookPath(ctx: Context, name: string, path = getenv(ctx, 'PATH') ?? ''): Promise<string | null> {
  const candidates = name.includes('/') ? [name] : path.split(':').map((dir) => `${dir === '' ? '.' : dir}/${name}`);
  for (const candidate of candidates) {
    try {
      const stat = await ctx.sys.stat(ctx, candidate);
      if (stat.type === 'file' && (stat.mode & 0o111) !== 0) return candidate;
    } catch (error) {
      if (!isErrno(error)) throw error;
    }
  }
  return null;
}

/** Reads lines without their newline; the last one may lack it. null at end of file. */
export class LineReader {
  private readonly fd: number;
  private buffered = '';
  private ended = false;
  private readonly decoder = new TextDecoder();

  constructor(fd: number) {
    this.fd = fd;
  }

  async next(ctx: Context): Promise<string | null> {
    for (;;) {
      const end = this.buffered.indexOf('\n');
      if (end >= 0) {
        const line = this.buffered.slice(0, end);
        this.buffered = this.buffered.slice(end + 1);
        return line;
      }
      if (this.ended) {
        const line = this.buffered;
        this.buffered = '';
        return line === '' ? null : line;
      }
      const bytes = await ctx.sys.read(ctx, this.fd, READ_SIZE);
      if (bytes.length === 0) this.ended = true;
      else this.buffered += this.decoder.decode(bytes, { stream: true });
    }
  }
}

/** Ends the calling process by a signal, as one of its threads has ended: what kills a thread kills all of them. */
export async function dieLike(ctx: Context, signal: Signal): Promise<void> {
  await ctx.sys.kill(ctx, ctx.sys.getpid(ctx), signal);
}

export type CommandResult = { stdout: Uint8Array; stderr: Uint8Array; status: WaitStatus; timedOut: boolean };

/** Runs a program with its output collected, as exec.Command(...).Output(). `argv[0]` is a path: no PATH lookup. After `timeoutNs` it is killed. */
export async function runCommand(
  ctx: Context,
  argv: readonly string[],
  options: { stdin?: Data; path?: string; argv0?: string; timeoutNs?: number } & Pick<
    SpawnOptions,
    'env' | 'cwd' | 'newSession' | 'oomScoreAdj'
  > = {},
): Promise<CommandResult> {
  const { sys } = ctx;
  const { stdin, path, timeoutNs, ...spawnOptions } = options;
  const [outRead, outWrite] = await sys.pipe(ctx);
  const [errRead, errWrite] = await sys.pipe(ctx);
  const input = stdin === undefined ? null : await sys.pipe(ctx);
  let pid: number;
  try {
    pid = await sys.spawn(ctx, path ?? argv[0] ?? '', {
      ...spawnOptions,
      argv,
      stdio: { 0: input === null ? 'null' : input[0], 1: outWrite, 2: errWrite },
    });
  } catch (error) {
    for (const fd of [outRead, outWrite, errRead, errWrite, ...(input ?? [])]) await sys.close(ctx, fd);
    throw error;
  }
  await sys.close(ctx, outWrite);
  await sys.close(ctx, errWrite);
  if (input !== null && stdin !== undefined) {
    await sys.close(ctx, input[0]);
    try {
      await sys.write(ctx, input[1], stdin);
    } catch (error) {
      if (!isErrno(error, 'EPIPE')) throw error;
    }
    await sys.close(ctx, input[1]);
  }
  let timedOut = false;
  const timer =
    timeoutNs === undefined
      ? null
      : ctx.scheduler.at(ctx.now + timeoutNs, () => {
          timedOut = true;
          ctx.go('timeout', (c) => killQuietly(c, pid));
        });
  const stderr = collect(ctx, errRead);
  const stdout = await readAll(ctx, outRead);
  await sys.close(ctx, outRead);
  const errorBytes = await stderr.wait();
  await sys.close(ctx, errRead);
  const status = await sys.wait(ctx, pid);
  if (timer !== null) ctx.scheduler.cancel(timer);
  if (status === null) throw new Error('wait without noHang returned nothing');
  return { stdout, stderr: errorBytes, status, timedOut };
}

async function killQuietly(ctx: Context, pid: number): Promise<void> {
  try {
    await ctx.sys.kill(ctx, pid, 'SIGKILL');
  } catch (error) {
    if (!isErrno(error, 'ESRCH')) throw error;
  }
}

function collect(ctx: Context, fd: number): Future<Uint8Array> {
  const future = new Future<Uint8Array>(ctx.scheduler);
  ctx.go('collect', async (c) => {
    try {
      future.resolve(await readAll(c, fd));
    } catch (error) {
      future.reject(error);
    }
  });
  return future;
}

const COPY_BYTES = 2048;

/** From one descriptor to another, until either end is closed or fails. */
export async function copyUntilEnd(ctx: Context, from: number, to: number): Promise<void> {
  try {
    for (;;) {
      const data = await ctx.sys.read(ctx, from, COPY_BYTES);
      if (data.length === 0) return;
      await ctx.sys.write(ctx, to, data);
    }
  } catch (error) {
    if (!isErrno(error)) throw error;
  }
}

/** sd_notify(3) with READY=1, if systemd asked for it. */
export async function notifyReady(ctx: Context): Promise<void> {
  const path = getenv(ctx, 'NOTIFY_SOCKET');
  if (path === undefined || path === '') return;
  try {
    const fd = await ctx.sys.connect(ctx, { family: 'unix', path });
    await ctx.sys.write(ctx, fd, 'READY=1');
    await ctx.sys.close(ctx, fd);
  } catch (error) {
    if (!isErrno(error)) throw error;
  }
}
