/** Compares beside the page, so that this takes nothing from its frames: it has the events of every machine. */
import { expose } from 'comlink';
import { causalTrees } from '../../projections/causal-tree.ts';
import { type Breakdown, breakdownOf } from '../../projections/comparison/breakdown.ts';
import { type Comparison, compareMachines } from '../../projections/comparison/first-difference.ts';
import { type LabFigures, labFigures } from '../../projections/comparison/lab.ts';
import type { TraceEvent } from '../../sim/trace.ts';

const histories = new Map<number, TraceEvent[]>();

const comparer = {
  take(machine: number, events: TraceEvent[]): void {
    const known = histories.get(machine);
    if (known === undefined) histories.set(machine, events);
    else for (const event of events) known.push(event);
  },
  compare(left: number, right: number, leftFrom: number, rightFrom: number): Comparison {
    return compareMachines(
      { events: histories.get(left) ?? [], sharedFrom: leftFrom },
      { events: histories.get(right) ?? [], sharedFrom: rightFrom },
    );
  },
  /** Of a machine's n-th command; null before it ended. */
  breakdown(machine: number, command: number): Breakdown | null {
    const events = histories.get(machine) ?? [];
    const root = causalTrees(events, 0n)[command]?.root;
    return root === undefined || root.endNs === null ? null : breakdownOf(root, events);
  },
  /** What was added between the beginning of one command and the end of another. */
  lab(machine: number, from: number, to: number): LabFigures | null {
    const events = histories.get(machine) ?? [];
    const start = events.filter((event) => event.kind === 'command.start')[from];
    const end = events.filter((event) => event.kind === 'command.end')[to];
    return start === undefined || end === undefined ? null : labFigures(events, start.seq, end.seq);
  },
};

export type Comparer = typeof comparer;

expose(comparer);
