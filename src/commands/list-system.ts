/** Which programs of a Debian 13 node look at and steer the system: processes, mounts, network, services. */

import type { Program } from '../linux/program.ts';
import { apt, aptCache, aptGet, aptMark } from './apt/apt.ts';
import { dpkg, dpkgQuery } from './apt/dpkg.ts';
import { df } from './df/df.ts';
import { du } from './du/du.ts';
import { free } from './free/free.ts';
import { ip } from './iproute2/ip.ts';
import { ss } from './iproute2/ss.ts';
import { kill, killall, pgrep, pidof, pkill } from './kill/kill.ts';
import type { InstalledCommand } from './list.ts';
import { ps } from './ps/ps.ts';
import { systemdCgls } from './systemd/cgls.ts';
import { systemdCgtop } from './systemd/cgtop.ts';
import { journalctl } from './systemd/journalctl.ts';
import { systemdRun } from './systemd/run.ts';
import { systemctl } from './systemd/systemctl.ts';
import { dmesg } from './util-linux/dmesg.ts';
import { findmnt } from './util-linux/findmnt.ts';
import { lsblk } from './util-linux/lsblk.ts';
import { lsns } from './util-linux/lsns.ts';
import { mount, umount } from './util-linux/mount.ts';
import { chroot, nsenter, setsid, unshare } from './util-linux/namespaces.ts';
import { pivotRoot } from './util-linux/pivot-root.ts';

const at = (program: Program, size: number, path = `/usr/bin/${program.name}`): InstalledCommand => ({
  path,
  size,
  program,
});

/** Sizes are those of the amd64 packages, rounded. */
export const systemPrograms: InstalledCommand[] = [
  at(apt, 18_752),
  at(aptGet, 47_424),
  at(aptCache, 84_168),
  at(aptMark, 60_608),
  at(dpkg, 318_176),
  at(dpkgQuery, 150_096),
  at(journalctl, 80_112),
  at(df, 105_000),
  at(du, 151_000),
  at(free, 30_960),
  at(ip, 779_000),
  at(ip, 779_000, '/usr/sbin/ip'),
  at(ss, 151_000),
  at(kill, 30_952),
  at(killall, 39_304),
  at(pgrep, 35_048),
  at(pidof, 30_952),
  at(pkill, 35_048),
  at(ps, 154_192),
  at(systemctl, 1_502_472),
  at(systemdCgls, 22_720),
  at(systemdCgtop, 39_184),
  at(systemdRun, 72_072),
  at(chroot, 43_992, '/usr/sbin/chroot'),
  at(dmesg, 80_592),
  at(findmnt, 72_696),
  at(lsblk, 170_976),
  at(lsns, 59_816),
  at(pivotRoot, 14_400, '/usr/sbin/pivot_root'),
  at(mount, 72_072),
  at(nsenter, 39_392),
  at(setsid, 22_544),
  at(umount, 55_688),
  at(unshare, 51_664),
];
