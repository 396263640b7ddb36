/**
 * Who a container's process runs as, from names and numbers and the image's own /etc/passwd and /etc/group.
 * @models containerd 2.1 pkg/oci/spec_opts.go (WithUser, WithAdditionalGIDs)
 * @fidelity partial: the snapshot's directories are read layer by layer instead of through a temporary mount
 */

import { newError } from '../../go/errors.ts';
import { sprintf } from '../../go/sprintf.ts';
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { readFile } from '../../linux/io.ts';
import type { User } from './types.ts';

type PasswdEntry = { name: string; uid: number; gid: number };
type GroupEntry = { name: string; gid: number; members: string[] };

const ID_MAX = 0x7fffffff;

/** Reads a file of the container's root as overlayfs would show it. */
export type RootReader = (ctx: Context, path: string) => Promise<string | null>;

export function rootReader(directories: { upper: string; lowers: string[] }): RootReader {
  return async (ctx, path) => {
    for (const directory of [directories.upper, ...directories.lowers]) {
      try {
        const stat = await ctx.sys.lstat(ctx, `${directory}${path}`);
        if (stat.type === 'char') return null;
        return await readFile(ctx, `${directory}${path}`);
      } catch (error) {
        if (!isErrno(error)) throw error;
      }
    }
    return null;
  };
}

async function passwd(ctx: Context, read: RootReader): Promise<PasswdEntry[]> {
  const text = (await read(ctx, '/etc/passwd')) ?? '';
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [name = '', , uid = '', gid = ''] = line.split(':');
      return { name, uid: Number(uid), gid: Number(gid) };
    });
}

async function groups(ctx: Context, read: RootReader): Promise<GroupEntry[] | null> {
  const text = await read(ctx, '/etc/group');
  if (text === null) return null;
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [name = '', , gid = '', members = ''] = line.split(':');
      return { name, gid: Number(gid), members: members.split(',').filter((m) => m !== '') };
    });
}

function idOf(text: string, whole: string, what: 'uid' | 'gid'): number | null {
  if (!/^[+-]?\d+$/.test(text)) return null;
  const id = Number(text);
  if (id < 0 || id > ID_MAX) throw newError(sprintf('invalid USER value %q: %s out of range', whole, what));
  return id;
}

/** `0`, `nginx`, `1000:1000`, `redis:redis`. */
export async function resolveUser(ctx: Context, user: string, read: RootReader): Promise<User> {
  const parts = user.split(':');
  if (parts.length > 2) throw newError(`invalid USER value ${user}`);
  const [userPart = '', groupPart] = parts;
  const uid = idOf(userPart, user, 'uid');
  if (groupPart === undefined) {
    const entry = (await passwd(ctx, read)).find((e) => (uid === null ? e.name === userPart : e.uid === uid));
    if (entry !== undefined) return withOwnGroup(entry.uid, entry.gid);
    if (uid === null) throw newError('no users found');
    return withOwnGroup(uid, 0);
  }
  const gid = idOf(groupPart, user, 'gid');
  let resolvedUid = uid;
  if (resolvedUid === null) {
    const entry = (await passwd(ctx, read)).find((e) => e.name === userPart);
    if (entry === undefined) throw newError('no users found');
    resolvedUid = entry.uid;
  }
  let resolvedGid = gid;
  if (resolvedGid === null) {
    const entry = ((await groups(ctx, read)) ?? []).find((g) => g.name === groupPart);
    if (entry === undefined) throw newError('no groups found');
    resolvedGid = entry.gid;
  }
  return withOwnGroup(resolvedUid, resolvedGid);
}

function withOwnGroup(uid: number, gid: number): User {
  return { uid, gid, additionalGids: [gid] };
}

/** Groups that list the user in the image's /etc/group; with the primary group in front. */
export async function additionalGids(
  ctx: Context,
  user: string,
  primaryGid: number,
  read: RootReader,
): Promise<number[]> {
  const uid = /^\d+$/.test(user) ? Number(user) : null;
  const users = await passwd(ctx, read);
  const entry = uid === null ? undefined : users.find((e) => e.uid === uid);
  if (uid !== null && entry === undefined) return [];
  const name = uid === null ? user : (entry?.name ?? '');
  const all = await groups(ctx, read);
  if (all === null) return [];
  const gids = all.filter((g) => g.name !== name && g.members.includes(name)).map((g) => g.gid);
  return gids.includes(primaryGid) ? gids : [primaryGid, ...gids];
}

export function mergeGids(a: readonly number[], b: readonly number[]): number[] {
  return [...new Set([...a, ...b])].sort((x, y) => x - y);
}
