/**
 * A process's streams: fifos between the shim and the daemon, copied to the log and to whoever is attached.
 * @models moby 20.10 container/stream/streams.go, libcontainerd/remote/client_io_windows.go's sibling on Linux
 * @fidelity partial: detach keys are not looked for
 */
import type { Context } from '../../../../linux/context.ts';
import { isErrno } from '../../../../linux/errno.ts';
import { mkdirAll, removeAll } from '../../../../linux/io.ts';
import { Future } from '../../../../sim/primitives.ts';
import { FIFO_READ_BYTES, FifoEnd, type TaskIo } from '../../shared/io/fifos.ts';

export type StreamName = 'stdout' | 'stderr';
export type Sink = (ctx: Context, stream: StreamName, data: Uint8Array) => Promise<boolean>;

const ROOT = '/var/run/docker/containerd';

export class ContainerStreams {
  readonly io: TaskIo;
  private readonly directory: string;
  private readonly ends: Map<'stdin' | StreamName, FifoEnd>;
  private readonly sinks = new Set<Sink>();
  private readonly copying: Future<void>[] = [];
  private readonly onEnd: (ctx: Context, stream: StreamName) => Promise<void>;

  private constructor(
    directory: string,
    io: TaskIo,
    ends: Map<'stdin' | StreamName, FifoEnd>,
    onEnd: (ctx: Context, stream: StreamName) => Promise<void>,
  ) {
    this.directory = directory;
    this.io = io;
    this.ends = ends;
    this.onEnd = onEnd;
  }

  /** `name`: `init`, or an exec's id. `base` outlives the request. */
  static async open(
    base: Context,
    id: string,
    name: string,
    options: { stdin: boolean; terminal: boolean },
    onEnd: (ctx: Context, stream: StreamName) => Promise<void> = async () => {},
  ): Promise<ContainerStreams> {
    const directory = `${ROOT}/${id}`;
    await mkdirAll(base, directory, 0o700);
    const path = (stream: string): string => `${directory}/${name}-${stream}`;
    const io: TaskIo = {
      stdin: options.stdin ? path('stdin') : '',
      stdout: path('stdout'),
      stderr: options.terminal ? '' : path('stderr'),
      terminal: options.terminal,
    };
    const ends = new Map<'stdin' | StreamName, FifoEnd>();
    for (const stream of ['stdin', 'stdout', 'stderr'] as const) {
      if (io[stream] === '') continue;
      await removeAll(base, io[stream]);
      ends.set(stream, await FifoEnd.open(base, io[stream], stream === 'stdin'));
    }
    return new ContainerStreams(directory, io, ends, onEnd);
  }

  add(sink: Sink): void {
    this.sinks.add(sink);
  }

  remove(sink: Sink): void {
    this.sinks.delete(sink);
  }

  start(base: Context): void {
    for (const stream of ['stdout', 'stderr'] as const) {
      const end = this.ends.get(stream);
      if (end === undefined) continue;
      const done = new Future<void>(base.scheduler);
      this.copying.push(done);
      base.go(`copy-${stream}`, async (ctx) => {
        try {
          for (;;) {
            const fd = await end.descriptor();
            if (fd < 0) break;
            const data = await ctx.sys.read(ctx, fd, FIFO_READ_BYTES);
            if (data.length === 0) break;
            for (const sink of [...this.sinks]) if (!(await sink(ctx, stream, data))) this.sinks.delete(sink);
          }
        } catch (error) {
          if (!isErrno(error)) throw error;
        }
        await this.onEnd(ctx, stream);
        done.resolve();
      });
    }
  }

  async writeStdin(ctx: Context, data: Uint8Array): Promise<void> {
    await this.ends.get('stdin')?.write(ctx, data);
  }

  async closeStdin(ctx: Context): Promise<void> {
    await this.ends.get('stdin')?.close(ctx);
  }

  /** Everything that was written has been copied. */
  async drained(): Promise<void> {
    for (const done of this.copying) await done.wait();
  }

  async close(ctx: Context): Promise<void> {
    for (const end of this.ends.values()) await end.close(ctx);
    for (const stream of ['stdin', 'stdout', 'stderr'] as const)
      if (this.io[stream] !== '') await removeAll(ctx, this.io[stream]);
    try {
      await ctx.sys.rmdir(ctx, this.directory);
    } catch (error) {
      // Another process of the container still has streams there.
      if (!isErrno(error)) throw error;
    }
  }
}
