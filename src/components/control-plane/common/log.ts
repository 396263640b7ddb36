/** klog lines on standard error, as the components write them. */
import { type KlogPair, type KlogSeverity, klogHeader, klogStructured } from '../../../go/klog.ts';
import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';

/** As Go's runtime: a program whose standard error has nobody at its other end does not go on. */
export async function writeLog(ctx: Context, text: string): Promise<void> {
  try {
    await ctx.sys.write(ctx, 2, text);
  } catch (error) {
    if (!isErrno(error, 'EPIPE')) throw error;
    await ctx.sys.exit(ctx, 2);
  }
}

export async function log(
  ctx: Context,
  severity: KlogSeverity,
  caller: string,
  message: string,
  pairs: readonly KlogPair[] = [],
): Promise<void> {
  const source = { severity, timeNs: ctx.wallTime, pid: ctx.sys.getpid(ctx), caller };
  await writeLog(ctx, klogStructured(source, message, pairs));
}

/** Infof and its kin: the text as it stands. */
export async function logText(ctx: Context, severity: KlogSeverity, caller: string, text: string): Promise<void> {
  await writeLog(ctx, `${klogHeader({ severity, timeNs: ctx.wallTime, pid: ctx.sys.getpid(ctx), caller })}${text}\n`);
}
