/**
 * Advisory locks on whole files. One belongs to the open file description that it was taken through: shared by dup and
 * fork, gone with the last descriptor. Who has to wait stands behind a lock, or behind somebody who waits for one and
 * would be in his way, too; that is the order in which they are let in.
 * @models Linux 6.12 fs/locks.c: flock(2), /proc/locks, "lock:" in fdinfo @fidelity partial: no POSIX or OFD locks (fcntl), no leases
 */
import { WaitQueue } from '../sim/primitives.ts';
import type { Context } from './context.ts';
import { errno } from './errno.ts';
import { interruptible } from './interruptible.ts';
import type { PidNamespace } from './namespaces.ts';
import type { OpenFile } from './open-file.ts';
import type { Process } from './process.ts';
import type { Inode } from './vfs/inode.ts';

export type LockMode = 'shared' | 'exclusive';

type Request = {
  readonly file: OpenFile;
  readonly inode: Inode;
  readonly mode: LockMode;
  readonly process: Process;
  /** In the order in which they came. */
  waiting: Request[];
  readonly letIn: WaitQueue;
};

const DEVICE_DIGITS = 2;

export class FileLocks {
  /** Of one kernel, oldest first. */
  private held: Request[] = [];

  /** EWOULDBLOCK, EINTR. A lock is changed by giving it back first: whoever then may not wait has none. */
  async lock(ctx: Context, file: OpenFile, mode: LockMode, nonBlock: boolean): Promise<void> {
    const { inode } = file;
    if (inode === null) throw errno('EBADF');
    if (file.lock?.mode === mode) return;
    this.unlock(file);
    const { process } = ctx;
    const request: Request = { file, inode, mode, process, waiting: [], letIn: new WaitQueue(ctx.scheduler) };
    for (;;) {
      const inTheWay = this.held.find((one) => conflict(one, request));
      if (inTheWay === undefined) break;
      if (nonBlock) throw errno('EAGAIN');
      const behind = lastInTheWay(inTheWay, request);
      behind.waiting.push(request);
      try {
        await interruptible(ctx, request.letIn);
      } catch (error) {
        behind.waiting = behind.waiting.filter((one) => one !== request);
        wake(request);
        throw error;
      }
    }
    this.held.push(request);
    file.lock = { mode, release: () => this.unlock(file) };
  }

  unlock(file: OpenFile): void {
    if (file.lock === null) return;
    file.lock = null;
    const lock = this.held.find((one) => one.file === file) as Request;
    this.held = this.held.filter((one) => one !== lock);
    wake(lock);
  }

  /** /proc/locks as a PID namespace sees it: latest first, each with those who wait for it. */
  describe(view: PidNamespace): string {
    let number = 0;
    const lines = (one: Request, depth: number): string => {
      const arrow = depth === 0 ? '' : '-> '.padStart(depth + 2);
      const waiting = one.waiting.map((next) => lines(next, depth + 1)).join('');
      const seen = depth === 0 || one.process.alive ? one.process.pidIn(view) : 0;
      return seen === 0 ? waiting : `${number}: ${arrow}${describe(one, seen)}${waiting}`;
    };
    return [...this.held]
      .reverse()
      .map((lock) => {
        number++;
        return lines(lock, 0);
      })
      .join('');
  }

  /** The line of an open file's fdinfo. */
  describeOf(file: OpenFile, view: PidNamespace): string {
    const lock = file.lock === null ? undefined : this.held.find((one) => one.file === file);
    const pid = lock?.process.pidIn(view) ?? 0;
    return lock === undefined || pid === 0 ? '' : `lock:\t1: ${describe(lock, pid)}`;
  }
}

function conflict(a: Request, b: Request): boolean {
  return a.inode === b.inode && a.file !== b.file && (a.mode === 'exclusive' || b.mode === 'exclusive');
}

function lastInTheWay(lock: Request, request: Request): Request {
  for (let at = lock; ; ) {
    const next = at.waiting.find((one) => one.process.alive && conflict(one, request));
    if (next === undefined) return at;
    at = next;
  }
}

/** Everybody behind it tries again. Whoever was killed while he waited passes that on. */
function wake(lock: Request): void {
  const { waiting } = lock;
  lock.waiting = [];
  for (const one of waiting) {
    if (one.process.alive) one.letIn.wakeAll();
    else wake(one);
  }
}

function describe({ inode, mode }: Request, pid: number): string {
  const [major, minor] = inode.fs.device.map((part) => part.toString(16).padStart(DEVICE_DIGITS, '0'));
  return `FLOCK  ADVISORY  ${mode === 'shared' ? 'READ' : 'WRITE'} ${pid} ${major}:${minor}:${inode.ino} 0 EOF\n`;
}
