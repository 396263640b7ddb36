/** The file an editor works on. */
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { readFileBytes, writeFile } from '../../linux/io.ts';
import { decode, encode } from '../common/text.ts';

export type Loaded = {
  lines: string[];
  bytes: number;
  exists: boolean;
  problem: string | null;
  readOnly: boolean;
  open: boolean;
};

export async function load(ctx: Context, path: string): Promise<Loaded> {
  const empty = { lines: [''], bytes: 0, exists: false, problem: null, readOnly: false, open: false };
  try {
    if ((await ctx.sys.stat(ctx, path)).type === 'directory')
      return { ...empty, exists: true, problem: 'is a directory' };
    const bytes = await readFileBytes(ctx, path);
    const text = decode(bytes);
    let readOnly = false;
    try {
      await ctx.sys.access(ctx, path, 2);
    } catch (error) {
      if (!isErrno(error)) throw error;
      readOnly = true;
    }
    const open = text !== '' && !text.endsWith('\n');
    const lines = (text.endsWith('\n') ? text.slice(0, -1) : text).split('\n');
    return { lines, bytes: bytes.length, exists: true, problem: null, readOnly, open };
  } catch (error) {
    if (!isErrno(error)) throw error;
    return error.code === 'ENOENT' ? empty : { ...empty, exists: true, problem: error.libc };
  }
}

/** Writes in place, so that links and modes stay. @returns the number of bytes */
export async function save(ctx: Context, path: string, lines: readonly string[]): Promise<number> {
  const bytes = encode(lines.length === 1 && lines[0] === '' ? '' : `${lines.join('\n')}\n`);
  await writeFile(ctx, path, bytes, { mode: 0o666 });
  return bytes.length;
}
