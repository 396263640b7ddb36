/** Which programs of a Debian 13 node help those who work on it: watching, asking, becoming somebody else. */
import type { Program } from '../linux/program.ts';
import { curl } from './curl/curl.ts';
import { nano } from './editors/nano.ts';
import { vim } from './editors/vim.ts';
import { dd } from './files/dd.ts';
import { install } from './files/install.ts';
import type { InstalledCommand } from './list.ts';
import { getent, users, who } from './login/getent.ts';
import { runuser, su, sudo } from './login/sudo.ts';
import { apropos, man, whatis } from './man/man.ts';
import { pstree } from './procps/pstree.ts';
import { top } from './procps/top.ts';
import { pwdx, sysctl, uptime, vmstat, w } from './procps/uptime.ts';
import { watch } from './procps/watch.ts';
import { stty } from './small/stty.ts';
import { clear, fallocate, hostid, link, logname, mountpoint, reset, unlink, which } from './small/which.ts';
import { ssh } from './ssh/ssh.ts';
import { strace } from './strace/strace.ts';

const at = (program: Program, size: number, path = `/usr/bin/${program.name}`): InstalledCommand => ({
  path,
  size,
  program,
});

/** Sizes are those of the amd64 packages, rounded. */
export const toolPrograms: InstalledCommand[] = [
  at(apropos, 48_176),
  at(clear, 14_656),
  at(curl, 310_912),
  at(dd, 68_752),
  at(fallocate, 27_136),
  at(getent, 39_960),
  at(hostid, 35_888),
  at(install, 151_440),
  at(link, 35_888),
  at(logname, 35_888),
  at(man, 120_120),
  at(mountpoint, 18_680),
  at(nano, 283_144),
  at(vim, 4_047_272, '/usr/bin/vim.basic'),
  at(pstree, 39_304),
  at(pwdx, 14_560),
  at(reset, 27_104),
  at(runuser, 55_744, '/usr/sbin/runuser'),
  at(ssh, 1_022_608),
  at(strace, 1_990_000),
  at(stty, 76_976),
  at(su, 84_360),
  at(sudo, 306_456),
  at(sysctl, 31_048, '/usr/sbin/sysctl'),
  at(top, 137_616),
  at(unlink, 35_888),
  at(uptime, 14_560),
  at(users, 35_888),
  at(vmstat, 39_312),
  at(w, 27_016),
  at(watch, 31_056),
  at(whatis, 48_176),
  at(which, 946),
  at(who, 52_272),
];
