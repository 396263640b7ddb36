/**
 * What dpkg and apt know of a node: packages that are installed, the files they own, and what the mirror offered when
 * the lists were last fetched.
 * @models Debian 11 and 13, and the packages of Kubernetes and its runtimes
 * @fidelity partial: the packages whose programs a node has; descriptions are short
 */
import { bullseyeArchive, bullseyePackages } from './bullseye-archive.ts';
import { type ArchivePackage, controlFields, indexOf, maintainerScripts } from './deb-package.ts';
import type { DiskImage } from './disk-image.ts';
import { trixieArchive } from './trixie-archive.ts';

type Installed = {
  readonly package: Omit<ArchivePackage, 'files'>;
  readonly paths: readonly string[];
  /** Came because another wanted it. */
  readonly isAutomatic?: boolean;
  /** `apt-mark hold` */
  readonly isHeld?: boolean;
};

const LISTS = '/var/lib/apt/lists/deb.debian.org_debian_dists_';

function writeInstalled(disk: DiskImage, all: readonly Installed[]): void {
  const status = all.map(({ package: p, isHeld }) => {
    const [first = '', ...rest] = controlFields(p).split('\n');
    const conffiles =
      p.conffiles === undefined ? '' : `Conffiles:\n${p.conffiles.map((path) => ` ${path}\n`).join('')}`;
    const text = [first, `Status: ${isHeld === true ? 'hold' : 'install'} ok installed`, ...rest].join('\n');
    return `${text.replace(/^Description:/m, `${conffiles}Description:`)}\n`;
  });
  disk.file('/var/lib/dpkg/status', status.join(''));
  for (const { package: p, paths } of all) {
    disk.file(`/var/lib/dpkg/info/${p.name}.list`, `${withDirectories(paths).join('\n')}\n`);
    for (const { path, content, mode } of maintainerScripts(p))
      disk.file(`/var/lib/dpkg/info/${p.name}.${path.slice(1)}`, content, mode);
    if (p.conffiles !== undefined)
      disk.file(`/var/lib/dpkg/info/${p.name}.conffiles`, p.conffiles.map((one) => `${one}\n`).join(''));
  }
  const automatic = all.filter((one) => one.isAutomatic === true);
  disk.file(
    '/var/lib/apt/extended_states',
    automatic.map(({ package: p }) => `Package: ${p.name}\nArchitecture: amd64\nAuto-Installed: 1\n\n`).join(''),
  );
}

export function bullseyeDatabase(disk: DiskImage): void {
  writeInstalled(
    disk,
    bullseyePackages
      .filter((p) => p.isOnlyOffered !== true)
      .map((p) => ({
        package: { ...p, depends: p.depends?.split(', ') ?? [], installedKb: 40_000 },
        paths: p.files ?? [],
        isAutomatic: p.isAutomatic === true,
        isHeld: p.isHeld === true,
      })),
  );
  disk.file('/etc/apt/sources.list', 'deb http://deb.debian.org/debian bullseye main\n');
  disk.directory('/etc/apt/sources.list.d');
  disk.file(`${LISTS}bullseye_InRelease`, 'Origin: Debian\nLabel: Debian\nSuite: oldoldstable\nCodename: bullseye\n');
  disk.file(`${LISTS}bullseye_main_binary-amd64_Packages`, indexOf(bullseyeArchive, new Map()));
}

/** What comes from elsewhere than Debian: the runtime, and Kubernetes where there is any. */
const FOREIGN: readonly {
  name: string;
  version: string;
  summary: string;
  paths: readonly string[];
  depends?: readonly string[];
  on: 'containerd' | 'crio' | 'both';
  isHeld?: true;
}[] = [
  {
    name: 'containerd.io',
    version: '2.1.9-1~debian.13~trixie',
    summary: 'container runtime, with runc',
    paths: ['/usr/bin/containerd', '/usr/bin/containerd-shim-runc-v2', '/usr/bin/ctr', '/usr/bin/runc'],
    on: 'containerd',
  },
  {
    name: 'cri-o',
    version: '1.36.3-1.1',
    summary: 'container runtime for Kubernetes',
    paths: [
      '/usr/bin/crio',
      '/usr/bin/pinns',
      '/usr/libexec/crio/conmon',
      '/usr/libexec/crio/crun',
      '/usr/libexec/crio/runc',
    ],
    on: 'crio',
  },
  {
    name: 'cri-tools',
    version: '1.36.0-1.1',
    summary: 'command line of the CRI',
    paths: ['/usr/bin/crictl'],
    on: 'both',
  },
  {
    name: 'kubeadm',
    version: '1.36.4-1.1',
    summary: 'sets up clusters',
    paths: ['/usr/bin/kubeadm'],
    depends: ['cri-tools'],
    on: 'both',
    isHeld: true,
  },
  {
    name: 'kubectl',
    version: '1.36.4-1.1',
    summary: 'command line of Kubernetes',
    paths: ['/usr/bin/kubectl'],
    on: 'both',
    isHeld: true,
  },
  {
    name: 'kubelet',
    version: '1.36.4-1.1',
    summary: 'runs pods on a node',
    paths: ['/usr/bin/kubelet'],
    depends: ['iptables', 'kubernetes-cni', 'mount', 'util-linux'],
    on: 'both',
    isHeld: true,
  },
  {
    name: 'kubernetes-cni',
    version: '1.8.0-1.1',
    summary: 'network plugins',
    paths: ['/opt/cni/bin/bridge', '/opt/cni/bin/host-local', '/opt/cni/bin/loopback', '/opt/cni/bin/portmap'],
    on: 'both',
  },
];

const SOURCES = `Types: deb
URIs: http://deb.debian.org/debian
Suites: trixie trixie-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.pgp

Types: deb
URIs: http://security.debian.org/debian-security
Suites: trixie-security
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.pgp
`;

/** Debian 13, freshly installed: nothing has been fetched yet. */
export function trixieDatabase(disk: DiskImage, runtime: 'containerd' | 'crio'): void {
  const foreign = FOREIGN.filter(({ on }) => on === 'both' || on === runtime).map(
    ({ paths, isHeld = false, ...p }): Installed => ({
      package: { ...p, section: 'admin', depends: p.depends ?? [], installedKb: 60_000 },
      paths,
      isHeld,
    }),
  );
  const own = trixieArchive.filter((p) => p.isInstalled).map((p): Installed => ({ package: p, paths: p.paths }));
  writeInstalled(
    disk,
    [...own, ...foreign].sort((a, b) => (a.package.name < b.package.name ? -1 : 1)),
  );
  disk.file('/etc/apt/sources.list.d/debian.sources', SOURCES);
  disk.directory('/var/lib/apt/lists/partial', 0o700);
  disk.directory('/var/cache/apt/archives/partial', 0o700);
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
