/** Stream and packet sockets: Unix ones by path, inet ones by address and port; a connection is two byte channels. */
import { WaitQueue } from '../sim/primitives.ts';
import type { Scheduler } from '../sim/scheduler.ts';
import type { Context } from './context.ts';
import { errno } from './errno.ts';
import { interruptible } from './interruptible.ts';
import { BOTH_WAYS, OpenFile } from './open-file.ts';
import { ByteChannel } from './pipe.ts';
import type { Process } from './process.ts';
import type { Rope } from './rope.ts';
import type { SocketAddress } from './syscalls.ts';

const SOCKET_BYTES_MAX = 212_992;
const BACKLOG_MAX = 4096;

/** Delay and bandwidth between two ends; null for sockets on one machine. */
export type LinkModel = { latencyNs: number; bytesPerSecond: number };

export class Connection extends OpenFile {
  private readonly incoming: ByteChannel;
  private readonly outgoing: ByteChannel;
  readonly local: SocketAddress;
  readonly remote: SocketAddress;
  /** Of the process that made this end (SO_PEERCRED of the other). */
  readonly ownerPid: number;
  peer: Connection | null = null;
  /** Who wrote to it last: what the reader gets with SO_PASSCRED. */
  lastWriter: Process | null = null;
  /** Where it is listed while it is open. */
  table: { delete(end: Connection): boolean } | null = null;
  /** Descriptors in flight towards this end (SCM_RIGHTS), one array per message. */
  readonly passed: OpenFile[][] = [];
  private readonly link: LinkModel | null;
  private readonly onBytes: ((sent: number) => void) | null;

  constructor(
    path: string,
    incoming: ByteChannel,
    outgoing: ByteChannel,
    local: SocketAddress,
    remote: SocketAddress,
    ownerPid: number,
    link: LinkModel | null,
    onBytes: ((sent: number) => void) | null,
  ) {
    super(path, BOTH_WAYS);
    this.incoming = incoming;
    this.outgoing = outgoing;
    this.local = local;
    this.remote = remote;
    this.ownerPid = ownerPid;
    this.link = link;
    this.onBytes = onBytes;
  }

  override read(ctx: Context, max: number): Promise<Rope> {
    return this.incoming.read(ctx, max, this.flags.nonBlock === true);
  }

  override get readQueue(): WaitQueue<void> | null {
    return this.flags.nonBlock ? null : this.incoming.readable;
  }

  override readNow(max: number): Rope | null {
    return this.incoming.readNow(max);
  }

  override writeNow(data: Rope, writer: Process): boolean {
    if (this.link !== null || !this.outgoing.writeNow(data)) return false;
    this.lastWriter = writer;
    this.onBytes?.(data.length);
    return true;
  }

  override async write(ctx: Context, data: Rope): Promise<number> {
    this.lastWriter = ctx.process;
    this.onBytes?.(data.length);
    if (this.link === null) return this.outgoing.write(ctx, data, this.flags.nonBlock === true);
    // A slow link: the sender is held up for as long as the bytes need; long data arrives in a few pieces.
    const piece = Math.max(SOCKET_BYTES_MAX, Math.ceil(data.length / 8));
    for (let at = 0; at < data.length; at += piece) {
      const part = data.slice(at, at + piece);
      await ctx.sleep(this.link.latencyNs / 2 + Math.round((part.length / this.link.bytesPerSecond) * 1e9));
      for (let k = 0; k < part.length; k += SOCKET_BYTES_MAX) {
        await this.outgoing.write(ctx, part.slice(k, k + SOCKET_BYTES_MAX), false);
      }
    }
    return data.length;
  }

  shutdown(how: 'read' | 'write' | 'both'): void {
    if (how !== 'write') this.incoming.closeReader();
    if (how !== 'read') this.outgoing.closeWriter();
  }

  /** The other end has said that nothing more will come. */
  get peerHasClosed(): boolean {
    return this.incoming.writerClosed;
  }

  get bytesWaiting(): number {
    return this.incoming.length;
  }

  override released(): void {
    this.shutdown('both');
    this.table?.delete(this);
  }
}

export function connectionPair(
  scheduler: Scheduler,
  client: { path: string; address: SocketAddress; owner: Process; onBytes?: (sent: number) => void },
  server: { path: string; address: SocketAddress; owner: Process; onBytes?: (sent: number) => void },
  link: LinkModel | null,
  packets = false,
): { client: Connection; server: Connection } {
  const toServer = new ByteChannel(scheduler, SOCKET_BYTES_MAX, packets);
  const toClient = new ByteChannel(scheduler, SOCKET_BYTES_MAX, packets);
  const a = new Connection(
    client.path,
    toClient,
    toServer,
    client.address,
    server.address,
    client.owner.pid,
    link,
    client.onBytes ?? null,
  );
  const b = new Connection(
    server.path,
    toServer,
    toClient,
    server.address,
    client.address,
    server.owner.pid,
    link,
    server.onBytes ?? null,
  );
  a.peer = b;
  b.peer = a;
  return { client: a, server: b };
}

export class Listener extends OpenFile {
  readonly address: SocketAddress;
  /** Who accepts: at first who listened, later whoever inherited the socket and waits on it. */
  owner: Process;
  private readonly backlog: Connection[] = [];
  /** Woken when it may be worth trying to accept. */
  readonly offered: WaitQueue<void>;
  /** Those who only want to know that somebody is there. */
  private readonly watching: WaitQueue<void>;
  open = true;
  private readonly onRelease: () => void;
  /** SOCK_SEQPACKET. */
  readonly packets: boolean;

  constructor(
    scheduler: Scheduler,
    path: string,
    address: SocketAddress,
    owner: Process,
    onRelease: () => void,
    packets = false,
  ) {
    super(path, BOTH_WAYS);
    this.packets = packets;
    this.address = address;
    this.owner = owner;
    this.offered = new WaitQueue(scheduler);
    this.watching = new WaitQueue(scheduler);
    this.onRelease = onRelease;
  }

  offer(connection: Connection): void {
    if (!this.open || this.backlog.length >= BACKLOG_MAX) throw errno('ECONNREFUSED');
    this.backlog.push(connection);
    this.offered.wakeOne();
    this.watching.wakeAll();
  }

  /** The next connection, or null when the caller has to wait (and then try again). */
  acceptNow(by: Process): Connection | null {
    this.owner = by;
    const next = this.backlog.shift();
    if (next !== undefined) return next;
    if (!this.open) throw errno('EINVAL');
    return null;
  }

  /** poll(2): resolves when a connection waits to be accepted, which it still does then. */
  async readable(ctx: Context): Promise<void> {
    while (this.open && this.backlog.length === 0) await interruptible(ctx, this.watching);
  }

  override released(): void {
    this.open = false;
    for (const connection of this.backlog) connection.released();
    this.offered.wakeAll();
    this.watching.wakeAll();
    this.onRelease();
  }
}
