/** Errors of containerd's clients: words with the class that errdefs gives them. */
import type { GoError } from '../../../go/errors.ts';
import { Errno } from '../../../linux/errno.ts';
import { type GrpcCodeName, GrpcError, grpcCodeName } from '../../../protocols/grpc/status.ts';
import { InvalidReference } from '../../../protocols/oci/reference.ts';

export class ContainerdError extends Error {
  override readonly name = 'ContainerdError';
  readonly kind: GrpcCodeName;

  constructor(message: string, kind: GrpcCodeName = 'Unknown', options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}

/** errgrpc.ToNative, and what else the simulation throws, as an error to be shown. Our own bugs go on. */
export function nativeError(error: unknown): ContainerdError {
  if (error instanceof ContainerdError) return error;
  if (error instanceof GrpcError)
    return new ContainerdError(error.description, grpcCodeName(error.code) as GrpcCodeName);
  if (error instanceof Errno) return new ContainerdError(error.go);
  if (error instanceof InvalidReference) return new ContainerdError(error.message);
  if (isGoError(error)) return new ContainerdError(error.message, error.code === 'not found' ? 'NotFound' : 'Unknown');
  throw error;
}

function isGoError(error: unknown): error is GoError {
  return typeof error === 'object' && error !== null && typeof (error as GoError).before === 'string';
}

/** fmt.Errorf("prefix: %w", error) around whatever `body` fails with. */
export async function wrapping<T>(prefix: string, body: () => Promise<T>): Promise<T> {
  try {
    return await body();
  } catch (error) {
    const native = nativeError(error);
    throw new ContainerdError(`${prefix}: ${native.message}`, native.kind, { cause: native });
  }
}

/** os.PathError: `open x: no such file or directory`. */
export async function onPath<T>(operation: string, path: string, body: () => Promise<T>): Promise<T> {
  try {
    return await body();
  } catch (error) {
    if (!(error instanceof Errno)) throw error;
    throw new ContainerdError(`${operation} ${path}: ${error.go}`);
  }
}

export function isKind(error: unknown, ...kinds: GrpcCodeName[]): boolean {
  return error instanceof ContainerdError && kinds.includes(error.kind);
}

/** The value, or null when there is no such thing. */
export async function unlessMissing<T>(body: () => Promise<T>): Promise<T | null> {
  try {
    return await body();
  } catch (error) {
    if (isKind(error, 'NotFound')) return null;
    throw error;
  }
}
