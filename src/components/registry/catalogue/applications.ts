/**
 * What tutorials pull besides the images that have a file of their own.
 * @models the Dockerfiles of docker-library, traefik, polinux, curl, prometheus and others
 * @fidelity partial: files of a package stand in one or two large ones; two platforms; which programs run is said where
 *   they are registered, the others say that they are not simulated
 */
import type { ImageRunConfig } from '../../../protocols/oci/types.ts';
import { BOOKWORM, TRIXIE } from './debian.ts';
import type { ImageDefinition } from './layer.ts';
import type { Rootfs } from './rootfs.ts';
import { type Base, imageOf, onAlpine, onDebian, type Software, type Step, scratch } from './software.ts';

const MB = 1_000_000;
const bookworm = onDebian(BOOKWORM);
const trixie = onDebian(TRIXIE);

const set = (by: string): Step => ({ by });
const add = (by: string, fill: (fs: Rootfs) => void): Step => ({ by, fill });
/** A package's libraries and data: `megabytes` unpacked, of which `entropy` does not compress. */
const bulk = (by: string, path: string, megabytes: number, entropy = 0.4): Step =>
  add(by, (fs) => fs.bulk(path, Math.round(megabytes * MB), { entropy }));

/** A daemon or tool of one static binary, as Go projects publish theirs. */
function oneBinary(
  about: Omit<Software, 'steps' | 'base'> & { base?: Base; program: string; path: string; megabytes: number },
): Software {
  const { program, path, megabytes, base = scratch, ...rest } = about;
  return {
    ...rest,
    base,
    steps: [
      add(`COPY ${program} ${path}`, (fs) => {
        if (base === scratch) fs.bulk('etc/ssl/certs/ca-certificates.crt', 217_030, { entropy: 0.6 });
        fs.program(path.slice(1), program, Math.round(megabytes * MB), { entropy: 0.33 });
      }),
      set(`ENTRYPOINT [${(rest.config.Entrypoint ?? [path]).map((word) => `"${word}"`).join(' ')}]`),
    ],
    config: { Entrypoint: [path], ...rest.config },
  };
}

const shell = (Cmd: string[], more: ImageRunConfig = {}): ImageRunConfig => ({ Cmd, ...more });

const distributions: readonly Software[] = [
  {
    repository: 'library/debian',
    version: '13.1-slim',
    tags: ['trixie-slim', '13-slim', 'stable-slim'],
    base: trixie,
    created: '2025-09-29T00:00:00Z',
    steps: [],
    config: shell(['bash']),
  },
  {
    repository: 'library/debian',
    version: '13.1',
    tags: ['latest', 'trixie', '13', '13.1', 'stable'],
    base: trixie,
    created: '2025-09-29T00:00:00Z',
    steps: [bulk('ADD locales and documentation', 'usr/share/doc/packages.tar', 42, 0.46)],
    config: shell(['bash']),
  },
  {
    repository: 'library/debian',
    version: '12.10-slim',
    tags: ['bookworm-slim', '12-slim', 'bookworm', '12'],
    base: bookworm,
    created: '2025-04-07T00:00:00Z',
    steps: [],
    config: shell(['bash']),
  },
  {
    repository: 'library/ubuntu',
    version: '24.04',
    tags: ['latest', 'noble', '24.04'],
    base: bookworm,
    created: '2025-09-10T10:14:20Z',
    steps: [
      add('ADD file:ubuntu-noble-base / ', (fs) => {
        fs.file('etc/issue', 'Ubuntu 24.04.3 LTS \\n \\l\n\n');
        fs.file('etc/debian_version', 'trixie/sid\n');
        fs.file(
          'usr/lib/os-release',
          'PRETTY_NAME="Ubuntu 24.04.3 LTS"\nNAME="Ubuntu"\nVERSION_ID="24.04"\nVERSION="24.04.3 LTS (Noble Numbat)"\nVERSION_CODENAME=noble\nID=ubuntu\nID_LIKE=debian\n',
        );
      }),
      set('CMD ["/bin/bash"]'),
    ],
    config: shell(['/bin/bash'], { Labels: { 'org.opencontainers.image.version': '24.04' } }),
  },
];

const HTTPD_CONF = `# The directives that are read here: Listen, DocumentRoot, ServerName, DirectoryIndex.
ServerRoot "/usr/local/apache2"
Listen 80
#ServerName www.example.com:80
DocumentRoot "/usr/local/apache2/htdocs"
DirectoryIndex index.html
ErrorLog /proc/self/fd/2
CustomLog /proc/self/fd/1 common
`;

const httpdSteps = (alpine: boolean): Step[] => [
  set('ENV HTTPD_PREFIX=/usr/local/apache2'),
  bulk('RUN /bin/sh -c install httpd runtime libraries', 'usr/local/lib/libapr-bundle.so', alpine ? 4 : 22),
  add('RUN /bin/sh -c build and install httpd', (fs) => {
    const home = 'usr/local/apache2';
    fs.program(`${home}/bin/httpd`, 'httpd', 5_312_408);
    fs.symlink('usr/local/bin/httpd', '/usr/local/apache2/bin/httpd');
    fs.bulk(`${home}/modules/modules.so`, 9 * MB);
    fs.file(`${home}/conf/httpd.conf`, HTTPD_CONF);
    fs.file(`${home}/htdocs/index.html`, '<html><body><h1>It works!</h1></body></html>\n');
    fs.directory(`${home}/logs`);
  }),
  set('STOPSIGNAL SIGWINCH'),
  add('COPY httpd-foreground /usr/local/bin/', (fs) =>
    fs.file(
      'usr/local/bin/httpd-foreground',
      '#!/bin/sh\nset -e\n\n# A pid file of an earlier run would keep httpd from starting.\nrm -f /usr/local/apache2/logs/httpd.pid\n\nexec httpd -DFOREGROUND "$@"\n',
      { mode: 0o755 },
    ),
  ),
  set('EXPOSE map[80/tcp:{}]'),
  set('CMD ["httpd-foreground"]'),
];

const httpdConfig: ImageRunConfig = {
  ExposedPorts: { '80/tcp': {} },
  Env: ['HTTPD_PREFIX=/usr/local/apache2', 'HTTPD_VERSION=2.4.65'],
  Cmd: ['httpd-foreground'],
  WorkingDir: '/usr/local/apache2',
  StopSignal: 'SIGWINCH',
};

const POSTGRES_ENTRYPOINT = `#!/bin/sh
# Makes a database cluster the first time, then becomes the server; never stays root.
set -e

case "$1" in
    -*) set -- postgres "$@" ;;
esac

if [ "$1" = postgres ]; then
    mkdir -p "$PGDATA" /var/run/postgresql
    if [ "$(id -u)" = 0 ]; then
        chown -R postgres "$PGDATA" /var/run/postgresql
        chmod 700 "$PGDATA"
        exec gosu postgres "$0" "$@"
    fi
    if [ ! -s "$PGDATA/PG_VERSION" ]; then
        if [ -z "$POSTGRES_PASSWORD" ] && [ "$POSTGRES_HOST_AUTH_METHOD" != trust ]; then
            echo 'Error: Database is uninitialized and superuser password is not specified.' >&2
            echo '       Set POSTGRES_PASSWORD, or POSTGRES_HOST_AUTH_METHOD=trust to do without one.' >&2
            exit 1
        fi
        initdb -D "$PGDATA"
        echo
        echo 'PostgreSQL init process complete; ready for start up.'
        echo
    fi
fi

exec "$@"
`;

/** The official entrypoints of databases refuse to start without a password: the most common first mistake. */
const databases: readonly Software[] = [
  {
    repository: 'library/postgres',
    version: '17.6',
    tags: ['latest', '17', '17.6', '17-bookworm'],
    base: bookworm,
    created: '2025-09-08T21:08:31Z',
    steps: [
      add('RUN /bin/sh -c groupadd -r postgres && useradd -r -g postgres postgres', (fs) => {
        fs.file(
          'etc/passwd',
          'root:x:0:0:root:/root:/bin/bash\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\npostgres:x:999:999::/var/lib/postgresql:/bin/bash\n',
        );
        fs.file('etc/group', 'root:x:0:\nnogroup:x:65534:\npostgres:x:999:\n');
      }),
      add('RUN /bin/sh -c install gosu', (fs) =>
        fs.program('usr/local/bin/gosu', 'gosu', 2_486_272, { entropy: 0.46 }),
      ),
      add('RUN /bin/sh -c install postgresql-17', (fs) => {
        const bin = 'usr/lib/postgresql/17/bin';
        fs.program(`${bin}/postgres`, 'postgres', 9_642_504);
        fs.program(`${bin}/initdb`, 'initdb', 230_608);
        fs.program(`${bin}/pg_isready`, 'pg_isready', 98_312);
        for (const [name, size] of [
          ['psql', 813_440],
          ['pg_ctl', 76_184],
          ['pg_dump', 475_672],
        ] as const)
          fs.program(`${bin}/${name}`, name, size);
        fs.bulk('usr/lib/x86_64-linux-gnu/libLLVM-16.so.1', 118 * MB, { entropy: 0.38 });
        fs.bulk('usr/share/postgresql/17/share.tar', 132 * MB, { entropy: 0.36 });
      }),
      set('ENV PGDATA=/var/lib/postgresql/data'),
      add('RUN /bin/sh -c install -d -m 1777 -o postgres "$PGDATA"', (fs) =>
        fs.directory('var/lib/postgresql/data', { mode: 0o1777, uid: 999, gid: 999 }),
      ),
      set('VOLUME [/var/lib/postgresql/data]'),
      add('COPY docker-entrypoint.sh /usr/local/bin/', (fs) =>
        fs.file('usr/local/bin/docker-entrypoint.sh', POSTGRES_ENTRYPOINT, { mode: 0o755 }),
      ),
      set('ENTRYPOINT ["docker-entrypoint.sh"]'),
      set('STOPSIGNAL SIGINT'),
      set('EXPOSE map[5432/tcp:{}]'),
      set('CMD ["postgres"]'),
    ],
    config: {
      ExposedPorts: { '5432/tcp': {} },
      Env: [
        'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/usr/lib/postgresql/17/bin',
        'PG_MAJOR=17',
        'PG_VERSION=17.6-1.pgdg12+1',
        'PGDATA=/var/lib/postgresql/data',
      ],
      Entrypoint: ['docker-entrypoint.sh'],
      Cmd: ['postgres'],
      Volumes: { '/var/lib/postgresql/data': {} },
      WorkingDir: '/',
      StopSignal: 'SIGINT',
    },
  },
  ...(
    [
      ['mysql', '8.4.6', ['latest', '8', '8.4', '8.4.6'], 'mysqld', 'MYSQL_ROOT_PASSWORD', 3306, 690],
      ['mariadb', '11.8.3', ['latest', '11', '11.8'], 'mariadbd', 'MARIADB_ROOT_PASSWORD', 3306, 300],
      ['mongo', '8.0.13', ['latest', '8', '8.0'], 'mongod', '', 27017, 740],
    ] as const
  ).map(
    ([name, version, tags, server, password, port, megabytes]): Software => ({
      repository: `library/${name}`,
      version,
      tags,
      base: bookworm,
      created: '2025-09-09T18:41:02Z',
      platforms: [{ architecture: 'amd64', os: 'linux' }],
      steps: [
        add(`RUN /bin/sh -c install ${name}`, (fs) => {
          fs.program(`usr/sbin/${server}`, server, Math.round(megabytes * 0.3 * MB), { entropy: 0.34 });
          fs.bulk(`usr/share/${name}/share.tar`, Math.round(megabytes * 0.55 * MB), { entropy: 0.33 });
        }),
        add('COPY docker-entrypoint.sh /usr/local/bin/', (fs) =>
          fs.file(
            'usr/local/bin/docker-entrypoint.sh',
            `#!/bin/sh\nset -e\n${
              password === ''
                ? ''
                : `\nif [ -z "$${password}" ] && [ -z "$${password.replace('ROOT_PASSWORD', 'ALLOW_EMPTY_PASSWORD')}" ]; then\n    echo "$(date -u '+%Y-%m-%d %H:%M:%S+00:00') [ERROR] [Entrypoint]: Database is uninitialized and password option is not specified" >&2\n    exit 1\nfi\n`
            }\nexec "$@"\n`,
            { mode: 0o755 },
          ),
        ),
        set('ENTRYPOINT ["docker-entrypoint.sh"]'),
        set(`CMD ["${server}"]`),
      ],
      config: {
        ExposedPorts: { [`${port}/tcp`]: {} },
        Entrypoint: ['docker-entrypoint.sh'],
        Cmd: [server],
        Volumes: { [name === 'mongo' ? '/data/db' : '/var/lib/mysql']: {} },
      },
    }),
  ),
];

/** Languages: slim and Alpine flavours, whose sizes people compare. */
const languages: readonly Software[] = (
  [
    [
      'python',
      '3.13.7',
      ['3.13-slim', '3-slim', 'slim'],
      bookworm,
      'python3',
      'usr/local/bin/python3.13',
      44,
      ['python3'],
    ],
    [
      'python',
      '3.13.7-alpine',
      ['3.13-alpine', '3-alpine', 'alpine'],
      onAlpine,
      'python3',
      'usr/local/bin/python3.13',
      38,
      ['python3'],
    ],
    ['node', '22.19.0', ['22-slim', 'lts-slim', 'slim'], bookworm, 'node', 'usr/local/bin/node', 118, ['node']],
    [
      'node',
      '22.19.0-alpine',
      ['22-alpine', 'lts-alpine', 'alpine'],
      onAlpine,
      'node',
      'usr/local/bin/node',
      110,
      ['node'],
    ],
    [
      'golang',
      '1.25.1-alpine',
      ['1.25-alpine', '1-alpine', 'alpine'],
      onAlpine,
      'go',
      'usr/local/go/bin/go',
      205,
      ['/bin/sh'],
    ],
    [
      'eclipse-temurin',
      '21-jre-alpine',
      ['21-jre-alpine'],
      onAlpine,
      'java',
      'opt/java/openjdk/bin/java',
      148,
      ['/bin/sh'],
    ],
    [
      'php',
      '8.4-cli-alpine',
      ['8.4-cli-alpine', 'cli-alpine'],
      onAlpine,
      'php',
      'usr/local/bin/php',
      82,
      ['php', '-a'],
    ],
    ['ruby', '3.4-alpine', ['3.4-alpine', 'alpine'], onAlpine, 'ruby', 'usr/local/bin/ruby', 66, ['irb']],
  ] as const
).map(([name, version, tags, base, program, path, megabytes, command]) => ({
  repository: `library/${name}`,
  version,
  tags,
  base,
  created: '2025-09-08T22:44:11Z',
  steps: [
    add(`RUN /bin/sh -c build and install ${name}`, (fs) => {
      fs.program(path, program, Math.round(megabytes * 0.45 * MB), { entropy: 0.37 });
      fs.bulk(`usr/local/lib/${name}/library.tar`, Math.round(megabytes * 0.55 * MB), { entropy: 0.3 });
      if (path.startsWith('usr/local/bin/python')) {
        fs.symlink('usr/local/bin/python3', 'python3.13');
        fs.symlink('usr/local/bin/python', 'python3');
      } else if (!path.startsWith('usr/local/bin/')) fs.symlink(`usr/local/bin/${program}`, `/${path}`);
    }),
    set(`CMD [${command.map((word) => `"${word}"`).join(' ')}]`),
  ],
  config: { Cmd: [...command] },
}));

const servers: readonly Software[] = [
  {
    repository: 'library/httpd',
    version: '2.4.65',
    tags: ['latest', '2', '2.4', '2.4.65'],
    base: bookworm,
    created: '2025-08-12T21:50:07Z',
    steps: httpdSteps(false),
    config: httpdConfig,
  },
  {
    repository: 'library/httpd',
    version: '2.4.65-alpine',
    tags: ['alpine', '2.4-alpine', '2-alpine'],
    base: onAlpine,
    created: '2025-08-12T21:50:07Z',
    steps: httpdSteps(true),
    config: httpdConfig,
  },
  oneBinary({
    repository: 'traefik/whoami',
    version: 'v1.11.0',
    tags: ['latest', 'v1.11', 'v1.11.0'],
    created: '2025-03-31T09:20:45Z',
    program: 'whoami-server',
    path: '/whoami',
    megabytes: 6.8,
    config: { ExposedPorts: { '80/tcp': {} } },
  }),
  oneBinary({
    repository: 'polinux/stress',
    version: '1.0.4',
    tags: ['latest', '1.0.4'],
    base: onAlpine,
    created: '2019-05-12T14:42:27Z',
    program: 'stress',
    path: '/usr/local/bin/stress',
    megabytes: 0.07,
    config: { Entrypoint: [], Cmd: ['stress', '--help'] },
  }),
  oneBinary({
    repository: 'curlimages/curl',
    version: '8.15.0',
    tags: ['latest', '8.15.0'],
    base: onAlpine,
    created: '2025-07-16T07:01:18Z',
    program: 'curl',
    path: '/usr/bin/curl',
    megabytes: 9.4,
    config: { User: '100', Entrypoint: ['curl'] },
  }),
  ...(
    [
      ['library/traefik', 'v3.5.1', ['latest', 'v3.5', 'v3'], onAlpine, 'traefik', '/usr/local/bin/traefik', 178, 80],
      ['library/caddy', '2.10.2', ['latest', '2', '2.10', 'alpine'], onAlpine, 'caddy', '/usr/bin/caddy', 41, 80],
      ['library/haproxy', '3.2.4', ['latest', '3.2', 'lts'], bookworm, 'haproxy', '/usr/local/sbin/haproxy', 18, 80],
      [
        'library/memcached',
        '1.6.39',
        ['latest', '1', '1.6'],
        bookworm,
        'memcached',
        '/usr/local/bin/memcached',
        4,
        11211,
      ],
      [
        'library/rabbitmq',
        '4.1.4',
        ['latest', '4', '4.1'],
        bookworm,
        'rabbitmq-server',
        '/opt/rabbitmq/sbin/rabbitmq-server',
        150,
        5672,
      ],
      [
        'library/registry',
        '3.0.0',
        ['latest', '3', '3.0', '2'],
        onAlpine,
        'registry-server',
        '/bin/registry',
        39,
        5000,
      ],
      ['nicolaka/netshoot', 'v0.14', ['latest', 'v0.14'], onAlpine, 'termshark', '/usr/local/bin/termshark', 330, 0],
    ] as const
  ).map(([repository, version, tags, base, program, path, megabytes, port]) =>
    oneBinary({
      repository,
      version,
      tags,
      created: '2025-09-05T16:03:55Z',
      base,
      program,
      path,
      megabytes,
      config: {
        ...(port === 0 ? { Cmd: ['/bin/sh'], Entrypoint: [] } : { ExposedPorts: { [`${port}/tcp`]: {} } }),
      },
    }),
  ),
];

/** What clusters run besides their control plane. */
const clusterParts: readonly Software[] = (
  [
    ['quay.io', 'prometheus/node-exporter', 'v1.9.1', 'node_exporter', '/bin/node_exporter', 22],
    ['quay.io', 'prometheus/prometheus', 'v3.5.0', 'prometheus', '/bin/prometheus', 140],
    ['ghcr.io', 'flannel-io/flannel', 'v0.27.3', 'flanneld', '/opt/bin/flanneld', 44],
    ['registry.k8s.io', 'metrics-server/metrics-server', 'v0.8.0', 'metrics-server', '/metrics-server', 68],
    [
      'registry.k8s.io',
      'ingress-nginx/controller',
      'v1.13.2',
      'nginx-ingress-controller',
      '/nginx-ingress-controller',
      60,
    ],
  ] as const
).map(([registry, repository, version, program, path, megabytes]) =>
  oneBinary({
    registry,
    repository,
    version,
    tags: [version, ...(registry === 'quay.io' ? ['latest'] : [])],
    created: '2025-07-28T11:32:09Z',
    program,
    path,
    megabytes,
    config: { User: '65534' },
  }),
);

export const applications: readonly ImageDefinition[] = [
  ...distributions,
  ...servers,
  ...databases,
  ...languages,
  ...clusterParts,
].map(imageOf);
