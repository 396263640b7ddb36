/** What the OOM killer writes to the kernel's log. @models Linux 6.12 mm/oom_kill.c @fidelity partial: no memory report, no task list */
import type { Cgroup } from './cgroup.ts';
import type { Process } from './process.ts';

/** By log level: 4 warns, 6 informs, 3 is the error. */
export function oomMessages(victim: Process, over: Cgroup): [level: number, text: string][] {
  const kB = (bytes: number): number => Math.round(bytes / 1024);
  const { comm, cgroup, rssBytes, oomScoreAdj } = victim;
  const pid = victim.pidIn(victim.kernel.rootPidNamespace);
  const { uid } = victim.credentials;
  const tables = Math.max(40, kB(rssBytes / 512));
  return [
    [4, `${comm} invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=${oomScoreAdj}`],
    [6, `memory: usage ${kB(over.memoryCurrent)}kB, limit ${kB(over.memoryMax ?? 0)}kB, failcnt ${over.oomEvents.max}`],
    [
      6,
      `oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=${cgroup.name || '/'},mems_allowed=0,oom_memcg=${over.path},task_memcg=${cgroup.path},task=${comm},pid=${pid},uid=${uid}`,
    ],
    [
      3,
      `Memory cgroup out of memory: Killed process ${pid} (${comm}) total-vm:${kB(rssBytes * 2)}kB, anon-rss:${kB(rssBytes)}kB, file-rss:0kB, shmem-rss:0kB, UID:${uid} pgtables:${tables}kB oom_score_adj:${oomScoreAdj}`,
    ],
  ];
}
