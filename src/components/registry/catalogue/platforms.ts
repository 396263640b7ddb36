/** The platforms the catalogue's images are published for. */
import type { Platform } from '../../../protocols/oci/types.ts';

export const AMD64: Platform = { architecture: 'amd64', os: 'linux' };
export const ARM64: Platform = { architecture: 'arm64', os: 'linux', variant: 'v8' };
export const ARM_V7: Platform = { architecture: 'arm', os: 'linux', variant: 'v7' };
export const PPC64LE: Platform = { architecture: 'ppc64le', os: 'linux' };
export const S390X: Platform = { architecture: 's390x', os: 'linux' };

/** `arm64`, `armv7`: for layer keys. */
export function platformKey(platform: Platform): string {
  return platform.architecture === 'arm' ? `arm${platform.variant ?? ''}` : platform.architecture;
}

/** Debian's name for the library directory. */
export function multiarchTriplet(platform: Platform): string {
  return { arm64: 'aarch64-linux-gnu', arm: 'arm-linux-gnueabihf' }[platform.architecture] ?? 'x86_64-linux-gnu';
}
