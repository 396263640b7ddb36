/** One command in one sentence's worth of facts, for those who do not see the packets. */
import type { TraceEvent } from '../sim/trace.ts';
import type { NodeView } from './node-view.ts';
import type { CommandRecord, TraceIndex } from './trace-index.ts';

export type CommandSummary = {
  readonly exitCode: number;
  /** Programs that took part, in order, without repeats: `crictl`, `containerd`, `containerd-shim-runc-v2`, `runc`. */
  readonly path: readonly string[];
  readonly started: readonly { comm: string; pid: number }[];
  readonly exited: readonly string[];
};

export function summarise(
  events: readonly TraceEvent[],
  command: CommandRecord,
  index: TraceIndex,
  view: NodeView,
): CommandSummary {
  const path: string[] = [];
  const seen = (name: string): void => {
    if (name !== '' && !path.includes(name)) path.push(name);
  };
  const started = new Map<number, string>();
  const exited: string[] = [];
  const end = command.endSeq ?? events.length;
  for (let seq = command.startSeq; seq <= end; seq++) {
    const event = events[seq];
    if (event === undefined || (command.span !== 0 && !index.within(event.span, command.span))) continue;
    if (event.kind === 'process.exec') {
      if (event.layer === 'workload') started.set(event.pid, event.comm);
      if (event.layer === 'client' || event.layer === 'shim' || event.layer === 'oci-runtime')
        seen(baseName(event.path, event.comm));
    } else if (event.kind === 'rpc.request') {
      seen(programOf(view, event.pid));
      seen(programOf(view, event.to));
    } else if (event.kind === 'process.exit') {
      const process = view.processes.get(event.pid);
      if (process?.layer === 'oci-runtime' || process?.layer === 'workload') exited.push(process.comm);
      started.delete(event.pid);
    }
  }
  return {
    exitCode: command.exitCode ?? 0,
    path,
    started: [...started].map(([pid, comm]) => ({ pid, comm })),
    exited: [...new Set(exited)],
  };
}

function programOf(view: NodeView, pid: number): string {
  const process = view.processes.get(pid);
  return process === undefined ? '' : baseName(process.path, process.comm);
}

function baseName(path: string, comm: string): string {
  return path === '' ? comm : (path.split('/').at(-1) ?? comm);
}
