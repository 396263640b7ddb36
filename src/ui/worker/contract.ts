/** What crosses between the page and the worker that holds the machine. Everything here is cloneable. */

import type { DrillGrade } from '../../lesson-engine/grade-drill.ts';
import type { Drill, Lesson } from '../../lesson-engine/lesson.ts';
import type { ProgressReport } from '../../lesson-engine/progress.ts';
import type { Regrade } from '../../lesson-engine/regrade.ts';
import type { DrillRegrade } from '../../lesson-engine/regrade-drill.ts';
import type { CallLine, Work } from '../../machine/calls-between.ts';
import type { FileChanges, FilePair } from '../../machine/look-at-changes.ts';
import type { FilePlace, SeenContent, SeenFile } from '../../machine/look-at-files.ts';
import type { Savepoint } from '../../machine/machine.ts';
import type { Breakpoint, Stop } from '../../projections/breakpoints.ts';
import type { Step } from '../../projections/steps.ts';
import type { WireNode } from '../../protocols/wire-view.ts';
import type { TraceEvent } from '../../sim/trace.ts';

/** A lesson or drill: the node is set up for it, and its checks are looked at after each command. */
export type Course = { setup: readonly string[]; lesson: Lesson | null; drill: Drill | null };

export type BootOptions = {
  course?: Course;
  scenario: string;
  seed: number;
  columns: number;
  rows: number;
  /** A history to make again instead of a new one; up to event `untilSeq`, of which the page still has those before. */
  savepoint?: Savepoint;
  untilSeq?: number;
  /** As many as the page has where it is made again as a whole. */
  hasSeq?: number;
  /** It stands still at the savepoint's end. */
  paused?: boolean;
  breakpoints?: readonly Breakpoint[];
};

/** A frame with fewer holds all that there is to tell. As many as the page reads and folds within a few milliseconds. */
export const EVENTS_IN_FRAME_MAX = 400;

/** Terminals that are open at once. */
export const OPEN_TERMINALS_MAX = 6;

/** Sent once a frame while something happened, and as a sign of life otherwise. */
export type Frame = {
  now: number;
  events: TraceEvent[];
  output: readonly TerminalOutput[];
  terminals: Terminals;
  /** What programs wrote to the terminal, while somebody asked to have it attributed. */
  written: readonly Written[];
  /** Where the lesson stands, if that has changed. */
  progress: ProgressReport | null;
  /** The machine has just been stopped by a breakpoint: paused, with the event among those sent. */
  stop: Stop | null;
  /** Our own mistake stopped the machine: what it was. */
  crash: string | null;
  /** False while virtual time stands still (paused, hidden, idle). */
  running: boolean;
};

/** Terminals by their numbers. */
export type Terminals = {
  readonly open: readonly number[];
  /** Where somebody typed last in a history that was made again: told once, when it is there. */
  readonly typedIn: number | null;
};

export type TerminalOutput = {
  readonly terminal: number;
  readonly bytes: Uint8Array;
  /** Where in it begins what was printed after how many events of the trace. */
  readonly printed: readonly Printed[];
};

/** From byte `at` of a terminal's output on, until the next, all was printed after `seq` events. */
export type Printed = { seq: number; at: number };

/** One write to a terminal: by which descriptor, and after how many events of the trace. */
export type Written = { terminal: number; seq: number; fd: number; bytes: Uint8Array };

/** A savepoint with the digest of the trace that its replay must give. */
export type SignedSavepoint = Savepoint & { digest: string };

/** Bytes of one message and, where its type is known, its fields with their places in them. */
export type PayloadView = { bytes: Uint8Array; fields: readonly WireNode[] };

/** What of the machine's files is wanted; processes by the machine's own numbers. */
export type FileQuery =
  | { kind: 'directories'; pid: number; paths: readonly string[] }
  | { kind: 'file'; place: FilePlace }
  /** A file that the kernel makes when it is read. */
  | { kind: 'made'; place: FilePlace }
  | { kind: 'changes'; place: FilePlace }
  /** `path` is from the root of the overlay at `place`. */
  | { kind: 'pair'; place: FilePlace; path: string };

/** By the kind of the query; null: there is no such thing. */
export type FileAnswer = {
  directories: Record<string, SeenFile[]> | null;
  file: SeenContent | null;
  made: string | null;
  changes: FileChanges | null;
  pair: FilePair | null;
};

export type MachineApi = {
  boot(options: BootOptions, onFrame: (frame: Frame) => void): Promise<void>;
  /**
   * Before booting with the same history, or a longer one: makes it again up to its event `untilSeq`, so that what is left
   * to make then is little. May be called again for more of it.
   */
  prepare(options: BootOptions & { savepoint: Savepoint; untilSeq: number }): Promise<void>;
  /** The page is about to be drawn: the rest of a boot leaves the processor to it until it is, or a second has passed. */
  drawing(done: boolean): void;
  /** To a terminal; by default the one that a history made again was typed in last. */
  input(bytes: Uint8Array, terminal?: number): void;
  /** Of all terminals. */
  resize(columns: number, rows: number): void;
  /** One more, once the node is up; null if there are too many. */
  openTerminal(): Promise<number | null>;
  /** Ends the session on it, and what runs there. */
  closeTerminal(terminal: number): void;
  /** Copies a file to root's home; false if the node did not take it (it is down, its disk is full). */
  upload(name: string, bytes: Uint8Array): Promise<boolean>;
  pace(options: { ratio?: number; paused?: boolean; watched?: boolean }): void;
  /** What to stop at from now on, once the node is up. */
  breakAt(points: readonly Breakpoint[]): Promise<void>;
  /** Resolves when it is over, or when nothing has ended it for a while. */
  step(step: Step): Promise<void>;
  payload(id: number, type: string): Promise<PayloadView | null>;
  /** Looks into the files, which changes nothing. */
  lookAtFiles(query: FileQuery): Promise<FileAnswer[FileQuery['kind']]>;
  /** In place of booting: makes a history again up to an event, only to be looked at. Resolves to its virtual time. */
  recall(savepoint: Savepoint, untilSeq: number): Promise<number>;
  /** The system calls of a piece of work, from its history made again on a machine of its own. */
  callsBetween(savepoint: Savepoint, work: Work): Promise<{ calls: CallLine[]; more: number }>;
  /** Whether frames carry what was written by descriptor. */
  attribute(on: boolean): void;
  savepoint(): Promise<Savepoint | null>;
  /** Grades the drill, which ends it. */
  grade(): Promise<DrillGrade | null>;
  /** Runs a candidate's log of a drill again, on a machine of its own; a reason if the log is not one of it. */
  regradeDrill(drill: Drill, variant: number, seed: number, savepoint: Savepoint): Promise<DrillRegrade | string>;
  /** The same of a learner's log of a lesson, on the node of its seed. */
  regradeLesson(lesson: Lesson, savepoint: Savepoint): Promise<Regrade | string>;
  /** The same with the digest, for which the whole trace is read. */
  signedSavepoint(): Promise<SignedSavepoint | null>;
};
