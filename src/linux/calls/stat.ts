/** What stat tells of an inode. */
import type { Process } from '../process.ts';
import type { Stat } from '../syscalls.ts';
import { shown, type UserNamespace } from '../user-namespace.ts';
import type { Inode } from '../vfs/inode.ts';
import { seenId } from '../vfs/mounts.ts';

/** The unit of st_blocks, whatever the filesystem's own is. */
const SECTOR_BYTES = 512;

/** As `process` sees it, through a mount that may map the owner's numbers. */
export function statFor(process: Process, inode: Inode, idmap: UserNamespace | null): Stat {
  const stat = statOf(inode);
  const { user } = process.namespaces;
  if (idmap === null && user.level === 0) return stat;
  return {
    ...stat,
    uid: shown(user, 'uid', seenId(idmap, 'uid', stat.uid)),
    gid: shown(user, 'gid', seenId(idmap, 'gid', stat.gid)),
  };
}

function statOf(inode: Inode): Stat {
  return {
    dev: inode.fs.device[0] * 256 + inode.fs.device[1],
    ino: inode.ino,
    type: inode.type,
    mode: inode.mode,
    nlink: inode.nlink,
    uid: inode.uid,
    gid: inode.gid,
    size: inode.size,
    blocks: Math.ceil(inode.allocated / SECTOR_BYTES),
    rdev: inode.rdev,
    atime: inode.atime,
    mtime: inode.mtime,
    ctime: inode.ctime,
  };
}
