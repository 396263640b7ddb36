/**
 * pkgs.k8s.io: a directory of packages for each minor release of Kubernetes.
 * @models pkgs.k8s.io/core:/stable:/v1.24/deb
 * @fidelity partial: of 1.24, the first release that it has, the last patch; indices are not signed
 */
import { print } from '../linux/io.ts';
import type { Program } from '../linux/program.ts';
import { Rope } from '../linux/rope.ts';
import { debFile } from './deb-file.ts';
import { type ArchivePackage, controlFields, programContent } from './deb-package.ts';

const DIRECTORY = '/core:/stable:/v1.24/deb/';
const MB = 1 << 20;

const tool = (name: string, summary: string, depends: readonly string[], size: number): ArchivePackage => ({
  name,
  version: '1.24.17-1.1',
  section: 'admin',
  summary,
  depends,
  installedKb: size / 1024,
  files: () => [programContent(`/usr/bin/${name}`, `${name}-1.24`, size)],
});

const PACKAGES: readonly ArchivePackage[] = [
  tool('kubeadm', 'sets up clusters', ['cri-tools', 'kubelet', 'kubectl'], 45 * MB),
  tool('kubectl', 'command line of Kubernetes', [], 46 * MB),
  tool('kubelet', 'runs pods on a node', ['iptables', 'kubernetes-cni', 'mount', 'util-linux'], 116 * MB),
];

const poolPath = ({ name, version }: ArchivePackage): string => `amd64/${name}_${version}_amd64.deb`;

function fileAt(path: string): Rope | null {
  if (!path.startsWith(DIRECTORY)) return null;
  const file = path.slice(DIRECTORY.length);
  if (file === 'InRelease')
    return Rope.text(
      'Origin: obs://build.opensuse.org/isv:kubernetes:core:stable:v1.24/deb\nLabel: isv:kubernetes:core:stable:v1.24\nArchitectures: amd64\nDate: Thu Aug 24 08:21:44 2023\nDescription: Kubernetes v1.24\n',
    );
  if (file === 'Packages')
    return Rope.text(
      PACKAGES.map((p) => `${controlFields(p)}Filename: ${poolPath(p)}\nSize: ${debFile(p).length}\n\n`).join(''),
    );
  const found = PACKAGES.find((p) => file === poolPath(p));
  return found === undefined ? null : debFile(found);
}

export const kubernetesPackages: Program = {
  name: 'kubernetes-packages',
  main: async (ctx, argv) => {
    const content = fileAt(argv[1] ?? '');
    if (content === null) return 1;
    await print(ctx, content);
    return 0;
  },
};
