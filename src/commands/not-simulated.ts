/**
 * Programs that a Debian 13 node has and this one only knows by name: the one list. Each is an executable file like the
 * others, which says so when it is run; what Debian would not have installed answers "command not found" instead.
 */
import { printError } from '../linux/io.ts';
import type { Program } from '../linux/program.ts';

const BIN = 'usr/bin';
const SBIN = 'usr/sbin';

const LISTS: readonly (readonly [pkg: string, directory: string, names: string])[] = [
  ['apt', BIN, 'apt-cache apt-cdrom apt-config apt-key apt-mark'],
  ['bash', BIN, 'bashbug rbash'],
  ['bind9-dnsutils', BIN, 'dig nsupdate'],
  ['bind9-host', BIN, 'host'],
  ['bsdextrautils', BIN, 'cal col colcrt colrm look ul write'],
  ['bzip2', BIN, 'bunzip2 bzcat bzip2 bzip2recover'],
  ['conntrack', SBIN, 'conntrack'],
  ['coreutils', BIN, 'b2sum basenc chcon cksum csplit dircolors pathchk pinky pr ptx runcon shred stdbuf sum'],
  ['cron', BIN, 'crontab'],
  ['dbus', BIN, 'busctl dbus-send dbus-monitor'],
  ['debconf', SBIN, 'dpkg-reconfigure'],
  ['diffutils', BIN, 'diff3 sdiff'],
  ['dpkg', BIN, 'dpkg-deb dpkg-divert dpkg-split dpkg-statoverride update-alternatives'],
  ['e2fsprogs', SBIN, 'badblocks debugfs dumpe2fs e2fsck fsck.ext4 mke2fs mkfs.ext4 resize2fs tune2fs'],
  ['e2fsprogs', BIN, 'chattr lsattr'],
  ['ebtables', SBIN, 'ebtables'],
  ['ethtool', SBIN, 'ethtool'],
  ['file', BIN, 'file'],
  ['findutils', BIN, 'locate updatedb'],
  ['gpg', BIN, 'gpg gpgv'],
  ['gzip', BIN, 'zdiff zegrep zgrep zless zmore'],
  ['ifupdown', SBIN, 'ifdown ifquery'],
  ['iproute2', SBIN, 'bridge devlink tc tipc'],
  ['iproute2', BIN, 'bpftool lnstat nstat rdma routel rtmon'],
  ['ipset', SBIN, 'ipset'],
  ['iptables', SBIN, 'ip6tables ip6tables-restore ip6tables-save iptables iptables-restore iptables-save'],
  ['iputils-ping', BIN, 'ping ping4 ping6'],
  ['kmod', SBIN, 'depmod insmod lsmod modinfo modprobe rmmod'],
  ['less', BIN, 'lessecho lesskey lesspipe'],
  ['libc-bin', BIN, 'getconf iconv ldd locale localedef'],
  ['libcap2-bin', SBIN, 'capsh getcap getpcaps setcap'],
  ['locales', SBIN, 'locale-gen'],
  ['login', BIN, 'faillog lastlog newgrp'],
  ['lsof', BIN, 'lsof'],
  ['mount', SBIN, 'losetup swapoff swapon'],
  ['ncurses-bin', BIN, 'infocmp tabs tic toe tset'],
  ['netcat-traditional', BIN, 'nc netcat'],
  ['nftables', SBIN, 'nft'],
  ['openssh-client', BIN, 'scp sftp ssh-add ssh-agent ssh-keygen ssh-keyscan'],
  ['openssl', BIN, 'openssl'],
  ['passwd', BIN, 'chage chfn chsh gpasswd passwd'],
  ['passwd', SBIN, 'groupadd groupdel groupmod useradd userdel usermod vigr vipw'],
  ['adduser', SBIN, 'addgroup adduser delgroup deluser'],
  ['pciutils', BIN, 'lspci'],
  ['perl', BIN, 'perl'],
  ['procps', BIN, 'hugetop pidwait pmap skill slabtop snice tload'],
  ['psmisc', BIN, 'fuser peekfd prtstat pslog'],
  ['python3', BIN, 'pydoc3 python3'],
  ['socat', BIN, 'socat'],
  [
    'systemd',
    BIN,
    'bootctl coredumpctl loginctl networkctl resolvectl systemd-analyze systemd-cat systemd-detect-virt systemd-mount systemd-nspawn systemd-path systemd-tmpfiles udevadm',
  ],
  ['systemd-sysv', SBIN, 'init runlevel telinit'],
  ['tar', SBIN, 'rmt'],
  ['telnet', BIN, 'telnet'],
  ['traceroute', BIN, 'traceroute tracepath'],
  [
    'util-linux',
    BIN,
    'choom chrt fincore getopt ionice ipcmk ipcrm ipcs last lastb lscpu lsfd lsipc lsirq lslocks lslogins lsmem mcookie mesg namei partx prlimit rename rename.ul script scriptlive scriptreplay setpriv setterm taskset uclampset utmpdump uuidgen wall whereis',
  ],
  [
    'util-linux',
    SBIN,
    'agetty blkdiscard blkid blkzone blockdev cfdisk chcpu fdisk findfs fsck fsfreeze fstrim hwclock ldattach mkfs mkswap readprofile rtcwake sfdisk sulogin swaplabel switch_root wipefs zramctl',
  ],
  ['wget', BIN, 'wget'],
  ['xz-utils', BIN, 'lzcat lzma unlzma unxz xz xzcat xzdiff xzgrep xzless'],
  ['zstd', BIN, 'unzstd zstd zstdcat'],
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
    await printError(
      ctx,
      `${name}: known, but not simulated here${pkg === undefined ? '' : ` (Debian package ${pkg})`}\n`,
    );
    return CANNOT_INVOKE;
  },
};
