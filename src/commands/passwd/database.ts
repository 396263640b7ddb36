/** /etc/passwd, /etc/shadow, /etc/group, /etc/gshadow as tables of fields that are written back whole. @models shadow 4.17 lib/commonio.c */
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { readFile, writeFileAtomic } from '../../linux/io.ts';

export const PASSWD = '/etc/passwd';
export const SHADOW = '/etc/shadow';
export const GROUP = '/etc/group';

const MODES: Readonly<Record<string, number>> = { [SHADOW]: 0o640 };
const DAY_NS = 86_400_000_000_000n;

export async function readTable(ctx: Context, path: string): Promise<string[][]> {
  try {
    return (await readFile(ctx, path))
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => line.split(':'));
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return [];
    throw error;
  }
}

export async function writeTable(ctx: Context, path: string, rows: readonly (readonly string[])[]): Promise<void> {
  await writeFileAtomic(ctx, path, rows.map((row) => `${row.join(':')}\n`).join(''), MODES[path] ?? 0o644);
}

/** Days since 1970, as shadow counts. */
export const today = (ctx: Context): string => String(ctx.wallTime / DAY_NS);

/** The lowest number of the range that nobody has; those of the system are given from the top. */
export function freeNumber(rows: readonly (readonly string[])[], system: boolean): number {
  const used = new Set(rows.map((row) => Number(row[2])));
  if (system) {
    let id = 999;
    while (used.has(id) && id > 100) id--;
    return id;
  }
  const people = [...used].filter((id) => id >= 1000 && id < 60_000);
  return people.length === 0 ? 1000 : Math.max(...people) + 1;
}
