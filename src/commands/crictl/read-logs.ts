/**
 * Prints a log file, and goes on as it grows.
 * @models kubernetes/cri-client pkg/logs/logs.go ReadLogs waitLogs
 * @fidelity partial: a log in a chain of links is resolved at its last step only
 */
import { quote } from '../../go/quote.ts';
import { rfc3339NanoFixed } from '../../go/time.ts';
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { readAll } from '../../linux/io.ts';
import { utf8 } from '../../linux/rope.ts';
import { concatBytes } from '../../protocols/byte-queue.ts';
import { ContainerState } from '../../protocols/cri/generated.ts';
import { GrpcError, grpcCode } from '../../protocols/grpc/status.ts';
import { Future } from '../../sim/primitives.ts';
import { Failure } from './failure.ts';
import { type LineParser, type LogMessage, parserFor, tailStart } from './log-lines.ts';
import { klogError, klogInfo } from './logger.ts';
import { plainContainerStatus } from './runtime-calls.ts';
import type { CriService } from './service.ts';

export type LogOptions = {
  /** undefined: all. */
  readonly tailLines: number | undefined;
  readonly limitBytes: number | undefined;
  readonly since: bigint | undefined;
  readonly follow: boolean;
  readonly timestamps: boolean;
  /** '' for both. */
  readonly stream: string;
};

const NEWLINE = 10;
const CHUNK_BYTES = 65_536;
const FORCE_CHECK_NS = 1_000_000_000;
const encoder = new TextEncoder();

export async function readLogs(
  ctx: Context,
  service: CriService,
  givenPath: string,
  containerId: string,
  options: LogOptions,
): Promise<void> {
  const path = await resolvePath(ctx, givenPath);
  let file = await openLog(ctx, path);
  if (options.tailLines !== undefined) {
    const start = tailStart(await readAll(ctx, file.fd), options.tailLines);
    await ctx.sys.seek(ctx, file.fd, start, 'set');
  }
  const writer = newWriter(options);
  let linesLeft = options.tailLines !== undefined && !options.follow ? options.tailLines : Number.POSITIVE_INFINITY;
  let parse: LineParser | undefined;
  let watcher: Watcher | undefined;
  let isRunning = true;
  let isLast = false;
  while (!isLast && linesLeft > 0) {
    let line = await nextLine(ctx, file);
    if (line === null) {
      if (options.follow) {
        // The container has gone, and this is the end of what it wrote.
        if (!isRunning) return;
        if (watcher === undefined) {
          watcher = startWatcher(ctx, path, service);
          continue;
        }
        isRunning = await waitForChange(ctx, watcher, service, containerId);
        if (isRunning) file = (await reopenIfReplaced(ctx, path, file)) ?? file;
        continue;
      }
      isLast = true;
      line = file.rest;
      if (line.length === 0) continue;
      await klogInfo(ctx, 'logs.go:392', 'Incomplete line in log file', [
        ['path', path],
        ['line', utf8(line)],
      ]);
    }
    parse ??= parserFor(line);
    if (parse === undefined) {
      throw new Failure(`failed to get parse function: unsupported log format: ${quote(utf8(line))}`);
    }
    const parsed = parse(line);
    if (!parsed.ok) {
      await klogError(ctx, 'logs.go:404', 'Failed when parsing line in log file', parsed.error, [
        ['path', path],
        ['line', utf8(line)],
      ]);
      continue;
    }
    if (!(await writer.write(ctx, parsed.message))) return;
    linesLeft--;
  }
}

type LogFile = { fd: number; ino: number /** Read, but not yet a whole line. */; rest: Uint8Array };

/** filepath.EvalSymlinks; its error names the part that is missing. */
async function resolvePath(ctx: Context, path: string): Promise<string> {
  let resolved = path;
  try {
    for (let links = 0; links < 40; links++) {
      const stat = await ctx.sys.lstat(ctx, resolved);
      if (stat.type !== 'symlink') return resolved;
      const target = await ctx.sys.readlink(ctx, resolved);
      resolved = target.startsWith('/') ? target : `${folderOf(resolved)}/${target}`;
    }
    throw new Failure(`failed to try resolving symlinks in path ${quote(path)}: EvalSymlinks: too many links`);
  } catch (error) {
    if (!isErrno(error)) throw error;
    const missing = await firstMissing(ctx, resolved);
    throw new Failure(`failed to try resolving symlinks in path ${quote(path)}: lstat ${missing}: ${error.go}`);
  }
}

async function firstMissing(ctx: Context, path: string): Promise<string> {
  const parts = path.split('/');
  for (let length = 2; length < parts.length; length++) {
    const head = parts.slice(0, length).join('/');
    try {
      await ctx.sys.lstat(ctx, head);
    } catch (error) {
      if (isErrno(error)) return head;
      throw error;
    }
  }
  return path;
}

function folderOf(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash > 0 ? path.slice(0, slash) : '/';
}

async function openLog(ctx: Context, path: string): Promise<LogFile> {
  try {
    const fd = await ctx.sys.open(ctx, path, { read: true, closeOnExec: true });
    return { fd, ino: (await ctx.sys.fstat(ctx, fd)).ino, rest: new Uint8Array(0) };
  } catch (error) {
    if (isErrno(error)) throw new Failure(`failed to open log file ${quote(path)}: open ${path}: ${error.go}`);
    throw error;
  }
}

/** With its newline; null when the file ends before one, with what was read in `rest`. */
async function nextLine(ctx: Context, file: LogFile): Promise<Uint8Array | null> {
  for (;;) {
    const end = file.rest.indexOf(NEWLINE);
    if (end >= 0) {
      const line = file.rest.subarray(0, end + 1);
      file.rest = file.rest.subarray(end + 1);
      return line;
    }
    const bytes = await ctx.sys.read(ctx, file.fd, CHUNK_BYTES);
    if (bytes.length === 0) return null;
    file.rest = file.rest.length === 0 ? bytes : concatBytes([file.rest, bytes]);
  }
}

async function reopenIfReplaced(ctx: Context, path: string, file: LogFile): Promise<LogFile | undefined> {
  try {
    if ((await ctx.sys.stat(ctx, path)).ino === file.ino) return undefined;
    const fresh = await openLog(ctx, path);
    await ctx.sys.close(ctx, file.fd);
    return fresh;
  } catch (error) {
    // Between two rotations there may be none.
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
}

type Watcher = { hasChanged: boolean; wake: Future<void> | undefined; isCancelled: boolean };

/** The folder tells of a new file of that name, the file of what is written to it. */
function startWatcher(ctx: Context, path: string, service: CriService): Watcher {
  const watcher: Watcher = { hasChanged: false, wake: undefined, isCancelled: false };
  for (const target of [folderOf(path), path]) {
    ctx.go('watch', async (c) => {
      try {
        for (;;) {
          await c.sys.watch(c, target);
          watcher.hasChanged = true;
          watcher.wake?.resolve();
        }
      } catch (error) {
        // Rotated away; the check every second sees what comes after it.
        if (!isErrno(error)) throw error;
      }
    });
  }
  ctx.go('interrupt', async () => {
    await service.interrupts.first.wait();
    watcher.isCancelled = true;
    watcher.wake?.resolve();
  });
  return watcher;
}

/** @returns false when the container is not running any more */
async function waitForChange(
  ctx: Context,
  watcher: Watcher,
  service: CriService,
  containerId: string,
): Promise<boolean> {
  if (!(await isContainerRunning(ctx, service, containerId))) return false;
  if (!watcher.hasChanged && !watcher.isCancelled) {
    const wake = new Future<void>(ctx.scheduler);
    watcher.wake = wake;
    const timer = ctx.scheduler.at(ctx.now + FORCE_CHECK_NS, () => wake.resolve());
    await wake.wait();
    ctx.scheduler.cancel(timer);
    watcher.wake = undefined;
  }
  if (watcher.isCancelled) throw new Failure('context cancelled');
  watcher.hasChanged = false;
  return true;
}

/** A runtime that is away says nothing about the container. */
async function isContainerRunning(ctx: Context, service: CriService, containerId: string): Promise<boolean> {
  try {
    const { status } = await plainContainerStatus(ctx, service, containerId, false);
    if (status === undefined) throw new Failure('container status is nil');
    return status.state === ContainerState.CONTAINER_RUNNING;
  } catch (error) {
    if (error instanceof GrpcError && error.code === grpcCode.Unavailable) return true;
    throw error;
  }
}

type Writer = {
  /** @returns false when the limit is reached */
  write(ctx: Context, message: LogMessage): Promise<boolean>;
};

function newWriter(options: LogOptions): Writer {
  let bytesLeft = options.limitBytes ?? Number.POSITIVE_INFINITY;
  let isNewLine = true;
  return {
    async write(ctx, { timestamp, stream, log }) {
      const startsLine = isNewLine;
      isNewLine = log.length === 0 || log[log.length - 1] === NEWLINE;
      if (options.since !== undefined && timestamp < options.since) return true;
      let line = log;
      if (options.timestamps && startsLine) {
        line = concatBytes([encoder.encode(`${rfc3339NanoFixed(timestamp)} `), log]);
      }
      if (line.length > bytesLeft) line = line.subarray(0, bytesLeft);
      if (options.stream !== '' && options.stream !== stream) return true;
      if (line.length > 0) await ctx.sys.write(ctx, stream === 'stderr' ? 2 : 1, line);
      bytesLeft -= line.length;
      return bytesLeft > 0;
    },
  };
}
