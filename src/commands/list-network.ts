/** Which programs of a Debian 13 node speak with the network, or show what it is made of. */
import type { Program } from '../linux/program.ts';
import type { InstalledCommand } from './list.ts';
import { bridge, ethtool } from './network/devices.ts';
import { dig, hostProgram, nslookup } from './network/dig.ts';
import { iptables, iptablesSave } from './network/iptables.ts';
import { nc } from './network/nc.ts';
import { nft } from './network/nft.ts';
import { ping } from './network/ping.ts';
import { traceroute } from './network/traceroute.ts';
import { wget } from './network/wget.ts';

const at = (program: Program, size: number, path = `/usr/bin/${program.name}`): InstalledCommand => ({
  path,
  size,
  program,
});

/** Sizes are those of the amd64 packages, rounded. */
export const networkPrograms: InstalledCommand[] = [
  at(bridge, 134_000, '/usr/sbin/bridge'),
  at(dig, 166_984),
  at(ethtool, 764_000, '/usr/sbin/ethtool'),
  at(hostProgram, 138_312),
  at(iptables, 236_112, '/usr/sbin/iptables'),
  at(iptables, 236_112, '/usr/sbin/ip6tables'),
  at(iptablesSave, 236_112, '/usr/sbin/iptables-save'),
  at(iptablesSave, 236_112, '/usr/sbin/ip6tables-save'),
  at(nc, 31_272, '/usr/bin/nc'),
  at(nc, 31_272, '/usr/bin/netcat'),
  at(nft, 26_824, '/usr/sbin/nft'),
  at(nslookup, 142_408),
  at(ping, 94_968),
  at(ping, 94_968, '/usr/bin/ping4'),
  at(traceroute, 69_424),
  at(wget, 540_000),
];
