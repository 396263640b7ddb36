/** An image described as its Dockerfile would: a base, and steps that add a layer or change the configuration. */
import { parseRfc3339 } from '../../../go/time.ts';
import type { ImageHistory, ImageRunConfig, Platform } from '../../../protocols/oci/types.ts';
import { ALPINE_3_22, alpineHistory, alpineLayer } from './alpine.ts';
import { type DebianRelease, debianHistory, debianLayer } from './debian.ts';
import type { ImageDefinition, LayerDefinition } from './layer.ts';
import { AMD64, ARM64, platformKey } from './platforms.ts';
import { type Rootfs, rootfs } from './rootfs.ts';

export type Base = {
  layers(platform: Platform): LayerDefinition[];
  history(platform: Platform): readonly ImageHistory[];
};

export const scratch: Base = { layers: () => [], history: () => [] };

export const onAlpine: Base = {
  layers: (platform) => [alpineLayer(ALPINE_3_22, platform)],
  history: (platform) => alpineHistory(ALPINE_3_22, platform),
};

export function onDebian(release: DebianRelease): Base {
  return {
    layers: (platform) => [debianLayer(release, platform)],
    history: (platform) => debianHistory(release, platform),
  };
}

export type Step = {
  /** As `docker history` shows it; `# buildkit` is added to what makes a layer. */
  by: string;
  fill?: (fs: Rootfs, platform: Platform) => void;
};

export type Software = {
  registry?: string;
  repository: string;
  version: string;
  tags: readonly string[];
  base: Base;
  created: string;
  steps: readonly Step[];
  config: ImageRunConfig;
  platforms?: readonly Platform[];
};

const PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export function imageOf(software: Software): ImageDefinition {
  const { registry = 'docker.io', repository, version, tags, base, created, steps, config } = software;
  const parsed = parseRfc3339(created);
  if (!parsed.ok) throw new Error(parsed.error);
  const mtime = Number(parsed.ns / 1_000_000_000n);
  const layersOf = (platform: Platform): LayerDefinition[] =>
    steps.flatMap(({ fill }, i) => {
      if (fill === undefined) return [];
      const key = `${repository.split('/').at(-1)}-${version}/${i}/${platformKey(platform)}`;
      const entries: LayerDefinition['entries'] = () => {
        const fs = rootfs(key, platform, mtime);
        fill(fs, platform);
        return fs.entries();
      };
      return [{ key, entries }];
    });
  return {
    registry,
    repository,
    tags,
    format: registry === 'registry.k8s.io' ? 'docker' : 'oci',
    annotations: { 'org.opencontainers.image.version': version },
    images: () =>
      (software.platforms ?? [AMD64, ARM64]).map((platform) => ({
        platform,
        created,
        layers: [...base.layers(platform), ...layersOf(platform)],
        config: { ...config, Env: [...(config.Env?.[0]?.startsWith('PATH=') ? [] : [PATH]), ...(config.Env ?? [])] },
        history: [
          ...base.history(platform),
          ...steps.map(({ by, fill }) => ({
            created,
            created_by: fill === undefined ? by : `${by} # buildkit`,
            comment: 'buildkit.dockerfile.v0',
            ...(fill === undefined ? { empty_layer: true } : {}),
          })),
        ],
      })),
  };
}
