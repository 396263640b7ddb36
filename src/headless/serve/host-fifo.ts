/**
 * A named pipe of the real machine, open on the node: what a client reads from a task, or writes to one. The real side is
 * never waited for: when there is nothing to read, or no room, it is looked at again a little later.
 */
import { closeSync, readSync, writeSync } from 'node:fs';
import type { Context } from '../../linux/context.ts';
import { errno, errnoNamed } from '../../linux/errno.ts';
import { interruptible } from '../../linux/interruptible.ts';
import { OpenFile } from '../../linux/open-file.ts';
import { Rope } from '../../linux/rope.ts';
import type { OpenFlags } from '../../linux/syscalls.ts';
import type { Inode } from '../../linux/vfs/inode.ts';
import { WaitQueue } from '../../sim/primitives.ts';

const READ_BYTES_MAX = 64 << 10;
const LOOK_AGAIN_MS = 5;

export class HostFifo extends OpenFile {
  private readonly fd: number;

  /** @param fd opened with O_NONBLOCK, and closed with this */
  constructor(path: string, flags: OpenFlags, inode: Inode, fd: number) {
    super(path, flags);
    this.inode = inode;
    this.fd = fd;
  }

  override async read(ctx: Context, max: number): Promise<Rope> {
    if (!this.flags.read) throw errno('EBADF');
    const buffer = new Uint8Array(Math.min(max, READ_BYTES_MAX));
    const length = await this.untilDone(ctx, () => readSync(this.fd, buffer, 0, buffer.length, null));
    return Rope.of(buffer.subarray(0, length));
  }

  override async write(ctx: Context, data: Rope): Promise<number> {
    if (!this.flags.write) throw errno('EBADF');
    const bytes = data.bytes();
    for (let at = 0; at < bytes.length; )
      at += await this.untilDone(ctx, () => writeSync(this.fd, bytes, at, Math.min(READ_BYTES_MAX, bytes.length - at)));
    return bytes.length;
  }

  private async untilDone(ctx: Context, attempt: () => number): Promise<number> {
    for (;;) {
      try {
        return attempt();
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (code !== 'EAGAIN') throw errnoNamed(code ?? 'EIO');
        if (this.flags.nonBlock === true) throw errno('EAGAIN');
      }
      const { scheduler } = ctx;
      const later = new WaitQueue<void>(scheduler);
      const timer = setTimeout(() => scheduler.betweenSteps(() => later.wakeAll()), LOOK_AGAIN_MS);
      timer.unref();
      await interruptible(ctx, later);
    }
  }

  override released(): void {
    closeSync(this.fd);
  }
}
