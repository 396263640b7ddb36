/**
 * docker.io/library/alpine: musl and BusyBox, applets as symbolic links, apk.
 * @models the official image's root file system (alpine-minirootfs)
 * @fidelity partial: library contents and the package database are generated
 */
import type { TarEntry } from '../../../protocols/oci/tar.ts';
import type { Platform } from '../../../protocols/oci/types.ts';
import { BUSYBOX_APPLETS, SBIN_APPLETS } from './busybox-applets.ts';
import type { ImageDefinition, LayerDefinition, PlatformImage } from './layer.ts';
import { AMD64, ARM_V7, ARM64, platformKey } from './platforms.ts';
import { type Rootfs, rootfs } from './rootfs.ts';

export type AlpineRelease = { version: string; tags: string[]; created: string; mtime: number; entropy: number };

export const ALPINE_3_20: AlpineRelease = {
  version: '3.20.6',
  tags: ['3.20', '3.20.6'],
  created: '2025-02-14T03:28:36Z',
  mtime: 1_739_503_716,
  entropy: 0.44,
};
export const ALPINE_3_22: AlpineRelease = {
  version: '3.22.2',
  tags: ['latest', '3', '3.22', '3.22.2'],
  created: '2025-10-08T11:04:56Z',
  mtime: 1_759_921_496,
  entropy: 0.47,
};

const PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export const alpine: readonly ImageDefinition[] = [ALPINE_3_22, ALPINE_3_20].map((release) => ({
  registry: 'docker.io',
  repository: 'library/alpine',
  tags: release.tags,
  format: 'oci',
  annotations: { 'org.opencontainers.image.version': release.version },
  images: () => [AMD64, ARM_V7, ARM64].map((platform) => image(release, platform)),
}));

function image(release: AlpineRelease, platform: Platform): PlatformImage {
  return {
    platform,
    created: release.created,
    layers: [alpineLayer(release, platform)],
    config: { Env: [PATH], WorkingDir: '/', Cmd: ['/bin/sh'] },
    history: alpineHistory(release, platform),
  };
}

export function alpineHistory(release: AlpineRelease, platform: Platform): PlatformImage['history'] {
  const { created, version } = release;
  return [
    {
      created,
      created_by: `ADD alpine-minirootfs-${version}-${muslName(platform)}.tar.gz / # buildkit`,
      comment: 'buildkit.dockerfile.v0',
    },
    { created, created_by: 'CMD ["/bin/sh"]', comment: 'buildkit.dockerfile.v0', empty_layer: true },
  ];
}

function muslName(platform: Platform): string {
  return { amd64: 'x86_64', arm64: 'aarch64', arm: 'armv7' }[platform.architecture] ?? platform.architecture;
}

export function alpineLayer(release: AlpineRelease, platform: Platform): LayerDefinition {
  const key = `alpine-${release.version}/${platformKey(platform)}`;
  return { key, entries: () => build(key, release, platform) };
}

const SBIN = new Set(SBIN_APPLETS);
const IN_BIN = new Set(
  (
    'arch ash base64 bbconfig cat chattr chgrp chmod chown cp date dd df dmesg dnsdomainname dumpkmap echo egrep false fatattr fdflush fgrep ' +
    'fsync getopt grep gunzip gzip hostname ionice iostat ipcalc kbd_mode kill link linux32 linux64 ln login ls lsattr lzop makemime mkdir mknod ' +
    'mktemp more mount mountpoint mpstat mv netstat nice pidof ping ping6 pipe_progress printenv ps pwd reformime rev rm rmdir run-parts sed setpriv ' +
    'setserial sh sleep stat stty su sync tar touch true umount uname usleep watch zcat'
  ).split(' '),
);
const NOT_IN_ALPINE = new Set([
  'busybox',
  'dpkg',
  'dpkg-deb',
  'rpm',
  'rpm2cpio',
  'hush',
  'ar',
  'httpd',
  'ftpd',
  'inetd',
  'telnetd',
  'telnet',
  'lpd',
  'lpq',
  'lpr',
]);

function build(key: string, release: AlpineRelease, platform: Platform): TarEntry[] {
  const fs = rootfs(key, platform, release.mtime);
  const { entropy } = release;
  fs.program('bin/busybox', 'busybox', 808_712, { entropy: 0.58 });
  for (const applet of [...BUSYBOX_APPLETS, ...SBIN_APPLETS]) {
    if (NOT_IN_ALPINE.has(applet)) continue;
    const folder = SBIN.has(applet) ? 'sbin' : IN_BIN.has(applet) ? 'bin' : 'usr/bin';
    fs.symlink(`${folder}/${applet}`, '/bin/busybox');
  }
  for (const folder of [
    'dev',
    'dev/pts',
    'dev/shm',
    'home',
    'media/cdrom',
    'media/floppy',
    'media/usb',
    'mnt',
    'opt',
    'proc',
    'run',
    'srv',
    'sys',
  ])
    fs.directory(folder);
  const arch = muslName(platform);
  fs.bulk(`lib/ld-musl-${arch}.so.1`, 662_448, { mode: 0o755, entropy: 0.55 });
  fs.symlink(`lib/libc.musl-${arch}.so.1`, `ld-musl-${arch}.so.1`);
  fs.directory('lib/apk/db');
  fs.file('lib/apk/db/installed', installed(release, arch));
  for (const [name, size] of [
    ['usr/lib/libcrypto.so.3', 4_539_912],
    ['usr/lib/libssl.so.3', 771_208],
    ['usr/lib/libapk.so.2.14.0', 231_592],
    ['usr/lib/libz.so.1.3.1', 100_208],
  ] as const) {
    fs.bulk(name, size, { mode: 0o755, entropy });
  }
  fs.symlink('usr/lib/libz.so.1', 'libz.so.1.3.1');
  fs.program('sbin/apk', 'apk', 66_784);
  fs.program('sbin/ldconfig', 'ldconfig', 393, { entropy: 1 });
  for (const [name, size] of [
    ['getconf', 34_136],
    ['getent', 48_304],
    ['iconv', 21_920],
    ['scanelf', 79_832],
    ['ssl_client', 14_144],
  ] as const)
    fs.program(`usr/bin/${name}`, name, size);
  fs.bulk('etc/ssl/certs/ca-certificates.crt', 217_030, { entropy: 0.6 });
  etc(fs, release, arch);
  fs.directory('root', { mode: 0o700 });
  fs.directory('tmp', { mode: 0o1777 });
  for (const folder of [
    'usr/local/bin',
    'usr/local/lib',
    'usr/local/share',
    'usr/sbin',
    'usr/share/man',
    'usr/share/misc',
    'var/cache/apk',
    'var/cache/misc',
    'var/lib/apk',
    'var/lib/misc',
    'var/local',
    'var/log',
    'var/mail',
    'var/opt',
    'var/spool/cron',
  ])
    fs.directory(folder);
  fs.directory('var/empty', { mode: 0o555 });
  fs.directory('var/tmp', { mode: 0o1777 });
  fs.symlink('var/run', '/run');
  fs.symlink('var/lock', '/run/lock');
  return fs.entries();
}

function etc(fs: Rootfs, release: AlpineRelease, arch: string): void {
  const branch = release.version.split('.').slice(0, 2).join('.');
  fs.file('etc/alpine-release', `${release.version}\n`);
  fs.file('etc/apk/arch', `${arch}\n`);
  fs.file(
    'etc/apk/repositories',
    `https://dl-cdn.alpinelinux.org/alpine/v${branch}/main\nhttps://dl-cdn.alpinelinux.org/alpine/v${branch}/community\n`,
  );
  fs.file('etc/apk/world', 'alpine-baselayout\nalpine-keys\nalpine-release\napk-tools\nbusybox\nlibc-utils\n');
  fs.file(
    'etc/group',
    'root:x:0:root\nbin:x:1:root,bin,daemon\ndaemon:x:2:root,bin,daemon\nsys:x:3:root,bin\nadm:x:4:root,daemon\ntty:x:5:\ndisk:x:6:root\nlp:x:7:lp\nkmem:x:9:\nwheel:x:10:root\nwww-data:x:82:\nusers:x:100:games\nnogroup:x:65533:\nnobody:x:65534:\n',
  );
  fs.file('etc/hostname', 'localhost\n');
  fs.file('etc/hosts', '127.0.0.1\tlocalhost localhost.localdomain\n::1\t\tlocalhost localhost.localdomain\n');
  fs.file('etc/issue', `Welcome to Alpine Linux ${branch}\nKernel \\r on an \\m (\\l)\n\n`);
  fs.file('etc/nsswitch.conf', 'hosts: files dns\n');
  fs.file(
    'etc/passwd',
    'root:x:0:0:root:/root:/bin/sh\nbin:x:1:1:bin:/bin:/sbin/nologin\ndaemon:x:2:2:daemon:/sbin:/sbin/nologin\nlp:x:4:7:lp:/var/spool/lpd:/sbin/nologin\nsync:x:5:0:sync:/sbin:/bin/sync\nwww-data:x:82:82:www-data:/var/www:/sbin/nologin\nguest:x:405:100:guest:/dev/null:/sbin/nologin\nnobody:x:65534:65534:nobody:/:/sbin/nologin\n',
  );
  fs.file(
    'etc/profile',
    "export PATH='/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'\nexport PAGER=less\numask 022\n",
  );
  fs.file('etc/shadow', 'root:*::0:::::\nbin:!::0:::::\ndaemon:!::0:::::\nnobody:!::0:::::\n', {
    mode: 0o640,
    gid: 42,
  });
  fs.file('etc/shells', '/bin/sh\n/bin/ash\n');
  fs.symlink('etc/mtab', '../proc/mounts');
  fs.file(
    'usr/lib/os-release',
    `NAME="Alpine Linux"\nID=alpine\nVERSION_ID=${release.version}\nPRETTY_NAME="Alpine Linux v${branch}"\nHOME_URL="https://alpinelinux.org/"\nBUG_REPORT_URL="https://gitlab.alpinelinux.org/alpine/aports/-/issues"\n`,
  );
  fs.symlink('etc/os-release', '../usr/lib/os-release');
}

function installed(release: AlpineRelease, arch: string): string {
  const packages = [
    'alpine-baselayout',
    'alpine-keys',
    'alpine-release',
    'apk-tools',
    'busybox',
    'ca-certificates-bundle',
    'libcrypto3',
    'libssl3',
    'musl',
    'musl-utils',
    'scanelf',
    'ssl_client',
    'zlib',
  ];
  return packages.map((name) => `P:${name}\nV:${release.version}-r0\nA:${arch}\n`).join('\n');
}
