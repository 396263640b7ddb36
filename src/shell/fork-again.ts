/**
 * When there is no room for another process: how each shell goes on.
 * @models bash 5.2 jobs.c make_child, busybox 1.37 shell/ash.c forkshell
 * @fidelity partial: what was started of a pipeline already is not sent SIGTERM, it meets closed pipes
 */
import type { Context } from '../linux/context.ts';
import { type Errno, isErrno } from '../linux/errno.ts';
import { AbandonControl } from './control.ts';
import { reapJobs } from './jobs.ts';
import { complain, prefix } from './messages.ts';
import type { Shell } from './shell.ts';

const SECOND = 1_000_000_000;
/** How long bash sleeps before each further attempt. */
const PAUSES_S = [1, 2, 4, 8];
const SLICES = 10;
const BASH_STATUS = 254;
const ASH_STATUS = 2;

/** Tries again as bash does; ash gives up at once. Returns the child's number. @throws AbandonControl when it was of no use */
export async function forkAgain(ctx: Context, sh: Shell, error: Errno, fork: () => Promise<number>): Promise<number> {
  if (sh.flavour === 'ash') {
    await complain(ctx, `${prefix(sh)}can't fork: ${error.libc}\n`);
    throw new AbandonControl(ASH_STATUS, !sh.interactive);
  }
  for (const seconds of PAUSES_S) {
    await reapJobs(ctx, sh);
    await complain(ctx, `${sh.name}: fork: retry: ${error.libc}\n`);
    await pause(ctx, sh, seconds);
    if (sh.interrupted) break;
    try {
      return await fork();
    } catch (again) {
      if (!isErrno(again, 'EAGAIN')) throw again;
    }
  }
  await complain(ctx, `${sh.name}: fork: ${error.libc}\n`);
  throw new AbandonControl(BASH_STATUS, !sh.interactive);
}

/** A signal ends it early. */
async function pause(ctx: Context, sh: Shell, seconds: number): Promise<void> {
  for (let i = 0; i < seconds * SLICES && !sh.interrupted; i++) await ctx.sleep(SECOND / SLICES);
}
