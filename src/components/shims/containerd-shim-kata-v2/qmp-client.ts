/** QEMU's monitor, from the side of whoever started it. @models kata-containers 4.1.0 src/runtime-rs/crates/hypervisor/src/qemu/qmp.rs @fidelity partial: no descriptors are passed */
import { newError } from '../../../go/errors.ts';
import type { Context } from '../../../linux/context.ts';
import { utf8 } from '../../../linux/rope.ts';
import { Mutex } from '../../../sim/primitives.ts';

type Message = {
  return?: unknown;
  error?: { class: string; desc: string };
  event?: string;
  data?: { device?: string };
};

export class QmpClient {
  private readonly fd: number;
  private readonly turn: Mutex;
  private rest = '';
  private readonly lines: string[] = [];
  private readonly deleted = new Set<string>();

  private constructor(ctx: Context, fd: number) {
    this.fd = fd;
    this.turn = new Mutex(ctx.scheduler);
  }

  static async connect(ctx: Context, path: string): Promise<QmpClient> {
    const client = new QmpClient(ctx, await ctx.sys.connect(ctx, { family: 'unix', path }));
    await client.next(ctx);
    await client.execute(ctx, 'qmp_capabilities');
    return client;
  }

  async execute(ctx: Context, command: string, given?: Readonly<Record<string, unknown>>): Promise<unknown> {
    const unlock = await this.turn.lock();
    try {
      const request = { execute: command, ...(given === undefined ? {} : { arguments: given }) };
      await ctx.sys.write(ctx, this.fd, `${JSON.stringify(request)}\n`);
      for (;;) {
        const message = await this.next(ctx);
        if (message.event !== undefined) this.note(message);
        else if (message.error !== undefined)
          throw newError(`${command}: ${message.error.class}: ${message.error.desc}`);
        else return message.return;
      }
    } finally {
      unlock();
    }
  }

  /** Waits until the guest has let go of a device. */
  async waitDeleted(ctx: Context, device: string): Promise<void> {
    const unlock = await this.turn.lock();
    try {
      while (!this.deleted.delete(device)) this.note(await this.next(ctx));
    } finally {
      unlock();
    }
  }

  private note({ event, data }: Message): void {
    if (event === 'DEVICE_DELETED' && data?.device !== undefined) this.deleted.add(data.device);
  }

  private async next(ctx: Context): Promise<Message> {
    while (this.lines.length === 0) {
      const data = await ctx.sys.read(ctx, this.fd);
      if (data.length === 0) throw newError('QMP: the monitor was closed');
      const parts = (this.rest + utf8(data)).split('\n');
      this.rest = parts.pop() ?? '';
      this.lines.push(...parts.filter((line) => line.trim() !== ''));
    }
    return JSON.parse(this.lines.shift() as string) as Message;
  }
}
