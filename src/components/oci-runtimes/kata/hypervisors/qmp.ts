/**
 * QMP: QEMU's monitor, one JSON object a line over a socket. The machine may be changed while it runs.
 * @models QEMU 11.0.1 monitor/qmp.c, qapi/{qdev,block-core,machine,qom}.json @fidelity partial: the commands that Kata gives
 */
import type { Context } from '../../../../linux/context.ts';
import { isErrno } from '../../../../linux/errno.ts';
import { utf8 } from '../../../../linux/rope.ts';

const VERSION = { qemu: { micro: 1, minor: 0, major: 11 }, package: 'kata-static' };

export type Arguments = Readonly<Record<string, unknown>>;

/** What a command is answered with, or an error that is its description. */
export type Monitor = {
  execute(ctx: Context, command: string, given: Arguments): Promise<unknown>;
  /** Events since the last call. */
  events(): readonly { event: string; data: unknown }[];
};

export class MonitorError extends Error {
  readonly kind: string;

  constructor(message: string, kind = 'GenericError') {
    super(message);
    this.kind = kind;
  }
}

/** Serves one client after another on a listening socket. */
export async function serveMonitor(ctx: Context, listener: number, monitor: Monitor): Promise<void> {
  for (;;) {
    const fd = await ctx.sys.accept(ctx, listener);
    try {
      await serveClient(ctx, fd, monitor);
    } catch (error) {
      if (!isErrno(error)) throw error;
    }
    await ctx.sys.close(ctx, fd);
  }
}

async function serveClient(ctx: Context, fd: number, monitor: Monitor): Promise<void> {
  const say = (value: unknown): Promise<number> => ctx.sys.write(ctx, fd, `${JSON.stringify(value)}\r\n`);
  await say({ QMP: { version: VERSION, capabilities: ['oob'] } });
  let negotiated = false;
  let rest = '';
  for (;;) {
    const data = await ctx.sys.read(ctx, fd);
    if (data.length === 0) return;
    const lines = (rest + utf8(data)).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line.trim() === '') continue;
      try {
        const { execute = '', arguments: given = {} } = JSON.parse(line) as { execute?: string; arguments?: Arguments };
        if (execute === 'qmp_capabilities') negotiated = true;
        else if (!negotiated)
          throw new MonitorError("Expecting capabilities negotiation with 'qmp_capabilities'", 'CommandNotFound');
        await say({ return: execute === 'qmp_capabilities' ? {} : await monitor.execute(ctx, execute, given) });
      } catch (error) {
        if (error instanceof SyntaxError) await say({ error: { class: 'GenericError', desc: 'JSON parse error' } });
        else if (error instanceof MonitorError) await say({ error: { class: error.kind, desc: error.message } });
        else throw error;
      }
      for (const { event, data: about } of monitor.events()) {
        const now = ctx.wallTime;
        const timestamp = { seconds: Number(now / 1_000_000_000n), microseconds: Number((now / 1000n) % 1_000_000n) };
        await say({ timestamp, event, data: about });
      }
    }
  }
}
