/** Asking on standard error and reading the answer. */
import type { Context } from '../../linux/context.ts';
import { LineReader, printError } from '../../linux/io.ts';

export async function confirmText(ctx: Context, question: string): Promise<boolean> {
  await printError(ctx, question);
  return /^[yY]/.test((await new LineReader(0).next(ctx)) ?? '');
}
