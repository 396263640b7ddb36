/**
 * registry.k8s.io/pause: the program that holds a pod's namespaces.
 * @models kubernetes build/pause
 * @fidelity partial: no Windows manifests in the list
 */
import type { Platform } from '../../../protocols/oci/types.ts';
import type { ImageDefinition, PlatformImage } from './layer.ts';
import { AMD64, ARM_V7, ARM64, PPC64LE, platformKey, S390X } from './platforms.ts';
import { rootfs } from './rootfs.ts';

/** `isOld`: in k8s.gcr.io as well. */
type Release = { version: string; created: string; mtime: number; size: number; isOld?: boolean };

const RELEASES: readonly Release[] = [
  { version: '3.2', created: '2020-02-14T10:51:50Z', mtime: 1_581_677_510, size: 682_696, isOld: true },
  { version: '3.6', created: '2021-08-25T15:34:45Z', mtime: 1_629_905_685, size: 682_696, isOld: true },
  { version: '3.9', created: '2022-10-13T16:41:11Z', mtime: 1_665_679_271, size: 743_952 },
  { version: '3.10', created: '2024-05-08T19:23:27Z', mtime: 1_715_196_207, size: 735_776 },
  { version: '3.10.1', created: '2025-06-12T08:17:02Z', mtime: 1_749_716_222, size: 735_784 },
];

export const pause: readonly ImageDefinition[] = RELEASES.flatMap((release) =>
  [...(release.isOld === true ? ['k8s.gcr.io'] : []), 'registry.k8s.io'].map((registry) => ({
    registry,
    repository: 'pause',
    tags: [release.version],
    format: 'docker' as const,
    images: () => [AMD64, ARM_V7, ARM64, PPC64LE, S390X].map((platform) => image(release, platform)),
  })),
);

function image(release: Release, platform: Platform): PlatformImage {
  const { created } = release;
  const key = `pause-${release.version}/${platformKey(platform)}`;
  const entries = () => {
    const fs = rootfs(key, platform, release.mtime);
    fs.program('pause', 'pause', release.size, { entropy: 0.427 });
    return fs.entries();
  };
  const comment = 'buildkit.dockerfile.v0';
  return {
    platform,
    created,
    layers: [{ key, entries }],
    config: {
      User: '65535:65535',
      Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
      Entrypoint: ['/pause'],
      WorkingDir: '/',
    },
    history: [
      { created, created_by: 'ARG ARCH', comment, empty_layer: true },
      { created, created_by: `ADD bin/pause-linux-${platform.architecture} /pause # buildkit`, comment },
      { created, created_by: 'USER 65535:65535', comment, empty_layer: true },
      { created, created_by: 'ENTRYPOINT ["/pause"]', comment, empty_layer: true },
    ],
  };
}
