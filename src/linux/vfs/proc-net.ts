/** /proc/PID/net. @models Linux 6.12 net/ipv4/tcp_ipv4.c, net/unix */
import { parseIp } from '../net/addresses.ts';
import type { Process } from '../process.ts';
import { fileOf, type GeneratedEntry } from './generated-fs.ts';

function hexAddress(ip: string, port: number): string {
  const value = parseIp(ip) ?? 0;
  const swapped = [value & 255, (value >>> 8) & 255, (value >>> 16) & 255, (value >>> 24) & 255];
  return `${swapped.map((b) => b.toString(16).toUpperCase().padStart(2, '0')).join('')}:${port.toString(16).toUpperCase().padStart(4, '0')}`;
}

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
      let slot = 0;
      const rows: string[] = [];
      for (const [key, listener] of net().listeners) {
        const at = key.lastIndexOf(':');
        const inode = /\d+/.exec(listener.path)?.[0] ?? '0';
        rows.push(
          `${String(slot++).padStart(4)}: ${hexAddress(key.slice(0, at), Number(key.slice(at + 1)))} 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 ${inode} 1 0000000000000000 100 0 0 10 0\n`,
        );
      }
      return `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n${rows.join('')}`;
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
