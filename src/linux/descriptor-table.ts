/** A process's open files by number. @models Linux 6.12 fs/file.c (fdtable) @fidelity partial: no limits of its own */
import type { OpenFile } from './open-file.ts';

/** So many more, and no others: an array that is pushed to has room for sixteen, and most tables have a few numbers. */
function longer<T>(list: readonly T[], count: number, filler: T): T[] {
  return list.concat(new Array<T>(count).fill(filler));
}

const MORE_FILES = 4;

export class DescriptorTable {
  private files: (OpenFile | null)[] = [];
  /** A bit for each number, 32 to a word. */
  private closedOnExec: number[] = [];
  /** Every number below it is in use. */
  private firstFree = 0;
  size = 0;

  get(fd: number): OpenFile | null {
    return this.files[fd] ?? null;
  }

  set(fd: number, file: OpenFile, closeOnExec = false): void {
    if (this.get(fd) === null) this.size++;
    if (fd >= this.files.length)
      this.files = longer(this.files, Math.max(MORE_FILES, this.files.length, fd + 1 - this.files.length), null);
    this.files[fd] = file;
    this.setCloseOnExec(fd, closeOnExec);
  }

  delete(fd: number): void {
    if (this.get(fd) === null) return;
    if (fd < this.firstFree) this.firstFree = fd;
    this.files[fd] = null;
    this.size--;
  }

  closesOnExec(fd: number): boolean {
    return ((this.closedOnExec[fd >> 5] ?? 0) & (1 << (fd & 31))) !== 0;
  }

  setCloseOnExec(fd: number, on: boolean): void {
    if (this.closesOnExec(fd) === on) return;
    const missing = (fd >> 5) + 1 - this.closedOnExec.length;
    if (missing > 0) this.closedOnExec = longer(this.closedOnExec, missing, 0);
    this.closedOnExec[fd >> 5] = (this.closedOnExec[fd >> 5] as number) ^ (1 << (fd & 31));
  }

  /** In ascending order, as they are closed. */
  numbers(): number[] {
    const numbers: number[] = [];
    for (let fd = 0; fd < this.files.length; fd++) if (this.files[fd] !== null) numbers.push(fd);
    return numbers;
  }

  /** Holds all that `other` does, under the same numbers, each opened once more: fork. */
  shareAll({ files, closedOnExec, firstFree, size }: DescriptorTable): void {
    for (const file of files) file?.acquire();
    this.files = files.slice();
    this.closedOnExec = closedOnExec.slice();
    this.firstFree = firstFree;
    this.size = size;
  }

  /** The lowest number that is free, from `lowest` on. */
  free(lowest = 0): number {
    let fd = Math.max(lowest, this.firstFree);
    while (this.get(fd) !== null) fd++;
    if (lowest <= this.firstFree) this.firstFree = fd;
    return fd;
  }
}
