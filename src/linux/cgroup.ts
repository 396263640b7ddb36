/**
 * The cgroup v2 tree. Files are generated from this state; writes to them change it.
 * @models Linux 6.12 kernel/cgroup, mm/memcontrol.c @fidelity partial: io and hugetlb are accepted and not applied
 */
import { LazyMap, LazySet } from '../sim/lazy-map.ts';
import { CpuGroup, type CpuStatistics } from './cpu-group.ts';
import { errno } from './errno.ts';
import type { Process } from './process.ts';

export const CONTROLLERS = ['cpuset', 'cpu', 'io', 'memory', 'hugetlb', 'pids', 'rdma', 'misc'] as const;
/** Those that may be switched on where processes are: the others need leaves of their own. */
const THREADED_CONTROLLERS: readonly string[] = ['cpuset', 'cpu', 'pids'];
const DEPTH_MAX = 32_767;

export type MemoryEvent = 'low' | 'high' | 'max' | 'oom' | 'oomKill' | 'oomGroupKill';
export type MemoryEvents = Record<MemoryEvent, number>;

const noEvents = (): MemoryEvents => ({ low: 0, high: 0, max: 0, oom: 0, oomKill: 0, oomGroupKill: 0 });

export class Cgroup {
  readonly name: string;
  readonly parent: Cgroup | null;
  readonly id: number;
  readonly children = new LazyMap<string, Cgroup>();
  readonly processes = new Set<Process>();
  /** cgroup.type was set to threaded. */
  threaded = false;
  /** How the CPU scheduler sees it. */
  readonly cpu: CpuGroup;
  /** quota µs or null for max, period µs */
  cpuMax: { quota: number | null; period: number } = { quota: null, period: 100_000 };
  cpuStatistics: CpuStatistics = { periods: 0, throttled: 0, throttledNs: 0 };
  memoryMax: number | null = null;
  memoryHigh: number | null = null;
  memoryLow: number | null = 0;
  memoryMin: number | null = 0;
  memorySwapMax: number | null = null;
  memoryOomGroup = false;
  memoryCurrent = 0;
  memoryPeak = 0;
  /** Of that, what files in memory take: here and below, and of this one only. */
  shmemBytes = 0;
  shmemBytesLocal = 0;
  /** Its directory is gone: what is left in it counts for the one above. */
  removed = false;
  /** Of this cgroup and those below, and of this one only. */
  memoryEvents = noEvents();
  memoryEventsLocal = noEvents();
  pidsMax: number | null = null;
  /** Tasks here and below: threads, and zombies that nobody has waited for. */
  pidsCurrent = 0;
  pidsPeak = 0;
  pidsEvents = 0;
  pidsEventsLocal = 0;
  /** Forks that failed here, whoever's limit it was: the kernel logs the first. */
  private forksRefused = 0;
  descendantsMax: number | null = null;
  depthMax: number | null = null;
  frozen = false;
  cpuUsageNs = 0;
  subtreeControl = new Set<string>();
  /** Values of files that are kept but have no effect (cpuset.cpus, io.weight …). */
  readonly inert = new LazyMap<string, string>();
  readonly watchers = new LazySet<() => void>();
  /** Root of a guest kernel only: how much memory is in use has changed. */
  onCharge: (() => void) | null = null;

  constructor(name: string, parent: Cgroup | null, id: number) {
    this.name = name;
    this.parent = parent;
    this.id = id;
    this.cpu = new CpuGroup(parent?.cpu ?? null);
  }

  get path(): string {
    if (this.parent === null) return '/';
    const above = this.parent.path;
    return above === '/' ? `/${this.name}` : `${above}/${this.name}`;
  }

  /** Path as seen from a cgroup namespace's root. */
  pathFrom(root: Cgroup): string {
    if (root.parent === null) return this.path;
    let at: Cgroup | null = this;
    while (at !== null && at !== root) at = at.parent;
    if (at === root) return this.path.slice(root.path.length) || '/';
    // Outside the namespace: relative, as the kernel prints it.
    return `/..${this.path}`;
  }

  get controllers(): string[] {
    return this.parent === null ? [...CONTROLLERS] : CONTROLLERS.filter((c) => this.parent?.subtreeControl.has(c));
  }

  /** Whether it is one of them: asked of each file of a cgroup whenever somebody looks. */
  hasController(name: string): boolean {
    return this.parent === null ? CONTROLLERS.some((one) => one === name) : this.parent.subtreeControl.has(name);
  }

  get populated(): boolean {
    if (this.processes.size > 0) return true;
    for (const child of this.children.values()) if (child.populated) return true;
    return false;
  }

  get effectivelyFrozen(): boolean {
    return this.frozen || (this.parent?.effectivelyFrozen ?? false);
  }

  /** The nearest cgroup at or above with the controller: where processes count for it. */
  private holderOf(controller: string): Cgroup {
    let at: Cgroup = this;
    while (at.parent !== null && !at.parent.subtreeControl.has(controller)) at = at.parent;
    return at;
  }

  get cpuCgroup(): Cgroup {
    return this.holderOf('cpu');
  }

  /** `limited`: somewhere something runs under cpu.max. */
  chargeCpu(ns: number, limited: boolean): void {
    for (let at: Cgroup | null = this; at !== null; at = at.parent) {
      at.cpuUsageNs += ns;
      if (limited) at.cpu.bandwidth?.charge(ns);
    }
  }

  chargeMemory(bytes: number): void {
    for (let at: Cgroup | null = this; at !== null; at = at.parent) {
      at.memoryCurrent += bytes;
      if (at.memoryCurrent > at.memoryPeak) at.memoryPeak = at.memoryCurrent;
      at.onCharge?.();
    }
  }

  /** Pages of a file in memory: unlike a process's own they may outlive whoever wrote them, and its cgroup. */
  chargeShmem(bytes: number): void {
    this.shmemBytesLocal += bytes;
    for (let at: Cgroup | null = this; at !== null; at = at.parent) at.shmemBytes += bytes;
    this.chargeMemory(bytes);
  }

  /** How many bytes more may be charged before memory.max is reached, here or above, and where. */
  room(): { bytes: number; tightest: Cgroup | null } {
    let bytes = Number.POSITIVE_INFINITY;
    let tightest: Cgroup | null = null;
    for (let at: Cgroup | null = this; at !== null; at = at.parent) {
      if (at.memoryMax === null || at.memoryMax - at.memoryCurrent >= bytes) continue;
      bytes = at.memoryMax - at.memoryCurrent;
      tightest = at;
    }
    return { bytes, tightest };
  }

  /** Itself, or what is left of it above. */
  get surviving(): Cgroup {
    let at: Cgroup = this;
    while (at.removed && at.parent !== null) at = at.parent;
    return at;
  }

  /** The nearest cgroup at or above this one whose memory.max would be exceeded. */
  overLimit(): Cgroup | null {
    for (let at: Cgroup | null = this; at !== null; at = at.parent) {
      if (at.memoryMax !== null && at.memoryCurrent > at.memoryMax) return at;
    }
    return null;
  }

  /** Counts here and, as memory.events is hierarchical, in everything above but the root. */
  memoryEvent(event: MemoryEvent): void {
    this.memoryEventsLocal[event]++;
    for (let at: Cgroup | null = this; at !== null && at.parent !== null; at = at.parent) at.memoryEvents[event]++;
  }

  chargePids(count: number): void {
    for (let at: Cgroup | null = this; at !== null; at = at.parent) {
      at.pidsCurrent += count;
      if (at.pidsCurrent > at.pidsPeak) at.pidsPeak = at.pidsCurrent;
    }
  }

  /** EAGAIN if one more task is too many, here or above; `refused` hears of the first time. */
  checkFork(refused: () => void): void {
    for (let over: Cgroup | null = this; over !== null; over = over.parent) {
      if (over.pidsMax === null || over.pidsCurrent < over.pidsMax) continue;
      if (this.forksRefused++ === 0) refused();
      over.pidsEventsLocal++;
      for (let at: Cgroup | null = over; at !== null && at.parent !== null; at = at.parent) at.pidsEvents++;
      over.changed();
      throw errno('EAGAIN');
    }
  }

  // --- Which cgroups may have processes, which may have controllers ----------------------------------------------

  get descendants(): number {
    let count = 0;
    for (const child of this.children.values()) count += 1 + child.descendants;
    return count;
  }

  private get hasDomainControllers(): boolean {
    for (const name of this.subtreeControl) if (!THREADED_CONTROLLERS.includes(name)) return true;
    return false;
  }

  private get hasThreadedChildren(): boolean {
    for (const child of this.children.values()) if (child.threaded) return true;
    return false;
  }

  /** The root of a threaded subtree: has threaded children, or processes and controllers that allow it. */
  private get isThreadRoot(): boolean {
    if (this.threaded || this.parent === null) return false;
    if (this.hasThreadedChildren) return true;
    if (this.processes.size === 0) return false;
    return THREADED_CONTROLLERS.some((name) => this.subtreeControl.has(name));
  }

  private get canBeThreadRoot(): boolean {
    if (this.parent === null) return true;
    if (this.threaded || this.hasDomainControllers) return false;
    for (const child of this.children.values()) if (!child.threaded && child.populated) return false;
    return true;
  }

  /** A domain below a threaded subtree's root or inside of it can hold nothing. */
  private get isValid(): boolean {
    if (this.threaded) return true;
    for (let at = this.parent; at !== null; at = at.parent) if (at.threaded || at.isThreadRoot) return false;
    return true;
  }

  get type(): 'domain' | 'domain threaded' | 'domain invalid' | 'threaded' {
    if (this.threaded) return 'threaded';
    if (!this.isValid) return 'domain invalid';
    return this.isThreadRoot ? 'domain threaded' : 'domain';
  }

  /** Where its processes' memory counts: itself, or the root of the threaded subtree that it is in. */
  private get domain(): Cgroup {
    let at: Cgroup = this;
    while (at.threaded && at.parent !== null) at = at.parent;
    return at;
  }

  sharesDomain(other: Cgroup): boolean {
    return this.domain === other.domain;
  }

  isWithin(root: Cgroup): boolean {
    for (let at: Cgroup | null = this; at !== null; at = at.parent) if (at === root) return true;
    return false;
  }

  commonAncestor(other: Cgroup): Cgroup {
    let at: Cgroup = this;
    while (at.parent !== null && !other.isWithin(at)) at = at.parent;
    return at;
  }

  makeThreaded(): void {
    if (this.threaded) return;
    if (this.hasDomainControllers || (this.populated && !this.processes.size)) throw errno('EOPNOTSUPP');
    const above = this.parent as Cgroup;
    if (!above.threaded && !above.canBeThreadRoot) throw errno('EOPNOTSUPP');
    this.threaded = true;
  }

  /** Whether a process may be moved in here. */
  checkMayHold(): void {
    if (!this.isValid) throw errno('EOPNOTSUPP');
    if (this.threaded || this.canBeThreadRoot) return;
    if (this.subtreeControl.size > 0) throw errno('EBUSY');
  }

  /** cgroup.subtree_control: all changes or none. Returns the children that have lost the CPU controllers' settings. */
  changeSubtreeControl(on: ReadonlySet<string>, off: ReadonlySet<string>): Cgroup[] {
    const news = [...on].filter((name) => !this.subtreeControl.has(name));
    if (news.some((name) => !this.hasController(name))) throw errno('ENOENT');
    for (const child of this.children.values())
      for (const name of off) if (child.subtreeControl.has(name)) throw errno('EBUSY');
    if (news.length > 0 && this.parent !== null) {
      if (!this.isValid) throw errno('EOPNOTSUPP');
      if (news.some((name) => !THREADED_CONTROLLERS.includes(name))) {
        if (this.threaded || this.isThreadRoot) throw errno('EOPNOTSUPP');
        if (this.processes.size > 0) throw errno('EBUSY');
      } else if (!this.threaded && !this.canBeThreadRoot && this.processes.size > 0) throw errno('EBUSY');
    }
    for (const name of on) this.subtreeControl.add(name);
    const reset = new Set<Cgroup>();
    for (const name of off) {
      if (!this.subtreeControl.delete(name)) continue;
      for (const child of this.children.values()) {
        child.forget(name);
        if (name === 'cpu' || name === 'cpuset') reset.add(child);
      }
    }
    return [...reset];
  }

  /** What a controller knew of this cgroup goes when it is switched off above. */
  private forget(controller: string): void {
    for (const file of [...this.inert.keys()]) if (file.startsWith(`${controller}.`)) this.inert.delete(file);
    if (controller === 'memory') {
      this.memoryMax = null;
      this.memoryHigh = null;
      this.memoryLow = 0;
      this.memoryMin = 0;
      this.memorySwapMax = null;
      this.memoryOomGroup = false;
      this.memoryPeak = this.memoryCurrent;
      this.memoryEvents = noEvents();
      this.memoryEventsLocal = noEvents();
    } else if (controller === 'pids') {
      this.pidsMax = null;
      this.pidsPeak = this.pidsCurrent;
      this.pidsEvents = 0;
      this.pidsEventsLocal = 0;
    } else if (controller === 'cpu') {
      this.cpuMax = { quota: null, period: 100_000 };
      this.cpuStatistics = { periods: 0, throttled: 0, throttledNs: 0 };
    }
  }

  /** EAGAIN where cgroup.max.depth or cgroup.max.descendants, here or above, allows no child. */
  checkMayHaveChild(): void {
    let level = 1;
    for (let at: Cgroup | null = this; at !== null; at = at.parent, level++) {
      if (at.descendantsMax !== null && at.descendants >= at.descendantsMax) throw errno('EAGAIN');
      if (level > (at.depthMax ?? DEPTH_MAX)) throw errno('EAGAIN');
    }
  }

  /** Everyone in this cgroup and below. */
  *members(): Generator<Process> {
    yield* this.processes;
    for (const child of this.children.values()) yield* child.members();
  }

  changed(): void {
    for (let at: Cgroup | null = this; at !== null; at = at.parent) for (const watch of [...at.watchers]) watch();
  }
}
