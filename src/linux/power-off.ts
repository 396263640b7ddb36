/** What is left of a kernel when its machine is switched off: nothing that ran on it runs again. */
import { endGroup } from '../sim/scheduler.ts';
import type { Kernel } from './kernel.ts';

/**
 * What its processes held in the outside world (connections, shared pipes) is closed, as it is when the process that
 * carries the machine dies; kernels that its processes carried go with them.
 */
export function switchOff(kernel: Kernel): void {
  const processes = [...kernel.processes.values()];
  for (const process of processes) endGroup(process.group);
  for (const process of processes) {
    const wasAlive = process.alive;
    kernel.cpu.remove(process);
    process.state = 'dead';
    if (!wasAlive) continue;
    for (const guest of process.guests ?? []) guest.powerOff('killed');
    kernel.emit(process.span, process.pid, { kind: 'process.exit', code: 0, signal: 'SIGKILL' });
    for (const file of process.descriptors.takeAll()) file.release();
  }
  for (const process of processes) {
    process.exited.wakeAll();
    kernel.emit(0, kernel.pidBase, { kind: 'process.reap', child: process.pid });
  }
  kernel.processes.clear();
}
