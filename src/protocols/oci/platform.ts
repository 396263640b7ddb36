/**
 * Platform strings and choosing from an index.
 * @models containerd/platforms platforms.go, compare.go
 * @fidelity partial: linux only; the amd64 micro-architecture levels other than v1 are not detected
 */
import type { Descriptor, Platform } from './types.ts';

export const HOST_PLATFORM: Platform = { os: 'linux', architecture: 'amd64' };

const ARCHITECTURES: Readonly<Record<string, [architecture: string, variant: string]>> = {
  x86_64: ['amd64', ''],
  'x86-64': ['amd64', ''],
  amd64: ['amd64', ''],
  i386: ['386', ''],
  aarch64: ['arm64', ''],
  arm64: ['arm64', ''],
  armhf: ['arm', 'v7'],
  armel: ['arm', 'v6'],
  arm: ['arm', 'v7'],
};

/** Fills in and removes what is only another spelling: `aarch64` is `arm64`, `arm64/v8` is `arm64`, `arm` is `arm/v7`. */
export function normalizePlatform(platform: Platform): Platform {
  const [architecture, implied] = ARCHITECTURES[platform.architecture.toLowerCase()] ?? [platform.architecture, ''];
  let variant = platform.variant ?? '';
  if (architecture === 'arm64' && (variant === 'v8' || variant === '8')) variant = '';
  if (architecture === 'amd64' && variant === 'v1') variant = '';
  if (architecture === 'arm' && /^[5-8]$/.test(variant)) variant = `v${variant}`;
  if (variant === '') variant = implied;
  return { os: platform.os.toLowerCase(), architecture, ...(variant === '' ? {} : { variant }) };
}

export function formatPlatform(platform: Platform): string {
  const { os, architecture, variant } = platform;
  return variant === undefined || variant === '' ? `${os}/${architecture}` : `${os}/${architecture}/${variant}`;
}

/** `linux/arm/v7`, `arm64`, `linux`; null if it names nothing known. */
export function parsePlatform(text: string): Platform | null {
  const parts = text.split('/');
  const [first = '', second, variant] = parts;
  if (parts.length > 3 || parts.some((part) => !/^[A-Za-z0-9_.-]+$/.test(part))) return null;
  if (second === undefined) {
    if (first === 'linux') return HOST_PLATFORM;
    return normalizePlatform({ os: 'linux', architecture: first });
  }
  return normalizePlatform({ os: first, architecture: second, ...(variant === undefined ? {} : { variant }) });
}

/** The platforms a host of this one can run, best first: an arm/v7 host also runs v6 and v5, an arm64 one arm/v8…v5. */
export function compatiblePlatforms(host: Platform): Platform[] {
  const { os, architecture, variant } = normalizePlatform(host);
  const arm = (from: number): Platform[] =>
    Array.from({ length: from - 4 }, (_, i) => ({ os, architecture: 'arm', variant: `v${from - i}` }));
  if (architecture === 'arm64') return [{ os, architecture }, ...arm(8)];
  if (architecture === 'amd64')
    return [
      { os, architecture },
      { os, architecture: '386' },
    ];
  if (architecture === 'arm') return arm(Number((variant ?? 'v7').slice(1)) || 7);
  return [normalizePlatform(host)];
}

/** Does an image for `platform` run on exactly this `wanted` platform (platforms.NewMatcher)? */
export function platformMatches(platform: Platform, wanted: Platform): boolean {
  return formatPlatform(normalizePlatform(platform)) === formatPlatform(normalizePlatform(wanted));
}

/** Those entries of an index that run on `host`, best first (platforms.Only). Entries without a platform match last. */
export function selectManifests(manifests: readonly Descriptor[], host: Platform): Descriptor[] {
  const order = compatiblePlatforms(host);
  const rank = (d: Descriptor): number => {
    const platform = d.platform;
    if (platform === undefined) return order.length;
    const index = order.findIndex((candidate) => platformMatches(platform, candidate));
    return index < 0 ? -1 : index;
  };
  return manifests
    .map((descriptor, at) => ({ descriptor, at, rank: rank(descriptor) }))
    .filter((entry) => entry.rank >= 0)
    .sort((a, b) => a.rank - b.rank || a.at - b.at)
    .map((entry) => entry.descriptor);
}
