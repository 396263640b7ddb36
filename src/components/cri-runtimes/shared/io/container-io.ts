/**
 * A container's streams: what it prints goes to the log and to attached clients, what they type goes to its stdin.
 * @models containerd 2.1 internal/cri/io/container_io.go
 * @fidelity partial: fifos only, no streaming io
 */
import type { Context } from '../../../../linux/context.ts';
import { isErrno } from '../../../../linux/errno.ts';
import { Future } from '../../../../sim/primitives.ts';
import { pathFailure } from '../errors.ts';
import type { Logger } from '../log.ts';
import { FIFO_READ_BYTES, FifoEnd, type FifoSet, removeFifoSet, type TaskIo } from './fifos.ts';
import { type OutputSink, WriterGroup } from './writer-group.ts';

export type StreamName = 'stdout' | 'stderr';

/** Where input comes from; null at its end. */
export interface InputSource {
  read(ctx: Context): Promise<Uint8Array | null>;
}

export type AttachOptions = {
  stdin: InputSource | null;
  stdout: OutputSink | null;
  stderr: OutputSink | null;
  tty: boolean;
  stdinOnce: boolean;
  closeStdin: (ctx: Context) => Promise<void>;
  /** Attaching to a container is worth a line when it ends; an exec's streams are not. */
  announced: boolean;
};

export class ContainerIo {
  readonly id: string;
  private readonly fifos: FifoSet;
  private readonly ends: Map<'stdin' | StreamName, FifoEnd>;
  private readonly groups: Record<StreamName, WriterGroup>;
  private readonly log: Logger;
  private readonly piping: Future<void>[] = [];

  private constructor(id: string, fifos: FifoSet, ends: Map<'stdin' | StreamName, FifoEnd>, log: Logger) {
    this.id = id;
    this.fifos = fifos;
    this.ends = ends;
    this.log = log;
    this.groups = { stdout: new WriterGroup(), stderr: new WriterGroup() };
  }

  /** Makes the fifos, or opens those of an earlier life. */
  static async open(base: Context, id: string, fifos: FifoSet, log: Logger): Promise<ContainerIo> {
    const ends = new Map<'stdin' | StreamName, FifoEnd>();
    for (const name of ['stdin', 'stdout', 'stderr'] as const) {
      if (fifos[name] !== '') ends.set(name, await FifoEnd.open(base, fifos[name], name === 'stdin'));
    }
    return new ContainerIo(id, fifos, ends, log);
  }

  get config(): TaskIo {
    const { stdin, stdout, stderr, terminal } = this.fifos;
    return { stdin, stdout, stderr, terminal };
  }

  /** Returns the sink of that name which it replaces. */
  addOutput(ctx: Context, stream: StreamName, name: string, sink: OutputSink): Promise<OutputSink | null> {
    return this.groups[stream].add(ctx, name, sink);
  }

  /** Starts copying. Each stream ends with its fifo. */
  pipe(base: Context): void {
    for (const stream of ['stdout', 'stderr'] as const) {
      const end = this.ends.get(stream);
      if (end === undefined) continue;
      const done = new Future<void>(base.scheduler);
      this.piping.push(done);
      base.go(`pipe-${stream}`, (ctx) => this.copy(ctx, stream, end, done));
    }
  }

  private async copy(ctx: Context, stream: StreamName, end: FifoEnd, done: Future<void>): Promise<void> {
    try {
      for (;;) {
        const fd = await end.descriptor();
        if (fd < 0) break;
        const data = await ctx.sys.read(ctx, fd, FIFO_READ_BYTES);
        if (data.length === 0) break;
        await this.groups[stream].write(ctx, data);
      }
    } catch (error) {
      if (!isErrno(error)) throw error;
      await this.log.error(
        ctx,
        `Failed to pipe ${stream} of container "${this.id}"`,
        pathFailure('read', this.fifos[stream], error),
      );
    }
    await end.close(ctx);
    await this.groups[stream].close(ctx);
    done.resolve(undefined);
  }

  /** Returns when the streams have ended, or the client has gone. */
  async attach(ctx: Context, options: AttachOptions): Promise<void> {
    const key = `attach-${ctx.random.hex(64)}`;
    const waits: Future<void>[] = [];
    const stdin = this.ends.get('stdin');
    if (options.stdin !== null && stdin !== undefined) {
      const source = options.stdin;
      ctx.go('attach-stdin', async (c) => {
        await this.copyInput(c, source, stdin);
        if (options.announced) await this.log.info(c, `Attach stream "${this.id}-${key}-stdin" closed`);
        if (options.stdinOnce && !options.tty) {
          await stdin.close(c);
          await options.closeStdin(c);
        } else {
          await this.groups.stdout.remove(c, key);
          await this.groups.stderr.remove(c, key);
        }
      });
    }
    for (const stream of ['stdout', 'stderr'] as const) {
      const sink = options[stream];
      if (sink === null || (stream === 'stderr' && options.tty)) continue;
      const closed = new Future<void>(ctx.scheduler);
      waits.push(closed);
      await this.groups[stream].add(ctx, key, {
        write: (c, data) => sink.write(c, data),
        close: async (c) => {
          await sink.close(c);
          if (options.announced) await this.log.info(c, `Attach stream "${this.id}-${key}-${stream}" closed`);
          closed.resolve(undefined);
        },
      });
    }
    for (const closed of waits) await closed.wait();
  }

  private async copyInput(ctx: Context, source: InputSource, stdin: FifoEnd): Promise<void> {
    try {
      for (;;) {
        const data = await source.read(ctx);
        if (data === null) return;
        await stdin.write(ctx, data);
      }
    } catch (error) {
      if (!isErrno(error)) throw error;
      await this.log.error(
        ctx,
        `Failed to pipe stdin for container attach "${this.id}"`,
        pathFailure('write', this.fifos.stdin, error),
      );
    }
  }

  async cancel(ctx: Context): Promise<void> {
    for (const end of this.ends.values()) await end.cancel(ctx);
  }

  async wait(): Promise<void> {
    for (const done of this.piping) await done.wait();
  }

  async close(ctx: Context): Promise<void> {
    for (const end of this.ends.values()) await end.close(ctx);
    await removeFifoSet(ctx, this.fifos);
  }
}
