/** Which terminal each command line was entered on, and what runs where. */
import type { CommandRecord } from '../../projections/trace-index.ts';
import type { TraceEvent } from '../../sim/trace.ts';

/** `line`: what runs on it. */
export type OpenTerminal = { readonly number: number; readonly line: string | null };

export function sameTerminals(a: readonly OpenTerminal[], b: readonly OpenTerminal[]): boolean {
  return a.length === b.length && a.every(({ number, line }, i) => number === b[i]?.number && line === b[i]?.line);
}

export class TerminalsInUse {
  /** Where the last key was pressed. */
  private typedIn = 0;
  /** By command. */
  private readonly entered = new Map<number, number>();
  /** By terminal: the commands that run there; of a shell on another node inside the one that led there. */
  private readonly running = new Map<number, { readonly command: number; readonly line: string }[]>();

  /** To be called for every event once, in order. */
  see(event: TraceEvent): void {
    if (event.kind === 'input') {
      if (event.source === 'keys') this.typedIn = event.terminal ?? 0;
    } else if (event.kind === 'command.start') {
      this.entered.set(event.command, this.typedIn);
      this.running.set(this.typedIn, [...(this.running.get(this.typedIn) ?? []), event]);
    } else if (event.kind === 'command.end') {
      const terminal = this.entered.get(event.command) ?? 0;
      const others = this.running.get(terminal)?.filter(({ command }) => command !== event.command);
      this.running.set(terminal, others ?? []);
    }
  }

  shown(open: readonly number[]): OpenTerminal[] {
    return open.map((number) => ({ number, line: this.running.get(number)?.at(-1)?.line ?? null }));
  }

  /** The first key of the last command line: how many events had happened before it; -1 if there is none. */
  begun(commands: readonly CommandRecord[], events: readonly TraceEvent[]): number {
    const last = commands.at(-1);
    if (last === undefined) return -1;
    const terminal = this.entered.get(last.command);
    const before = commands.findLast((each) => each !== last && this.entered.get(each.command) === terminal);
    const after = before?.endSeq ?? before?.startSeq ?? 0;
    return events.findIndex(
      (e) => e.seq > after && e.kind === 'input' && e.source === 'keys' && (e.terminal ?? 0) === terminal,
    );
  }

  clear(): void {
    this.typedIn = 0;
    this.entered.clear();
    this.running.clear();
  }
}
