/** What crosses between the page and the worker that holds the machine. Everything here is cloneable. */

import type { Savepoint } from '../../machine/machine.ts';
import type { WireNode } from '../../protocols/wire-view.ts';
import type { TraceEvent } from '../../sim/trace.ts';

export type BootOptions = { scenario: string; seed: number; columns: number; rows: number; savepoint?: Savepoint };

/** Sent once a frame while something happened, and as a sign of life otherwise. */
export type Frame = {
  now: number;
  events: TraceEvent[];
  output: Uint8Array;
  /** Our own mistake stopped the machine: what it was. */
  crash: string | null;
  /** False while virtual time stands still (paused, hidden, idle). */
  running: boolean;
};

/** Bytes of one message and, where its type is known, its fields with their places in them. */
export type PayloadView = { bytes: Uint8Array; fields: readonly WireNode[] };

export type StepKind = 'event' | 'span';

export type MachineApi = {
  boot(options: BootOptions, onFrame: (frame: Frame) => void): Promise<void>;
  input(bytes: Uint8Array): void;
  resize(columns: number, rows: number): void;
  pace(options: { ratio?: number; paused?: boolean; watched?: boolean }): void;
  step(kind: StepKind): Promise<void>;
  payload(id: number, type: string): Promise<PayloadView | null>;
  savepoint(): Promise<Savepoint | null>;
};
