/**
 * node on buildpack-deps: an image of 408 MB whose layers are as large as the published ones, to the byte.
 * @models docker-library/repo-info repos/node/remote/22-bookworm.md (sizes packed, steps), `docker history node:22` (sizes unpacked)
 * @fidelity partial: amd64 only; the entrypoint's layer differs by some bytes; a package's files stand in one or two large ones; programs that are not modelled say so
 */
import type { Platform } from '../../../protocols/oci/types.ts';
import { BOOKWORM_2026, debianHistory, debianLayer } from './debian.ts';
import type { ImageDefinition } from './layer.ts';
import { AMD64 } from './platforms.ts';
import type { Rootfs } from './rootfs.ts';
import { type Base, imageOf, type Step } from './software.ts';

/** Bytes that do not compress, which make the blob as long as it is, and bytes that nearly vanish in it. */
type Bulk = readonly [dense: number, sparse: number];

const BULK = {
  base: [20_385_284, 30_422_399],
  tools: [23_418_801, 23_774_415],
  scm: [62_904_622, 112_086_597],
  develop: [208_105_289, 376_885_036],
  user: [2_834, 3_038],
  node: [57_340_084, 127_652_297],
  yarn: [1_223_907, 4_109_697],
} as const satisfies Record<string, Bulk>;

function bulk(fs: Rootfs, path: string, [dense, sparse]: Bulk): void {
  fs.bulk(path, dense, { entropy: 1 });
  fs.bulk(`${path}.debug`, sparse, { entropy: 0 });
}

const install = (...packages: string[]): string =>
  `RUN /bin/sh -c set -eux; apt-get update; apt-get install -y --no-install-recommends ${packages.join(' ')} ; rm -rf /var/lib/apt/lists/*`;

/** buildpack-deps:bookworm: what most languages' images stand on. */
const buildpackSteps: readonly Step[] = [
  {
    by: install('ca-certificates', 'curl', 'gnupg', 'netbase', 'sq', 'wget'),
    fill: (fs) => {
      for (const name of ['curl', 'wget', 'gpg', 'sq']) fs.program(`usr/bin/${name}`, name, 300_000);
      bulk(fs, 'usr/lib/x86_64-linux-gnu/libgnupg-bundle.so', BULK.tools);
    },
  },
  {
    by: install('git', 'mercurial', 'openssh-client', 'subversion', 'procps'),
    fill: (fs) => {
      for (const name of ['git', 'hg', 'ssh', 'svn', 'ps']) fs.program(`usr/bin/${name}`, name, 400_000);
      bulk(fs, 'usr/lib/git-core/git-bundle', BULK.scm);
    },
  },
  {
    by: install(
      'autoconf automake bzip2 default-libmysqlclient-dev dpkg-dev file g++ gcc imagemagick libbz2-dev libc6-dev',
      'libcurl4-openssl-dev libdb-dev libevent-dev libffi-dev libgdbm-dev libglib2.0-dev libgmp-dev libjpeg-dev',
      'libkrb5-dev liblzma-dev libmagickcore-dev libmagickwand-dev libmaxminddb-dev libncurses5-dev libncursesw5-dev',
      'libpng-dev libpq-dev libreadline-dev libsqlite3-dev libssl-dev libtool libwebp-dev libxml2-dev libxslt-dev',
      'libyaml-dev make patch unzip xz-utils zlib1g-dev',
    ),
    fill: (fs) => {
      for (const name of ['gcc', 'g++', 'make', 'file', 'unzip', 'xz']) fs.program(`usr/bin/${name}`, name, 500_000);
      bulk(fs, 'usr/lib/gcc/x86_64-linux-gnu/12/cc1plus', BULK.develop);
    },
  },
];

const onFullBookworm: Base = {
  layers: (platform: Platform) => [
    debianLayer(BOOKWORM_2026, platform, {
      flavour: '',
      fill: (fs) => bulk(fs, 'usr/share/doc/packages.tar', BULK.base),
    }),
  ],
  history: (platform: Platform) => debianHistory(BOOKWORM_2026, platform),
};

const ENTRYPOINT = `#!/bin/sh
set -e

# What is no program, and what begins with a dash, is for node.
if [ "\${1#-}" != "\${1}" ] || [ -z "$(command -v "\${1}")" ] || { [ -f "\${1}" ] && ! [ -x "\${1}" ]; }; then
  set -- node "$@"
fi

exec "$@"
`;

const VERSION = '22.23.2';
const YARN = '1.22.22';

export const node: readonly ImageDefinition[] = [
  imageOf({
    repository: 'library/node',
    version: VERSION,
    tags: ['22', '22-bookworm', '22.23', VERSION, 'jod', 'lts'],
    base: onFullBookworm,
    created: '2026-09-19T03:18:35Z',
    platforms: [AMD64],
    steps: [
      ...buildpackSteps,
      {
        by: 'RUN /bin/sh -c groupadd --gid 1000 node && useradd --uid 1000 --gid node --shell /bin/bash --create-home node',
        fill: (fs) => {
          fs.directory('home/node', { uid: 1000, gid: 1000 });
          bulk(fs, 'var/log/faillog', BULK.user);
        },
      },
      { by: `ENV NODE_VERSION=${VERSION}` },
      {
        by: 'RUN /bin/sh -c ARCH= && dpkgArch="$(dpkg --print-architecture)" && curl -fsSLO --compressed "https://nodejs.org/dist/v$NODE_VERSION/node-v$NODE_VERSION-linux-$ARCH.tar.xz" && tar -xJf "node-v$NODE_VERSION-linux-$ARCH.tar.xz" -C /usr/local --strip-components=1 --no-same-owner && ln -s /usr/local/bin/node /usr/local/bin/nodejs && rm -rf /tmp/*',
        fill: (fs) => {
          fs.program('usr/local/bin/node', 'node', 1_000_000);
          fs.symlink('usr/local/bin/nodejs', '/usr/local/bin/node');
          fs.symlink('usr/local/bin/npm', '../lib/node_modules/npm/bin/npm-cli.js');
          bulk(fs, 'usr/local/lib/node_modules/npm/bundle.js', BULK.node);
        },
      },
      { by: `ENV YARN_VERSION=${YARN}` },
      {
        by: 'RUN /bin/sh -c set -ex && curl -fsSLO --compressed "https://yarnpkg.com/downloads/$YARN_VERSION/yarn-v$YARN_VERSION.tar.gz" && mkdir -p /opt && tar -xzf yarn-v$YARN_VERSION.tar.gz -C /opt/ && ln -s /opt/yarn-v$YARN_VERSION/bin/yarn /usr/local/bin/yarn && rm -rf /tmp/*',
        fill: (fs) => {
          bulk(fs, `opt/yarn-v${YARN}/lib/cli.js`, BULK.yarn);
          fs.symlink('usr/local/bin/yarn', `/opt/yarn-v${YARN}/bin/yarn`);
        },
      },
      {
        by: 'COPY docker-entrypoint.sh /usr/local/bin/',
        fill: (fs) => fs.file('usr/local/bin/docker-entrypoint.sh', ENTRYPOINT, { mode: 0o755 }),
      },
      { by: 'ENTRYPOINT ["docker-entrypoint.sh"]' },
      { by: 'CMD ["node"]' },
    ],
    config: {
      Env: [`NODE_VERSION=${VERSION}`, `YARN_VERSION=${YARN}`],
      Entrypoint: ['docker-entrypoint.sh'],
      Cmd: ['node'],
    },
  }),
];
