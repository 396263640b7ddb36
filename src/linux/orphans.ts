/** What becomes of the children of a process that ends. @models Linux 6.12 kernel/exit.c forget_original_parent @fidelity full */
import type { Kernel } from './kernel.ts';
import type { Process } from './process.ts';

/** Orphans go to the nearest living ancestor that is a subreaper, else to their namespace's init. */
export function adoptChildren(kernel: Kernel, process: Process): void {
  if (process.children.size === 0) return;
  let reaper: Process | null = process.parent;
  while (reaper !== null && !(reaper.subreaper && reaper.alive && reaper.pids.has(process.namespaces.pid)))
    reaper = reaper.parent;
  const { init } = process.namespaces.pid;
  const adopter = reaper ?? (init !== process && init?.alive ? init : (kernel.rootPidNamespace.init ?? undefined));
  for (const child of [...process.children]) {
    process.lose(child);
    if (adopter === undefined || adopter === process) {
      child.parent = null;
      continue;
    }
    child.parent = adopter;
    adopter.adopt(child);
    kernel.emit(process.span, process.pid, { kind: 'process.reparent', child: child.pid, ppid: adopter.pid });
    if (child.parentDeathSignal !== null) kernel.deliver(child, child.parentDeathSignal, null);
    if (child.state === 'zombie') adopter.childChanged.wakeAll();
  }
}
