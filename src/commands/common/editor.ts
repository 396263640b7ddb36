/** Handing a file to the editor that a person prefers. */
import type { Context } from '../../linux/context.ts';
import { getenv } from '../../linux/io.ts';
import { spawnp, statusCode, waitFor } from './exec.ts';

/** The command of the first variable that is set, in words. */
export function preferredEditor(ctx: Context, variables: readonly string[]): string[] | null {
  for (const name of variables) {
    const words = (getenv(ctx, name) ?? '').split(' ').filter((word) => word !== '');
    if (words.length > 0) return words;
  }
  return null;
}

/** Edits a file on this terminal. @returns the exit status, null if there is no such program */
export async function runEditor(ctx: Context, editor: readonly string[], path: string): Promise<number | null> {
  const pid = await spawnp(ctx, [...editor, path], { env: ctx.process.env });
  return typeof pid === 'number' ? statusCode(await waitFor(ctx, pid)) : null;
}
