/** Condition…= settings: what must be so for a unit to be started at all. @models systemd 257 src/shared/condition.c @fidelity partial: tests on paths and on virtualisation */
import type { Context } from '../context.ts';
import { isErrno } from '../errno.ts';
import type { Stat } from '../syscalls.ts';
import type { UnitFile } from './unit-file.ts';

type Check = (ctx: Context, value: string) => Promise<boolean>;

async function statOf(ctx: Context, path: string, link = false): Promise<Stat | null> {
  try {
    return await (link ? ctx.sys.lstat(ctx, path) : ctx.sys.stat(ctx, path));
  } catch (error) {
    if (isErrno(error)) return null;
    throw error;
  }
}

const CHECKS: Record<string, Check> = {
  PathExists: async (ctx, path) => (await statOf(ctx, path)) !== null,
  PathIsDirectory: async (ctx, path) => (await statOf(ctx, path))?.type === 'directory',
  PathIsSymbolicLink: async (ctx, path) => (await statOf(ctx, path, true))?.type === 'symlink',
  FileNotEmpty: async (ctx, path) => ((await statOf(ctx, path))?.size ?? 0) > 0,
  FileIsExecutable: async (ctx, path) => {
    const stat = await statOf(ctx, path);
    return stat?.type === 'file' && (stat.mode & 0o111) !== 0;
  },
  DirectoryNotEmpty: async (ctx, path) =>
    (await statOf(ctx, path))?.type === 'directory' && (await ctx.sys.readDirectory(ctx, path)).length > 0,
};

/** The first condition that does not hold, as the journal names it; null if the unit may start. */
export async function unmetCondition(ctx: Context, file: UnitFile): Promise<string | null> {
  for (const [key, value] of file.sections.get('Unit') ?? []) {
    const check = key.startsWith('Condition') ? CHECKS[key.slice('Condition'.length)] : undefined;
    if (check === undefined || value === '') continue;
    const negated = value.startsWith('!');
    if ((await check(ctx, value.replace(/^!/, ''))) === negated) return `${key}=${value}`;
  }
  return null;
}
