/** The interfaces of a container, seen from inside its network namespace. @models nerdctl v2.3.5 pkg/containerinspector @fidelity full */
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { readAll } from '../../linux/io.ts';
import { utf8 } from '../../linux/rope.ts';
import type { NetLink } from '../../linux/syscalls.ts';

/** A child joins the namespace and reports; nothing of a process that is gone. */
export async function linksOf(ctx: Context, pid: number): Promise<NetLink[]> {
  const { sys } = ctx;
  let namespace: number;
  try {
    namespace = await sys.open(ctx, `/proc/${pid}/ns/net`, { read: true });
  } catch (error) {
    if (isErrno(error)) return [];
    throw error;
  }
  const [readEnd, writeEnd] = await sys.pipe(ctx);
  const child = await sys.fork(ctx, async (inner) => {
    await sys.setns(inner, namespace);
    await sys.write(inner, writeEnd, JSON.stringify(await sys.netLinks(inner)));
    return 0;
  });
  await sys.close(ctx, writeEnd);
  await sys.close(ctx, namespace);
  const text = utf8(await readAll(ctx, readEnd));
  await sys.close(ctx, readEnd);
  await sys.wait(ctx, child);
  return text === '' ? [] : (JSON.parse(text) as NetLink[]);
}
