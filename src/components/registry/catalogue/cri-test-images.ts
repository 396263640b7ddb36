/**
 * The images that the conformance suite of the CRI runs: the project's own small ones, and three of Kubernetes' e2e set.
 * @models kubernetes-sigs/cri-tools images/, kubernetes test/images
 * @fidelity partial: built on this catalogue's busybox and nginx, whatever version the name says
 */
import type { ImageRunConfig } from '../../../protocols/oci/types.ts';
import { busybox } from './busybox.ts';
import type { ImageDefinition, LayerDefinition, PlatformImage } from './layer.ts';
import { nginx } from './nginx.ts';
import { platformKey } from './platforms.ts';
import { type Rootfs, rootfs } from './rootfs.ts';

const MTIME = 1_722_000_000;
const STAGING = 'gcr.io';
const OWN = 'k8s-staging-cri-tools';
const E2E = 'e2e-test-images';

export const criTestImages: readonly ImageDefinition[] = [
  own('test-image-latest', ['latest'], {}),
  own('test-image-tag', ['test', 'all'], {}),
  own('test-image-1', ['latest'], { Env: ['TEST=1'] }),
  own('test-image-2', ['latest'], { Env: ['TEST=2'] }),
  own('test-image-3', ['latest'], { Env: ['TEST=3'] }),
  own('test-image-tags', ['1', '2', '3'], {}),
  own('test-image-user-uid', ['latest'], { User: '1002' }),
  own('test-image-user-username', ['latest'], { User: 'www-data' }),
  own('test-image-user-uid-group', ['latest'], { User: '1003:users' }),
  own('test-image-user-username-group', ['latest'], { User: 'www-data:100' }),
  changed(of(busybox, 'latest'), STAGING, `${OWN}/test-image-predefined-group`, ['latest'], { User: '1000' }, (fs) => {
    fs.file(
      'etc/group',
      'root:x:0:\nwww-data:x:33:\ndefault-user:x:1000:\ngroup-defined-in-image:x:50000:default-user\n',
    );
    fs.file(
      'etc/passwd',
      'root:x:0:0:root:/root:/bin/sh\ndefault-user:x:1000:1000:Linux User,,,:/home/default-user:/bin/sh\n',
    );
  }),
  changed(of(nginx, '1.25'), STAGING, `${OWN}/hostnet-nginx-amd64`, ['latest'], {}, (fs) =>
    fs.file(
      'etc/nginx/conf.d/default.conf',
      'server {\n    listen       12003;\n    location / {\n        root   /usr/share/nginx/html;\n        index  index.html;\n    }\n}\n',
    ),
  ),
  changed(of(busybox, '1.28'), 'registry.k8s.io', `${E2E}/busybox`, ['1.29-2'], {}, null),
  changed(of(nginx, '1.27-alpine'), 'registry.k8s.io', `${E2E}/nginx`, ['1.14-2'], {}, null),
  changed(of(busybox, '1.28'), 'registry.k8s.io', `${E2E}/httpd`, ['2.4.39-4'], { Cmd: ['httpd-foreground'] }, (fs) => {
    fs.program('usr/local/apache2/bin/httpd', 'httpd', 700_000);
    fs.symlink('bin/httpd-foreground', '/usr/local/apache2/bin/httpd');
    fs.file('usr/local/apache2/conf/httpd.conf', 'Listen 80\nDocumentRoot "/usr/local/apache2/htdocs"\n');
    fs.file('usr/local/apache2/htdocs/index.html', '<html><body><h1>It works!</h1></body></html>\n');
  }),
  changed(
    of(busybox, '1.28'),
    'registry.k8s.io',
    `${E2E}/nonewprivs`,
    ['1.3'],
    { Entrypoint: ['/nnp'], User: '1000' },
    (fs) => fs.program('nnp', 'nnp', 9000, { mode: 0o4755 }),
  ),
];

function of(images: readonly ImageDefinition[], tag: string): ImageDefinition {
  const found = images.find(({ tags }) => tags.includes(tag));
  if (found === undefined) throw new Error(`no image is tagged ${tag}`);
  return found;
}

function own(name: string, tags: string[], config: ImageRunConfig): ImageDefinition {
  // What tells the images of one root file system apart is their configuration.
  const named = { ...config, Labels: { 'org.opencontainers.image.title': name } };
  return changed(of(busybox, 'latest'), STAGING, `${OWN}/${name}`, tags, named, null);
}

/** Another image with a different configuration and perhaps one layer more. */
function changed(
  base: ImageDefinition,
  registry: string,
  repository: string,
  tags: string[],
  config: ImageRunConfig,
  build: ((fs: Rootfs) => void) | null,
): ImageDefinition {
  const derive = (image: PlatformImage): PlatformImage => {
    const layers = build === null ? [] : [layerOf(`${repository.split('/')[1]}-${tags[0]}`, image, build)];
    return {
      ...image,
      layers: [...image.layers, ...layers],
      config: { ...image.config, ...config },
      history: [
        ...image.history,
        {
          created: image.created,
          created_by: `COPY ${repository} /`,
          ...(build === null ? { empty_layer: true } : {}),
        },
      ],
    };
  };
  return { registry, repository, tags, format: 'docker', images: () => base.images().map(derive) };
}

function layerOf(name: string, { platform }: PlatformImage, build: (fs: Rootfs) => void): LayerDefinition {
  const key = `${name}/${platformKey(platform)}`;
  const entries = () => {
    const fs = rootfs(key, platform, MTIME);
    build(fs);
    return fs.entries();
  };
  return { key, entries };
}
