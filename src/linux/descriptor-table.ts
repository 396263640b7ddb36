/** A process's open files by number. @models Linux 6.12 fs/file.c (fdtable) @fidelity partial: no limits of its own */
import type { OpenFile } from './open-file.ts';

/** A table of so many has room for what it holds and no more: what is pushed to has room for sixteen others. */
const SMALL = 16;

/** A shell keeps its input at a number like 255: whoever went through all below it would meet little else than gaps. */
export class DescriptorTable {
  /** Those in use, in ascending order; what each is lies at the same place in `files`. */
  private held: number[] = [];
  private files: OpenFile[] = [];
  /** A bit for each number, 32 to a word. */
  private closedOnExec: number[] = [];

  get size(): number {
    return this.held.length;
  }

  get(fd: number): OpenFile | null {
    // Without gaps before it, it lies at its own number.
    if (this.held[fd] === fd) return this.files[fd] as OpenFile;
    const at = this.placeOf(fd);
    return this.held[at] === fd ? (this.files[at] as OpenFile) : null;
  }

  set(fd: number, file: OpenFile, closeOnExec = false): void {
    const at = this.placeOf(fd);
    if (this.held[at] === fd) this.files[at] = file;
    else {
      this.held = inserted(this.held, at, fd);
      this.files = inserted(this.files, at, file);
    }
    this.setCloseOnExec(fd, closeOnExec);
  }

  delete(fd: number): void {
    const at = this.placeOf(fd);
    if (this.held[at] !== fd) return;
    takeOut(this.held, at);
    takeOut(this.files, at);
  }

  closesOnExec(fd: number): boolean {
    return ((this.closedOnExec[fd >> 5] ?? 0) & (1 << (fd & 31))) !== 0;
  }

  setCloseOnExec(fd: number, on: boolean): void {
    if (this.closesOnExec(fd) === on) return;
    const missing = (fd >> 5) + 1 - this.closedOnExec.length;
    if (missing > 0) this.closedOnExec = this.closedOnExec.concat(new Array<number>(missing).fill(0));
    this.closedOnExec[fd >> 5] = (this.closedOnExec[fd >> 5] as number) ^ (1 << (fd & 31));
  }

  /** In ascending order, as they are closed. */
  numbers(): number[] {
    return this.held.slice();
  }

  /** Holds all that `other` does, under the same numbers, each opened once more: fork. */
  shareAll({ held, files, closedOnExec }: DescriptorTable): void {
    for (let i = 0; i < files.length; i++) (files[i] as OpenFile).acquire();
    this.held = held.slice();
    this.files = files.slice();
    this.closedOnExec = closedOnExec.slice();
  }

  /** Gives up all of them, in ascending order of their numbers: exit. */
  takeAll(): readonly OpenFile[] {
    const { files } = this;
    this.held = [];
    this.files = [];
    return files;
  }

  /** The lowest number that is free, from `lowest` on. */
  free(lowest = 0): number {
    const { held } = this;
    const from = this.placeOf(lowest);
    // As long as there is no gap, numbers and places go up together.
    const ahead = lowest - from;
    let first = from;
    let end = held.length;
    while (first < end) {
      const middle = (first + end) >> 1;
      if ((held[middle] as number) - middle === ahead) first = middle + 1;
      else end = middle;
    }
    return first + ahead;
  }

  /** Where it is, or would be put. */
  private placeOf(fd: number): number {
    const { held } = this;
    let first = 0;
    let end = Math.min(fd, held.length);
    if (end === 0 || (held[end - 1] as number) < fd) return end;
    while (first < end) {
      const middle = (first + end) >> 1;
      if ((held[middle] as number) < fd) first = middle + 1;
      else end = middle;
    }
    return first;
  }
}

function inserted<T>(list: T[], at: number, item: T): T[] {
  if (list.length >= SMALL) {
    list.splice(at, 0, item);
    return list;
  }
  const longer = new Array<T>(list.length + 1);
  for (let i = 0; i < at; i++) longer[i] = list[i] as T;
  longer[at] = item;
  for (let i = at; i < list.length; i++) longer[i + 1] = list[i] as T;
  return longer;
}

function takeOut<T>(list: T[], at: number): void {
  if (list.length >= SMALL) {
    list.splice(at, 1);
    return;
  }
  for (let i = at + 1; i < list.length; i++) list[i - 1] = list[i] as T;
  list.pop();
}
