/** Which programs of a Debian 13 node look at and steer the system: processes, mounts, network, services. */
import type { InstalledCommand } from './list.ts';
import { kill, killall, pgrep, pidof, pkill } from './kill/kill.ts';
import { ps } from './ps/ps.ts';
import { journalctl } from './systemd/journalctl.ts';
import { systemctl } from './systemd/systemctl.ts';
import type { Program } from '../linux/program.ts';

const at = (program: Program, size: number, path = `/usr/bin/${program.name}`): InstalledCommand => ({ path, size, program });

/** Sizes are those of the amd64 packages, rounded. */
export const systemPrograms: InstalledCommand[] = [
  at(journalctl, 80_112), at(kill, 30_952), at(killall, 39_304), at(pgrep, 35_048), at(pidof, 30_952), at(pkill, 35_048), at(ps, 154_192),
  at(systemctl, 1_502_472),
];
