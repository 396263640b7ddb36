/** Command lines that nobody is there to see the end of. What ssh itself ends with is theirs. */
import type { Kernel } from '../linux/kernel.ts';
import { kernelOfPid, NODE_KERNEL, type Trace, type TraceEvent } from '../sim/trace.ts';

const LOST_EXIT_CODE = 255;

/** The node went down: whatever sessions were in the middle of is over, too. */
export function endCommands(trace: Trace): void {
  const ended = new Set<number>();
  const running: TraceEvent[] = [];
  trace.findLast((event) => {
    if (event.kind === 'command.end') ended.add(event.command);
    else if (event.kind === 'command.start' && !ended.has(event.command)) running.unshift(event);
    return false;
  });
  for (const event of running) end(trace, event);
}

/** A shell of the first node was killed. */
export function endCommandOfTheDead(trace: Trace, kernel: Kernel): void {
  const last = trace.findLast(
    ({ kind, pid }) =>
      (kind === 'command.start' || kind === 'command.end') &&
      kernelOfPid(pid) === NODE_KERNEL &&
      kernel.processes.get(pid)?.alive !== true,
  );
  if (last !== undefined) end(trace, last);
}

function end(trace: Trace, start: TraceEvent): void {
  if (start.kind !== 'command.start') return;
  const { span, pid, command } = start;
  trace.emit(span, pid, { kind: 'command.end', command, exitCode: LOST_EXIT_CODE });
}
