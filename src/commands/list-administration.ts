/** Which programs of a Debian 13 node an administrator uses now and then: accounts, hardware, the kernel's view of processes. */

import type { Program } from '../linux/program.ts';
import { base32, basenc, cksum, sum } from './digest/checksums.ts';
import { b2sum, sha224sum, sha384sum } from './digest/digest.ts';
import { dmsetup } from './dmsetup/dmsetup.ts';
import { file } from './file/file.ts';
import { yq } from './jq/yq.ts';
import { lsmod, modinfo, modprobe, rmmod } from './kmod/kmod.ts';
import { capsh, getpcaps } from './libcap/capsh.ts';
import { getcap, setcap } from './libcap/file-caps.ts';
import { csplit, pr } from './lines/pages.ts';
import type { InstalledCommand } from './list.ts';
import { last } from './login/last.ts';
import { mke2fs, mkfsExt4 } from './mke2fs/mke2fs.ts';
import { gpasswd, groupadd, groupdel, groupmod, useradd, userdel, usermod } from './passwd/accounts.ts';
import { chage, nologin, passwd } from './passwd/passwords.ts';
import { fuser, lsof } from './procps/open-files.ts';
import { dir, egrep, fgrep, rgrep, vdir, zgrep } from './small/aliases.ts';
import { getconf, locale } from './small/libc.ts';
import { tput } from './small/terminal.ts';
import { pathchk } from './small/which.ts';
import { logger, systemdCat } from './systemd/logger.ts';
import { loginctl } from './systemd/loginctl.ts';
import { hostnamectl, localectl, systemdDetectVirt, systemdEscape, timedatectl } from './systemd/machine-tools.ts';
import { service } from './systemd/service.ts';
import { flock } from './util-linux/flock.ts';
import { getopt } from './util-linux/getopt.ts';
import { ipcmk, ipcrm, ipcs } from './util-linux/ipc.ts';
import { blkid, hwclock, mcookie, namei, swapoff, swapon, uuidgen, whereis } from './util-linux/looking.ts';
import { blkdiscard, blockdev, losetup } from './util-linux/losetup.ts';
import { lscpu } from './util-linux/lscpu.ts';
import { lslocks } from './util-linux/lslocks.ts';
import { renice } from './util-linux/renice.ts';
import { choom, chrt, ionice, prlimit, taskset } from './util-linux/scheduling.ts';

const at = (program: Program, size: number, path = `/usr/bin/${program.name}`): InstalledCommand => ({
  path,
  size,
  program,
});
const system = (program: Program, size: number): InstalledCommand => at(program, size, `/usr/sbin/${program.name}`);

/** Sizes are those of the amd64 packages, rounded. */
export const administrationPrograms: InstalledCommand[] = [
  at(b2sum, 60_528),
  at(base32, 44_080),
  at(basenc, 52_272),
  system(blkid, 55_688),
  system(blkdiscard, 31_080),
  system(blockdev, 51_592),
  system(capsh, 35_336),
  at(chage, 72_184),
  at(choom, 22_744),
  at(chrt, 31_000),
  at(cksum, 105_584),
  at(csplit, 122_664),
  at(dir, 158_632),
  system(dmsetup, 183_912),
  at(egrep, 41),
  at(fgrep, 41),
  at(file, 27_080),
  at(flock, 27_008),
  at(fuser, 43_400),
  system(getcap, 14_616),
  at(getconf, 35_248),
  at(getopt, 23_000),
  system(getpcaps, 14_616),
  at(gpasswd, 88_568),
  system(groupadd, 88_496),
  system(groupdel, 84_368),
  system(groupmod, 92_600),
  at(hostnamectl, 31_088),
  system(hwclock, 55_648),
  at(ionice, 22_744),
  at(ipcmk, 22_744),
  at(ipcrm, 22_744),
  at(ipcs, 39_088),
  at(last, 39_136),
  at(locale, 55_664),
  at(localectl, 31_040),
  at(logger, 39_160),
  at(loginctl, 72_112),
  system(losetup, 76_240),
  at(lscpu, 113_440),
  at(lslocks, 43_480),
  system(lsmod, 170_456),
  at(lsof, 182_984),
  at(mcookie, 31_000),
  system(mke2fs, 133_856),
  system(mkfsExt4, 133_856),
  system(modinfo, 170_456),
  system(modprobe, 170_456),
  at(namei, 27_000),
  system(nologin, 14_456),
  at(passwd, 118_168),
  at(pathchk, 44_080),
  at(pr, 72_944),
  at(prlimit, 31_000),
  at(renice, 14_480),
  at(rgrep, 30),
  system(rmmod, 170_456),
  system(service, 9_231),
  system(setcap, 14_616),
  at(sha224sum, 52_272),
  at(sha384sum, 52_272),
  at(sum, 44_080),
  system(swapoff, 22_744),
  system(swapon, 43_344),
  at(systemdCat, 22_848),
  at(systemdDetectVirt, 14_584),
  at(systemdEscape, 22_784),
  at(taskset, 27_000),
  at(timedatectl, 47_472),
  at(tput, 27_168),
  system(useradd, 147_128),
  system(userdel, 101_840),
  system(usermod, 138_840),
  at(uuidgen, 22_848),
  at(vdir, 158_632),
  at(whereis, 31_048),
  at(yq, 4_096),
  at(zgrep, 8_103),
];
