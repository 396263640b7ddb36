/** `time` and `times`. The user and system shares are not told apart: everything a pipeline took is shown as real. */
import type { Context } from '../linux/context.ts';
import { complain } from './messages.ts';

function minutes(ns: number): string {
  const ms = Math.round(ns / 1_000_000);
  return `${Math.floor(ms / 60_000)}m${Math.floor((ms % 60_000) / 1000)}.${String(ms % 1000).padStart(3, '0')}s`;
}

export async function printTimes(ctx: Context, durationNs: number, posix: boolean): Promise<void> {
  if (posix) {
    await complain(ctx, `real ${(durationNs / 1e9).toFixed(2)}\nuser 0.00\nsys 0.00\n`);
    return;
  }
  await complain(ctx, `\nreal\t${minutes(durationNs)}\nuser\t${minutes(0)}\nsys\t${minutes(0)}\n`);
}
