/**
 * Packages of Debian 11 and of Kubernetes 1.23 that the Docker node has or could have.
 * @models Debian 11: bullseye/main, and apt.kubernetes.io of its time
 * @fidelity partial: a handful of the packages of a real node; crun is only a name
 */
import { type ArchiveFile, type ArchivePackage, programContent, textContent } from './deb-package.ts';
import { CONTAINERD_CONFIG, CONTAINERD_UNIT, DOCKER_DEFAULTS, DOCKER_SOCKET_UNIT, DOCKER_UNIT } from './docker-node.ts';

export type BullseyePackage = {
  name: string;
  version: string;
  summary: string;
  section: string;
  depends?: string;
  files?: readonly string[];
  services?: readonly string[];
  conffiles?: readonly string[];
  /** Came because another wanted it. */
  isAutomatic?: true;
  /** `apt-mark hold` */
  isHeld?: true;
  /** From a repository that the lists no longer have. */
  isLocal?: true;
  isOnlyOffered?: true;
};

const MB = 1 << 20;

const CONTENTS: Readonly<Record<string, ArchiveFile>> = Object.fromEntries(
  [
    programContent('/usr/bin/containerd', 'containerd-1.4', 47 * MB),
    programContent('/usr/bin/containerd-shim-runc-v2', 'containerd-shim-runc-v2', 15 * MB),
    programContent('/usr/bin/ctr', 'ctr', 23 * MB),
    programContent('/usr/bin/runc', 'runc-1.0', 13 * MB),
    programContent('/usr/bin/docker', 'docker', 58 * MB),
    programContent('/usr/sbin/dockerd', 'dockerd', 92 * MB),
    programContent('/usr/bin/crun', 'not-simulated', MB),
    textContent('/etc/containerd/config.toml', CONTAINERD_CONFIG),
    textContent('/usr/lib/systemd/system/containerd.service', CONTAINERD_UNIT),
    textContent('/usr/lib/systemd/system/docker.service', DOCKER_UNIT),
    textContent('/usr/lib/systemd/system/docker.socket', DOCKER_SOCKET_UNIT),
    textContent('/etc/default/docker', DOCKER_DEFAULTS),
  ].map((file) => [file.path, file]),
);

export const bullseyePackages: readonly BullseyePackage[] = [
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
    services: ['containerd.service'],
    conffiles: ['/etc/containerd/config.toml'],
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
    summary: 'small OCI runtime in C',
    section: 'admin',
    files: ['/usr/bin/crun'],
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
    services: ['docker.socket', 'docker.service'],
    conffiles: ['/etc/default/docker'],
  },
  {
    name: 'dpkg',
    version: '1.20.13',
    summary: 'Debian package management system',
    section: 'admin',
    files: ['/usr/bin/dpkg', '/usr/bin/dpkg-query'],
  },
  {
    name: 'kubeadm',
    version: '1.23.17-00',
    summary: 'Kubernetes Cluster Bootstrapping Tool',
    section: 'misc',
    depends: 'kubelet (>= 1.19.0), kubectl (>= 1.19.0), kubernetes-cni (>= 1.1.1), cri-tools (>= 1.25.0)',
    files: ['/usr/bin/kubeadm'],
    isHeld: true,
    isLocal: true,
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

/** What the mirror has: the dependencies that it has, too. */
export const bullseyeArchive: readonly ArchivePackage[] = bullseyePackages
  .filter((p) => p.isLocal !== true && (p.files ?? []).every((path) => CONTENTS[path] !== undefined))
  .map((p) => {
    const files = (p.files ?? []).flatMap((path) => CONTENTS[path] ?? []);
    return {
      name: p.name,
      version: p.version,
      section: p.section,
      summary: p.summary,
      depends: p.depends === undefined ? [] : p.depends.split(', '),
      installedKb: Math.ceil(files.reduce((sum, file) => sum + file.content.length, 0) / 1024),
      files: () => files,
      ...(p.services === undefined ? {} : { services: p.services }),
      ...(p.conffiles === undefined ? {} : { conffiles: p.conffiles }),
    };
  });
