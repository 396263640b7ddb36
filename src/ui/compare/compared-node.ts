/** One of the machines side by side: its worker, its history, and what it is told. */
import type { Savepoint } from '../../machine/machine.ts';
import { History } from '../../projections/history.ts';
import { Viewpoint } from '../../projections/viewpoint.ts';
import type { TraceEvent } from '../../sim/trace.ts';
import type { Frame } from '../worker/contract.ts';
import { MachineLink } from '../worker/machine-link.ts';

export type MachinePlan = {
  readonly name: string;
  readonly scenario: string;
  readonly seed: number;
  /** Lines that it alone is told, before the others; one command each. */
  readonly own: readonly string[];
  /** A history to be made again, in place of a new one. */
  readonly savepoint?: Savepoint;
};

export type CommandSpan = {
  readonly line: string;
  readonly startTime: number;
  endTime: number | null;
  /** What had been written to the terminal when it began. */
  readonly writtenBefore: number;
};

const COLUMNS = 100;
const ROWS = 8;
const SLICE_EVENTS = 250;
const SLICE_MS = 8;
const PROMPT = /[#$] $/;
/** RIS. */
const RESET = '\u001bc';
/** Virtual time runs so many times faster than ours while the machine gets to where the comparison begins. */
const SET_UP_RATIO = 16;

export class ComparedNode {
  readonly plan: MachinePlan;
  readonly history = new History();
  readonly commands: CommandSpan[] = [];
  /** Everything the terminals were sent, for one that is shown later. */
  private readonly output: { readonly terminal: number; readonly bytes: Uint8Array }[] = [];
  /** The one that is shown: of a history that is made again, where it was typed in last. */
  private terminal = 0;
  now = 0;
  failure: string | null = null;
  private readonly viewpoint = new Viewpoint();
  private readonly link: MachineLink;
  private readonly changed: () => void;
  private readonly received: (events: TraceEvent[]) => void;
  private readonly outputs = new Set<(bytes: Uint8Array) => void>();
  private waiting: string[];
  private readonly pending: TraceEvent[] = [];
  private tail = '';
  private prompted = false;
  private running = false;
  private readonly decoder = new TextDecoder();

  constructor(plan: MachinePlan, changed: () => void, received: (events: TraceEvent[]) => void) {
    this.plan = plan;
    this.changed = changed;
    this.received = received;
    this.waiting = [...plan.own];
    const { scenario, seed, savepoint } = plan;
    const options = { scenario, seed, columns: COLUMNS, rows: ROWS, ...(savepoint === undefined ? {} : { savepoint }) };
    this.link = new MachineLink(options, {
      onFrame: (frame) => this.take(frame),
      onReplaced: () => this.fail('worker'),
      onFailed: (reason) => this.fail(reason),
    });
    void this.link.start().then(() => this.link.api.pace({ ratio: SET_UP_RATIO }));
  }

  /** Its own lines are done, and it waits at its prompt. */
  get ready(): boolean {
    return this.prompted && this.waiting.length === 0 && !this.running && this.pending.length === 0;
  }

  /** Of its commands, the first that all the machines were told. */
  get sharedFrom(): number {
    return this.plan.savepoint === undefined ? this.plan.own.length : 0;
  }

  type(text: string): void {
    // A whole line: it runs from now on, although nobody has said so yet.
    if (/\S\r$/.test(text)) this.running = true;
    void this.link.api.pace({ ratio: 1 });
    void this.link.api.input(new TextEncoder().encode(text));
  }

  onOutput(listener: (bytes: Uint8Array) => void): () => void {
    for (const { terminal, bytes } of this.output) if (terminal === this.terminal) listener(bytes);
    this.outputs.add(listener);
    return () => this.outputs.delete(listener);
  }

  /** The number that a command wrote to the terminal, if it wrote one on a line of its own. */
  wrote(command: number): string | null {
    const from = this.commands[command]?.writtenBefore;
    if (from === undefined) return null;
    const to = this.commands[command + 1]?.writtenBefore;
    const text = this.output
      .slice(Math.max(0, from - 1), to)
      .filter(({ terminal }) => terminal === this.terminal)
      .map(({ bytes }) => new TextDecoder().decode(bytes))
      .join('');
    return /^(\d+)\r?$/m.exec(text)?.[1] ?? null;
  }

  end(): void {
    this.link.end();
  }

  /** Another of its terminals, from the beginning. */
  private show(terminal: number): void {
    if (terminal === this.terminal) return;
    this.terminal = terminal;
    for (const listener of this.outputs) {
      listener(new TextEncoder().encode(RESET));
      for (const each of this.output) if (each.terminal === terminal) listener(each.bytes);
    }
  }

  private take(frame: Pick<Frame, 'now' | 'events' | 'output' | 'terminals' | 'crash'>): void {
    if (frame.crash !== null) this.fail(frame.crash.split('\n')[0] ?? '');
    this.now = frame.now;
    for (const { terminal, bytes } of frame.output) {
      this.output.push({ terminal, bytes });
      if (terminal === this.terminal) for (const listener of this.outputs) listener(bytes);
      this.notePrompt(this.decoder.decode(bytes, { stream: true }));
    }
    this.show(frame.terminals.typedIn ?? this.terminal);
    if (frame.events.length === 0) return;
    const waits = this.pending.length > 0;
    this.pending.push(...frame.events);
    if (!waits) this.fold();
  }

  /** A node that boots has tens of thousands of events: they are taken in slices, so that the page goes on between. */
  private fold(): void {
    const until = performance.now() + SLICE_MS;
    do {
      const events = this.pending.splice(0, SLICE_EVENTS);
      this.history.append(events.map((event) => this.viewpoint.see(event)));
      for (const event of events) this.note(event);
      this.received(events);
    } while (this.pending.length > 0 && performance.now() < until);
    this.changed();
    if (this.pending.length > 0) setTimeout(() => this.fold());
  }

  private note(event: TraceEvent): void {
    if (event.kind === 'command.start') {
      this.commands.push({ line: event.line, startTime: event.time, endTime: null, writtenBefore: this.output.length });
      this.running = true;
    } else if (event.kind === 'command.end') {
      const last = this.commands.at(-1);
      if (last !== undefined) last.endTime = event.time;
      this.running = false;
      this.next();
    }
  }

  private notePrompt(text: string): void {
    if (this.prompted) return;
    this.tail = (this.tail + text).slice(-256);
    const plain = this.tail.replace(/\u001b\][^\u0007]*\u0007|\u001b\[[0-9;?]*[a-zA-Z]/g, '');
    if (!PROMPT.test(plain)) return;
    this.prompted = true;
    this.next();
    this.changed();
  }

  private next(): void {
    const line = this.waiting.shift();
    if (line === undefined) return;
    this.running = true;
    void this.link.api.input(new TextEncoder().encode(`${line}\n`));
  }

  private fail(reason: string): void {
    this.failure = reason;
    this.changed();
  }
}
