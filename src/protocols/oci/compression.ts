/**
 * How a blob is packed, found from its first bytes and not from what its media type says.
 * @models containerd 2.1 pkg/archive/compression
 * @fidelity full
 */
import type { Rope } from '../../linux/rope.ts';
import { GzipError, gunzip, isGzip } from './gzip.ts';
import { isZstd, unzstd, ZstdError } from './zstd.ts';

export type Compression = 'gzip' | 'zstd' | 'none';

export function compressionOf(blob: Rope): Compression {
  if (isGzip(blob)) return 'gzip';
  return isZstd(blob) ? 'zstd' : 'none';
}

/** Throws GzipError or ZstdError. */
export function decompressed(blob: Rope): Rope {
  const compression = compressionOf(blob);
  if (compression === 'gzip') return gunzip(blob);
  return compression === 'zstd' ? unzstd(blob) : blob;
}

export function isCompressionError(error: unknown): error is GzipError | ZstdError {
  return error instanceof GzipError || error instanceof ZstdError;
}
