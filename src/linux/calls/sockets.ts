/** System calls on stream sockets. */
import { LATENCY } from '../../sim/latency.ts';
import { WaitQueue } from '../../sim/primitives.ts';
import { NOT_YET } from '../../sim/scheduler.ts';
import type { Context } from '../context.ts';
import { errno, isErrno } from '../errno.ts';
import { blockUntil, interruptible } from '../interruptible.ts';
import type { Kernel } from '../kernel.ts';
import { formatIp, parseIp } from '../net/addresses.ts';
import { LINKS, ROUND_TRIP_NS } from '../net/distance.ts';
import type { Interface } from '../net/net-namespace.ts';
import type { Process } from '../process.ts';
import { toRope } from '../rope.ts';
import { Connection, connectionPair, Listener } from '../socket.ts';
import type { SocketAddress, Syscalls } from '../syscalls.ts';
import { capable } from '../user-namespace.ts';
import { mayAccess } from '../vfs/mounts.ts';
import { sysctlHolder } from '../vfs/sysctl-values.ts';
import { vsockPeer } from '../vsock.ts';
import { walkFor } from './files.ts';

const UNPRIVILEGED_PORTS = 'net/ipv4/ip_unprivileged_port_start';
const LOCAL_PORTS = 'net/ipv4/ip_local_port_range';

type SocketCalls = Pick<
  Syscalls,
  | 'listen'
  | 'accept'
  | 'pollListener'
  | 'connect'
  | 'shutdown'
  | 'peerPid'
  | 'senderPid'
  | 'socketAddress'
  | 'sendDescriptors'
  | 'receiveDescriptors'
  | 'socketPair'
>;

const PACKET_BYTES = 1448;
const VSOCK_FIRST_PORT = 1_024_000;

/** A connection to a port of another kernel on this machine; ECONNRESET if nobody listens there. */
export async function connectVsock(ctx: Context, to: Kernel, port: number): Promise<Connection> {
  const { process } = ctx;
  const from = process.kernel;
  await ctx.sleep(LATENCY.vsockConnectNs);
  const listener = to.poweredOff === null ? to.vsock.listeners.get(port) : undefined;
  if (listener === undefined) throw errno('ECONNRESET');
  const local: SocketAddress = { family: 'vsock', cid: from.vsock.cid, port: VSOCK_FIRST_PORT + from.newObjectId() };
  const pair = connectionPair(
    from.scheduler,
    { path: `socket:[${from.newObjectId()}]`, address: local, owner: process },
    {
      path: `socket:[${to.newObjectId()}]`,
      address: { family: 'vsock', cid: to.vsock.cid, port },
      owner: listener.owner,
    },
    null,
  );
  listener.offer(pair.server);
  from.emit(ctx.span, process.pid, {
    kind: 'socket.connect',
    address: `vsock://${to.vsock.cid}:${port}`,
    to: listener.owner.pid,
  });
  return pair.client;
}

export function socketCalls(kernel: Kernel): SocketCalls {
  const name = (): string => `socket:[${kernel.newObjectId()}]`;
  const passing = new WeakMap<Connection, WaitQueue<void>>();
  const queueOf = (connection: Connection): WaitQueue<void> => {
    let queue = passing.get(connection);
    if (queue === undefined) {
      queue = new WaitQueue(kernel.scheduler);
      passing.set(connection, queue);
    }
    return queue;
  };
  const connectionAt = (ctx: Context, fd: number): Connection => {
    const file = kernel.file(ctx.process, fd);
    if (!(file instanceof Connection)) throw errno('ENOTSOCK');
    return file;
  };

  const count = (path: Interface[]): ((sent: number) => void) | null => {
    if (path.length === 0) return null;
    return (sent) => {
      const packets = Math.max(1, Math.ceil(sent / PACKET_BYTES));
      for (let i = 0; i + 1 < path.length; i += 2) {
        const out = (path[i] as Interface).statistics;
        const into = (path[i + 1] as Interface).statistics;
        out.txBytes += sent;
        out.txPackets += packets;
        into.rxBytes += sent;
        into.rxPackets += packets;
      }
    };
  };

  const connectUnix = (ctx: Context, path: string): number => {
    const { process } = ctx;
    const { location } = walkFor(process, path, true);
    if (location === null) throw errno('ENOENT');
    if (location.inode.type !== 'socket') throw errno('ECONNREFUSED');
    if (!mayAccess(location.inode, process, 2, location.mount.idmap)) throw errno('EACCES');
    const listener = location.inode.endpoint as Listener | null;
    if (listener === null || !listener.open) throw errno('ECONNREFUSED');
    const address: SocketAddress = { family: 'unix', path };
    const pair = connectionPair(
      kernel.scheduler,
      { path: name(), address: { family: 'unix', path: '' }, owner: process },
      { path: name(), address, owner: listener.owner },
      null,
      listener.packets,
    );
    listener.offer(pair.server);
    const { unixSockets } = process.namespaces.net;
    for (const end of [pair.client, pair.server]) {
      end.table = unixSockets;
      unixSockets.add(end);
    }
    kernel.emit(ctx.span, process.pid, { kind: 'socket.connect', address: path, to: listener.owner.pid });
    return kernel.install(process, pair.client, true);
  };

  const connectInet = async (ctx: Context, host: string, port: number): Promise<number> => {
    const { process } = ctx;
    const { net } = process.namespaces;
    const address = parseIp(host);
    if (address === null) throw errno('EINVAL');
    const trace = (result: string): void =>
      kernel.emit(ctx.span, process.pid, {
        kind: 'net.connect',
        namespace: net.id,
        from: '',
        address: `${host}:${port}`,
        result,
      });
    try {
      const found = net.resolve(address, port);
      await ctx.sleep(ROUND_TRIP_NS[found.distance]);
      const local: SocketAddress = { family: 'inet', host: formatIp(found.source), port: ephemeralPort(process) };
      const pair = connectionPair(
        kernel.scheduler,
        { path: name(), address: local, owner: process, ...withCount(count(found.path)) },
        {
          path: name(),
          address: { family: 'inet', host, port },
          owner: found.listener.owner,
          ...withCount(count([...found.path].reverse())),
        },
        LINKS[found.distance],
      );
      found.listener.offer(pair.server);
      for (const [end, table] of [
        [pair.client, net.connections],
        [pair.server, found.namespace.connections],
      ] as const) {
        end.table = table;
        table.add(end);
      }
      trace('connected');
      return kernel.install(process, pair.client, true);
    } catch (error) {
      if (isErrno(error)) trace(error.code);
      if (isErrno(error, 'EHOSTUNREACH')) await ctx.sleep(3_000_000_000);
      throw error;
    }
  };

  const listenVsock = (ctx: Context, port: number): number => {
    const { process } = ctx;
    const { pid } = process;
    const { listeners } = kernel.vsock;
    if (listeners.has(port)) throw errno('EADDRINUSE');
    const address: SocketAddress = { family: 'vsock', cid: kernel.vsock.cid, port };
    const shown = `vsock://${kernel.vsock.cid}:${port}`;
    const listener = new Listener(kernel.scheduler, name(), address, process, () => {
      listeners.delete(port);
      kernel.emit(0, pid, { kind: 'socket.close', address: shown });
    });
    listeners.set(port, listener);
    kernel.emit(ctx.span, process.pid, { kind: 'socket.listen', address: shown });
    return kernel.install(process, listener, true);
  };

  const ephemeralPort = (process: Process): number =>
    process.namespaces.net.ephemeralPort(sysctlHolder(kernel, LOCAL_PORTS, process).get(LOCAL_PORTS));

  return {
    async listen(ctx, address, options = {}) {
      const { process } = ctx;
      // Whoever listened may be gone long before the socket is: what is done then knows its pid only.
      const { pid } = process;
      if (address.family === 'unix') {
        const result = walkFor(process, address.path, true);
        if (result.location !== null) throw errno('EADDRINUSE');
        if (!mayAccess(result.parent.inode, process, 3, result.parent.mount.idmap)) throw errno('EACCES');
        const inode = result.parent.inode.create(result.name, {
          type: 'socket',
          mode: options.mode ?? 0o777 & ~process.umask,
          uid: process.credentials.fsuid,
          gid: process.credentials.fsgid,
          time: kernel.wallTime(),
        });
        // The inode stays behind when the listener dies: connecting to it is then refused.
        const { unixSockets } = process.namespaces.net;
        const released = (): void => {
          unixSockets.delete(listener);
          kernel.emit(0, pid, { kind: 'socket.close', address: address.path });
        };
        const listener = new Listener(kernel.scheduler, name(), address, process, released, options.packets);
        unixSockets.add(listener);
        inode.endpoint = listener;
        kernel.emit(ctx.span, process.pid, { kind: 'socket.listen', address: address.path });
        return kernel.install(process, listener, true);
      }
      if (address.family === 'vsock') return listenVsock(ctx, address.port);
      const { net } = process.namespaces;
      const host = address.host === '' || address.host === '::' ? '0.0.0.0' : address.host;
      const ip = parseIp(host);
      if (ip === null) throw errno('EINVAL');
      if (ip !== 0 && !net.isLocal(ip)) throw errno('EADDRNOTAVAIL');
      const privileged = Number(sysctlHolder(kernel, UNPRIVILEGED_PORTS, process).get(UNPRIVILEGED_PORTS) ?? '1024');
      if (address.port > 0 && address.port < privileged && !capable(process, 'NET_BIND_SERVICE', net.owner))
        throw errno('EACCES');
      const port = address.port === 0 ? ephemeralPort(process) : address.port;
      const key = `${host}:${port}`;
      const clash = [...net.listeners.keys()].some(
        (k) => k === key || (k.endsWith(`:${port}`) && (ip === 0 || k.startsWith('0.0.0.0:'))),
      );
      if (clash) throw errno('EADDRINUSE');
      const listener = new Listener(kernel.scheduler, name(), { family: 'inet', host, port }, process, () => {
        net.listeners.delete(key);
        kernel.emit(0, pid, { kind: 'socket.close', address: key });
      });
      net.listeners.set(key, listener);
      kernel.emit(ctx.span, process.pid, { kind: 'socket.listen', address: key });
      return kernel.install(process, listener, true);
    },
    pollListener(ctx, fd) {
      const file = kernel.file(ctx.process, fd);
      if (!(file instanceof Listener)) throw errno('EINVAL');
      return file.readable(ctx);
    },

    accept(ctx, fd) {
      const { process } = ctx;
      const file = kernel.file(process, fd);
      if (!(file instanceof Listener)) throw errno('EINVAL');
      return blockUntil(ctx, file.offered, () => {
        const connection = file.acceptNow(process);
        return connection === null ? NOT_YET : kernel.install(process, connection, true);
      });
    },
    async connect(ctx, address) {
      if (address.family === 'unix') return connectUnix(ctx, address.path);
      if (address.family === 'inet') return connectInet(ctx, address.host, address.port);
      const peer = vsockPeer(kernel, address.cid);
      return kernel.install(ctx.process, await connectVsock(ctx, peer, address.port), true);
    },
    async shutdown(ctx, fd, how) {
      connectionAt(ctx, fd).shutdown(how);
    },
    peerPid(ctx, fd) {
      const file = kernel.file(ctx.process, fd);
      return file instanceof Connection ? (file.peer?.ownerPid ?? 0) : 0;
    },
    senderPid(ctx, fd) {
      const file = kernel.file(ctx.process, fd);
      return file instanceof Connection ? (file.peer?.lastWriter?.pidIn(ctx.process.namespaces.pid) ?? 0) : 0;
    },
    socketAddress(ctx, fd, end) {
      const file = kernel.file(ctx.process, fd);
      if (file instanceof Connection) return end === 'local' ? file.local : file.remote;
      if (file instanceof Listener && end === 'local') return file.address;
      throw errno('ENOTCONN');
    },
    async sendDescriptors(ctx, fd, data, descriptors) {
      const connection = connectionAt(ctx, fd);
      const { peer } = connection;
      if (peer === null) throw errno('ENOTCONN');
      const files = descriptors.map((d) => kernel.file(ctx.process, d));
      for (const file of files) file.acquire();
      peer.passed.push(files);
      await connection.write(ctx, toRope(data));
      queueOf(peer).wakeAll();
    },
    async receiveDescriptors(ctx, fd) {
      const connection = connectionAt(ctx, fd);
      const data = (await connection.read(ctx, 65_536)).bytes();
      while (data.length > 0 && connection.passed.length === 0) await interruptible(ctx, queueOf(connection));
      const files = connection.passed.shift() ?? [];
      const descriptors = files.map((file) => {
        const descriptor = kernel.install(ctx.process, file, true);
        file.references--;
        return descriptor;
      });
      return { data, descriptors };
    },
    async socketPair(ctx) {
      const { process } = ctx;
      const address: SocketAddress = { family: 'unix', path: '' };
      const pair = connectionPair(
        kernel.scheduler,
        { path: name(), address, owner: process },
        { path: name(), address, owner: process },
        null,
      );
      return [kernel.install(process, pair.client), kernel.install(process, pair.server)];
    },
  };
}

function withCount(onBytes: ((sent: number) => void) | null): { onBytes?: (sent: number) => void } {
  return onBytes === null ? {} : { onBytes };
}
