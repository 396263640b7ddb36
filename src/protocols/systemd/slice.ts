/**
 * Transient slices, asked for over one connection that stays open.
 * @models opencontainers/cgroups systemd/common.go, v2.go, dbus.go
 * @fidelity partial: JSON lines instead of D-Bus
 */
import type { Context } from '../../linux/context.ts';
import { Mutex } from '../../sim/primitives.ts';
import type { Scheduler } from '../../sim/scheduler.ts';
import { SystemdClient } from './client.ts';

export class Slices {
  private client: SystemdClient | null = null;
  /** A connection answers one call after the other. */
  private readonly lock: Mutex;

  constructor(scheduler: Scheduler) {
    this.lock = new Mutex(scheduler);
  }

  /** Null, or what systemd says against it. Throws the Errno of the connect. */
  private async call(ctx: Context, method: string, parameters: Record<string, unknown>): Promise<string | null> {
    const unlock = await this.lock.lock();
    try {
      this.client ??= await SystemdClient.connect(ctx);
      const reply = await this.client.call(ctx, method, parameters);
      return reply.ok ? null : (reply.error ?? '');
    } finally {
      unlock();
    }
  }

  /** A slice that is there already is left as it is. `parent` is wanted, for what it is below is in its name. */
  async start(ctx: Context, unit: string, parent: string, properties: readonly string[]): Promise<string | null> {
    const accounting = ['MemoryAccounting', 'CPUAccounting', 'IOAccounting', 'TasksAccounting'];
    const own = [...accounting.map((name) => `${name}=yes`), ...properties];
    const text = `[Unit]\nDescription=libcontainer container ${unit}\nDefaultDependencies=no\nWants=${parent}\n\n[Slice]\n${own.join('\n')}\n`;
    const refused = await this.call(ctx, 'StartTransientUnit', { unit, text });
    return refused?.includes('was already loaded') === true ? null : refused;
  }

  async stop(ctx: Context, unit: string): Promise<void> {
    await this.call(ctx, 'StopUnit', { unit });
  }

  /** New limits, until the next boot. */
  setProperties(ctx: Context, unit: string, properties: readonly string[]): Promise<string | null> {
    return this.call(ctx, 'SetProperties', { unit, text: properties.join('\n'), runtime: true });
  }
}
