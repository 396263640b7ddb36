/** /etc/passwd and /etc/group. @models glibc nss_files */
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { readFile } from '../../linux/io.ts';

export type User = { name: string; uid: number; gid: number; home: string; shell: string };
export type Group = { name: string; gid: number; members: string[] };

async function records(ctx: Context, path: string): Promise<string[][]> {
  try {
    return (await readFile(ctx, path))
      .split('\n')
      .filter((l) => l !== '' && !l.startsWith('#'))
      .map((l) => l.split(':'));
  } catch (error) {
    if (isErrno(error)) return [];
    throw error;
  }
}

export async function readUsers(ctx: Context): Promise<User[]> {
  return (await records(ctx, '/etc/passwd')).map(([name = '', , uid, gid, , home = '', shell = '']) => ({
    name,
    uid: Number(uid),
    gid: Number(gid),
    home,
    shell,
  }));
}

export async function readGroups(ctx: Context): Promise<Group[]> {
  return (await records(ctx, '/etc/group')).map(([name = '', , gid, members = '']) => ({
    name,
    gid: Number(gid),
    members: members.split(',').filter((m) => m !== ''),
  }));
}

/** Names by number, the number itself where there is no name. */
export async function nameTables(
  ctx: Context,
): Promise<{ user: (uid: number) => string; group: (gid: number) => string }> {
  const users = await readUsers(ctx);
  const groups = await readGroups(ctx);
  return {
    user: (uid) => users.find((u) => u.uid === uid)?.name ?? String(uid),
    group: (gid) => groups.find((g) => g.gid === gid)?.name ?? String(gid),
  };
}
