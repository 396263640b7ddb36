/**
 * Errors inside the daemon: Go errors with the class that errdefs gives them. They become a gRPC status once, at the
 * socket.
 * @models containerd errdefs, errgrpc
 * @fidelity partial: no stack of classes; a failure has the class of its innermost cause
 */
import { type GoError, isErrorCode, newError, wrapError } from '../../../go/errors.ts';
import type { Context } from '../../../linux/context.ts';
import { Errno } from '../../../linux/errno.ts';
import { type GrpcCodeName, GrpcError, grpcCode, grpcCodeName } from '../../../protocols/grpc/status.ts';
import { InvalidReference } from '../../../protocols/oci/reference.ts';

export type ErrorKind = GrpcCodeName;

/** What `errors.New` of each errdefs class says. */
const CLASS_TEXT: Partial<Record<ErrorKind, string>> = {
  NotFound: 'not found',
  AlreadyExists: 'already exists',
  FailedPrecondition: 'failed precondition',
  Unavailable: 'unavailable',
  Unimplemented: 'not implemented',
  InvalidArgument: 'invalid argument',
  DeadlineExceeded: 'context deadline exceeded',
  Canceled: 'context canceled',
};

export class Failure extends Error {
  override readonly name = 'Failure';
  readonly error: GoError;
  readonly kind: ErrorKind;

  constructor(error: GoError, kind: ErrorKind) {
    super(error.message);
    this.error = error;
    this.kind = kind;
  }
}

/** errors.New or fmt.Errorf without a class. */
export function failure(message: string, kind: ErrorKind = 'Unknown'): Failure {
  return new Failure(newError(message, { code: kind }), kind);
}

/** `fmt.Errorf("…: %w", errdefs.ErrX)`; without words the bare class. */
export function classed(kind: ErrorKind, words?: string): Failure {
  const text = CLASS_TEXT[kind] ?? kind;
  const cause = newError(text, { code: kind });
  return new Failure(words === undefined ? cause : wrapError(words, cause), kind);
}

export function notFound(words?: string): Failure {
  return classed('NotFound', words);
}

/** fmt.Errorf("prefix: %w", cause). */
export function wrap(prefix: string, cause: unknown): Failure {
  const inner = toFailure(cause);
  return new Failure(wrapError(prefix, inner.error), inner.kind);
}

/** Any thrown value as a failure; what is none of the simulation's errors is our bug and goes on. */
export function toFailure(error: unknown): Failure {
  if (error instanceof Failure) return error;
  if (error instanceof Errno) return new Failure(newError(error.go, { code: error.code }), 'Unknown');
  if (isRemote(error)) return fromRemote(error);
  if (error instanceof InvalidReference) return failure(error.message);
  if (isGoError(error)) return new Failure(error, kindOf(error));
  throw error;
}

/** What the protocol clients throw. */
function isGoError(error: unknown): error is GoError {
  return typeof error === 'object' && error !== null && typeof (error as { before?: unknown }).before === 'string';
}

function kindOf(error: GoError): ErrorKind {
  if (isErrorCode(error, 'not found')) return 'NotFound';
  return isErrorCode(error, 'context canceled') ? 'Canceled' : 'Unknown';
}

/** ctx.Err() of a call that nobody waits for any more. */
export function throwIfCancelled(ctx: Context): void {
  if (ctx.cancellation?.cancelled === true) throw classed('Canceled');
}

function isRemote(error: unknown): error is { code: number; description?: string; message: string } {
  return error instanceof GrpcError;
}

/** errgrpc.ToNative: the status's words, followed by those of its class unless they end with them already. */
function fromRemote(error: { code: number; description?: string; message: string }): Failure {
  const kind = grpcCodeName(error.code) as ErrorKind;
  const words = error.description ?? error.message;
  const classText = CLASS_TEXT[kind];
  const complete = classText === undefined || words === classText || words.endsWith(`: ${classText}`);
  return new Failure(newError(complete ? words : `${words}: ${classText}`, { code: kind }), kind);
}

export function isKind(error: unknown, ...kinds: ErrorKind[]): boolean {
  if (error instanceof Failure) return kinds.includes(error.kind);
  return error instanceof GrpcError && kinds.includes(grpcCodeName(error.code) as ErrorKind);
}

export function isNotFound(error: unknown): boolean {
  return isKind(error, 'NotFound');
}

export function messageOf(error: unknown): string {
  return toFailure(error).message;
}

/** errgrpc.ToGRPC: what leaves by the socket. */
export function toStatus(error: unknown): GrpcError {
  if (error instanceof GrpcError) return error;
  const fault = toFailure(error);
  return new GrpcError(grpcCode[fault.kind], fault.message);
}

/** os.PathError's text for a failed file operation. */
export function pathFailure(operation: string, path: string, error: unknown): Failure {
  if (!(error instanceof Errno)) throw error;
  return new Failure(wrapError(`${operation} ${path}`, newError(error.go, { code: error.code })), 'Unknown');
}
