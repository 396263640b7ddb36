/**
 * What dpkg and apt know of a node: packages that are installed, the files they own, and what the mirror offered when
 * the lists were last fetched.
 * @models Debian 11: bullseye/main, and the packages of Kubernetes 1.23
 * @fidelity partial: a handful of the packages of a real node; descriptions are short
 */
import type { DiskImage } from './disk-image.ts';

type Entry = {
  name: string;
  version: string;
  summary: string;
  section: string;
  depends?: string;
  files?: readonly string[];
  /** Came because another wanted it. */
  isAutomatic?: true;
  /** `apt-mark hold` */
  isHeld?: true;
  /** From a repository that the lists no longer have. */
  isLocal?: true;
  isOnlyOffered?: true;
};

const bullseyePackages: readonly Entry[] = [
  {
    name: 'apt',
    version: '2.2.4',
    summary: 'commandline package manager',
    section: 'admin',
    files: ['/usr/bin/apt', '/usr/bin/apt-get'],
  },
  {
    name: 'bash',
    version: '5.1-2+deb11u1',
    summary: 'GNU Bourne Again SHell',
    section: 'shells',
    files: ['/usr/bin/bash', '/usr/bin/sh'],
  },
  {
    name: 'containerd',
    version: '1.4.13~ds1-1~deb11u4',
    summary: 'open and reliable container runtime',
    section: 'admin',
    depends: 'runc (>= 1.0.0~rc92~), libc6 (>= 2.28)',
    files: [
      '/etc/containerd/config.toml',
      '/usr/bin/containerd',
      '/usr/bin/containerd-shim-runc-v2',
      '/usr/bin/ctr',
      '/usr/lib/systemd/system/containerd.service',
    ],
    isAutomatic: true,
  },
  {
    name: 'cri-tools',
    version: '1.23.0-00',
    summary: 'Container Runtime Interface Tools',
    section: 'misc',
    files: ['/usr/bin/crictl'],
    isAutomatic: true,
    isLocal: true,
  },
  {
    name: 'crun',
    version: '0.17+dfsg-1+deb11u2',
    summary: 'lightweight OCI runtime for running containers',
    section: 'admin',
    isOnlyOffered: true,
  },
  {
    name: 'docker.io',
    version: '20.10.5+dfsg1-1+deb11u2',
    summary: 'Linux container runtime',
    section: 'admin',
    depends: 'containerd (>= 1.4~), runc (>= 1.0.0~rc92~), iptables, tini, libc6 (>= 2.28)',
    files: [
      '/etc/default/docker',
      '/usr/bin/docker',
      '/usr/lib/systemd/system/docker.service',
      '/usr/lib/systemd/system/docker.socket',
      '/usr/sbin/dockerd',
    ],
  },
  {
    name: 'dpkg',
    version: '1.20.13',
    summary: 'Debian package management system',
    section: 'admin',
    files: ['/usr/bin/dpkg', '/usr/bin/dpkg-query'],
  },
  {
    name: 'kubectl',
    version: '1.23.17-00',
    summary: 'Kubernetes Command Line Tool',
    section: 'misc',
    files: ['/usr/bin/kubectl'],
    isHeld: true,
    isLocal: true,
  },
  {
    name: 'kubelet',
    version: '1.23.17-00',
    summary: 'Kubernetes Node Agent',
    section: 'misc',
    depends: 'iptables (>= 1.4.21), kubernetes-cni (>= 0.8.7), cri-tools',
    files: ['/usr/bin/kubelet', '/usr/lib/systemd/system/kubelet.service'],
    isHeld: true,
    isLocal: true,
  },
  {
    name: 'kubernetes-cni',
    version: '1.2.0-00',
    summary: 'Kubernetes CNI',
    section: 'misc',
    files: ['/opt/cni/bin/bridge', '/opt/cni/bin/host-local', '/opt/cni/bin/loopback', '/opt/cni/bin/portmap'],
    isAutomatic: true,
    isLocal: true,
  },
  {
    name: 'runc',
    version: '1.0.0~rc93+ds1-5+deb11u2',
    summary: 'Open Container Project - runtime',
    section: 'admin',
    depends: 'libc6 (>= 2.14), libseccomp2 (>= 2.5.0)',
    files: ['/usr/bin/runc'],
    isAutomatic: true,
  },
];

const LISTS = '/var/lib/apt/lists/deb.debian.org_debian_dists_bullseye';

function paragraph(entry: Entry, status: string): string {
  const { name, version, summary, section, depends } = entry;
  return `Package: ${name}
${status === '' ? '' : `Status: ${status}\n`}Priority: optional
Section: ${section}
Maintainer: Debian Go Packaging Team <team+pkg-go@tracker.debian.org>
Architecture: amd64
Version: ${version}
${depends === undefined ? '' : `Depends: ${depends}\n`}Description: ${summary}

`;
}

export function bullseyeDatabase(disk: DiskImage): void {
  const installed = bullseyePackages.filter((entry) => entry.isOnlyOffered !== true);
  const status = (entry: Entry): string => `${entry.isHeld === true ? 'hold' : 'install'} ok installed`;
  disk.file('/var/lib/dpkg/status', installed.map((entry) => paragraph(entry, status(entry))).join(''));
  for (const { name, files = [] } of installed)
    disk.file(`/var/lib/dpkg/info/${name}.list`, `${withDirectories(files).join('\n')}\n`);
  const automatic = installed.filter((entry) => entry.isAutomatic === true);
  disk.file(
    '/var/lib/apt/extended_states',
    automatic.map(({ name }) => `Package: ${name}\nArchitecture: amd64\nAuto-Installed: 1\n\n`).join(''),
  );
  disk.file('/etc/apt/sources.list', 'deb http://deb.debian.org/debian bullseye main\n');
  disk.file(`${LISTS}_InRelease`, 'Origin: Debian\nLabel: Debian\nSuite: oldoldstable\nCodename: bullseye\n');
  const offered = bullseyePackages.filter((entry) => entry.isLocal !== true);
  disk.file(`${LISTS}_main_binary-amd64_Packages`, offered.map((entry) => paragraph(entry, '')).join(''));
}

/** A package lists the directories above its files, too. */
function withDirectories(files: readonly string[]): string[] {
  const all = new Set(['/.']);
  for (const file of files) {
    const parts = file.split('/').slice(1);
    for (let i = 1; i < parts.length; i++) all.add(`/${parts.slice(0, i).join('/')}`);
    all.add(file);
  }
  return [...all].sort();
}
