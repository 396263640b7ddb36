/**
 * Errors as crun makes them: words, and what errno said if it was asked.
 * @models crun src/libcrun/error.c crun_make_error @fidelity full
 */
import { type GoError, newError } from '../../../go/errors.ts';
import { Errno, type ErrnoCode } from '../../../linux/errno.ts';
import { isGoError } from '../shared/fault.ts';

export type CrunFailure = GoError;

export function failure(words: string, error?: unknown): CrunFailure {
  if (error === undefined) return newError(words);
  if (error instanceof Errno) return newError(`${words}: ${error.libc}`, { code: error.code });
  if (isGoError(error)) return error;
  throw error;
}

export function errnoOf(error: unknown): ErrnoCode | null {
  if (error instanceof Errno) return error.code;
  return isGoError(error) && typeof error.code === 'string' ? (error.code as ErrnoCode) : null;
}

/** One system call, its failure in crun's words. */
export async function attempt<T>(words: string, call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    throw failure(words, error);
  }
}

/** JSON as yajl printed it and crun still does: two spaces, and slashes escaped. */
export function printJson(value: unknown): string {
  return JSON.stringify(value, null, 2).replaceAll('/', '\\/');
}
