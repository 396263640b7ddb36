/**
 * The Debian 12 "slim" base layer that nginx and redis are built on.
 * @models debian:bookworm-slim
 * @fidelity partial: no package documentation, locales, perl modules or maintainer scripts; binaries' contents are generated
 */
import type { ImageHistory, Platform } from '../../../protocols/oci/types.ts';
import { DEBIAN_FILES } from './debian-files.ts';
import type { LayerDefinition } from './layer.ts';
import { multiarchTriplet, platformKey } from './platforms.ts';
import { type Rootfs, rootfs } from './rootfs.ts';

export type DebianRelease = {
  version: string;
  created: string;
  mtime: number;
  build: string;
  codename?: 'bookworm' | 'trixie';
};

export const BOOKWORM: DebianRelease = {
  version: '12.10',
  created: '2025-04-07T00:00:00Z',
  mtime: 1_743_984_000,
  build: '20250407',
};
export const BOOKWORM_2024: DebianRelease = {
  version: '12.5',
  created: '2024-04-24T00:00:00Z',
  mtime: 1_713_916_800,
  build: '20240423',
};

export const BOOKWORM_2026: DebianRelease = {
  version: '12.12',
  created: '2026-09-18T00:00:00Z',
  mtime: 1_789_689_600,
  build: '20260918',
};

export const TRIXIE: DebianRelease = {
  version: '13.1',
  created: '2025-09-29T00:00:00Z',
  mtime: 1_759_104_000,
  build: '20250929',
  codename: 'trixie',
};

/** Bytes of the base that do not compress, to give a 28 MB blob. */
const ENTROPY = 0.42;

/** `more`: what a flavour has beside the slim one, and the flavour's word in the key. */
export function debianLayer(
  release: DebianRelease,
  platform: Platform,
  more: { flavour: string; fill: (fs: Rootfs) => void } = { flavour: '-slim', fill: () => {} },
): LayerDefinition {
  const key = `debian-${release.version}${more.flavour}/${platformKey(platform)}`;
  return {
    key,
    entries: () => {
      const fs = rootfs(key, platform, release.mtime);
      skeleton(fs);
      recorded(fs, platform);
      configuration(fs, release);
      more.fill(fs);
      return fs.entries();
    },
  };
}

export function debianHistory(release: DebianRelease, platform: Platform): ImageHistory[] {
  return [
    {
      created: release.created,
      created_by: `# debian.sh --arch '${platform.architecture}' out/ '${release.codename ?? 'bookworm'}' '@${release.mtime}'`,
      comment: 'debuerreotype 0.15',
    },
  ];
}

function skeleton(fs: Rootfs): void {
  for (const name of ['bin', 'lib', 'sbin']) fs.symlink(name, `usr/${name}`);
  fs.symlink('lib64', 'usr/lib64');
  for (const folder of ['boot', 'dev', 'etc', 'home', 'media', 'mnt', 'opt', 'proc', 'run', 'srv', 'sys'])
    fs.directory(folder);
  fs.directory('root', { mode: 0o700 });
  fs.directory('run/lock', { mode: 0o1777 });
  fs.directory('tmp', { mode: 0o1777 });
  for (const folder of [
    'games',
    'include',
    'lib64',
    'local/bin',
    'local/etc',
    'local/games',
    'local/include',
    'local/lib',
    'local/sbin',
    'local/share',
    'local/src',
    'share/doc',
    'share/man',
    'src',
  ]) {
    fs.directory(`usr/${folder}`);
  }
  for (const folder of [
    'backups',
    'cache/apt',
    'lib/apt',
    'lib/dpkg/info',
    'lib/misc',
    'lib/pam',
    'log/apt',
    'opt',
    'spool/cron',
  ])
    fs.directory(`var/${folder}`);
  fs.directory('var/local', { mode: 0o2775, gid: 50 });
  fs.directory('var/mail', { mode: 0o2775, gid: 8 });
  fs.directory('var/tmp', { mode: 0o1777 });
  fs.symlink('var/run', '/run');
  fs.symlink('var/lock', '/run/lock');
}

/** The recorded table: every binary names the program of its own name. */
function recorded(fs: Rootfs, platform: Platform): void {
  const local = (text: string): string =>
    text.replaceAll('x86_64-linux-gnu', multiarchTriplet(platform)).replace('ld-linux-x86-64.so.2', loaderOf(platform));
  for (const line of DEBIAN_FILES.trim().split('\n')) {
    const colon = line.indexOf(': ');
    const folder = local(line.slice(0, colon));
    const isBin = folder.endsWith('bin');
    for (const item of line.slice(colon + 2).split(' ')) {
      const [, name = '', kind, value = '', , mode] = /^(.+?)([=>])([^%]*)(%(\d+))?$/.exec(item) ?? [];
      const path = `${folder}/${local(name)}`;
      const options = {
        mode: mode === undefined ? (isBin ? 0o755 : 0o644) : Number.parseInt(mode, 8),
        entropy: ENTROPY,
      };
      if (kind === '>') fs.symlink(path, local(value));
      else if (isBin) fs.program(path, name, Number(value), options);
      else fs.bulk(path, Number(value), options);
    }
  }
  fs.symlink(`usr/lib64/${loaderOf(platform)}`, `/lib/${multiarchTriplet(platform)}/${loaderOf(platform)}`);
  fs.symlink('etc/alternatives/awk', '/usr/bin/mawk');
}

function loaderOf(platform: Platform): string {
  return platform.architecture === 'arm64' ? 'ld-linux-aarch64.so.1' : 'ld-linux-x86-64.so.2';
}

export const PASSWD =
  'root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\nbin:x:2:2:bin:/bin:/usr/sbin/nologin\n' +
  'sys:x:3:3:sys:/dev:/usr/sbin/nologin\nsync:x:4:65534:sync:/bin:/bin/sync\ngames:x:5:60:games:/usr/games:/usr/sbin/nologin\n' +
  'man:x:6:12:man:/var/cache/man:/usr/sbin/nologin\nlp:x:7:7:lp:/var/spool/lpd:/usr/sbin/nologin\nmail:x:8:8:mail:/var/mail:/usr/sbin/nologin\n' +
  'news:x:9:9:news:/var/spool/news:/usr/sbin/nologin\nuucp:x:10:10:uucp:/var/spool/uucp:/usr/sbin/nologin\nproxy:x:13:13:proxy:/bin:/usr/sbin/nologin\n' +
  'www-data:x:33:33:www-data:/var/www:/usr/sbin/nologin\nbackup:x:34:34:backup:/var/backups:/usr/sbin/nologin\n' +
  'list:x:38:38:Mailing List Manager:/var/list:/usr/sbin/nologin\nirc:x:39:39:ircd:/run/ircd:/usr/sbin/nologin\n' +
  '_apt:x:42:65534::/nonexistent:/usr/sbin/nologin\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n';

export const GROUP = [
  'root:0',
  'daemon:1',
  'bin:2',
  'sys:3',
  'adm:4',
  'tty:5',
  'disk:6',
  'lp:7',
  'mail:8',
  'news:9',
  'uucp:10',
  'man:12',
  'proxy:13',
  'kmem:15',
  'dialout:20',
  'fax:21',
  'voice:22',
  'cdrom:24',
  'floppy:25',
  'tape:26',
  'sudo:27',
  'audio:29',
  'dip:30',
  'www-data:33',
  'backup:34',
  'operator:37',
  'list:38',
  'irc:39',
  'src:40',
  'shadow:42',
  'utmp:43',
  'video:44',
  'sasl:45',
  'plugdev:46',
  'staff:50',
  'games:60',
  'users:100',
  'nogroup:65534',
]
  .map((entry) => `${entry.replace(':', ':x:')}:\n`)
  .join('');

export const SHADOW = PASSWD.replace(/^([^:]+):.*$/gm, '$1:*:19820:0:99999:7:::');

const PACKAGES: readonly [name: string, version: string][] = [
  ['apt', '2.6.1'],
  ['base-files', '12.4+deb12u10'],
  ['bash', '5.2.15-2+b7'],
  ['coreutils', '9.1-1'],
  ['dash', '0.5.12-2'],
  ['debconf', '1.5.82'],
  ['debianutils', '5.7-0.5~deb12u1'],
  ['diffutils', '1:3.8-4'],
  ['dpkg', '1.21.22'],
  ['findutils', '4.9.0-4'],
  ['grep', '3.8-5'],
  ['gzip', '1.12-1'],
  ['hostname', '3.23+nmu1'],
  ['libc6', '2.36-9+deb12u10'],
  ['login', '1:4.13+dfsg1-1+b1'],
  ['mawk', '1.3.4.20200120-3.1'],
  ['mount', '2.38.1-5+deb12u3'],
  ['passwd', '1:4.13+dfsg1-1+b1'],
  ['perl-base', '5.36.0-7+deb12u2'],
  ['sed', '4.9-1'],
  ['sysvinit-utils', '3.06-4'],
  ['tar', '1.34+dfsg-1.2+deb12u1'],
  ['tzdata', '2025b-0+deb12u1'],
  ['util-linux', '2.38.1-5+deb12u3'],
  ['zlib1g', '1:1.2.13.dfsg-1'],
];

export function packageRecord(name: string, version: string, platform: Platform, more = ''): string {
  return `Package: ${name}\nStatus: install ok installed\nArchitecture: ${platform.architecture}\nVersion: ${version}\n${more}\n`;
}

export function packageStatus(platform: Platform): string {
  return PACKAGES.map(([name, version]) => packageRecord(name, version, platform)).join('');
}

function configuration(fs: Rootfs, release: DebianRelease): void {
  const codename = release.codename ?? 'bookworm';
  const major = release.version.split('.')[0] ?? '';
  fs.file('etc/passwd', PASSWD);
  fs.file('etc/group', GROUP);
  fs.file('etc/shadow', SHADOW, { mode: 0o640, gid: 42 });
  fs.file('etc/debian_version', `${release.version}\n`);
  fs.file('etc/issue', `Debian GNU/Linux ${major} \\n \\l\n\n`);
  fs.file('etc/hostname', 'debuerreotype\n');
  fs.file(
    'etc/shells',
    '# valid login shells\n/bin/sh\n/usr/bin/sh\n/bin/bash\n/usr/bin/bash\n/bin/rbash\n/usr/bin/rbash\n/bin/dash\n/usr/bin/dash\n',
  );
  fs.file(
    'etc/nsswitch.conf',
    'passwd:         files\ngroup:          files\nshadow:         files\ngshadow:        files\n\nhosts:          files dns\nnetworks:       files\n\nprotocols:      db files\nservices:       db files\nethers:         db files\nrpc:            db files\n\nnetgroup:       nis\n',
  );
  fs.file('etc/ld.so.conf', 'include /etc/ld.so.conf.d/*.conf\n');
  fs.file('etc/host.conf', 'multi on\n');
  fs.file('etc/environment', '');
  fs.file('etc/profile', 'PATH="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"\nexport PATH\n');
  fs.file('etc/bash.bashrc', '[ -z "$PS1" ] && return\nPS1=\'\\u@\\h:\\w\\$ \'\n');
  fs.file('root/.bashrc', '# ~/.bashrc: read by bash when it is interactive.\n');
  fs.file('root/.profile', 'mesg n 2> /dev/null || true\n');
  fs.file(
    'etc/apt/sources.list.d/debian.sources',
    `Types: deb\nURIs: http://deb.debian.org/debian\nSuites: ${codename} ${codename}-updates\nComponents: main\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n`,
  );
  fs.symlink('etc/mtab', '../proc/self/mounts');
  fs.symlink('etc/localtime', '/usr/share/zoneinfo/Etc/UTC');
  fs.file('etc/timezone', 'Etc/UTC\n');
  fs.file(
    'usr/lib/os-release',
    `PRETTY_NAME="Debian GNU/Linux ${major} (${codename})"\nNAME="Debian GNU/Linux"\nVERSION_ID="${major}"\nVERSION="${major} (${codename})"\nVERSION_CODENAME=${codename}\nID=debian\n` +
      'HOME_URL="https://www.debian.org/"\nSUPPORT_URL="https://www.debian.org/support"\nBUG_REPORT_URL="https://bugs.debian.org/"\n',
  );
  fs.symlink('etc/os-release', '../usr/lib/os-release');
  for (const [zone, size] of [
    ['Etc/UTC', 114],
    ['Asia/Shanghai', 561],
    ['America/New_York', 3552],
    ['Europe/Berlin', 2298],
    ['Europe/London', 3664],
  ] as const) {
    fs.bulk(`usr/share/zoneinfo/${zone}`, size);
  }
  fs.bulk('usr/share/keyrings/debian-archive-keyring.gpg', 55_918, { entropy: 1 });
  fs.bulk('usr/share/zoneinfo/tzdata.zi', 107_321);
  fs.bulk('var/cache/debconf/templates.dat', 462_817);
  fs.file('var/lib/dpkg/status', packageStatus({ architecture: 'amd64', os: 'linux' }));
  fs.directory('etc/default');
  fs.directory('etc/init.d');
  fs.directory('etc/skel');
}
