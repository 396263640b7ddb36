/** Machines that are told the same, and what is known of their difference. */
import { type Remote, wrap } from 'comlink';
import type { Breakdown } from '../../projections/comparison/breakdown.ts';
import type { Comparison } from '../../projections/comparison/first-difference.ts';
import type { LabFigures } from '../../projections/comparison/lab.ts';
import { LAB_CALLS, LAB_KERNEL } from '../../projections/comparison/lab-script.ts';
import { ComparedNode } from './compared-node.ts';
import type { Comparer } from './comparer.ts';
import type { Plan } from './presets.ts';

/** What is drawn is drawn again so often while the machines run. */
const DRAW_MS = 100;
const COMPARE_MS = 900;
/** So long after a command what daemons still do because of it is looked at, too. */
const FOLLOW_MS = 15_000;

export class CompareRun {
  readonly plan: Plan;
  readonly nodes: readonly ComparedNode[];
  /** Which two are drawn and compared. */
  pair: readonly [number, number] = [0, 1];
  /** Which of the commands that all were told is looked at; the last by default. */
  chosen: number | null = null;
  /** Since that command began, by machine of the pair; null is the present. */
  moments: readonly [number | null, number | null] = [null, null];
  comparison: Comparison | null = null;
  readonly figures = new Map<number, LabFigures>();
  /** Line of the plan that is typed next. */
  next = 0;
  version = 0;
  private readonly breakdowns = new Map<string, Breakdown>();
  private readonly asked = new Set<string>();
  private readonly worker = new Worker(new URL('./comparer.ts', import.meta.url), { type: 'module', name: 'comparer' });
  private readonly comparer: Remote<Comparer> = wrap<Comparer>(this.worker);
  private readonly listeners = new Set<() => void>();
  private drawing: ReturnType<typeof setTimeout> | null = null;
  private readonly comparing: ReturnType<typeof setInterval>;
  private stale = true;
  private busy = false;
  private endedAt = 0;

  constructor(plan: Plan) {
    this.plan = plan;
    this.nodes = plan.machines.map(
      (machine, i) =>
        new ComparedNode(
          machine,
          () => this.touch(),
          (events) => {
            this.stale = true;
            void this.comparer.take(i, events);
          },
        ),
    );
    this.comparing = setInterval(() => void this.compare(), COMPARE_MS);
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly snapshot = (): number => this.version;

  get ready(): boolean {
    return this.nodes.every((node) => node.ready);
  }

  /** Lines that all the machines were told, as far as all have begun them. */
  get lines(): string[] {
    const shared = this.nodes.map((node) => node.commands.slice(node.sharedFrom));
    const count = Math.min(...shared.map((list) => list.length));
    return (shared[0] ?? []).slice(0, count).map((command) => command.line);
  }

  get command(): number {
    if (this.chosen !== null) return this.chosen;
    // When the plan's lines are done, the command that the difference lies in is the one of interest.
    const planned = this.plan.lines.length > 0 && this.lines.length === this.plan.lines.length;
    return (planned && this.ready ? this.comparison?.first?.command : undefined) ?? this.lines.length - 1;
  }

  /** Of a machine, when the command that is looked at began and how long it took so far. */
  spanOf(machine: number): { startTime: number; ns: number } | null {
    const node = this.nodes[machine];
    const command = node?.commands[node.sharedFrom + this.command];
    if (node === undefined || command === undefined) return null;
    return { startTime: command.startTime, ns: (command.endTime ?? node.now) - command.startTime };
  }

  tell(text: string): void {
    for (const node of this.nodes) node.type(text);
    this.comparison = null;
    this.moments = [null, null];
    this.chosen = null;
    this.stale = true;
    this.notify();
  }

  look(change: Partial<Pick<CompareRun, 'pair' | 'chosen' | 'moments'>>): void {
    if (change.pair !== undefined) {
      this.pair = change.pair;
      this.comparison = null;
      this.stale = true;
      this.endedAt = performance.now();
    }
    if (change.chosen !== undefined) this.chosen = change.chosen;
    if (change.moments !== undefined) this.moments = change.moments;
    this.touch();
  }

  breakdownOf(machine: number): Breakdown | null {
    const node = this.nodes[machine];
    const at = (node?.sharedFrom ?? 0) + this.command;
    const key = `${machine} ${at}`;
    const known = this.breakdowns.get(key);
    if (known !== undefined || node?.commands[at]?.endTime == null || this.asked.has(key)) return known ?? null;
    this.asked.add(key);
    void this.comparer.breakdown(machine, at).then((found) => {
      this.asked.delete(key);
      if (found === null) return;
      this.breakdowns.set(key, found);
      this.touch();
    });
    return null;
  }

  end(): void {
    clearInterval(this.comparing);
    if (this.drawing !== null) clearTimeout(this.drawing);
    for (const node of this.nodes) node.end();
    this.worker.terminate();
  }

  private async compare(): Promise<void> {
    const idle = this.nodes.every((node) => node.ready);
    if (!idle) this.endedAt = performance.now();
    if (!idle || this.busy || !this.stale || this.lines.length === 0) return;
    if (performance.now() - this.endedAt > FOLLOW_MS && this.comparison !== null) return;
    this.stale = false;
    this.busy = true;
    const [left, right] = this.pair;
    const from = (i: number): number => this.nodes[i]?.sharedFrom ?? 0;
    const found = await this.comparer.compare(left, right, from(left), from(right));
    this.busy = false;
    // Something was typed meanwhile, or others were chosen.
    if (this.pair[0] !== left || this.pair[1] !== right || !this.ready) return;
    this.comparison = found;
    await this.measure();
    this.touch();
  }

  private async measure(): Promise<void> {
    if (this.lines.length <= LAB_CALLS) return;
    for (const [i, node] of this.nodes.entries()) {
      if (this.figures.has(i)) continue;
      const figures = await this.comparer.lab(i, node.sharedFrom, node.sharedFrom + LAB_KERNEL);
      if (figures !== null) this.figures.set(i, figures);
    }
  }

  private touch(): void {
    this.drawing ??= setTimeout(() => {
      this.drawing = null;
      this.notify();
    }, DRAW_MS);
  }

  private notify(): void {
    this.version++;
    for (const listener of this.listeners) listener();
  }
}
