/**
 * registry.k8s.io: the programs of a control plane, each alone on a distroless base.
 * @models kubernetes build/server-image, etcd release image, coredns Dockerfile
 * @fidelity partial: two platforms, of what is old one; the base has no package database
 */
import type { Platform } from '../../../protocols/oci/types.ts';
import type { ImageDefinition, PlatformImage } from './layer.ts';
import { AMD64, ARM64, platformKey } from './platforms.ts';
import { rootfs } from './rootfs.ts';

type Release = {
  registries: readonly string[];
  repository: string;
  version: string;
  program: string;
  path: string;
  size: number;
  entropy: number;
  created: string;
  mtime: number;
  entrypoint?: readonly string[];
  /** What lies beside it. */
  others?: readonly { readonly program: string; readonly path: string; readonly size: number }[];
};

const NOW = ['registry.k8s.io'];
/** Releases of before 2023 are in both. */
const OLD = ['k8s.gcr.io', 'registry.k8s.io'];

const KUBERNETES = { version: 'v1.36.4', created: '2026-11-11T10:02:31Z', mtime: 1_794_391_351, entropy: 0.33 };

const kubernetes = (name: string, size: number): Release => ({
  ...KUBERNETES,
  registries: NOW,
  repository: name,
  program: name,
  path: `usr/local/bin/${name}`,
  size,
});

const kubernetes123 = (name: string, size: number): Release => ({
  registries: OLD,
  version: 'v1.23.17',
  created: '2023-02-22T13:52:11Z',
  mtime: 1_677_073_931,
  entropy: 0.25,
  ...old(name, '1.23', size),
});

const kubernetes124 = (name: string, size: number): Release => ({
  registries: NOW,
  version: 'v1.24.17',
  created: '2023-08-23T23:52:40Z',
  mtime: 1_692_834_760,
  entropy: 0.25,
  ...old(name, '1.24', size),
});

const old = (name: string, minor: string, size: number) => ({
  repository: name,
  program: `${name}-${minor}`,
  path: `usr/local/bin/${name}`,
  size,
});

const RELEASES: readonly Release[] = [
  kubernetes('kube-apiserver', 88_420_536),
  kubernetes('kube-controller-manager', 73_527_480),
  kubernetes('kube-scheduler', 51_896_504),
  kubernetes('kube-proxy', 70_152_376),
  kubernetes123('kube-apiserver', 125_939_712),
  kubernetes123('kube-controller-manager', 115_900_416),
  kubernetes123('kube-scheduler', 48_340_992),
  kubernetes124('kube-apiserver', 126_988_288),
  kubernetes124('kube-controller-manager', 116_195_328),
  kubernetes124('kube-scheduler', 49_029_120),
  {
    registries: OLD,
    repository: 'etcd',
    version: '3.5.6-0',
    program: 'etcd-3.5',
    path: 'usr/local/bin/etcd',
    size: 23_552_000,
    others: [
      { program: 'etcdctl-3.5', path: 'usr/local/bin/etcdctl', size: 17_891_328 },
      { program: 'etcdutl-3.5', path: 'usr/local/bin/etcdutl', size: 15_867_904 },
    ],
    entropy: 0.4,
    created: '2022-11-21T16:10:40Z',
    mtime: 1_669_047_040,
  },
  {
    registries: NOW,
    repository: 'etcd',
    version: '3.6.6-0',
    program: 'etcd',
    path: 'usr/local/bin/etcd',
    size: 26_546_360,
    others: [
      { program: 'etcdctl', path: 'usr/local/bin/etcdctl', size: 18_051_256 },
      { program: 'etcdutl', path: 'usr/local/bin/etcdutl', size: 17_833_896 },
    ],
    entropy: 0.36,
    created: '2025-11-18T16:40:12Z',
    mtime: 1_763_484_012,
  },
  {
    registries: NOW,
    repository: 'coredns/coredns',
    version: 'v1.14.1',
    program: 'coredns',
    path: 'coredns',
    size: 77_201_592,
    entropy: 0.31,
    created: '2026-01-16T09:11:40Z',
    mtime: 1_768_554_700,
    entrypoint: ['/coredns'],
  },
];

export const kubernetesImages: readonly ImageDefinition[] = RELEASES.flatMap((release) =>
  release.registries.map((registry) => ({
    registry,
    repository: release.repository,
    tags: [release.version],
    format: 'docker' as const,
    images: () => (isOld(release) ? [AMD64] : [AMD64, ARM64]).map((platform) => image(release, platform)),
  })),
);

const isOld = ({ registries, version }: Release): boolean => registries === OLD || version.startsWith('v1.2');

function image(release: Release, platform: Platform): PlatformImage {
  const { created, mtime, program, path, size, entropy, entrypoint, others = [] } = release;
  const arch = platformKey(platform);
  const base = `distroless-static/${arch}`;
  const own = `${program}-${release.version}/${arch}`;
  const comment = 'buildkit.dockerfile.v0';
  return {
    platform,
    created,
    layers: [
      {
        key: base,
        entries: () => {
          const fs = rootfs(base, platform, BASE_MTIME);
          fs.file(
            'etc/passwd',
            'root:x:0:0:root:/root:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\n',
          );
          fs.file('etc/group', 'root:x:0:\nnonroot:x:65532:\n');
          fs.file('etc/nsswitch.conf', 'hosts: files dns\n');
          fs.file(
            'etc/os-release',
            'PRETTY_NAME="Distroless"\nNAME="Debian GNU/Linux"\nID="debian"\nVERSION_ID="13"\n',
          );
          fs.directory('tmp', { mode: 0o1777 });
          return fs.entries();
        },
      },
      {
        key: own,
        entries: () => {
          const fs = rootfs(own, platform, mtime);
          fs.program(path, program, size, { entropy });
          for (const other of others) fs.program(other.path, other.program, other.size, { entropy });
          return fs.entries();
        },
      },
    ],
    config: {
      User: '0:0',
      Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
      WorkingDir: '/',
      ...(entrypoint === undefined ? {} : { Entrypoint: [...entrypoint] }),
    },
    history: [
      { created: '1970-01-01T00:00:00Z', created_by: 'distroless static' },
      { created, created_by: `COPY ${path} /${path} # buildkit`, comment },
    ],
  };
}

const BASE_MTIME = 0;
