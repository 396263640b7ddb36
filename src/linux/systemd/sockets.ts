/**
 * Socket units: the manager listens, starts the service when somebody comes, and hands it the socket.
 * @models systemd 257 src/core/socket.c
 * @fidelity partial: ListenStream on Unix paths and TCP ports, Accept=no; no trigger limits
 */
import type { Context } from '../context.ts';
import { Errno } from '../errno.ts';
import { mkdirAll, removeAll } from '../io.ts';
import type { SocketAddress } from '../syscalls.ts';
import { say } from './journal-writer.ts';
import { type ActiveState, isUp, type Unit } from './unit.ts';
import { type UnitFile, valueOf, valuesOf } from './unit-file.ts';
import type { UnitStore } from './unit-store.ts';

const RECHECK_NS = 100_000_000;

type SocketSettings = {
  addresses: SocketAddress[];
  mode: number;
  /** The service that it is for. */
  service: string;
};

export type SocketHost = {
  readonly store: UnitStore;
  setState(ctx: Context, unit: Unit, activeState: ActiveState, subState: string): void;
  start(ctx: Context, name: string): Promise<string | null>;
  label(unit: Unit): string;
};

function settingsOf(name: string, file: UnitFile): SocketSettings {
  return {
    addresses: valuesOf(file, 'Socket', 'ListenStream').map(addressOf),
    mode: Number.parseInt(valueOf(file, 'Socket', 'SocketMode') ?? '0666', 8),
    service: valueOf(file, 'Socket', 'Service') ?? name.replace(/\.socket$/, '.service'),
  };
}

function addressOf(text: string): SocketAddress {
  if (text.startsWith('/')) return { family: 'unix', path: text };
  const colon = text.lastIndexOf(':');
  return { family: 'inet', host: colon < 0 ? '0.0.0.0' : text.slice(0, colon), port: Number(text.slice(colon + 1)) };
}

export class Sockets {
  private readonly host: SocketHost;
  private readonly open = new Map<Unit, number[]>();

  constructor(host: SocketHost) {
    this.host = host;
  }

  async start(ctx: Context, unit: Unit): Promise<boolean> {
    const { host } = this;
    if (unit.file === null) return false;
    const own = settingsOf(unit.name, unit.file);
    const failed = async (words: string): Promise<false> => {
      await say(ctx, unit, `${unit.name}: ${words}`);
      unit.result = 'resources';
      host.setState(ctx, unit, 'failed', 'failed');
      await say(ctx, unit, `Failed to listen on ${host.label(unit)}.`);
      return false;
    };
    const service = host.store.find(own.service);
    // Its descriptors cannot be given to a service that runs already.
    if (service !== null && isUp(service)) return failed(`Socket service ${own.service} already active, refusing.`);
    const fds: number[] = [];
    for (const address of own.addresses) {
      try {
        if (address.family === 'unix') {
          await mkdirAll(ctx, address.path.slice(0, address.path.lastIndexOf('/')));
          await removeAll(ctx, address.path);
        }
        fds.push(await ctx.sys.listen(ctx, address, { mode: own.mode }));
      } catch (error) {
        if (!(error instanceof Errno)) throw error;
        for (const fd of fds) await ctx.sys.close(ctx, fd);
        return failed(`Failed to create listening socket: ${error.libc}`);
      }
    }
    this.open.set(unit, fds);
    host.setState(ctx, unit, 'active', 'listening');
    await say(ctx, unit, `Listening on ${host.label(unit)}.`);
    ctx.go(`activate-${unit.name}`, (c) => this.activate(c, unit, own.service));
    return true;
  }

  /** Starts the service whenever a client knocks while nobody is there to answer. */
  private async activate(ctx: Context, unit: Unit, name: string): Promise<void> {
    const [fd] = this.open.get(unit) ?? [];
    while (fd !== undefined && isUp(unit)) {
      await ctx.sys.pollListener(ctx, fd);
      if (!isUp(unit)) return;
      const state = this.host.store.find(name)?.activeState;
      if (state === 'inactive' || state === 'failed') {
        if ((await this.host.start(ctx, name)) === null) continue;
        await say(ctx, unit, `${unit.name}: Failed with result 'service-start-limit-hit'.`);
        await this.close(ctx, unit);
        this.host.setState(ctx, unit, 'failed', 'failed');
        return;
      }
      // Somebody is there, or on the way.
      await ctx.sleep(RECHECK_NS);
    }
  }

  async stop(ctx: Context, unit: Unit): Promise<void> {
    if (!isUp(unit)) return;
    this.host.setState(ctx, unit, 'inactive', 'dead');
    await this.close(ctx, unit);
    await say(ctx, unit, `${unit.name}: Deactivated successfully.`);
    await say(ctx, unit, `Closed ${this.host.label(unit)}.`);
  }

  /** The file of a Unix socket stays. */
  private async close(ctx: Context, unit: Unit): Promise<void> {
    for (const fd of this.open.get(unit) ?? []) await ctx.sys.close(ctx, fd);
    this.open.delete(unit);
  }

  /** Active sockets that are for a service. */
  private triggersOf(service: Unit): Unit[] {
    return [...this.open.keys()].filter(
      (unit) => unit.file !== null && settingsOf(unit.name, unit.file).service === service.name,
    );
  }

  /** What becomes the service's descriptors, from the fourth on. */
  descriptorsFor(service: Unit): number[] {
    return this.triggersOf(service).flatMap((unit) => this.open.get(unit) ?? []);
  }

  /** What would start a service again that has just been stopped. */
  namesFor(service: Unit): string[] {
    return this.triggersOf(service).map(({ name }) => name);
  }
}
