/** klog lines on standard error, as the components write them. */
import { type KlogPair, type KlogSeverity, klogHeader, klogStructured } from '../../../go/klog.ts';
import type { Context } from '../../../linux/context.ts';
import { printError } from '../../../linux/io.ts';

export async function log(
  ctx: Context,
  severity: KlogSeverity,
  caller: string,
  message: string,
  pairs: readonly KlogPair[] = [],
): Promise<void> {
  const source = { severity, timeNs: ctx.wallTime, pid: ctx.sys.getpid(ctx), caller };
  await printError(ctx, klogStructured(source, message, pairs));
}

/** Infof and its kin: the text as it stands. */
export async function logText(ctx: Context, severity: KlogSeverity, caller: string, text: string): Promise<void> {
  await printError(ctx, `${klogHeader({ severity, timeNs: ctx.wallTime, pid: ctx.sys.getpid(ctx), caller })}${text}\n`);
}
