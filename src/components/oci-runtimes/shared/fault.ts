/** Failures as runc words them: Go errors that wrap the kernel's errno. */
import type { GoError } from '../../../go/errors.ts';
import { newError, wrapError } from '../../../go/errors.ts';
import { Errno } from '../../../linux/errno.ts';

export function isGoError(error: unknown): error is GoError {
  return typeof error === 'object' && error !== null && 'before' in error && 'after' in error && 'message' in error;
}

/** What Error() returns. Anything that is neither an errno nor a Go error is a defect of ours and is thrown on. */
export function messageOf(error: unknown): string {
  if (error instanceof Errno) return error.go;
  if (isGoError(error)) return error.message;
  throw error;
}

export function toGoError(error: unknown): GoError {
  if (isGoError(error)) return error;
  return newError(messageOf(error), error instanceof Errno ? { code: error.code } : {});
}

/** fmt.Errorf("words: %w", err) */
export function wrapped(words: string, error: unknown): GoError {
  return wrapError(words, toGoError(error));
}

/** os.PathError: `open /nosuch: no such file or directory`. */
export function pathError(operation: string, path: string, error: unknown): GoError {
  return wrapError(`${operation} ${path}`, toGoError(error));
}

/** Runs one system call and gives its failure the words of os.PathError. */
export async function onPath<T>(operation: string, path: string, call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    throw pathError(operation, path, error);
  }
}
