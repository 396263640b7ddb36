/** /proc/PID/net. @models Linux 6.12 net/ipv4/tcp_ipv4.c, net/unix */
import { formatIp, parseIp } from '../net/addresses.ts';
import type { Process } from '../process.ts';
import { Listener } from '../socket.ts';
import { fileOf, type GeneratedEntry } from './generated-fs.ts';

function hexAddress(ip: string, port: number): string {
  const value = parseIp(ip) ?? 0;
  const swapped = [value & 255, (value >>> 8) & 255, (value >>> 16) & 255, (value >>> 24) & 255];
  return `${swapped.map((b) => b.toString(16).toUpperCase().padStart(2, '0')).join('')}:${port.toString(16).toUpperCase().padStart(4, '0')}`;
}

const ESTABLISHED = '01';
const CLOSE_WAIT = '08';

/** The number in `socket:[N]`. */
const inodeOf = (path: string): string => /\d+/.exec(path)?.[0] ?? '0';

export function networkFiles(process: Process): Record<string, GeneratedEntry> {
  const net = (): Process['namespaces']['net'] => process.namespaces.net;
  return {
    dev: fileOf(() => {
      const rows = [...net().interfaces.values()].map((i) => {
        const s = i.statistics;
        return `${i.name.padStart(6)}: ${String(s.rxBytes).padStart(7)} ${String(s.rxPackets).padStart(7)}    0    0    0     0          0         0 ${String(s.txBytes).padStart(8)} ${String(s.txPackets).padStart(7)}    0    0    0     0       0          0\n`;
      });
      return `Inter-|   Receive                                                |  Transmit\n face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed\n${rows.join('')}`;
    }),
    tcp: fileOf(() => {
      const rows: string[] = [];
      const row = (local: string, remote: string, state: string, waiting: number, path: string): void => {
        const queues = `00000000:${waiting.toString(16).toUpperCase().padStart(8, '0')}`;
        const rest = state === '0A' ? '100 0 0 10 0' : '20 4 30 10 -1';
        rows.push(
          `${String(rows.length).padStart(4)}: ${local} ${remote} ${state} ${queues} 00:00000000 00000000     0        0 ${inodeOf(path)} 1 0000000000000000 ${rest}\n`,
        );
      };
      for (const [key, listener] of net().listeners) {
        const at = key.lastIndexOf(':');
        row(hexAddress(key.slice(0, at), Number(key.slice(at + 1))), '00000000:0000', '0A', 0, listener.path);
      }
      for (const connection of net().connections) {
        const { local, remote } = connection;
        if (local.family !== 'inet' || remote.family !== 'inet') continue;
        row(
          hexAddress(local.host, local.port),
          hexAddress(remote.host, remote.port),
          connection.peerHasClosed ? CLOSE_WAIT : ESTABLISHED,
          connection.bytesWaiting,
          connection.path,
        );
      }
      return `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n${rows.join('')}`;
    }),
    unix: fileOf(() => {
      const rows = [...net().unixSockets].map((socket) => {
        const listening = socket instanceof Listener;
        const address = listening ? socket.address : socket.local;
        const path = address.family === 'unix' ? address.path : '';
        return `0000000000000000: ${listening ? '00000002' : '00000003'} 00000000 ${listening ? '00010000' : '00000000'} 0001 ${listening ? '01' : '03'} ${inodeOf(socket.path).padStart(5)}${path === '' ? '' : ` ${path}`}\n`;
      });
      return `Num       RefCount Protocol Flags    Type St Inode Path\n${rows.join('')}`;
    }),
    sockstat: fileOf(() => {
      const { listeners, connections, unixSockets } = net();
      const tcp = listeners.size + [...connections].filter(({ remote }) => remote.family === 'inet').length;
      return (
        `sockets: used ${tcp + unixSockets.size}\nTCP: inuse ${tcp} orphan 0 tw 0 alloc ${tcp} mem 0\n` +
        'UDP: inuse 0 mem 0\nUDPLITE: inuse 0\nRAW: inuse 0\nFRAG: inuse 0 memory 0\n'
      );
    }),
    arp: fileOf(() => {
      const rows = [...net().neighbours.values()].map(
        ({ address, link, mac }) =>
          `${formatIp(address).padEnd(16)} 0x1         ${mac === null ? '0x0' : '0x2'}         ${mac ?? '00:00:00:00:00:00'}     *        ${link.name}\n`,
      );
      return `IP address       HW type     Flags       HW address            Mask     Device\n${rows.join('')}`;
    }),
    tcp6: fileOf(
      () =>
        '  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n',
    ),
    udp: fileOf(
      () =>
        '   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops\n',
    ),
    route: fileOf(() => {
      const rows = net().routes.map((r) => {
        const hex = (v: number): string =>
          hexAddress(`${(v >>> 24) & 255}.${(v >>> 16) & 255}.${(v >>> 8) & 255}.${v & 255}`, 0).slice(0, 8);
        const mask = r.prefix === 0 ? 0 : (0xffffffff << (32 - r.prefix)) >>> 0;
        return `${r.via.name}\t${hex(r.network)}\t${hex(r.gateway ?? 0)}\t${r.gateway === null ? '0001' : '0003'}\t0\t0\t0\t${hex(mask)}\t0\t0\t0\n`;
      });
      return `Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n${rows.join('')}`;
    }),
  };
}
