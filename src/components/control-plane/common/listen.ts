/** Listening on a port that somebody else may have: then the program ends with a word about it. */
import type { Context } from '../../../linux/context.ts';
import { Errno } from '../../../linux/errno.ts';
import { logText } from './log.ts';

export class ListenFailure extends Error {
  override readonly name = 'ListenFailure';
  readonly address: string;

  constructor(address: string, words: string) {
    super(`listen tcp ${address}: bind: ${words}`);
    this.address = address;
  }
}

export async function listenTcp(ctx: Context, { host, port }: { host: string; port: number }): Promise<number> {
  try {
    return await ctx.sys.listen(ctx, { family: 'inet', host, port });
  } catch (error) {
    if (!(error instanceof Errno)) throw error;
    throw new ListenFailure(`${host}:${port}`, error.go);
  }
}

/** The last line of a component of Kubernetes, and its exit code. */
export async function orFailToListen(ctx: Context, body: () => Promise<number>): Promise<number> {
  try {
    return await body();
  } catch (error) {
    if (!(error instanceof ListenFailure)) throw error;
    const words = `failed to create listener: failed to listen on ${error.address}: ${error.message}`;
    await logText(ctx, 'E', 'run.go:74', `"command failed" err="${words}"`);
    return 1;
  }
}
