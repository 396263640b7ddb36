import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { programNameOf } from '../../../linux/program.ts';
import { Rope } from '../../../linux/rope.ts';
import { gunzip } from '../../../protocols/oci/gzip.ts';
import { selectManifests } from '../../../protocols/oci/platform.ts';
import { readTar, type TarEntry } from '../../../protocols/oci/tar.ts';
import type { ImageConfig, ImageIndex, ImageManifest } from '../../../protocols/oci/types.ts';
import { allLayers, computeLayer, renderTable } from './build-digests.ts';
import { LAYER_DIGESTS } from './digests.generated.ts';
import { imageDefinitions } from './images.ts';
import { layerBlob, layerTar } from './layer.ts';
import { buildRepository, type Repository, repositoryNames } from './repository.ts';

const STEP = 1 << 20;
/** Larger ones take most of the time and are made in the same way: they are hashed only where there is time. */
const BYTES_MAX = Number(process.env['CATALOGUE_LAYER_BYTES_MAX'] ?? 12_000_000);
const nodeHashing = {
  digest(rope: Rope): string {
    const hash = createHash('sha256');
    for (let at = 0; at < rope.length; at += STEP) hash.update(rope.slice(at, at + STEP).bytes());
    return `sha256:${hash.digest('hex')}`;
  },
  crc32(rope: Rope): number {
    let crc = 0;
    for (let at = 0; at < rope.length; at += STEP) crc = crc32(rope.slice(at, at + STEP).bytes(), crc);
    return crc;
  },
};

function repository(registry: string, name: string): Repository {
  const found = buildRepository(registry, name);
  if (found === null) throw new Error(`no ${registry}/${name}`);
  return found;
}

function pull(
  registry: string,
  name: string,
  tag: string,
): { config: ImageConfig; layers: TarEntry[][]; size: number } {
  const repo = repository(registry, name);
  const json = <T>(rope: Rope | undefined): T => JSON.parse((rope ?? Rope.empty).toString()) as T;
  const index = json<ImageIndex>(repo.manifests.get(repo.tags.get(tag) ?? '')?.bytes);
  const [chosen] = selectManifests(index.manifests, { os: 'linux', architecture: 'amd64' });
  const manifest = json<ImageManifest>(repo.manifests.get(chosen?.digest ?? '')?.bytes);
  return {
    config: json<ImageConfig>(repo.blobs.get(manifest.config.digest)),
    layers: manifest.layers.map((layer) => [...readTar(gunzip(repo.blobs.get(layer.digest) ?? Rope.empty))]),
    size: manifest.layers.reduce((sum, layer) => sum + layer.size, manifest.config.size),
  };
}

describe('catalogue', () => {
  it('has a table entry for each layer that is true of its bytes', { timeout: 180_000 }, () => {
    const layers = allLayers();
    expect(Object.keys(LAYER_DIGESTS)).toEqual(layers.map((layer) => layer.key));
    for (const layer of layers) {
      if ((LAYER_DIGESTS[layer.key]?.size ?? 0) > BYTES_MAX) continue;
      expect({ key: layer.key, ...computeLayer(layer, nodeHashing) }).toEqual({
        key: layer.key,
        ...LAYER_DIGESTS[layer.key],
      });
    }
    expect(renderTable([['a', Object.values(LAYER_DIGESTS)[0] as never]])).toContain("'a': {");
  });

  it('serves blobs whose bytes are what their digest says, and that unpack to their layer', () => {
    for (const layer of allLayers().filter((l) => l.key.startsWith('busybox') || l.key.startsWith('pause'))) {
      const blob = layerBlob(layer);
      expect(nodeHashing.digest(Rope.of(blob.bytes().slice()))).toBe(blob.wholeSource?.digest);
      expect(nodeHashing.digest(gunzip(Rope.of(blob.bytes())))).toBe(LAYER_DIGESTS[layer.key]?.diffId);
    }
  });

  it('knows what reading a layer gives, without reading it', { timeout: 120_000 }, () => {
    for (const layer of allLayers()) {
      const told = [...readTar(layerTar(layer))];
      // The same bytes, but not the archive whose entries are known.
      const read = [...readTar(Rope.concat([layerTar(layer), Rope.text(' ')]))];
      expect(read.length, layer.key).toBe(told.length);
      for (const [i, { content, ...rest }] of told.entries()) {
        const { content: bytes, ...found } = read[i] as TarEntry;
        expect(found, layer.key).toEqual(rest);
        expect(bytes.length, layer.key).toBe(content.length);
        expect(bytes.slice(0, 200).bytes(), layer.key).toEqual(content.slice(0, 200).bytes());
      }
    }
  });

  it('links indexes, manifests, configs and layers without a gap', () => {
    for (const { registry, repository: name } of imageDefinitions) {
      const repo = repository(registry, name);
      for (const digest of repo.tags.values()) expect(repo.manifests.has(digest)).toBe(true);
      for (const [digest, { bytes }] of repo.manifests) {
        expect(nodeHashing.digest(bytes)).toBe(digest);
        const document = JSON.parse(bytes.toString()) as Partial<ImageIndex & ImageManifest>;
        for (const child of document.manifests ?? [])
          expect(repo.manifests.get(child.digest)?.bytes.length).toBe(child.size);
        for (const child of document.layers ?? []) expect(repo.blobs.get(child.digest)?.length).toBe(child.size);
        if (document.config === undefined) continue;
        const config = JSON.parse(repo.blobs.get(document.config.digest)?.toString() ?? '{}') as ImageConfig;
        expect(config.rootfs.diff_ids.length).toBe(document.layers?.length);
        expect(config.history?.filter((step) => step.empty_layer !== true).length).toBe(document.layers?.length);
      }
    }
  });

  it('builds a repository without building its layers', () => {
    const began = performance.now();
    for (const name of repositoryNames('docker.io')) repository('docker.io', name);
    expect(performance.now() - began).toBeLessThan(100);
  });

  it('shares blobs between tags and images', () => {
    const nginx = repository('docker.io', 'library/nginx');
    expect(nginx.tags.get('latest')).toBe(nginx.tags.get('1.27'));
    const base = pull('docker.io', 'library/redis', '7').config.rootfs.diff_ids[0];
    expect(pull('docker.io', 'library/nginx', '1.27').config.rootfs.diff_ids[0]).toBe(base);
    expect(pull('docker.io', 'library/nginx', '1.25').config.rootfs.diff_ids[0]).not.toBe(base);
  });

  it.each([
    ['docker.io', 'library/busybox', 'latest', 1, 2.2],
    ['docker.io', 'library/busybox', '1.28', 1, 0.7],
    ['docker.io', 'library/alpine', '3.20', 1, 3.6],
    ['docker.io', 'library/nginx', '1.25', 7, 72],
    ['docker.io', 'library/nginx', 'alpine', 8, 20],
    ['docker.io', 'library/redis', '7', 6, 45],
    ['registry.k8s.io', 'pause', '3.10', 1, 0.32],
  ])('%s/%s:%s', (registry, name, tag, layers, megabytes) => {
    const image = pull(registry, name, tag);
    expect(image.layers.length).toBe(layers);
    expect(image.size / 1e6).toBeGreaterThan(megabytes * 0.95);
    expect(image.size / 1e6).toBeLessThan(megabytes * 1.06);
  });

  it('gives each image the files one looks for', () => {
    const files = (registry: string, name: string, tag: string) =>
      new Map(
        pull(registry, name, tag)
          .layers.flat()
          .map((entry) => [entry.name, entry]),
      );
    const program = (entry: TarEntry | undefined) =>
      programNameOf(entry?.content.slice(0, 128).bytes() ?? new Uint8Array(0));

    const busybox = files('docker.io', 'library/busybox', 'latest');
    expect(program(busybox.get('bin/['))).toBe('busybox');
    expect(busybox.get('bin/sh')).toMatchObject({ type: 'hardlink', linkName: 'bin/[' });
    expect(busybox.get('tmp')?.mode).toBe(0o1777);

    const nginx = files('docker.io', 'library/nginx', 'latest');
    expect(program(nginx.get('usr/sbin/nginx'))).toBe('nginx');
    expect(program(nginx.get('usr/bin/dash'))).toBe('dash');
    expect(nginx.get('usr/bin/sh')).toMatchObject({ type: 'symlink', linkName: 'dash' });
    expect(nginx.get('docker-entrypoint.sh')?.mode).toBe(0o755);
    expect(pull('docker.io', 'library/nginx', 'latest').config.config).toMatchObject({
      StopSignal: 'SIGQUIT',
      Cmd: ['nginx', '-g', 'daemon off;'],
    });

    const pause = pull('registry.k8s.io', 'pause', '3.10');
    expect(pause.config.config).toMatchObject({ User: '65535:65535', Entrypoint: ['/pause'] });
    expect(program(pause.layers[0]?.[0])).toBe('pause');
  });
});
