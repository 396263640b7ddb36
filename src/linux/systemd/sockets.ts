/**
 * Socket units: the manager listens, starts the service when somebody comes, and hands it the socket.
 * @models systemd 257 src/core/socket.c
 * @fidelity partial: ListenStream on Unix paths and TCP ports, Accept=no; no trigger limits; of the specifiers %t
 */
import type { Context } from '../context.ts';
import { Errno } from '../errno.ts';
import { mkdirAll, removeAll } from '../io.ts';
import type { SocketAddress } from '../syscalls.ts';
import type { Unit } from './unit.ts';
import { type UnitFile, valueOf, valuesOf } from './unit-file.ts';

export type SocketSettings = {
  addresses: SocketAddress[];
  mode: number;
  /** The service that it is for. */
  service: string;
};

export function socketSettings(name: string, file: UnitFile): SocketSettings {
  return {
    addresses: valuesOf(file, 'Socket', 'ListenStream').map(addressOf),
    mode: Number.parseInt(valueOf(file, 'Socket', 'SocketMode') ?? '0666', 8),
    service: valueOf(file, 'Socket', 'Service') ?? name.replace(/\.socket$/, '.service'),
  };
}

function addressOf(written: string): SocketAddress {
  const text = written.replaceAll('%t', '/run');
  if (text.startsWith('/')) return { family: 'unix', path: text };
  const colon = text.lastIndexOf(':');
  return { family: 'inet', host: colon < 0 ? '0.0.0.0' : text.slice(0, colon), port: Number(text.slice(colon + 1)) };
}

/** The sockets that are open, by the unit's name. */
export class SocketTable {
  private readonly open = new Map<string, number[]>();

  /** Null when all are open, else why not. */
  async listen(ctx: Context, unit: Unit, settings: SocketSettings): Promise<string | null> {
    const fds: number[] = [];
    for (const address of settings.addresses) {
      try {
        if (address.family === 'unix') {
          await mkdirAll(ctx, address.path.slice(0, address.path.lastIndexOf('/')));
          await removeAll(ctx, address.path);
        }
        fds.push(await ctx.sys.listen(ctx, address, { mode: settings.mode }));
      } catch (error) {
        if (!(error instanceof Errno)) throw error;
        for (const fd of fds) await ctx.sys.close(ctx, fd);
        return `Failed to create listening socket: ${error.libc}`;
      }
    }
    this.open.set(unit.name, fds);
    return null;
  }

  descriptors(name: string): readonly number[] {
    return this.open.get(name) ?? [];
  }

  async close(ctx: Context, unit: Unit, settings: SocketSettings | null): Promise<void> {
    for (const fd of this.descriptors(unit.name)) await ctx.sys.close(ctx, fd);
    this.open.delete(unit.name);
    // The file of a Unix socket stays, unless RemoveOnStop says otherwise.
    void settings;
  }
}
