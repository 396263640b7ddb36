/** A process's open files by number. @models Linux 6.12 fs/file.c (fdtable) @fidelity partial: no limits of its own */
import type { OpenFile } from './open-file.ts';

export type Descriptor = { file: OpenFile; closeOnExec: boolean };

export class DescriptorTable extends Map<number, Descriptor> {
  /** Every number below it is in use. */
  private firstFree = 0;

  override delete(fd: number): boolean {
    if (fd < this.firstFree) this.firstFree = fd;
    return super.delete(fd);
  }

  override clear(): void {
    this.firstFree = 0;
    super.clear();
  }

  /** The lowest number that is free, from `lowest` on. */
  free(lowest = 0): number {
    let fd = Math.max(lowest, this.firstFree);
    while (this.has(fd)) fd++;
    if (lowest <= this.firstFree) this.firstFree = fd;
    return fd;
  }
}
