/**
 * runsc-gofer: the only one of the sandbox's processes that may open files of the host. With directfs it opens the
 * directories that the container is to see and gives them away; then it has nothing to do but be there. Without, it is asked for
 * each file.
 * @models gVisor runsc/cmd/gofer.go @fidelity partial: in a mount namespace of its own, but on the host's root; no seccomp filters
 */
import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import { exists, readAll } from '../../../linux/io.ts';
import { utf8 } from '../../../linux/rope.ts';
import { LATENCY } from '../../../sim/latency.ts';
import { Future } from '../../../sim/primitives.ts';
import { serveLisafs } from './lisafs.ts';

/** What util.Fatalf exits with. */
const FATAL = 128;

/** One connection of the gofer: what the Sentry will find at its other end. */
export type GoferMount = { source: string; readOnly: boolean };

export async function gofer(ctx: Context, flags: ReadonlyMap<string, string>): Promise<number> {
  const { sys } = ctx;
  sys.setComm(ctx, 'exe');
  const text = utf8(await readAll(ctx, Number(flags.get('spec-fd'))));
  // Whoever was to write it has gone.
  if (text === '') return FATAL;
  const mounts = JSON.parse(text) as GoferMount[];
  await ctx.cpu(LATENCY.goferStartNs);
  const directfs = flags.get('directfs') !== 'false';
  const connections = (flags.get('io-fds') ?? '').split(',').map(Number);
  // What is to be shown has to be there; whoever waits for this hears of its absence by our end.
  for (const { source } of mounts) if (!(await exists(ctx, source))) return FATAL;
  const mountsFd = Number(flags.get('mounts-fd'));
  await sys.write(ctx, mountsFd, JSON.stringify(mounts));
  await sys.close(ctx, mountsFd);
  const done = new Future<number>(ctx.scheduler);
  let open = connections.length;
  for (const [i, fd] of connections.entries()) {
    const mount = mounts[i];
    if (mount === undefined) continue;
    ctx.go(`lisafs ${mount.source}`, async (inner) => {
      try {
        await serveLisafs(inner, fd, mount.source, directfs);
      } catch (error) {
        if (!isErrno(error)) throw error;
        // What it was to show has gone, with whoever wanted it.
        done.resolve(FATAL);
      }
      if (--open === 0) done.resolve(0);
    });
  }
  return done.wait();
}
