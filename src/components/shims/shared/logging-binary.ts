/**
 * A logger that the shim starts (`binary://PROGRAM?KEY=VALUE`): the container's output as its descriptors 3 and 4, and 5 to
 * say that it is ready.
 * @models containerd cmd/containerd-shim-runc-v2/process/io.go NewBinaryIO, NewBinaryCmd
 * @fidelity partial: no binary-v2; a logger that does not end by SIGTERM is not killed after twelve seconds
 */
import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import { wrapped } from './errors.ts';

export type LoggingBinary = {
  pid: number;
  /** Write ends, open until the task is deleted. */
  stdout: number;
  stderr: number;
};

export function isBinaryUri(target: string): boolean {
  return target.startsWith('binary://');
}

export async function startLoggingBinary(
  ctx: Context,
  uri: string,
  owner: { id: string; namespace: string },
): Promise<LoggingBinary> {
  const { sys } = ctx;
  const { path, args } = parseUri(uri);
  const [outRead, stdout] = await sys.pipe(ctx);
  const [errRead, stderr] = await sys.pipe(ctx);
  const [ready, tellReady] = await sys.pipe(ctx);
  let pid: number;
  try {
    pid = await sys.spawn(ctx, path, {
      argv: [path, ...args],
      env: [`CONTAINER_ID=${owner.id}`, `CONTAINER_NAMESPACE=${owner.namespace}`],
      stdio: { 0: 'null', 1: 'null', 2: 'null', 3: outRead, 4: errRead, 5: tellReady },
    });
  } catch (error) {
    if (!isErrno(error)) throw error;
    for (const fd of [stdout, stderr, ready]) await sys.close(ctx, fd);
    throw wrapped(`failed to start binary process: fork/exec ${path}`, error);
  } finally {
    for (const fd of [outRead, errRead, tellReady]) await sys.close(ctx, fd);
  }
  // A logger that closes it without a word is ready as well.
  await sys.read(ctx, ready, 1);
  await sys.close(ctx, ready);
  return { pid, stdout, stderr };
}

export async function stopLoggingBinary(ctx: Context, logger: LoggingBinary): Promise<void> {
  for (const fd of [logger.stdout, logger.stderr]) await ctx.sys.close(ctx, fd);
  try {
    await ctx.sys.kill(ctx, logger.pid, 'SIGTERM');
  } catch (error) {
    if (!isErrno(error)) throw error;
  }
}

function parseUri(uri: string): { path: string; args: string[] } {
  const [path = '', query = ''] = uri.slice('binary://'.length).split('?');
  const decode = (text: string): string => {
    try {
      return decodeURIComponent(text.replaceAll('+', ' '));
    } catch {
      return text;
    }
  };
  const args = query.split('&').flatMap((pair) => (pair === '' ? [] : pair.split('=').map(decode)));
  return { path, args };
}
