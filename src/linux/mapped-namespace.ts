/** What id-mapped mounts take their maps from. */
import type { Context } from './context.ts';
import { isErrno } from './errno.ts';
import { writeFile } from './io.ts';

/**
 * A descriptor of a user namespace with these maps, in the form of /proc/PID/uid_map: somebody has to be in it for as
 * long as writing them takes.
 */
export async function newUserNamespace(ctx: Context, uidMap: string, gidMap: string): Promise<number> {
  const { sys } = ctx;
  const [wait, gate] = await sys.pipe(ctx);
  const pid = await sys.fork(
    ctx,
    async (child) => {
      await child.sys.close(child, gate);
      await child.sys.read(child, wait, 1);
      return 0;
    },
    { newNamespaces: ['user'] },
  );
  await sys.close(ctx, wait);
  await writeFile(ctx, `/proc/${pid}/uid_map`, uidMap);
  await writeFile(ctx, `/proc/${pid}/gid_map`, gidMap);
  const fd = await sys.open(ctx, `/proc/${pid}/ns/user`, { read: true });
  await sys.close(ctx, gate);
  // Whoever reaps all of the shim's children may have been quicker.
  await sys.wait(ctx, pid).catch((error: unknown) => {
    if (!isErrno(error, 'ECHILD')) throw error;
  });
  return fd;
}
