/** ptrace: how a process's calls come to be watched. @models Linux 6.12 kernel/ptrace.c @fidelity partial: looking on only */
import { WaitQueue } from '../../sim/primitives.ts';
import { errno } from '../errno.ts';
import type { Process } from '../process.ts';
import { type Tracer, tracerOf } from '../syscall-entry.ts';
import type { Syscalls } from '../syscalls.ts';
import { capable } from '../user-namespace.ts';

/** PTRACE_MODE_ATTACH: the same user, who may do all that the other may, or CAP_SYS_PTRACE. */
function mayTrace(tracer: Process, target: Process): boolean {
  const own = tracer.credentials;
  const other = target.credentials;
  if (capable(tracer, 'SYS_PTRACE', target.namespaces.user)) return true;
  if (![other.uid, other.euid, other.suid].every((uid) => uid === own.uid)) return false;
  return [...other.capabilities.permitted].every((one) => own.capabilities.permitted.has(one));
}

export function traceCalls(): Pick<Syscalls, 'ptrace'> {
  return {
    async ptrace(ctx, pid, listener, options = {}) {
      const { process } = ctx;
      const target = process.namespaces.pid.processes.get(pid);
      if (target === undefined || !target.alive) throw errno('ESRCH');
      const current = tracerOf(target);
      if (listener === null) {
        if (current !== process) throw errno('ESRCH');
        target.tracer = null;
        process.tracing?.stopped.wakeAll();
        return;
      }
      if (target === process || current !== null || !mayTrace(process, target)) throw errno('EPERM');
      const stopped = process.tracing?.stopped ?? new WaitQueue<void>(ctx.scheduler);
      const tracer: Tracer = { process, follow: options.follow === true, listener, stopped };
      process.tracing = tracer;
      target.tracer = tracer;
    },
  };
}
