/** Commands that run other commands: execvp and its errors. @models glibc execvp, coreutils' exec failures */
import type { Context } from '../../linux/context.ts';
import { type Errno, errno, isErrno } from '../../linux/errno.ts';
import { lookPath } from '../../linux/io.ts';
import { signalNumber } from '../../linux/signals.ts';
import type { SpawnOptions, WaitStatus } from '../../linux/syscalls.ts';

export const EXIT_CANNOT_INVOKE = 126;
export const EXIT_ENOENT = 127;

/** Replaces the program; returns only the error. */
export async function execvp(
  ctx: Context,
  argv: readonly string[],
  env: readonly string[] = ctx.process.env,
): Promise<Errno> {
  const path = await lookPath(ctx, argv[0] as string);
  if (path === null) return errno((argv[0] as string).includes('/') ? await whyNot(ctx, argv[0] as string) : 'ENOENT');
  try {
    return await ctx.sys.execve(ctx, path, argv, env);
  } catch (error) {
    if (isErrno(error)) return error;
    throw error;
  }
}

async function whyNot(ctx: Context, path: string): Promise<'ENOENT' | 'EACCES'> {
  try {
    await ctx.sys.stat(ctx, path);
    return 'EACCES';
  } catch (error) {
    if (isErrno(error, 'EACCES')) return 'EACCES';
    if (isErrno(error)) return 'ENOENT';
    throw error;
  }
}

export function execStatus(error: Errno): number {
  return error.code === 'ENOENT' ? EXIT_ENOENT : EXIT_CANNOT_INVOKE;
}

/** Starts a command found on PATH; an Errno instead of a pid if that fails. */
export async function spawnp(
  ctx: Context,
  argv: readonly string[],
  options: Omit<SpawnOptions, 'argv'> = {},
): Promise<number | Errno> {
  const path = await lookPath(ctx, argv[0] as string);
  if (path === null) return errno((argv[0] as string).includes('/') ? await whyNot(ctx, argv[0] as string) : 'ENOENT');
  try {
    return await ctx.sys.spawn(ctx, path, { ...options, argv });
  } catch (error) {
    if (isErrno(error)) return error;
    throw error;
  }
}

export async function waitFor(ctx: Context, pid: number): Promise<WaitStatus> {
  return (await ctx.sys.wait(ctx, pid)) as WaitStatus;
}

/** As a shell reports it. */
export function statusCode(status: WaitStatus): number {
  return status.signal === null ? status.exitCode : 128 + signalNumber(status.signal);
}
