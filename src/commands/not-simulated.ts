/**
 * Programs that a Debian 13 node has and this one only knows by name: the one list. Each is an executable file like the
 * others, which says so when it is run; what Debian would not have installed answers "command not found" instead.
 */
import { printRefusal } from '../linux/io.ts';
import type { Program } from '../linux/program.ts';

const BIN = 'usr/bin';
const SBIN = 'usr/sbin';

const LISTS: readonly (readonly [pkg: string, directory: string, names: string])[] = [
  ['apt', BIN, 'apt-cdrom apt-config apt-key'],
  ['bash', BIN, 'bashbug rbash'],
  ['bind9-dnsutils', BIN, 'nsupdate'],
  ['bsdextrautils', BIN, 'col colcrt colrm look ul write'],
  ['bzip2', BIN, 'bunzip2 bzcat bzip2 bzip2recover'],
  ['conntrack', SBIN, 'conntrack'],
  ['coreutils', BIN, 'chcon dircolors pinky ptx runcon shred stdbuf'],
  ['cron', BIN, 'crontab'],
  ['dbus', BIN, 'busctl dbus-send dbus-monitor'],
  ['debconf', SBIN, 'dpkg-reconfigure'],
  ['diffutils', BIN, 'diff3 sdiff'],
  ['dpkg', BIN, 'dpkg-deb dpkg-divert dpkg-split dpkg-statoverride update-alternatives'],
  ['e2fsprogs', SBIN, 'badblocks debugfs dumpe2fs e2fsck fsck.ext4 resize2fs tune2fs'],
  ['e2fsprogs', BIN, 'chattr lsattr'],
  ['ebtables', SBIN, 'ebtables'],
  ['findutils', BIN, 'locate updatedb'],
  ['gpg', BIN, 'gpg gpgv'],
  ['gzip', BIN, 'zdiff zegrep zless zmore'],
  ['ifupdown', SBIN, 'ifdown ifquery'],
  ['iproute2', SBIN, 'devlink tc tipc'],
  ['iproute2', BIN, 'bpftool lnstat nstat rdma routel rtmon'],
  ['ipset', SBIN, 'ipset'],
  ['iptables', SBIN, 'ip6tables-restore iptables-restore'],
  ['iputils-ping', BIN, 'ping6'],
  ['kmod', SBIN, 'depmod insmod'],
  ['less', BIN, 'lessecho lesskey lesspipe'],
  ['libc-bin', BIN, 'iconv ldd localedef'],
  ['locales', SBIN, 'locale-gen'],
  ['login', BIN, 'newgrp'],
  ['ncurses-bin', BIN, 'infocmp tabs tic toe tset'],
  ['openssh-client', BIN, 'scp sftp ssh-add ssh-agent ssh-keygen ssh-keyscan'],
  ['openssl', BIN, 'openssl'],
  ['passwd', BIN, 'chfn chsh'],
  ['passwd', SBIN, 'vigr vipw'],
  ['adduser', SBIN, 'addgroup adduser delgroup deluser'],
  ['pciutils', BIN, 'lspci'],
  ['perl', BIN, 'perl'],
  ['procps', BIN, 'hugetop pidwait pmap skill slabtop snice tload'],
  ['psmisc', BIN, 'peekfd prtstat pslog'],
  ['python3', BIN, 'pydoc3 python3'],
  ['socat', BIN, 'socat'],
  [
    'systemd',
    BIN,
    'bootctl coredumpctl networkctl resolvectl systemd-analyze systemd-mount systemd-nspawn systemd-path systemd-tmpfiles udevadm',
  ],
  ['systemd-sysv', SBIN, 'runlevel'],
  ['tar', SBIN, 'rmt'],
  ['telnet', BIN, 'telnet'],
  [
    'util-linux',
    BIN,
    'fincore lsfd lsipc lsirq lslogins lsmem mesg partx rename.ul script scriptlive scriptreplay setpriv setterm uclampset utmpdump wall',
  ],
  [
    'util-linux',
    SBIN,
    'agetty blkzone cfdisk chcpu fdisk findfs fsck fsfreeze fstrim ldattach mkfs mkswap readprofile rtcwake sfdisk sulogin swaplabel switch_root wipefs zramctl',
  ],
  ['xz-utils', BIN, 'lzcat lzma unlzma unxz xz xzcat xzdiff xzgrep xzless'],
  ['zstd', BIN, 'unzstd zstd zstdcat'],
  ['debianutils', BIN, 'ischroot run-parts savelog'],
  ['debianutils', SBIN, 'add-shell remove-shell'],
  ['init-system-helpers', SBIN, 'invoke-rc.d update-rc.d'],
  ['iputils-tracepath', BIN, 'tracepath'],
  ['libc-bin', SBIN, 'ldconfig zic'],
  ['libc-bin', BIN, 'pldd tzselect zdump'],
  ['passwd', SBIN, 'chgpasswd chpasswd cppw cpgr groupmems grpck grpconv grpunconv newusers pwck pwconv pwunconv'],
  ['passwd', BIN, 'expiry'],
  ['ncurses-bin', BIN, 'captoinfo infotocap'],
  ['gzip', BIN, 'gzexe uncompress zcmp zfgrep zforce znew'],
  ['bash', BIN, 'clear_console'],
  ['dpkg', SBIN, 'start-stop-daemon'],
  ['dpkg', BIN, 'dpkg-maintscript-helper dpkg-realpath dpkg-trigger'],
  ['sysvinit-utils', SBIN, 'fstab-decode killall5'],
  ['tcpdump', BIN, 'tcpdump'],
  ['e2fsprogs', SBIN, 'e2image e2label e2undo filefrag fsck.ext2 fsck.ext3 mkfs.ext2 mkfs.ext3'],
  ['util-linux', BIN, 'hardlink setarch linux32 linux64 i386 x86_64'],
  ['util-linux', SBIN, 'addpart ctrlaltdel delpart getty isosize resizepart chmem wdctl'],
  ['iproute2', SBIN, 'arpd dcb genl rtacct vdpa'],
  [
    'systemd',
    BIN,
    'systemd-ask-password systemd-creds systemd-delta systemd-firstboot systemd-id128 systemd-inhibit systemd-machine-id-setup systemd-notify systemd-repart systemd-socket-activate systemd-stdio-bridge systemd-sysext systemd-sysusers systemd-tty-ask-password-agent systemd-umount',
  ],
];

const SIZE = 40_000;

/** Path, length of the file, and the package it comes from. */
export const notSimulated: readonly (readonly [path: string, size: number, pkg: string])[] = LISTS.flatMap(
  ([pkg, directory, names]) => names.split(' ').map((name) => [`/${directory}/${name}`, SIZE, pkg] as const),
);

const packages = new Map(notSimulated.map(([path, , pkg]) => [path.replace(/^.*\//, ''), pkg]));
const CANNOT_INVOKE = 126;

export const notSimulatedProgram: Program = {
  name: 'not-simulated',
  main: async (ctx, argv) => {
    const name = (argv[0] ?? '').replace(/^.*\//, '');
    const pkg = packages.get(name);
    await printRefusal(
      ctx,
      `${name}: known, but not simulated here${pkg === undefined ? '' : ` (Debian package ${pkg})`}\n`,
    );
    return CANNOT_INVOKE;
  },
};
