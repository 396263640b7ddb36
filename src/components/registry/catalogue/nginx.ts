/**
 * docker.io/library/nginx, on Debian and on Alpine.
 * @models nginxinc/docker-nginx
 * @fidelity partial: start-up scripts do the same in other words; libraries' contents are generated; two platforms
 */
import { md5 } from '@noble/hashes/legacy.js';
import type { ImageHistory, ImageRunConfig, Platform } from '../../../protocols/oci/types.ts';
import { ALPINE_3_20, alpineHistory, alpineLayer } from './alpine.ts';
import {
  BOOKWORM,
  BOOKWORM_2024,
  type DebianRelease,
  debianHistory,
  debianLayer,
  GROUP,
  PASSWD,
  packageRecord,
  packageStatus,
  SHADOW,
} from './debian.ts';
import type { ImageDefinition, LayerDefinition, PlatformImage } from './layer.ts';
import * as files from './nginx-files.ts';
import { AMD64, ARM64, multiarchTriplet, platformKey } from './platforms.ts';
import { type Rootfs, rootfs } from './rootfs.ts';

type Release = { version: string; njs: string; pkg: string; created: string; mtime: number; base: DebianRelease };

const RELEASE_1_27: Release = {
  version: '1.27.5',
  njs: '0.8.10',
  pkg: '1~bookworm',
  created: '2025-04-16T14:50:31Z',
  mtime: 1_744_815_031,
  base: BOOKWORM,
};
const RELEASE_1_25: Release = {
  version: '1.25.5',
  njs: '0.8.4',
  pkg: '1~bookworm',
  created: '2024-04-24T17:31:59Z',
  mtime: 1_713_979_919,
  base: BOOKWORM_2024,
};

export const nginx: readonly ImageDefinition[] = [
  definition(RELEASE_1_27, ['latest', '1', '1.27', '1.27.5', 'bookworm', '1.27-bookworm'], debianImage),
  definition(RELEASE_1_25, ['1.25', '1.25.5', '1.25-bookworm'], debianImage),
  definition(RELEASE_1_27, ['alpine', '1.27-alpine', '1.27.5-alpine', 'alpine3.20'], alpineImage),
];

function definition(
  release: Release,
  tags: string[],
  image: (release: Release, platform: Platform) => PlatformImage,
): ImageDefinition {
  return {
    registry: 'docker.io',
    repository: 'library/nginx',
    tags,
    format: 'oci',
    annotations: { 'org.opencontainers.image.version': release.version },
    images: () => [AMD64, ARM64].map((platform) => image(release, platform)),
  };
}

function runConfig(release: Release, flavour: string): ImageRunConfig {
  return {
    ExposedPorts: { '80/tcp': {} },
    Env: [
      'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      `NGINX_VERSION=${release.version}`,
      ...(flavour === 'bookworm'
        ? [
            `NJS_VERSION=${release.njs}`,
            'NJS_RELEASE=1~bookworm',
            `PKG_RELEASE=${release.pkg}`,
            'DYNPKG_RELEASE=1~bookworm',
          ]
        : ['PKG_RELEASE=1', 'DYNPKG_RELEASE=1', `NJS_VERSION=${release.njs}`, 'NJS_RELEASE=1']),
    ],
    Entrypoint: ['/docker-entrypoint.sh'],
    Cmd: ['nginx', '-g', 'daemon off;'],
    WorkingDir: '/',
    Labels: { maintainer: 'NGINX Docker Maintainers <docker-maint@nginx.com>' },
    StopSignal: 'SIGQUIT',
  };
}

function debianImage(release: Release, platform: Platform): PlatformImage {
  const { created } = release;
  return {
    platform,
    created,
    layers: [
      debianLayer(release.base, platform),
      installLayer(release, platform),
      ...scriptLayers(release, platform, debianChecksum()),
    ],
    config: runConfig(release, 'bookworm'),
    history: [
      ...debianHistory(release.base, platform),
      ...history(release, `RUN /bin/sh -c install nginx=\${NGINX_VERSION}-\${PKG_RELEASE} # buildkit`),
    ],
  };
}

function alpineImage(release: Release, platform: Platform): PlatformImage {
  const { created } = release;
  return {
    platform,
    created,
    layers: [
      alpineLayer(ALPINE_3_20, platform),
      alpineInstallLayer(release, platform),
      ...scriptLayers(release, platform, alpineChecksum()),
      alpineExtrasLayer(release, platform),
    ],
    config: runConfig(release, 'alpine'),
    history: [
      ...alpineHistory(ALPINE_3_20, platform),
      ...history(release, `RUN /bin/sh -c apk add nginx=\${NGINX_VERSION}-r\${PKG_RELEASE} # buildkit`),
      {
        created,
        created_by:
          'RUN /bin/sh -c apk add nginx-module-xslt nginx-module-geoip nginx-module-image-filter nginx-module-njs # buildkit',
        comment: 'buildkit.dockerfile.v0',
      },
    ],
  };
}

function history(release: Release, install: string): ImageHistory[] {
  const { created } = release;
  const comment = 'buildkit.dockerfile.v0';
  const step = (created_by: string, empty = false): ImageHistory => ({
    created,
    created_by,
    comment,
    ...(empty ? { empty_layer: true } : {}),
  });
  return [
    step('LABEL maintainer=NGINX Docker Maintainers <docker-maint@nginx.com>', true),
    step(`ENV NGINX_VERSION=${release.version}`, true),
    step(install),
    step('COPY docker-entrypoint.sh / # buildkit'),
    step('COPY 10-listen-on-ipv6-by-default.sh /docker-entrypoint.d # buildkit'),
    step('COPY 15-local-resolvers.envsh /docker-entrypoint.d # buildkit'),
    step('COPY 20-envsubst-on-templates.sh /docker-entrypoint.d # buildkit'),
    step('COPY 30-tune-worker-processes.sh /docker-entrypoint.d # buildkit'),
    step('ENTRYPOINT ["/docker-entrypoint.sh"]', true),
    step('EXPOSE map[80/tcp:{}]', true),
    step('STOPSIGNAL SIGQUIT', true),
    step('CMD ["nginx" "-g" "daemon off;"]', true),
  ];
}

function layer(key: string, release: Release, platform: Platform, fill: (fs: Rootfs) => void): LayerDefinition {
  const full = `nginx-${release.version}/${key}/${platformKey(platform)}`;
  return {
    key: full,
    entries: () => {
      const fs = rootfs(full, platform, release.mtime);
      fill(fs);
      return fs.entries();
    },
  };
}

/** What both flavours have in common, as the nginx package installs it. */
function nginxPackage(fs: Rootfs): void {
  fs.program('usr/sbin/nginx', 'nginx', 1_546_984);
  fs.program('usr/sbin/nginx-debug', 'nginx', 1_694_464);
  fs.file('etc/nginx/nginx.conf', files.NGINX_CONF);
  fs.file('etc/nginx/mime.types', files.MIME_TYPES);
  fs.file('etc/nginx/conf.d/default.conf', files.DEFAULT_CONF);
  for (const name of ['fastcgi_params', 'scgi_params', 'uwsgi_params'])
    fs.file(`etc/nginx/${name}`, `# variables handed to ${name.replace('_params', '')} servers\n`);
  fs.symlink('etc/nginx/modules', '/usr/lib/nginx/modules');
  fs.file('usr/share/nginx/html/index.html', files.INDEX_HTML);
  fs.file('usr/share/nginx/html/50x.html', files.ERROR_HTML);
  fs.directory('docker-entrypoint.d');
  fs.directory('var/cache/nginx');
  fs.directory('var/log/nginx');
  fs.symlink('var/log/nginx/access.log', '/dev/stdout');
  fs.symlink('var/log/nginx/error.log', '/dev/stderr');
}

function modules(fs: Rootfs): void {
  for (const [name, size] of [
    ['http_geoip', 27_488],
    ['http_image_filter', 31_720],
    ['http_js', 3_182_544],
    ['http_xslt_filter', 27_592],
    ['stream_geoip', 23_232],
    ['stream_js', 3_149_512],
  ] as const) {
    fs.bulk(`usr/lib/nginx/modules/ngx_${name}_module.so`, size);
  }
}

function installLayer(release: Release, platform: Platform): LayerDefinition {
  return layer('install', release, platform, (fs) => {
    const lib = `usr/lib/${multiarchTriplet(platform)}`;
    nginxPackage(fs);
    modules(fs);
    fs.program('usr/bin/envsubst', 'envsubst', 35_128);
    fs.program('usr/bin/curl', 'curl', 276_280);
    fs.program('usr/bin/openssl', 'openssl', 998_240);
    for (const [name, size] of LIBRARIES) fs.bulk(`${lib}/${name}`, size, { entropy: 0.43, mode: 0o644 });
    for (const [name, target] of [
      ['libcurl.so.4', 'libcurl.so.4.8.0'],
      ['libgd.so.3', 'libgd.so.3.0.11'],
      ['libxml2.so.2', 'libxml2.so.2.9.14'],
    ] as const)
      fs.symlink(`${lib}/${name}`, target);
    fs.bulk('etc/ssl/certs/ca-certificates.crt', 221_470, { entropy: 0.6 });
    fs.file('etc/passwd', `${PASSWD}nginx:x:101:101:nginx user:/nonexistent:/bin/false\n`);
    fs.file('etc/group', `${GROUP}nginx:x:101:\n`);
    fs.file('etc/shadow', `${SHADOW}nginx:!:20194::::::\n`, { mode: 0o640, gid: 42 });
    fs.file('etc/default/nginx', '# Defaults for the nginx init script.\n');
    const conffiles = `Conffiles:\n /etc/nginx/conf.d/default.conf ${md5Hex(files.DEFAULT_CONF)}\n /etc/nginx/nginx.conf ${md5Hex(files.NGINX_CONF)}\n`;
    fs.file(
      'var/lib/dpkg/status',
      packageStatus(platform) +
        packageRecord('nginx', `${release.version}-${release.pkg}`, platform, conffiles) +
        packageRecord('curl', '7.88.1-10+deb12u12', platform),
    );
  });
}

const LIBRARIES: readonly [name: string, size: number][] = [
  ['libicudata.so.72.1', 31_298_936],
  ['libicui18n.so.72.1', 3_308_168],
  ['libicuuc.so.72.1', 2_082_416],
  ['libaom.so.3.6.0', 7_516_624],
  ['libx265.so.199', 17_334_440],
  ['libde265.so.0.1.1', 625_216],
  ['libheif.so.1.15.1', 521_208],
  ['libdav1d.so.6.6.0', 1_822_416],
  ['libSvtAv1Enc.so.1.4.1', 6_322_608],
  ['librav1e.so.0.5.1', 3_151_408],
  ['libyuv.so.0.0.1857', 452_656],
  ['libavif.so.15.0.1', 191_160],
  ['libgd.so.3.0.11', 429_592],
  ['libX11.so.6.4.0', 1_315_832],
  ['libxcb.so.1.1.0', 169_144],
  ['libXpm.so.4.11.0', 75_352],
  ['libfontconfig.so.1.12.0', 313_280],
  ['libfreetype.so.6.18.3', 820_240],
  ['libpng16.so.16.39.0', 219_264],
  ['libjpeg.so.62.3.0', 599_576],
  ['libtiff.so.6.0.0', 596_584],
  ['libwebp.so.7.1.5', 461_512],
  ['libxml2.so.2.9.14', 1_842_984],
  ['libxslt.so.1.1.35', 264_552],
  ['libGeoIP.so.1.6.12', 207_000],
  ['libcurl.so.4.8.0', 753_632],
  ['libgssapi_krb5.so.2.2', 338_704],
  ['libkrb5.so.3.3', 890_216],
  ['libldap-2.5.so.0.1.13', 392_552],
  ['libnghttp2.so.14.24.1', 186_384],
  ['librtmp.so.1', 118_624],
  ['libssh2.so.1.0.1', 283_176],
  ['libedit.so.2.0.70', 223_512],
  ['libbrotlicommon.so.1.0.9', 139_304],
  ['libnuma.so.1.0.0', 51_312],
  ['libabsl_strings.so.20220623.0.0', 146_544],
  ['libperl.so.5.36.0', 3_918_840],
  ['libLerc.so.4', 522_680],
  ['libk5crypto.so.3.1', 186_736],
  ['libpsl.so.5.3.4', 76_088],
];

function alpineInstallLayer(release: Release, platform: Platform): LayerDefinition {
  return layer('alpine-install', release, platform, (fs) => {
    nginxPackage(fs);
    fs.program('usr/bin/envsubst', 'envsubst', 30_992);
    fs.bulk('usr/lib/libpcre2-8.so.0.13.0', 657_200, { mode: 0o755 });
    fs.bulk('usr/lib/libintl.so.8.4.0', 46_800, { mode: 0o755 });
    fs.file(
      'etc/passwd',
      'root:x:0:0:root:/root:/bin/sh\nbin:x:1:1:bin:/bin:/sbin/nologin\ndaemon:x:2:2:daemon:/sbin:/sbin/nologin\nnobody:x:65534:65534:nobody:/:/sbin/nologin\nnginx:x:101:101:nginx:/var/cache/nginx:/sbin/nologin\n',
    );
    fs.file(
      'etc/group',
      'root:x:0:root\nbin:x:1:root,bin,daemon\ndaemon:x:2:root,bin,daemon\ntty:x:5:\nwww-data:x:82:\nusers:x:100:games\nnginx:x:101:nginx\nnobody:x:65534:\n',
    );
    fs.file('etc/nginx/conf.d/default.conf.md5', `${md5Hex(files.DEFAULT_CONF)}\n`);
  });
}

function alpineExtrasLayer(release: Release, platform: Platform): LayerDefinition {
  return layer('alpine-modules', release, platform, (fs) => {
    modules(fs);
    fs.program('usr/bin/curl', 'curl', 247_968);
    for (const [name, size] of [
      ['libaom.so.3.9.1', 6_406_920],
      ['libxml2.so.2.12.10', 1_220_640],
      ['libxslt.so.1.1.39', 207_824],
      ['libgd.so.3.0.11', 286_504],
      ['libx265.so.209', 10_254_904],
      ['libicudata.so.74.2', 1_934_120],
      ['libicuuc.so.74.2', 1_711_520],
      ['libdav1d.so.7.0.0', 1_652_544],
      ['libcurl.so.4.8.0', 678_368],
      ['libX11.so.6.4.0', 1_216_008],
      ['libSvtAv1Enc.so.2.1.0', 5_312_000],
    ] as const) {
      fs.bulk(`usr/lib/${name}`, size, { mode: 0o755, entropy: 0.4 });
    }
  });
}

function scriptLayers(release: Release, platform: Platform, checksum: string): LayerDefinition[] {
  const flavour = checksum === debianChecksum() ? '' : 'alpine-';
  const script = (key: string, path: string, content: string): LayerDefinition =>
    layer(flavour + key, release, platform, (fs) => fs.file(path, content, { mode: 0o755 }));
  return [
    script('entrypoint', 'docker-entrypoint.sh', files.ENTRYPOINT),
    script('10', 'docker-entrypoint.d/10-listen-on-ipv6-by-default.sh', files.listenOnIpv6(checksum)),
    script('15', 'docker-entrypoint.d/15-local-resolvers.envsh', files.LOCAL_RESOLVERS),
    script('20', 'docker-entrypoint.d/20-envsubst-on-templates.sh', files.ENVSUBST_ON_TEMPLATES),
    script('30', 'docker-entrypoint.d/30-tune-worker-processes.sh', files.TUNE_WORKER_PROCESSES),
  ];
}

function debianChecksum(): string {
  return 'set -- $(grep " /etc/nginx/conf.d/default.conf " /var/lib/dpkg/status)\npackaged=$2';
}

function alpineChecksum(): string {
  return 'packaged=$(cat /etc/nginx/conf.d/default.conf.md5)';
}

function md5Hex(text: string): string {
  return [...md5(new TextEncoder().encode(text))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
