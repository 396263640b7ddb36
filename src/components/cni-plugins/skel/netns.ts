/**
 * Work inside a container's network namespace: a child joins it and reports back over a pipe (a locked thread in Go).
 * @models containernetworking/plugins 1.9 pkg/ns/ns_linux.go @fidelity full
 */

import type { Context } from '../../../linux/context.ts';
import { Errno, type ErrnoCode, errno, isErrno } from '../../../linux/errno.ts';
import { dieLike, readAll } from '../../../linux/io.ts';
import { utf8 } from '../../../linux/rope.ts';
import { CniFault } from './skel.ts';

type Report = { value: unknown } | { errno: ErrnoCode } | { fault: string };

export async function openNamespace(ctx: Context, path: string): Promise<number> {
  try {
    return await ctx.sys.open(ctx, path, { read: true });
  } catch (error) {
    if (!isErrno(error)) throw error;
    throw new CniFault(`failed to open netns "${path}": failed to Statfs "${path}": ${error.go}`);
  }
}

/** `body` runs in another process: it may return only what JSON can carry. */
export async function inNamespace<T>(
  ctx: Context,
  namespaceFd: number,
  body: (ctx: Context) => Promise<T>,
): Promise<T> {
  const { sys } = ctx;
  const [readEnd, writeEnd] = await sys.pipe(ctx);
  const pid = await sys.fork(ctx, async (child) => {
    let report: Report;
    try {
      await sys.setns(child, namespaceFd);
      report = { value: await body(child) };
    } catch (error) {
      if (error instanceof Errno) report = { errno: error.code };
      else if (error instanceof CniFault) report = { fault: error.message };
      else throw error;
    }
    await sys.write(child, writeEnd, JSON.stringify(report));
    return 0;
  });
  await sys.close(ctx, writeEnd);
  const text = utf8(await readAll(ctx, readEnd));
  await sys.close(ctx, readEnd);
  const status = await sys.wait(ctx, pid);
  // What kills a thread kills its process.
  if (status !== null && status.signal !== null) await dieLike(ctx, status.signal);
  const report = JSON.parse(text) as Report;
  if ('errno' in report) throw errno(report.errno);
  if ('fault' in report) throw new CniFault(report.fault);
  return report.value as T;
}
