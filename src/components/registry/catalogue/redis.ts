/**
 * docker.io/library/redis.
 * @models docker-library/redis 7.4
 * @fidelity partial: the entrypoint does the same in other words; two platforms
 */
import type { ImageHistory, Platform } from '../../../protocols/oci/types.ts';
import { BOOKWORM, debianHistory, debianLayer, GROUP, PASSWD, SHADOW } from './debian.ts';
import type { ImageDefinition, LayerDefinition, PlatformImage } from './layer.ts';
import { AMD64, ARM64, platformKey } from './platforms.ts';
import { type Rootfs, rootfs } from './rootfs.ts';

const VERSION = '7.4.3';
const CREATED = '2025-04-23T18:26:57Z';
const MTIME = 1_745_432_817;
const REDIS = { uid: 999, gid: 999 };

export const redis: readonly ImageDefinition[] = [
  {
    registry: 'docker.io',
    repository: 'library/redis',
    tags: ['latest', '7', '7.4', VERSION, '7-bookworm', 'bookworm'],
    format: 'oci',
    annotations: { 'org.opencontainers.image.version': VERSION },
    images: () => [AMD64, ARM64].map(image),
  },
];

const ENTRYPOINT = `#!/bin/sh
# Options alone mean "redis-server with these options"; the server does not stay root.
set -e

case "$1" in
    -* | *.conf) set -- redis-server "$@" ;;
esac

if [ "$1" = redis-server ] && [ "$(id -u)" = 0 ]; then
    chown -R redis .
    exec gosu redis "$0" "$@"
fi

if [ "$(umask)" = 0022 ]; then
    umask 0077
fi

exec "$@"
`;

function layer(key: string, platform: Platform, fill: (fs: Rootfs) => void): LayerDefinition {
  const full = `redis-${VERSION}/${key}/${platformKey(platform)}`;
  return {
    key: full,
    entries: () => {
      const fs = rootfs(full, platform, MTIME);
      fill(fs);
      return fs.entries();
    },
  };
}

function image(platform: Platform): PlatformImage {
  return {
    platform,
    created: CREATED,
    layers: [
      debianLayer(BOOKWORM, platform),
      layer('user', platform, (fs) => {
        fs.file('etc/passwd', `${PASSWD}redis:x:999:999::/home/redis:/bin/sh\n`);
        fs.file('etc/group', `${GROUP}redis:x:999:\n`);
        fs.file('etc/shadow', `${SHADOW}redis:!:20201::::::\n`, { mode: 0o640, gid: 42 });
      }),
      layer('gosu', platform, (fs) => fs.program('usr/local/bin/gosu', 'gosu', 2_486_272, { entropy: 0.46 })),
      layer('install', platform, (fs) => {
        for (const [name, program, size] of [
          ['redis-server', 'redis-server', 15_462_088],
          ['redis-cli', 'redis-cli', 6_874_656],
          ['redis-benchmark', 'redis-benchmark', 6_631_720],
        ] as const) {
          fs.program(`usr/local/bin/${name}`, program, size, { entropy: 0.53 });
        }
        for (const name of ['redis-sentinel', 'redis-check-rdb', 'redis-check-aof'])
          fs.symlink(`usr/local/bin/${name}`, 'redis-server');
      }),
      layer('data', platform, (fs) => fs.directory('data', REDIS)),
      layer('entrypoint', platform, (fs) => fs.file('usr/local/bin/docker-entrypoint.sh', ENTRYPOINT, { mode: 0o755 })),
    ],
    config: {
      ExposedPorts: { '6379/tcp': {} },
      Env: [
        'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
        'GOSU_VERSION=1.17',
        `REDIS_VERSION=${VERSION}`,
        `REDIS_DOWNLOAD_URL=http://download.redis.io/releases/redis-${VERSION}.tar.gz`,
      ],
      Entrypoint: ['docker-entrypoint.sh'],
      Cmd: ['redis-server'],
      Volumes: { '/data': {} },
      WorkingDir: '/data',
    },
    history: history(platform),
  };
}

function history(platform: Platform): ImageHistory[] {
  const comment = 'buildkit.dockerfile.v0';
  const step = (created_by: string, empty = false): ImageHistory => ({
    created: CREATED,
    created_by,
    comment,
    ...(empty ? { empty_layer: true } : {}),
  });
  return [
    ...debianHistory(BOOKWORM, platform),
    step('RUN /bin/sh -c groupadd -r -g 999 redis && useradd -r -g redis -u 999 redis # buildkit'),
    step('ENV GOSU_VERSION=1.17', true),
    step('RUN /bin/sh -c install gosu # buildkit'),
    step(`ENV REDIS_VERSION=${VERSION}`, true),
    step('RUN /bin/sh -c build and install redis # buildkit'),
    step('RUN /bin/sh -c mkdir /data && chown redis:redis /data # buildkit'),
    step('VOLUME [/data]', true),
    step('WORKDIR /data', true),
    step('COPY docker-entrypoint.sh /usr/local/bin/ # buildkit'),
    step('ENTRYPOINT ["docker-entrypoint.sh"]', true),
    step('EXPOSE map[6379/tcp:{}]', true),
    step('CMD ["redis-server"]', true),
  ];
}
