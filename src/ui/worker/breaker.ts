/** Watches the machine for what it is to stop at. Loaded by the worker when the first breakpoint is set. */
import type { CompiledCheck } from '../../lesson-engine/checks.ts';
import type { StateViewer } from '../../lesson-engine/state-view.ts';
import type { Machine } from '../../machine/machine.ts';
import { type Breakpoint, matches, ProcessNames, type Stop } from '../../projections/breakpoints.ts';
import type { TraceEvent } from '../../sim/trace.ts';

type Condition = { readonly id: number; readonly check: CompiledCheck; held: boolean };

export class Breaker {
  /** Where the machine was last stopped. */
  private stop: Stop | null = null;
  private readonly names = new ProcessNames();
  private readonly points: readonly Breakpoint[];
  private readonly conditions: readonly Condition[];
  private readonly viewer: StateViewer | null;
  private readonly machine: Machine;
  private seen = 0;

  constructor(
    machine: Machine,
    points: readonly Breakpoint[],
    viewer: StateViewer | null,
    conditions: readonly Condition[],
  ) {
    this.machine = machine;
    this.points = points;
    this.viewer = viewer;
    this.conditions = conditions;
    for (const event of this.fresh()) this.names.learn(event);
    // What is so already is nothing that happens.
    this.becameTrue();
  }

  /** Asked after every step of the machine. */
  readonly hit = (): boolean => {
    if (this.machine.trace.nextSeq === this.seen) return false;
    let stop: Stop | null = null;
    for (const event of this.fresh()) {
      this.names.learn(event);
      const by: Breakpoint | undefined =
        stop === null ? this.points.find(({ rule }) => matches(rule, event, this.names)) : undefined;
      if (by !== undefined) stop = { breakpoint: by.id, seq: event.seq };
    }
    const condition = this.becameTrue();
    if (condition !== null) stop ??= { breakpoint: condition, seq: this.seen - 1 };
    if (stop !== null) this.stop = stop;
    return stop !== null;
  };

  /** The stop that has not been told yet, once the page has the event (those before `seq`). */
  told(seq: number): Stop | null {
    const { stop } = this;
    if (stop === null || stop.seq >= seq) return null;
    this.stop = null;
    return stop;
  }

  private fresh(): TraceEvent[] {
    const events = this.machine.trace.since(this.seen);
    this.seen = this.machine.trace.nextSeq;
    return events;
  }

  private becameTrue(): number | null {
    const view = this.viewer?.view();
    let first: number | null = null;
    if (view === undefined) return first;
    for (const condition of this.conditions) {
      const holds = condition.check.holds(view);
      if (holds && !condition.held) first ??= condition.id;
      condition.held = holds;
    }
    return first;
  }
}

/** Only what is switched on; null when that is nothing. */
export async function breakerOf(machine: Machine, all: readonly Breakpoint[]): Promise<Breaker | null> {
  const points = all.filter(({ on }) => on);
  const conditions: Condition[] = [];
  let viewer: StateViewer | null = null;
  for (const { id, rule } of points) {
    if (rule.kind !== 'condition') continue;
    // They are what a lesson's checks are, and come with those.
    const { compileCheck, StateViewer } = await import('./course-keeper.ts');
    viewer ??= new StateViewer(machine);
    conditions.push({ id, check: compileCheck(rule.expression), held: false });
  }
  return points.length === 0 ? null : new Breaker(machine, points, viewer, conditions);
}
