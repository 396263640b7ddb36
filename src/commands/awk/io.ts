/** The files and pipes that an awk program opens by name. @models mawk 1.3.4 files.c */
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { signalNumber } from '../../linux/signals.ts';
import type { WaitStatus } from '../../linux/syscalls.ts';
import { Input, Output } from '../common/streams.ts';

const SHELL = '/bin/sh';

type Stream = { output: Output | null; input: Input | null; fd: number; pid: number | null };

export class Streams {
  private readonly ctx: Context;
  private readonly streams = new Map<string, Stream>();
  readonly stdout: Output;
  private readonly main: Input;

  constructor(ctx: Context, main: Input, stdout: Output) {
    this.ctx = ctx;
    this.main = main;
    this.stdout = stdout;
  }

  /** @throws Errno */
  async writer(kind: '>' | '>>' | '|', name: string): Promise<Output> {
    if (kind !== '|' && (name === '/dev/stdout' || name === '-')) return this.stdout;
    const known = this.streams.get(name);
    if (known?.output) return known.output;
    const { ctx } = this;
    if (kind === '|') {
      await this.flush();
      const [read, write] = await ctx.sys.pipe(ctx);
      await ctx.sys.setCloseOnExec(ctx, write, true);
      const pid = await ctx.sys.spawn(ctx, SHELL, { argv: ['sh', '-c', name], stdio: { 0: read, 1: 1, 2: 2 } });
      await ctx.sys.close(ctx, read);
      return this.add(name, { output: new Output(ctx, write), input: null, fd: write, pid }).output as Output;
    }
    const flags = { write: true, create: true, ...(kind === '>' ? { truncate: true } : { append: true }) };
    const fd = name === '/dev/stderr' ? 2 : await ctx.sys.open(ctx, name, flags, 0o666);
    return this.add(name, { output: new Output(ctx, fd), input: null, fd, pid: null }).output as Output;
  }

  /** null: it cannot be opened. */
  async reader(kind: 'file' | 'command', name: string, delimiter: number): Promise<Input | null> {
    const known = this.streams.get(name);
    if (known?.input) return known.input;
    if (kind === 'file' && (name === '-' || name === '/dev/stdin')) return this.main;
    const { ctx } = this;
    try {
      if (kind === 'file') {
        const fd = await ctx.sys.open(ctx, name, { read: true });
        return this.add(name, { output: null, input: new Input(ctx, fd, delimiter), fd, pid: null }).input;
      }
      await this.flush();
      const [read, write] = await ctx.sys.pipe(ctx);
      await ctx.sys.setCloseOnExec(ctx, read, true);
      const pid = await ctx.sys.spawn(ctx, SHELL, { argv: ['sh', '-c', name], stdio: { 0: 0, 1: write, 2: 2 } });
      await ctx.sys.close(ctx, write);
      return this.add(name, { output: null, input: new Input(ctx, read, delimiter), fd: read, pid }).input;
    } catch (error) {
      if (isErrno(error)) return null;
      throw error;
    }
  }

  private add(name: string, stream: Stream): Stream {
    this.streams.set(name, stream);
    return stream;
  }

  async flush(): Promise<void> {
    await this.stdout.flush();
    for (const stream of this.streams.values()) await stream.output?.flush();
  }

  async close(name: string): Promise<number> {
    const stream = this.streams.get(name);
    if (stream === undefined) return -1;
    this.streams.delete(name);
    await stream.output?.flush();
    if (stream.fd > 2) await this.ctx.sys.close(this.ctx, stream.fd);
    return stream.pid === null ? 0 : this.statusOf(stream.pid);
  }

  /** Pipes are waited for at the end, as awk does. */
  async closeAll(): Promise<void> {
    await this.stdout.flush();
    for (const name of [...this.streams.keys()]) await this.close(name);
  }

  async system(command: string): Promise<number> {
    await this.flush();
    try {
      return await this.statusOf(await this.ctx.sys.spawn(this.ctx, SHELL, { argv: ['sh', '-c', command] }));
    } catch (error) {
      if (isErrno(error)) return 127;
      throw error;
    }
  }

  private async statusOf(pid: number): Promise<number> {
    const status = (await this.ctx.sys.wait(this.ctx, pid)) as WaitStatus;
    return status.signal === null ? status.exitCode : 256 + signalNumber(status.signal);
  }
}
