/** Image archives that are not as they should be, each in one way, from one that is. */
import { gzipSync } from 'node:zlib';
import { Rope } from '../linux/rope.ts';
import { digestHex, digestOf } from '../protocols/oci/digest.ts';
import { MEDIA_TYPES } from '../protocols/oci/media-types.ts';
import { type TarEntry, tarEntry, writeTar } from '../protocols/oci/tar.ts';

type Json = Record<string, unknown>;

export const file = (name: string, content: string | Uint8Array, mode = 0o644): TarEntry =>
  tarEntry({ name, type: 'file', mode, content: typeof content === 'string' ? Rope.text(content) : Rope.of(content) });

export type Parts = {
  layers: Uint8Array[];
  diffIds: string[];
  config: Json;
  manifest: Json;
  layerMediaType: string;
  index: Json;
  tag: string;
};

export type Build = {
  layerEntries?: readonly (readonly TarEntry[])[];
  layerMediaType?: string;
  /** Changes the parts before they are put together. */
  edit?: (parts: Parts) => void;
  editManifest?: (manifest: Json) => void;
  editIndex?: (index: Json) => void;
  /** The archive's members, by name, before they are written. */
  editFiles?: (files: Map<string, TarEntry>) => void;
};

const descriptor = (mediaType: string, bytes: Uint8Array): Json => ({
  mediaType,
  digest: digestOf(bytes),
  size: bytes.length,
});

/** An OCI layout with one image `docker.io/library/made:1`, as a tar. */
export function imageArchive(build: Build = {}): Uint8Array {
  const layerEntries = build.layerEntries ?? [[file('hello', 'hello\n')]];
  const tars = layerEntries.map((entries) => writeTar(entries).bytes());
  const parts: Parts = {
    layers: tars.map((tar) => new Uint8Array(gzipSync(tar, { level: 1 }))),
    diffIds: tars.map((tar) => digestOf(tar)),
    config: {
      architecture: 'amd64',
      os: 'linux',
      config: { Cmd: ['/hello'] },
      rootfs: { type: 'layers', diff_ids: tars.map((tar) => digestOf(tar)) },
    },
    manifest: {},
    layerMediaType: build.layerMediaType ?? MEDIA_TYPES.layerGzip,
    index: {},
    tag: 'docker.io/library/made:1',
  };
  build.edit?.(parts);
  const files = new Map<string, TarEntry>();
  const blob = (bytes: Uint8Array): void => {
    const name = `blobs/sha256/${digestHex(digestOf(bytes))}`;
    files.set(name, file(name, bytes));
  };
  const json = (value: Json): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
  const config = json(parts.config);
  for (const bytes of [config, ...parts.layers]) blob(bytes);
  const manifest: Json = {
    schemaVersion: 2,
    mediaType: MEDIA_TYPES.manifest,
    config: descriptor(MEDIA_TYPES.config, config),
    layers: parts.layers.map((layer) => descriptor(parts.layerMediaType, layer)),
    ...parts.manifest,
  };
  build.editManifest?.(manifest);
  const manifestBytes = json(manifest);
  blob(manifestBytes);
  const index: Json = {
    schemaVersion: 2,
    mediaType: MEDIA_TYPES.index,
    manifests: [
      {
        ...descriptor(MEDIA_TYPES.manifest, manifestBytes),
        annotations: { 'io.containerd.image.name': parts.tag, 'org.opencontainers.image.ref.name': '1' },
      },
    ],
    ...parts.index,
  };
  build.editIndex?.(index);
  files.set('oci-layout', file('oci-layout', '{"imageLayoutVersion":"1.0.0"}'));
  files.set('index.json', file('index.json', json(index)));
  build.editFiles?.(files);
  return writeTar(files.values()).bytes();
}

const link = (name: string, type: 'symlink' | 'hardlink', linkName: string): TarEntry =>
  tarEntry({ name, type, mode: 0o777, linkName });

const layerOf = (...entries: TarEntry[]): Build => ({ layerEntries: [entries] });

/** Sets a header's size field and makes the checksum right again. */
function claimSize(tar: Uint8Array, size: number): Uint8Array {
  const out = tar.slice();
  const text = (at: number, value: string): void => out.set(new TextEncoder().encode(value), at);
  text(124, `${size.toString(8).padStart(11, '0')}\0`);
  out.fill(32, 148, 156);
  let sum = 0;
  for (const byte of out.subarray(0, 512)) sum += byte;
  text(148, `${sum.toString(8).padStart(6, '0')}\0 `);
  return out;
}

const first = (list: unknown): Json => (list as Json[])[0] ?? {};
const blobNames = (files: Map<string, TarEntry>): string[] =>
  [...files.keys()].filter((name) => name.startsWith('blobs/'));
const good = (): Uint8Array => imageArchive();
const docker = (manifest: unknown, extra: readonly TarEntry[] = []): Uint8Array =>
  writeTar([
    ...extra,
    file('manifest.json', typeof manifest === 'string' ? manifest : JSON.stringify(manifest)),
  ]).bytes();
const randomBytes = (length: number): Uint8Array => {
  let state = 1;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return state >>> 24;
  });
};

/** By name; what they hold is in the name. */
export const malformedImages: Readonly<Record<string, () => Uint8Array>> = {
  empty: () => new Uint8Array(0),
  'two-zero-blocks': () => new Uint8Array(1024),
  'random-bytes': () => randomBytes(5000),
  'random-bytes-short': () => randomBytes(100),
  text: () => new TextEncoder().encode('this is not an archive at all\n'.repeat(40)),
  'truncated-in-header': () => good().subarray(0, 300),
  'truncated-in-blob': () => good().subarray(0, 540),
  'truncated-in-padding': () => good().subarray(0, 800),
  'truncated-between-members': () => good().subarray(0, 2048),
  'no-end-blocks': () => good().subarray(0, good().length - 1024),
  'claims-a-terabyte': () => claimSize(good(), 2 ** 33 - 1),
  'garbage-gzip': () => Uint8Array.from([0x1f, 0x8b, 8, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13]),
  'gzipped-archive': () => new Uint8Array(gzipSync(good())),
  'gzipped-archive-truncated': () => new Uint8Array(gzipSync(good())).subarray(0, 300),
  'foreign-tar': () => writeTar([file('a', 'b'), file('c/d', 'e')]).bytes(),
  'layout-version': () =>
    imageArchive({ editFiles: (f) => void f.set('oci-layout', file('oci-layout', '{"imageLayoutVersion":"2.0.0"}')) }),
  'layout-no-json': () => imageArchive({ editFiles: (f) => void f.set('oci-layout', file('oci-layout', 'nonsense')) }),
  'layout-empty': () => imageArchive({ editFiles: (f) => void f.set('oci-layout', file('oci-layout', '')) }),
  'layout-cut-json': () =>
    imageArchive({ editFiles: (f) => void f.set('oci-layout', file('oci-layout', '{"imageLayoutVersion"')) }),
  'layout-wrong-type': () =>
    imageArchive({ editFiles: (f) => void f.set('oci-layout', file('oci-layout', '{"imageLayoutVersion":1}')) }),
  'no-index': () => imageArchive({ editFiles: (f) => void f.delete('index.json') }),
  'index-no-json': () => imageArchive({ editFiles: (f) => void f.set('index.json', file('index.json', '{nonsense')) }),
  'index-array': () => imageArchive({ editFiles: (f) => void f.set('index.json', file('index.json', '[]')) }),
  'index-without-manifests': () => imageArchive({ editIndex: (index) => void delete index.manifests }),
  'index-manifests-wrong-type': () =>
    imageArchive({
      editIndex: (index) => {
        index.manifests = 'x';
      },
    }),
  'index-bad-digest': () =>
    imageArchive({
      editIndex: (index) => {
        first(index.manifests).digest = 'sha256:xyz';
      },
    }),
  'index-no-digest': () => imageArchive({ editIndex: (index) => void delete first(index.manifests).digest }),
  'index-unknown-type': () =>
    imageArchive({
      editIndex: (index) => {
        first(index.manifests).mediaType = 'text/plain';
      },
    }),
  'index-layer-type': () =>
    imageArchive({
      editIndex: (index) => {
        first(index.manifests).mediaType = MEDIA_TYPES.layerGzip;
      },
    }),
  'index-type-index': () =>
    imageArchive({
      editIndex: (index) => {
        first(index.manifests).mediaType = MEDIA_TYPES.index;
      },
    }),
  'index-size-wrong': () =>
    imageArchive({
      editIndex: (index) => {
        first(index.manifests).size = 7;
      },
    }),
  'index-size-negative': () =>
    imageArchive({
      editIndex: (index) => {
        first(index.manifests).size = -7;
      },
    }),
  'index-missing-manifest': () =>
    imageArchive({
      editIndex: (index) => {
        first(index.manifests).digest = digestOf('none');
      },
    }),
  'wrong-digest-manifest': () =>
    imageArchive({
      editFiles: (f) => {
        const name = blobNames(f).at(-1) ?? '';
        f.set(name, file(name, '{"changed":1}'));
      },
    }),
  'wrong-digest-config': () =>
    imageArchive({
      editFiles: (f) => {
        const name = blobNames(f)[0] ?? '';
        f.set(name, file(name, '{"changed":1}'));
      },
    }),
  'wrong-digest-layer': () =>
    imageArchive({
      editFiles: (f) => {
        const name = blobNames(f)[1] ?? '';
        f.set(name, file(name, 'changed'));
      },
    }),
  'missing-config': () => imageArchive({ editFiles: (f) => void f.delete(blobNames(f)[0] ?? '') }),
  'missing-layer': () => imageArchive({ editFiles: (f) => void f.delete(blobNames(f)[1] ?? '') }),
  'manifest-no-json': () =>
    imageArchive({
      editIndex: (index) => {
        first(index.manifests).digest = digestOf('nonsense');
      },
      editFiles: (f) => void f.set('x', file('x', 'nonsense')),
    }),
  'manifest-is-index': () =>
    imageArchive({
      editManifest: (manifest) => {
        manifest.manifests = [];
      },
    }),
  'manifest-schema-1': () =>
    imageArchive({
      editManifest: (manifest) => {
        manifest.fsLayers = [];
      },
    }),
  'manifest-empty': () =>
    imageArchive({
      editManifest: (manifest) => {
        for (const key of Object.keys(manifest)) delete manifest[key];
      },
    }),
  'manifest-no-config': () => imageArchive({ editManifest: (manifest) => void delete manifest.config }),
  'manifest-layers-wrong-type': () =>
    imageArchive({
      editManifest: (manifest) => {
        manifest.layers = 3;
      },
    }),
  'manifest-no-layers': () =>
    imageArchive({
      editManifest: (manifest) => {
        manifest.layers = [];
      },
    }),
  'manifest-config-type': () =>
    imageArchive({
      editManifest: (manifest) => {
        first([manifest.config]).mediaType = 'application/x';
      },
    }),
  'config-no-rootfs': () => imageArchive({ edit: (p) => void delete p.config.rootfs }),
  'config-rootfs-type': () =>
    imageArchive({
      edit: (p) => {
        p.config.rootfs = { type: 'weird', diff_ids: p.diffIds };
      },
    }),
  'config-diff-count': () =>
    imageArchive({
      edit: (p) => {
        p.config.rootfs = { type: 'layers', diff_ids: [...p.diffIds, digestOf('x')] };
      },
    }),
  'config-diff-wrong': () =>
    imageArchive({
      edit: (p) => {
        p.config.rootfs = { type: 'layers', diff_ids: [digestOf('x')] };
      },
    }),
  'config-diff-bad-digest': () =>
    imageArchive({
      edit: (p) => {
        p.config.rootfs = { type: 'layers', diff_ids: ['zz'] };
      },
    }),
  'config-other-platform': () =>
    imageArchive({
      edit: (p) => {
        p.config.architecture = 'arm64';
      },
    }),
  'config-no-platform': () =>
    imageArchive({
      edit: (p) => {
        delete p.config.architecture;
        delete p.config.os;
      },
    }),
  'layer-type-unknown': () => imageArchive({ layerMediaType: 'application/x-layer' }),
  'layer-type-empty': () => imageArchive({ layerMediaType: '' }),
  'layer-type-plain-but-gzip': () => imageArchive({ layerMediaType: MEDIA_TYPES.layer }),
  'layer-type-zstd-but-gzip': () => imageArchive({ layerMediaType: MEDIA_TYPES.layerZstd }),
  'layer-encrypted': () => imageArchive({ layerMediaType: 'application/vnd.oci.image.layer.v1.tar+gzip+encrypted' }),
  'layer-no-tar': () =>
    imageArchive({
      edit: (p) => {
        p.layers = [new Uint8Array(gzipSync(randomBytes(3000)))];
      },
    }),
  'layer-no-gzip': () =>
    imageArchive({
      edit: (p) => {
        p.layers = [randomBytes(3000)];
      },
    }),
  'layer-gzip-cut': () =>
    imageArchive({
      edit: (p) => {
        p.layers = p.layers.map((l) => l.subarray(0, 60));
      },
    }),
  'layer-gzip-checksum': () =>
    imageArchive({
      edit: (p) => {
        p.layers = p.layers.map((l) => l.map((b, i) => (i === l.length - 6 ? b ^ 1 : b)));
      },
    }),
  'layer-tar-cut': () =>
    imageArchive({
      edit: (p) => {
        p.layers = [
          new Uint8Array(
            gzipSync(
              writeTar([file('hello', 'x'.repeat(4000))])
                .bytes()
                .subarray(0, 2000),
            ),
          ),
        ];
      },
    }),
  'layer-empty': () =>
    imageArchive({
      edit: (p) => {
        p.layers = [new Uint8Array(0)];
      },
    }),
  'layer-dot-dot': () => imageArchive(layerOf(file('../../../../../../tmp/escaped', 'x'))),
  'layer-absolute': () => imageArchive(layerOf(file('/tmp/escaped', 'x'))),
  'layer-dot-dot-inside': () => imageArchive(layerOf(file('a/../b', 'x'))),
  'layer-through-symlink': () => imageArchive(layerOf(link('out', 'symlink', '/tmp'), file('out/escaped', 'x'))),
  'layer-through-relative-symlink': () =>
    imageArchive(layerOf(link('out', 'symlink', '../../../../../../../../tmp'), file('out/escaped', 'x'))),
  'layer-through-symlink-below': () =>
    imageArchive({ layerEntries: [[link('out', 'symlink', '/tmp')], [file('out/escaped', 'x')]] }),
  'layer-symlink-chain': () =>
    imageArchive(layerOf(link('a', 'symlink', '/'), link('a/b', 'symlink', '/tmp'), file('b/escaped', 'x'))),
  'layer-symlink-loop': () =>
    imageArchive(layerOf(link('a', 'symlink', 'b'), link('b', 'symlink', 'a'), file('a/escaped', 'x'))),
  'layer-hardlink-out': () => imageArchive(layerOf(link('passwd', 'hardlink', '../../../../../../../etc/passwd'))),
  'layer-hardlink-absolute': () => imageArchive(layerOf(link('passwd', 'hardlink', '/etc/passwd'))),
  'layer-hardlink-through-symlink': () =>
    imageArchive(layerOf(link('etc', 'symlink', '/etc'), link('passwd', 'hardlink', 'etc/passwd'))),
  'layer-hardlink-missing': () => imageArchive(layerOf(link('a', 'hardlink', 'nowhere'))),
  'layer-hardlink-self': () => imageArchive(layerOf(link('a', 'hardlink', 'a'))),
  'layer-file-under-file': () => imageArchive(layerOf(file('a', 'x'), file('a/b', 'y'))),
  'layer-whiteout-dot-dot': () => imageArchive(layerOf(file('.wh...', ''))),
  'layer-whiteout-of-nothing': () => imageArchive(layerOf(file('x/.wh.', ''))),
  'layer-whiteout-through-symlink': () =>
    imageArchive(layerOf(link('out', 'symlink', '/tmp'), file('out/.wh.keep', ''))),
  'layer-opaque-through-symlink': () =>
    imageArchive(layerOf(link('out', 'symlink', '/tmp'), file('out/.wh..wh..opq', ''))),
  'layer-aufs-name': () => imageArchive(layerOf(file('.wh..wh.aufs', ''))),
  'layer-name-of-nothing': () => imageArchive(layerOf(file('', 'x'))),
  'layer-deep': () => imageArchive(layerOf(file(`${'d/'.repeat(2000)}f`, 'x'))),
  'layer-long-name': () => imageArchive(layerOf(file('n'.repeat(300), 'x'))),
  'layer-device': () => imageArchive(layerOf(tarEntry({ name: 'dev', type: 'char', mode: 0o666, rdev: [1, 3] }))),
  'many-layers': () =>
    imageArchive({ layerEntries: Array.from({ length: 140 }, (_, i) => [file(`f${i}`, String(i))]) }),
  'docker-no-json': () => docker('nonsense'),
  'docker-empty-list': () => docker([]),
  'docker-null': () => docker('null'),
  'docker-object': () => docker('{}'),
  'docker-no-config': () => docker([{ RepoTags: ['a:1'], Layers: [] }]),
  'docker-config-missing': () => docker([{ Config: 'c.json', RepoTags: ['a:1'], Layers: [] }]),
  'docker-layer-missing': () =>
    docker([{ Config: 'c.json', RepoTags: ['a:1'], Layers: ['l.tar'] }], [file('c.json', '{}')]),
  'docker-config-no-json': () => docker([{ Config: 'c.json', RepoTags: ['a:1'], Layers: [] }], [file('c.json', 'no')]),
  'docker-bad-tag': () =>
    docker(
      [{ Config: 'c.json', RepoTags: ['UPPER CASE'], Layers: [] }],
      [file('c.json', '{"architecture":"amd64","os":"linux"}')],
    ),
  'docker-symlink-nowhere': () =>
    docker(
      [{ Config: 'c.json', RepoTags: ['a:1'], Layers: ['l.tar'] }],
      [file('c.json', '{"architecture":"amd64","os":"linux"}'), link('x/l.tar', 'symlink', '../y/l.tar')],
    ),
  'docker-symlink-out': () =>
    docker(
      [{ Config: 'c.json', RepoTags: ['a:1'], Layers: ['l.tar'] }],
      [file('c.json', '{"architecture":"amd64","os":"linux"}'), link('l.tar', 'symlink', '../../../../etc/passwd')],
    ),
  'member-dot-dot': () =>
    imageArchive({ editFiles: (f) => void f.set('../../../tmp/escaped', file('../../../tmp/escaped', 'x')) }),
  'member-is-symlink': () =>
    imageArchive({ editFiles: (f) => void f.set('index.json', link('index.json', 'symlink', '/etc/passwd')) }),
};
