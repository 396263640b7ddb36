/** A process's open files by number. @models Linux 6.12 fs/file.c (fdtable) @fidelity partial: no limits of its own */
import type { OpenFile } from './open-file.ts';

export class DescriptorTable {
  private readonly files: (OpenFile | null)[] = [];
  /** A bit for each number, 32 to a word. */
  private readonly closedOnExec: number[] = [];
  /** Every number below it is in use. */
  private firstFree = 0;
  size = 0;

  get(fd: number): OpenFile | null {
    return this.files[fd] ?? null;
  }

  set(fd: number, file: OpenFile, closeOnExec = false): void {
    if (this.get(fd) === null) this.size++;
    while (this.files.length < fd) this.files.push(null);
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
    while (this.closedOnExec.length <= fd >> 5) this.closedOnExec.push(0);
    this.closedOnExec[fd >> 5] = (this.closedOnExec[fd >> 5] as number) ^ (1 << (fd & 31));
  }

  /** In ascending order, as they are closed. */
  numbers(): number[] {
    const numbers: number[] = [];
    this.files.forEach((file, fd) => {
      if (file !== null) numbers.push(fd);
    });
    return numbers;
  }

  /** The lowest number that is free, from `lowest` on. */
  free(lowest = 0): number {
    let fd = Math.max(lowest, this.firstFree);
    while (this.get(fd) !== null) fd++;
    if (lowest <= this.firstFree) this.firstFree = fd;
    return fd;
  }
}
