/** One command in one sentence's worth of facts, for those who do not see the packets. */
import type { Layer, TraceEvent } from '../sim/trace.ts';
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
    if (event === undefined) continue;
    if (event.kind === 'process.exit') {
      const process = view.processes.get(event.pid);
      if (process === undefined) continue;
      const own = command.span === 0 || index.within(event.span, command.span);
      const stayed = stays(process.layer) && (process.startSeq < command.startSeq || process.layer === 'workload');
      // What ends a process need not be its span: a signal does.
      if (own ? stayed || process.layer === 'oci-runtime' : stayed && process.startSeq < command.startSeq)
        exited.push(process.comm);
      started.delete(event.pid);
      continue;
    }
    if (command.span !== 0 && !index.within(event.span, command.span)) continue;
    if (event.kind === 'process.exec') {
      if (stays(event.layer)) started.set(event.pid, event.comm);
      if (event.layer === 'client' || event.layer === 'shim' || event.layer === 'oci-runtime')
        seen(baseName(event.path, event.comm));
    } else if (event.kind === 'rpc.request') {
      seen(programOf(view, event.pid));
      seen(programOf(view, event.to));
    }
  }
  return {
    exitCode: command.exitCode ?? 0,
    path,
    started: [...started].map(([pid, comm]) => ({ pid, comm })),
    exited: [...new Set(exited)],
  };
}

/** What is started in these layers is meant to stay; clients and oci-runtimes come and go. */
function stays(layer: Layer | null | undefined): boolean {
  return layer != null && layer !== 'client' && layer !== 'oci-runtime';
}

/** What came after a command had ended, whoever caused it: read on as the history grows. */
export class Aftermath {
  readonly started = new Map<number, string>();
  readonly exited = new Map<number, string>();
  private seq: number;

  constructor(from: number) {
    this.seq = from;
  }

  /** True if there is something new. */
  follow(events: readonly TraceEvent[], view: NodeView): boolean {
    const before = this.started.size + this.exited.size;
    for (; this.seq < events.length; this.seq++) {
      const event = events[this.seq] as TraceEvent;
      if (event.kind === 'process.exec' && stays(event.layer)) this.started.set(event.pid, event.comm);
      else if (event.kind === 'process.exit') {
        const process = view.processes.get(event.pid);
        if (!this.started.delete(event.pid) && process !== undefined && stays(process.layer))
          this.exited.set(event.pid, process.comm);
      }
    }
    return this.started.size + this.exited.size !== before;
  }
}

function programOf(view: NodeView, pid: number): string {
  const process = view.processes.get(pid);
  return process === undefined ? '' : baseName(process.path, process.comm);
}

function baseName(path: string, comm: string): string {
  return path === '' ? comm : (path.split('/').at(-1) ?? comm);
}
