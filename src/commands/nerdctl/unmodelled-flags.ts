/**
 * Flags for signatures, IPFS, lazily pulled layers and checkpoints: taken, and said to be not simulated when they are set
 * to anything but their default. @models nerdctl v2.3.5 cmd/nerdctl/{image,container} @fidelity none: says so
 */
import type { CobraContext, Pflag } from '../../go/cobra-types.ts';
import { int, text } from './pflags.ts';
import { notSimulated } from './run.ts';

const COSIGN: readonly Pflag[] = [
  text('cosign-key', 'Key for --verify=cosign: a file, a KMS URI or a Secret'),
  text('cosign-certificate-identity', 'Identity that the certificate must name'),
  text('cosign-certificate-identity-regexp', 'The same as a regular expression'),
  text('cosign-certificate-oidc-issuer', 'OIDC issuer that the certificate must name'),
  text('cosign-certificate-oidc-issuer-regexp', 'The same as a regular expression'),
];
const IPFS_ADDRESS = text('ipfs-address', 'Address of the IPFS API');

export const UNMODELLED_CREATE: readonly Pflag[] = [...COSIGN, IPFS_ADDRESS];

export const UNMODELLED_PULL: readonly Pflag[] = [
  ...COSIGN,
  text('soci-index-digest', 'Index for lazy pulling by SOCI'),
  IPFS_ADDRESS,
];

export const UNMODELLED_PUSH: readonly Pflag[] = [
  { name: 'estargz', kind: 'bool', usage: 'Convert to eStargz' },
  { name: 'ipfs-ensure-image', kind: 'bool', value: true, usage: 'Have the whole image here before an IPFS push' },
  IPFS_ADDRESS,
  text('cosign-key', 'Key for --sign=cosign: a file, a KMS URI or a Secret'),
  text('notation-key-name', 'Name of the key for --sign=notation'),
  int('soci-span-size', 'Bytes of a span of a SOCI index', -1),
  int('soci-min-layer-size', 'Bytes from which on a layer gets a SOCI index', -1),
  { name: 'allow-nondistributable-artifacts', kind: 'bool', usage: 'Push layers that are not to be distributed, too' },
];

export const UNMODELLED_COMMIT: readonly Pflag[] = [
  { name: 'compression', kind: 'string', value: 'gzip', usage: 'Compression of the layer (zstd|gzip)' },
  { name: 'format', kind: 'string', value: 'docker', usage: 'Format of the image (docker|oci)' },
  { name: 'estargz', kind: 'bool', usage: 'Make the layer eStargz' },
  int('estargz-compression-level', 'From 1 to 9', 9),
  int('estargz-chunk-size', 'Bytes of a chunk', 0),
  int('estargz-min-chunk-size', 'Bytes that a gzip stream has at least', 0),
  { name: 'zstdchunked', kind: 'bool', usage: 'Make the layer zstd:chunked' },
  int('zstdchunked-compression-level', 'Level of zstd', 3),
  int('zstdchunked-chunk-size', 'Bytes of a chunk', 0),
];

export const UNMODELLED_START: readonly Pflag[] = [
  text('checkpoint', 'Checkpoint to start from'),
  text('checkpoint-dir', 'Directory of checkpoints'),
];

/** @throws NotSimulated for the first that is set to something of its own */
export function refuseUnmodelled(cli: CobraContext, flags: readonly Pflag[]): void {
  for (const { name, kind, value } of flags) {
    if (!cli.isSet(name)) continue;
    const isDefault = kind === 'string' && value !== undefined && cli.string(name) === value;
    if (!isDefault) notSimulated(`--${name}`);
  }
}
