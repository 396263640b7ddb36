/**
 * Between a container's pipes (or its pty) and the fifos that containerd made. The shim keeps both ends of each fifo open, so
 * that a container that writes while containerd is away blocks on a full fifo instead of dying of SIGPIPE.
 * @models containerd cmd/containerd-shim-runc-v2/process/io.go, runc/platform.go @fidelity full
 */

import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import { WaitQueue } from '../../../sim/primitives.ts';
import { isBinaryUri, type LoggingBinary, startLoggingBinary, stopLoggingBinary } from './logging-binary.ts';

/** What the runtime's three descriptors are. */
export type Stdio = readonly [number | 'null', number | 'null', number | 'null'];

/** `owner` is told to loggers. */
export type StdioPaths = {
  stdin: string;
  stdout: string;
  stderr: string;
  terminal: boolean;
  owner: { id: string; namespace: string };
};

export type ContainerIo = {
  /** What runc gets. */
  stdio: Stdio;
  /** After runc has started: the container's ends are closed here. */
  started(ctx: Context): Promise<void>;
  /** Starts copying. */
  copy(ctx: Context): Promise<void>;
  closeStdin(ctx: Context): Promise<void>;
  resize(ctx: Context, width: number, height: number): Promise<void>;
  /** Waits until what the container wrote has been passed on. */
  drained(): Promise<void>;
  /** With the task's deletion. */
  close(ctx: Context): Promise<void>;
};

const READ_SIZE = 65_536;

export async function pipeIo(ctx: Context, paths: StdioPaths): Promise<ContainerIo> {
  const { sys } = ctx;
  if (isBinaryUri(paths.stdout)) return loggedIo(ctx, paths);
  const input = paths.stdin === '' ? null : await sys.pipe(ctx);
  const output = paths.stdout === '' ? null : await sys.pipe(ctx);
  const errors = paths.stderr === '' ? null : await sys.pipe(ctx);
  return new PipeIo(paths, input, output, errors, new Copies(ctx));
}

type Ends = readonly [number, number] | null;

class PipeIo implements ContainerIo {
  readonly stdio: Stdio;
  private readonly paths: StdioPaths;
  private readonly input: Ends;
  private readonly output: Ends;
  private readonly errors: Ends;
  private readonly copies: Copies;
  private readonly held: { fd: number | null } = { fd: null };

  constructor(paths: StdioPaths, input: Ends, output: Ends, errors: Ends, copies: Copies) {
    this.stdio = [input?.[0] ?? 'null', output?.[1] ?? 'null', errors?.[1] ?? 'null'];
    this.paths = paths;
    this.input = input;
    this.output = output;
    this.errors = errors;
    this.copies = copies;
  }

  async started(ctx: Context): Promise<void> {
    for (const fd of [this.input?.[0], this.output?.[1], this.errors?.[1]])
      if (fd !== undefined) await ctx.sys.close(ctx, fd);
  }

  async copy(ctx: Context): Promise<void> {
    const { paths, copies, input, output, errors } = this;
    if (output !== null) await copies.out(ctx, output[0], paths.stdout);
    if (errors !== null) await copies.out(ctx, errors[0], paths.stderr);
    if (input !== null) this.held.fd = await copyIn(ctx, paths.stdin, input[1]);
  }

  closeStdin(ctx: Context): Promise<void> {
    return closeHeld(ctx, this.held);
  }

  async resize(): Promise<void> {}

  drained(): Promise<void> {
    return this.copies.wait();
  }

  async close(): Promise<void> {}
}

/** The container writes to its logger without the shim between them. */
async function loggedIo(ctx: Context, paths: StdioPaths): Promise<ContainerIo> {
  const logger = await startLoggingBinary(ctx, paths.stdout, paths.owner);
  return {
    stdio: ['null', logger.stdout, logger.stderr],
    async started() {},
    async copy() {},
    async closeStdin() {},
    async resize() {},
    async drained() {},
    close: (inner) => stopLoggingBinary(inner, logger),
  };
}

/** The container's terminal arrives over `socketPath` once runc has made it. */
export async function consoleIo(ctx: Context, paths: StdioPaths, socketPath: string): Promise<ContainerIo> {
  const { sys } = ctx;
  const listener = await sys.listen(ctx, { family: 'unix', path: socketPath }, { mode: 0o700 });
  const held: { fd: number | null } = { fd: null };
  const copies = new Copies(ctx);
  let master = -1;
  let logger: LoggingBinary | null = null;
  return {
    stdio: ['null', 'null', 'null'],
    async started() {},
    async copy(inner) {
      const connection = await sys.accept(inner, listener);
      const { descriptors } = await sys.receiveDescriptors(inner, connection);
      master = descriptors[0] ?? -1;
      for (const fd of [connection, listener]) await sys.close(inner, fd);
      await sys.unlink(inner, socketPath);
      await sys.rmdir(inner, socketPath.slice(0, socketPath.lastIndexOf('/')));
      if (isBinaryUri(paths.stdout)) {
        logger = await startLoggingBinary(inner, paths.stdout, paths.owner);
        copies.between(inner, await sys.dup(inner, master), [logger.stdout], []);
      } else if (paths.stdout !== '') await copies.out(inner, await sys.dup(inner, master), paths.stdout);
      if (paths.stdin !== '') held.fd = await copyIn(inner, paths.stdin, await sys.dup(inner, master));
    },
    closeStdin: (inner) => closeHeld(inner, held),
    async resize(inner, width, height) {
      if (master >= 0) await sys.setWindowSize(inner, master, { rows: height, columns: width });
    },
    drained: () => copies.wait(),
    async close(inner) {
      if (logger !== null) await stopLoggingBinary(inner, logger);
      logger = null;
    },
  };
}

async function closeHeld(ctx: Context, held: { fd: number | null }): Promise<void> {
  if (held.fd === null) return;
  const { fd } = held;
  held.fd = null;
  await ctx.sys.close(ctx, fd);
}

class Copies {
  private running = 0;
  private readonly done: WaitQueue<void>;

  constructor(ctx: Context) {
    this.done = new WaitQueue<void>(ctx.scheduler);
  }

  async out(ctx: Context, from: number, target: string): Promise<void> {
    const { sys } = ctx;
    const path = target.startsWith('file://') ? target.slice('file://'.length) : target;
    const opened: number[] = [];
    if (target.startsWith('file://'))
      opened.push(await sys.open(ctx, path, { write: true, create: true, append: true }));
    else {
      // Opened for reading first: a fifo without reader could not be opened for writing at once.
      const read = await sys.open(ctx, path, { read: true, nonBlock: true });
      opened.push(await sys.open(ctx, path, { write: true }), read);
    }
    this.between(ctx, from, opened, opened);
  }

  /** From one descriptor to the first of others; `closing` are closed at its end. */
  between(ctx: Context, from: number, to: readonly number[], closing: readonly number[]): void {
    this.running++;
    ctx.go('copy output', (inner) =>
      copyUntilEnd(inner, from, to[0] as number, [from, ...closing], () => {
        if (--this.running === 0) this.done.wakeAll();
      }),
    );
  }

  async wait(): Promise<void> {
    while (this.running > 0) await this.done.wait();
  }
}

/** Copies the stdin fifo; the returned descriptor holds it open for writing until CloseIO. */
async function copyIn(ctx: Context, path: string, to: number): Promise<number> {
  const { sys } = ctx;
  const from = await sys.open(ctx, path, { read: true, nonBlock: true });
  const held = await sys.open(ctx, path, { write: true });
  const reader = await sys.open(ctx, path, { read: true });
  await sys.close(ctx, from);
  ctx.go('copy input', (inner) => copyUntilEnd(inner, reader, to, [reader, to]));
  return held;
}

/** And then closes what is to be closed. */
async function copyUntilEnd(
  ctx: Context,
  from: number,
  to: number,
  closing: readonly number[],
  ended: () => void = () => {},
): Promise<void> {
  try {
    for (;;) {
      const data = await ctx.sys.readRope(ctx, from, READ_SIZE);
      if (data.length === 0) break;
      await ctx.sys.write(ctx, to, data);
    }
  } catch (error) {
    // EIO: the last holder of the terminal is gone.
    if (!isErrno(error, 'EIO', 'EPIPE', 'EBADF')) throw error;
  }
  for (const fd of closing) await ctx.sys.close(ctx, fd);
  ended();
}
