/**
 * What happens when memory runs out: the OOM killer of a cgroup or of the machine, and the brake of memory.high.
 * @models Linux 6.12 mm/oom_kill.c, mm/memcontrol.c @fidelity partial: nothing can be reclaimed, so the first charge
 * too many kills; no stack trace in the log
 */
import type { Cgroup } from './cgroup.ts';
import type { Kernel } from './kernel.ts';
import type { Process } from './process.ts';

const PAGE = 4096;
const NEVER_KILL = -1000;
/** Memory of the kernel itself, as /proc/meminfo counts it. */
export const KERNEL_MEMORY_BYTES = 180 * 1024 * 1024;
const HZ = 250;
/** The longest that one charge above memory.high is held up. */
const HIGH_PENALTY_TICKS_MAX = 2 * HZ;

const pages = (bytes: number): number => Math.ceil(bytes / PAGE);
const kB = (bytes: number): number => Math.round(bytes / 1024);
const pageTableBytes = (process: Process): number => Math.max(40 * 1024, pages(process.rssBytes / 512) * PAGE);
const virtualBytes = (process: Process): number => process.rssBytes * 2;

/** oom_badness(): pages it would free, moved by oom_score_adj thousandths of all there is; null for "never". */
function badness(process: Process, bytesTotal: number): number | null {
  const { oomScoreAdj, kernel } = process;
  if (oomScoreAdj === NEVER_KILL || !process.alive || process === kernel.rootPidNamespace.init) return null;
  const points = pages(process.rssBytes) + pages(pageTableBytes(process));
  return points + oomScoreAdj * Math.floor(pages(bytesTotal) / 1000);
}

/** /proc/PID/oom_score. */
export function oomScore(process: Process): number {
  const total = process.kernel.options.memoryBytes;
  const points = badness(process, total);
  if (points === null) return 0;
  return Math.max(0, Math.floor(((1000 + Math.floor((points * 1000) / pages(total))) * 2) / 3));
}

function chooseVictim(candidates: Iterable<Process>, bytesTotal: number): Process | null {
  let victim: Process | null = null;
  let worst = Number.NEGATIVE_INFINITY;
  for (const candidate of candidates) {
    const points = badness(candidate, bytesTotal);
    // Of equals, the later one: as the walk over all tasks ends up.
    if (points === null || points < worst) continue;
    worst = points;
    victim = candidate;
  }
  return victim;
}

export function relieveMemory(kernel: Kernel, cgroup: Cgroup, by: Process): void {
  for (let over = cgroup.overLimit(); over !== null; over = cgroup.overLimit()) if (!killIn(kernel, over, by)) return;
  while (freeBytes(kernel) < 0) if (!killIn(kernel, null, by)) return;
}

/** What the machine has left; a guest too small for the kernel that is reckoned with here is not watched. */
function freeBytes(kernel: Kernel): number {
  const total = kernel.options.memoryBytes - KERNEL_MEMORY_BYTES;
  return total > 0 ? total - kernel.rootCgroup.memoryCurrent : Number.POSITIVE_INFINITY;
}

/**
 * Charges pages of a file that `by` writes, as far as there is room; for the rest somebody is killed, until it is `by`.
 * Nothing is got back by that from the file itself. Returns the bytes that were charged.
 */
export function chargeShmem(kernel: Kernel, cgroup: Cgroup, bytes: number, by: Process): number {
  for (let charged = 0; ; ) {
    const { bytes: below, tightest } = cgroup.room();
    const free = freeBytes(kernel);
    const room = Math.max(0, Math.floor(Math.min(below, free) / PAGE) * PAGE);
    const part = Math.min(bytes - charged, room);
    cgroup.chargeShmem(part);
    charged += part;
    if (charged === bytes) return charged;
    if (!killIn(kernel, below <= free ? tightest : null, by) || !by.alive) return charged;
  }
}

/** One round of the OOM killer; false if it found nobody. `over` null is the machine. */
function killIn(kernel: Kernel, over: Cgroup | null, by: Process): boolean {
  if (over === null) return kill(kernel, null, kernel.options.memoryBytes, by);
  over.memoryEvent('max');
  over.memoryEvent('oom');
  const freed = kill(kernel, over, over.memoryMax ?? 0, by);
  over.changed();
  return freed;
}

/** Ends one process, or the group that must go with it; false if nobody may be killed. `over` null is the machine. */
function kill(kernel: Kernel, over: Cgroup | null, bytesTotal: number, by: Process): boolean {
  const candidates = [...(over ?? kernel.rootCgroup).members()];
  const victim = chooseVictim(candidates, bytesTotal);
  report(kernel, over, by, candidates);
  if (victim === null) {
    kernel.log('Out of memory and no killable processes...', 4);
    return false;
  }
  const where = over === null ? 'CONSTRAINT_NONE' : 'CONSTRAINT_MEMCG';
  const memcg = over === null ? 'global_oom' : `oom_memcg=${over.path}`;
  kernel.log(
    `oom-kill:constraint=${where},nodemask=(null),cpuset=${victim.cgroup.name || '/'},mems_allowed=0,${memcg},task_memcg=${victim.cgroup.path},task=${victim.comm},pid=${victim.pidIn(kernel.rootPidNamespace)},uid=${victim.credentials.uid}`,
  );
  const group = groupOf(victim, over);
  const reason = over === null ? 'Out of memory' : 'Memory cgroup out of memory';
  end(kernel, victim, reason);
  if (group === null) return true;
  group.memoryEvent('oomGroupKill');
  kernel.log(`Tasks in ${group.path} are going to be killed due to memory.oom.group set`);
  for (const other of [...group.members()])
    if (other.oomScoreAdj !== NEVER_KILL && other.alive) end(kernel, other, 'Memory cgroup out of memory');
  group.changed();
  return true;
}

/** The highest cgroup from the victim's up to where memory ran out that wants its members to end together. */
function groupOf(victim: Process, over: Cgroup | null): Cgroup | null {
  let group: Cgroup | null = null;
  for (let at: Cgroup | null = victim.cgroup; at !== null && at.parent !== null; at = at.parent) {
    if (at.memoryOomGroup) group = at;
    if (at === over) break;
  }
  return group;
}

function end(kernel: Kernel, victim: Process, reason: string): void {
  const { cgroup } = victim;
  const rss = victim.rssBytes;
  kernel.log(
    `${reason}: Killed process ${victim.pidIn(kernel.rootPidNamespace)} (${victim.comm}) total-vm:${kB(virtualBytes(victim))}kB, anon-rss:${kB(rss)}kB, file-rss:0kB, shmem-rss:0kB, UID:${victim.credentials.uid} pgtables:${kB(pageTableBytes(victim))}kB oom_score_adj:${victim.oomScoreAdj}`,
    3,
  );
  kernel.oomKills++;
  cgroup.memoryEvent('oomKill');
  kernel.terminate(victim, 0, 'SIGKILL');
  cgroup.changed();
}

function report(kernel: Kernel, over: Cgroup | null, by: Process, candidates: readonly Process[]): void {
  const { release, version, cores } = kernel.options;
  const pid = by.pidIn(kernel.rootPidNamespace);
  const flags = over === null ? '0x140cca(GFP_HIGHUSER_MOVABLE|__GFP_COMP)' : '0xcc0(GFP_KERNEL)';
  kernel.log(`${by.comm} invoked oom-killer: gfp_mask=${flags}, order=0, oom_score_adj=${by.oomScoreAdj}`, 4);
  kernel.log(
    `CPU: ${pid % cores} UID: ${by.credentials.uid} PID: ${pid} Comm: ${by.comm} Not tainted ${release} ${version.split(' ')[0]}  ${/Debian \S+/.exec(version)?.[0] ?? ''}`.trimEnd(),
    4,
  );
  if (over !== null) {
    const { max } = over.memoryEventsLocal;
    kernel.log(`memory: usage ${kB(over.memoryCurrent)}kB, limit ${kB(over.memoryMax ?? 0)}kB, failcnt ${max}`);
    kernel.log('swap: usage 0kB, limit 9007199254740988kB, failcnt 0');
    kernel.log(`Memory cgroup stats for ${over.path}:`);
    kernel.log(`anon ${over.memoryCurrent - over.shmemBytes}`);
    kernel.log(`file ${over.shmemBytes}`);
  }
  kernel.log('Tasks state (memory values in pages):');
  kernel.log(
    '[  pid  ]   uid  tgid total_vm      rss rss_anon rss_file rss_shmem pgtables_bytes swapents oom_score_adj name',
  );
  for (const p of candidates) {
    if (!p.alive) continue;
    const number = p.pidIn(kernel.rootPidNamespace);
    const cell = (value: number, width: number): string => String(value).padStart(width);
    kernel.log(
      `[${cell(number, 7)}] ${cell(p.credentials.uid, 5)} ${cell(number, 5)} ${cell(pages(virtualBytes(p)), 8)} ${cell(pages(p.rssBytes), 8)} ${cell(pages(p.rssBytes), 8)} ${cell(0, 8)} ${cell(0, 9)} ${cell(pageTableBytes(p), 8)} ${cell(0, 8)}         ${cell(p.oomScoreAdj, 5)} ${p.comm}`,
    );
  }
}

/** How long a charge is held up because a cgroup above has more than memory.high; counts the event. */
export function highPenaltyNs(cgroup: Cgroup): number {
  let worst = 0;
  for (let at: Cgroup | null = cgroup; at !== null; at = at.parent) {
    const { memoryHigh, memoryCurrent } = at;
    if (memoryHigh === null || memoryCurrent <= memoryHigh) continue;
    at.memoryEvent('high');
    at.changed();
    worst = Math.max(worst, (memoryCurrent - memoryHigh) / Math.max(PAGE, memoryHigh));
  }
  // In the kernel's fixed point: the square of the overage in 2^-20ths, scaled down by 2^34.
  const ticks = Math.min(HIGH_PENALTY_TICKS_MAX, Math.floor(worst * worst * 64 * HZ));
  return ticks <= HZ / 100 ? 0 : (ticks / HZ) * 1e9;
}
