/**
 * docker.io/library/busybox: one static layer in 1.28, the glibc build since; every applet a hard link.
 * @models the official image's root file system (docker-library/busybox)
 * @fidelity partial: applets are those of the default configuration; library contents are generated
 */
import type { TarEntry } from '../../../protocols/oci/tar.ts';
import type { Platform } from '../../../protocols/oci/types.ts';
import { BUSYBOX_APPLETS, SBIN_APPLETS } from './busybox-applets.ts';
import type { ImageDefinition, LayerDefinition, PlatformImage } from './layer.ts';
import { AMD64, ARM_V7, ARM64, platformKey } from './platforms.ts';
import { type Rootfs, rootfs } from './rootfs.ts';

type Release = { version: string; tags: string[]; created: string; mtime: number; binary: number; glibc: boolean };

const RELEASES: readonly Release[] = [
  {
    version: '1.37.0',
    tags: ['latest', '1.37', '1.37.0', 'glibc'],
    created: '2024-09-26T21:31:42Z',
    mtime: 1_727_386_302,
    binary: 1_213_952,
    glibc: true,
  },
  {
    version: '1.36.1',
    tags: ['1.36', '1.36.1'],
    created: '2023-05-18T22:34:17Z',
    mtime: 1_684_449_257,
    binary: 1_131_168,
    glibc: true,
  },
  {
    version: '1.28.4',
    tags: ['1.28', '1.28.4'],
    created: '2018-05-22T17:00:17Z',
    mtime: 1_527_008_417,
    binary: 1_137_216,
    glibc: false,
  },
];

export const busybox: readonly ImageDefinition[] = RELEASES.map((release) => ({
  registry: 'docker.io',
  repository: 'library/busybox',
  tags: release.tags,
  format: 'oci',
  annotations: { 'org.opencontainers.image.version': release.version },
  images: () => [AMD64, ARM_V7, ARM64].map((platform) => image(release, platform)),
}));

function image(release: Release, platform: Platform): PlatformImage {
  const { version, created } = release;
  const flavour = release.glibc ? 'glibc' : 'uclibc';
  return {
    platform,
    created,
    layers: [layer(release, platform)],
    config: { Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'], Cmd: ['sh'] },
    history: [
      { created, created_by: `BusyBox ${version} (${flavour})` },
      { created, created_by: 'CMD ["sh"]', empty_layer: true },
    ],
  };
}

function layer(release: Release, platform: Platform): LayerDefinition {
  const key = `busybox-${release.version}/${platformKey(platform)}`;
  return { key, entries: () => build(key, release, platform) };
}

function build(key: string, release: Release, platform: Platform): TarEntry[] {
  const fs = rootfs(key, platform, release.mtime);
  fs.directory('bin');
  const [first = '[', ...rest] = BUSYBOX_APPLETS;
  fs.program(`bin/${first}`, 'busybox', release.binary, { entropy: release.glibc ? 0.52 : 0.62 });
  for (const applet of [...rest, ...SBIN_APPLETS]) fs.hardlink(`bin/${applet}`, `bin/${first}`);
  fs.directory('dev');
  accounts(fs);
  fs.directory('home', { uid: 65_534, gid: 65_534 });
  if (release.glibc) glibc(fs, platform);
  fs.directory('root', { mode: 0o700 });
  fs.directory('tmp', { mode: 0o1777 });
  fs.directory('usr/bin');
  if (release.glibc) fs.symlink('usr/bin/env', '../../bin/env');
  fs.directory('usr/sbin', { uid: 1, gid: 1 });
  fs.directory('var/spool/mail', { uid: 8, gid: 8 });
  fs.directory('var/www', { uid: 33, gid: 33 });
  return fs.entries();
}

/** The C library, which the glibc flavour ships so that name lookups and locales work. */
function glibc(fs: Rootfs, platform: Platform): void {
  const loader =
    { amd64: 'ld-linux-x86-64.so.2', arm64: 'ld-linux-aarch64.so.1', arm: 'ld-linux-armhf.so.3' }[
      platform.architecture
    ] ?? 'ld.so';
  fs.bulk(`lib/${loader}`, 210_968, { mode: 0o755 });
  fs.bulk('lib/libc.so.6', 1_926_256, { mode: 0o755, entropy: 0.52 });
  fs.bulk('lib/libm.so.6', 911_904, { entropy: 0.52 });
  for (const [name, size] of [
    ['nss_compat', 39_832],
    ['nss_dns', 14_352],
    ['nss_files', 14_352],
    ['nss_hesiod', 22_600],
    ['pthread', 14_480],
    ['resolv', 60_328],
  ] as const) {
    fs.bulk(`lib/lib${name}.so.2`, size);
  }
  if (platform.architecture === 'amd64') fs.symlink('lib64', 'lib');
}

function accounts(fs: Rootfs): void {
  fs.file(
    'etc/group',
    'root:x:0:\ndaemon:x:1:\nbin:x:2:\nsys:x:3:\nadm:x:4:\ntty:x:5:\ndisk:x:6:\nlp:x:7:\nmail:x:8:\nkmem:x:9:\nwheel:x:10:root\ncdrom:x:11:\ndialout:x:18:\n' +
      'floppy:x:19:\nvideo:x:28:\naudio:x:29:\ntape:x:32:\nwww-data:x:33:\noperator:x:37:\nutmp:x:43:\nplugdev:x:46:\nstaff:x:50:\nlock:x:54:\n' +
      'netdev:x:82:\nusers:x:100:\nnobody:x:65534:\n',
  );
  fs.bulk('etc/localtime', 114);
  for (const stage of ['if-down.d', 'if-post-down.d', 'if-pre-up.d', 'if-up.d']) fs.directory(`etc/network/${stage}`);
  fs.file(
    'etc/nsswitch.conf',
    'passwd:\tfiles\ngroup:\tfiles\nshadow:\tfiles\n\nhosts:\tfiles dns\nnetworks:\tfiles dns\n\nprotocols:\tfiles\nservices:\tfiles\nethers:\tfiles\nrpc:\tfiles\n',
  );
  fs.file(
    'etc/passwd',
    'root:x:0:0:root:/root:/bin/sh\ndaemon:x:1:1:daemon:/usr/sbin:/bin/false\nbin:x:2:2:bin:/bin:/bin/false\nsys:x:3:3:sys:/dev:/bin/false\n' +
      'sync:x:4:100:sync:/bin:/bin/sync\nmail:x:8:8:mail:/var/spool/mail:/bin/false\nwww-data:x:33:33:www-data:/var/www:/bin/false\n' +
      'operator:x:37:37:Operator:/var:/bin/false\nnobody:x:65534:65534:nobody:/home:/bin/false\n',
  );
  fs.file(
    'etc/shadow',
    'root:*:10933:0:99999:7:::\ndaemon:*:::::::\nbin:*:::::::\nsys:*:::::::\nsync:*:::::::\nmail:*:::::::\nwww-data:*:::::::\noperator:*:::::::\nnobody:*:::::::\n',
    { mode: 0o640 },
  );
}
