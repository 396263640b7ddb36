/** The three ways a crictl command ends other than well. Failures of the machine are data; these carry their words. */
import { type Errno, isErrno } from '../../linux/errno.ts';
import { GrpcError } from '../../protocols/grpc/status.ts';

/** What an action returns as its error: main prints it as a fatal log line and exits with 1. */
export class Failure extends Error {
  override readonly name = 'Failure';
}

/** cli.Exit: the message goes to stderr as it is. */
export class ExitError extends Error {
  override readonly name = 'ExitError';
  readonly exitCode: number;

  constructor(message: string, exitCode: number) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** log.Fatalf of Go's own log package: a line with a date in front, exit 1. */
export class GoLogFatal extends Error {
  override readonly name = 'GoLogFatal';
}

/** Something a caller may put words around; anything else thrown is our bug. */
export function isFailure(error: unknown): error is Failure | GrpcError {
  return error instanceof Failure || error instanceof GrpcError;
}

/** fmt.Errorf("prefix: %w", error) around whatever `body` fails with. */
export async function wrapping<T>(prefix: string, body: () => Promise<T>): Promise<T> {
  try {
    return await body();
  } catch (error) {
    if (isFailure(error)) throw new Failure(`${prefix}: ${error.message}`, { cause: error });
    throw error;
  }
}

/** os.PathError: `open /etc/x: permission denied`. */
export function pathFailure(operation: string, path: string, error: Errno): Failure {
  return new Failure(`${operation} ${path}: ${error.go}`, { cause: error });
}

/** Runs a system call on a path and words its errno as the os package does. */
export async function onPath<T>(operation: string, path: string, body: () => Promise<T>): Promise<T> {
  try {
    return await body();
  } catch (error) {
    if (isErrno(error)) throw pathFailure(operation, path, error);
    throw error;
  }
}
