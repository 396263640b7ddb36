/**
 * One stream of a container, copied to whoever listens: the log, and attached clients.
 * @models containerd 2.1 pkg/ioutil/writer_group.go
 * @fidelity full
 */
import type { Context } from '../../../../linux/context.ts';

export interface OutputSink {
  /** False once nobody takes it any more: the sink is dropped. */
  write(ctx: Context, data: Uint8Array): Promise<boolean>;
  close(ctx: Context): Promise<void>;
}

export class WriterGroup {
  private readonly sinks = new Map<string, OutputSink>();
  private closed = false;

  /** Replaces a sink of the same name, which is returned; a sink added after the end is closed at once. */
  async add(ctx: Context, name: string, sink: OutputSink): Promise<OutputSink | null> {
    if (this.closed) {
      await sink.close(ctx);
      return null;
    }
    const old = this.sinks.get(name) ?? null;
    this.sinks.set(name, sink);
    return old;
  }

  async remove(ctx: Context, name: string): Promise<void> {
    const sink = this.sinks.get(name);
    if (sink === undefined) return;
    this.sinks.delete(name);
    await sink.close(ctx);
  }

  async write(ctx: Context, data: Uint8Array): Promise<void> {
    for (const [name, sink] of [...this.sinks]) {
      if (await sink.write(ctx, data)) continue;
      await this.remove(ctx, name);
    }
  }

  async close(ctx: Context): Promise<void> {
    this.closed = true;
    for (const name of [...this.sinks.keys()]) await this.remove(ctx, name);
  }
}
