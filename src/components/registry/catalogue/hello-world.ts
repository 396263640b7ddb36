/**
 * docker.io/library/hello-world: one tiny static program.
 * @models docker-library/hello-world
 * @fidelity partial: three platforms
 */
import type { Platform } from '../../../protocols/oci/types.ts';
import type { ImageDefinition, PlatformImage } from './layer.ts';
import { AMD64, ARM_V7, ARM64, platformKey } from './platforms.ts';
import { rootfs } from './rootfs.ts';

const CREATED = '2025-08-08T19:05:17Z';
const MTIME = 1_754_679_917;

export const helloWorld: readonly ImageDefinition[] = [
  {
    registry: 'docker.io',
    repository: 'library/hello-world',
    tags: ['latest', 'linux'],
    format: 'oci',
    images: () => [AMD64, ARM_V7, ARM64].map(image),
  },
];

function image(platform: Platform): PlatformImage {
  const key = `hello-world/${platformKey(platform)}`;
  const entries = () => {
    const fs = rootfs(key, platform, MTIME);
    fs.program('hello', 'hello', 10_072, { entropy: 0.21 });
    return fs.entries();
  };
  return {
    platform,
    created: CREATED,
    layers: [{ key, entries }],
    config: {
      Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
      Cmd: ['/hello'],
      WorkingDir: '/',
    },
    history: [
      { created: CREATED, created_by: 'COPY hello / # buildkit', comment: 'buildkit.dockerfile.v0' },
      { created: CREATED, created_by: 'CMD ["/hello"]', comment: 'buildkit.dockerfile.v0', empty_layer: true },
    ],
  };
}
