/**
 * How nice a process is to others: from -20, which takes most, to 19.
 * @models Linux 6.12 kernel/sys.c setpriority, getpriority; kernel/sched/syscalls.c can_nice @fidelity partial: SCHED_OTHER only
 */
import type { Context } from '../context.ts';
import { errno } from '../errno.ts';
import type { Kernel } from '../kernel.ts';
import type { Process } from '../process.ts';
import type { PriorityOf, Syscalls } from '../syscalls.ts';
import { capable, toKernel } from '../user-namespace.ts';
import { groupIn, limitOf } from './processes.ts';

const NICE_MIN = -20;
const NICE_MAX = 19;

export function priorityCalls(kernel: Kernel): Pick<Syscalls, 'getPriority' | 'setPriority'> {
  const targets = ({ process }: Context, which: PriorityOf, who: number): Process[] => {
    const { pid, user } = process.namespaces;
    if (which === 'process') {
      const target = who === 0 ? process : pid.processes.get(who);
      return target === undefined ? [] : [target];
    }
    const group = who === 0 ? groupIn(kernel, process, process) : who;
    const uid = who === 0 ? process.credentials.uid : toKernel(user, 'uid', who);
    return [...pid.processes.values()].filter((one) =>
      which === 'group' ? groupIn(kernel, one, process) === group : one.credentials.uid === uid,
    );
  };
  return {
    async getPriority(ctx, which, who) {
      const found = targets(ctx, which, who);
      if (found.length === 0) throw errno('ESRCH');
      return Math.min(...found.map((one) => one.nice));
    },
    async setPriority(ctx, which, who, nice) {
      const { process } = ctx;
      const found = targets(ctx, which, who);
      if (found.length === 0) throw errno('ESRCH');
      const wanted = Math.max(NICE_MIN, Math.min(NICE_MAX, nice));
      let refused: 'EPERM' | 'EACCES' | null = null;
      for (const target of found) {
        const { euid } = process.credentials;
        const isHis = target.credentials.uid === euid || target.credentials.euid === euid;
        if (!isHis && !capable(process, 'SYS_NICE', target.namespaces.user)) refused = 'EPERM';
        else if (wanted < target.nice && !mayFavour(process, target, wanted)) refused = 'EACCES';
        else setNice(kernel, target, wanted);
      }
      if (refused !== null) throw errno(refused);
    },
  };
}

function setNice(kernel: Kernel, process: Process, nice: number): void {
  const jobs = kernel.cpu.remove(process);
  process.nice = nice;
  kernel.cpu.add(jobs);
}

/** RLIMIT_NICE counts the other way round: 1 is as nice as can be, 40 least. */
function mayFavour(process: Process, target: Process, nice: number): boolean {
  return NICE_MAX + 1 - nice <= limitOf(target, 'NICE').soft || capable(process, 'SYS_NICE');
}
