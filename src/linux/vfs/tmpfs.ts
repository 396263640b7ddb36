/**
 * tmpfs: files whose pages are memory of the cgroup that wrote them first, until the file or the last mount goes.
 * @models Linux 6.12 mm/shmem.c, mm/memcontrol.c @fidelity partial: only contents are charged, no inodes; of a file that
 * several cgroups wrote, the last pages are given back first; memory.high does not slow who writes; no swap
 */
import type { Cgroup } from '../cgroup.ts';
import type { Kernel } from '../kernel.ts';
import { chargeShmem } from '../oom.ts';
import type { Process } from '../process.ts';
import type { Inode } from './inode.ts';
import { MemoryFileSystem } from './memory-fs.ts';

const PAGE = 4096;

/** Part of a file, in the order in which it was written. */
type Charge = { cgroup: Cgroup; bytes: number };

const NOTHING: readonly Charge[] = [];

export class TmpFileSystem extends MemoryFileSystem {
  private readonly kernel: Kernel;
  /** None before the first page: most of these hold directories and devices only. */
  private charges: Map<Inode, readonly Charge[]> | null = null;
  private pins = 0;

  constructor(kernel: Kernel, options: { bytesMax?: number; inodesMax?: number; mode?: number } = {}) {
    super('tmpfs', kernel.newDevice(), kernel.wallTime(), options);
    this.kernel = kernel;
  }

  override pinned(by: 1 | -1): void {
    this.pins += by;
    if (this.pins === 0) for (const inode of [...(this.charges?.keys() ?? [])]) this.hold(inode, 0, null);
  }

  override hold(inode: Inode, bytes: number, by: Process | null): number {
    const charges = this.charges?.get(inode) ?? NOTHING;
    const held = charges.reduce((sum, charge) => sum + charge.bytes, 0);
    const more = Math.ceil(bytes / PAGE) * PAGE - held;
    if (more < 0) this.giveBack(inode, charges, -more);
    if (more <= 0) return bytes;
    const cgroup = by?.cgroup ?? this.kernel.rootCgroup;
    let got = more;
    if (by === null) cgroup.chargeShmem(more);
    else got = chargeShmem(this.kernel, cgroup, more, by);
    this.kernel.shmemChanged(cgroup);
    const last = charges.at(-1);
    if (last?.cgroup === cgroup) last.bytes += got;
    else this.keep(inode, charges.concat({ cgroup, bytes: got }));
    return Math.min(bytes, held + got);
  }

  private giveBack(inode: Inode, before: readonly Charge[], bytes: number): void {
    const charges = [...before];
    for (let rest = bytes; rest > 0; ) {
      const last = charges.at(-1);
      if (last === undefined) break;
      const part = Math.min(rest, last.bytes);
      const cgroup = last.cgroup.surviving;
      cgroup.chargeShmem(-part);
      this.kernel.shmemChanged(cgroup);
      last.bytes -= part;
      rest -= part;
      if (last.bytes === 0) charges.pop();
    }
    this.keep(inode, charges);
  }

  private keep(inode: Inode, charges: readonly Charge[]): void {
    this.charges ??= new Map();
    if (charges.length > 0) this.charges.set(inode, charges);
    else this.charges.delete(inode);
    if (this.charges.size === 0) this.charges = null;
  }
}
