/** Real connections and simulated ones, joined: bytes pass through as they are. */
import { createServer, type Server, type Socket } from 'node:net';
import type { Machine, SocketTarget } from '../../machine/machine.ts';
import type { ConnectionPort } from '../../machine/ports.ts';
import { CallWatch, StreamWatch, type Watch } from './call-watch.ts';
import type { WallClock } from './wall-clock.ts';

/** Beyond this many bytes that the node has not taken, the client is not read any more. */
const UNTAKEN_BYTES_MAX = 1 << 20;
const CONNECTIONS_MAX = 1024;

type Joined = { socket: Socket; port: ConnectionPort; watch: Watch };

/** Makes the simulated connection that a real one is joined to. */
export type Opener = (machine: Machine) => ConnectionPort;

export class Bridge {
  private readonly machine: Machine;
  private readonly joined = new Set<Joined>();
  private readonly servers = new Set<Server>();
  clock: WallClock | null = null;
  /** Called before the node hears anything from outside. */
  beforeInput: (() => void) | null = null;

  constructor(machine: Machine) {
    this.machine = machine;
  }

  /** Somebody waits for nothing but modelled latencies. */
  get hurried(): boolean {
    for (const { watch } of this.joined) if (watch.waiting(this.machine.now)) return true;
    return false;
  }

  /** A server whose connections go to that socket of the node; the caller makes it listen. */
  serverFor(target: SocketTarget, open: Opener = (machine) => machine.connect(target)): Server {
    const server = createServer({ allowHalfOpen: true }, (socket) => this.join(socket, target, open));
    server.maxConnections = CONNECTIONS_MAX;
    this.servers.add(server);
    server.on('close', () => this.servers.delete(server));
    return server;
  }

  private join(socket: Socket, target: SocketTarget, open: Opener): void {
    const port = open(this.machine);
    const watch = target.family === 'unix' ? new CallWatch() : new StreamWatch();
    const one: Joined = { socket, port, watch };
    this.joined.add(one);
    socket.setNoDelay(true);
    port.onData((bytes) => {
      watch.fromServer(bytes, this.machine.now);
      if (socket.writable && socket.write(bytes) && socket.writableLength === 0) port.drained();
    });
    socket.on('drain', () => {
      port.drained();
      this.clock?.kick();
    });
    socket.on('data', (bytes) => {
      this.beforeInput?.();
      watch.fromClient(bytes, this.machine.now);
      port.write(new Uint8Array(bytes));
      if (port.pendingBytes > UNTAKEN_BYTES_MAX) socket.pause();
      this.clock?.kick();
    });
    socket.on('end', () => {
      watch.end();
      port.end();
      this.clock?.kick();
    });
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      watch.end();
      this.joined.delete(one);
      if (!port.closed) port.hangUp();
      this.clock?.kick();
    });
    this.clock?.kick();
  }

  /** Looks after every connection; called whenever the node has run. */
  settle(): void {
    for (const { socket, port, watch } of this.joined) {
      if (socket.isPaused() && port.pendingBytes <= UNTAKEN_BYTES_MAX) socket.resume();
      if (!port.closed || socket.writableEnded) continue;
      watch.end();
      socket.end();
      // Nobody reads what the client may still send.
      socket.resume();
      if (socket.readableEnded) continue;
      setTimeout(() => socket.destroy(), CLOSE_MS).unref();
    }
  }

  close(): void {
    for (const server of this.servers) server.close();
    for (const { socket } of this.joined) socket.destroy();
  }
}

/** How long a client has to close its side after the node has closed the other. */
const CLOSE_MS = 1000;
