/** Errors of the shim: Go errors inside, a status with the matching code at the ttrpc door. */
import type { GoError } from '../../../go/errors.ts';
import { newError, wrapError } from '../../../go/errors.ts';
import { Errno } from '../../../linux/errno.ts';
import { GrpcError, grpcCode } from '../../../protocols/grpc/status.ts';

export function isGoError(error: unknown): error is GoError {
  return typeof error === 'object' && error !== null && 'before' in error && 'after' in error;
}

/** What Error() returns; anything else is a defect of ours and is thrown on. */
export function messageOf(error: unknown): string {
  if (error instanceof Errno) return error.go;
  if (error instanceof GrpcError) return error.description;
  if (isGoError(error)) return error.message;
  throw error;
}

export function wrapped(words: string, error: unknown): GoError {
  return wrapError(words, isGoError(error) ? error : newError(messageOf(error)));
}

export function notFound(message: string): GrpcError {
  return new GrpcError(grpcCode.NotFound, message);
}

export function failedPrecondition(message: string): GrpcError {
  return new GrpcError(grpcCode.FailedPrecondition, message);
}
