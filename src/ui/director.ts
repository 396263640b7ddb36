/**
 * Decides which moment the drawing shows. In hop mode a command is replayed hop by hop after it ran (or while it
 * still runs); otherwise the drawing follows the machine. Looking back fixes the moment until somebody types.
 */

import type { History } from '../projections/history.ts';
import {
  asks,
  COMMAND_MS_MAX,
  changing,
  HOP_MS_MIN,
  HOPS_MAX,
  type Hop,
  planConsequences,
  planHops,
} from '../projections/hops.ts';
import type { CommandRecord, TraceIndex } from '../projections/trace-index.ts';

/** How long a command may still be running before its first hops are planned from what there is. */
const PLAN_AFTER_MS = 500;
const HOP_MS_MAX = 1200;
/** Of a command that asks the API server for something, so many hops are its own; the rest tell what came of it. */
const OWN_HOPS_MAX = 8;
const CONSEQUENCES_AT_ONCE = 6;
/** How long to wait for (more of) what comes of a command. */
const FOLLOW_MS = 3000;

export type Shown = {
  /** Events folded into the drawing; null follows the machine. */
  readonly playhead: number | null;
  readonly hop: Hop | null;
  readonly hopAt: number;
  readonly hopsOf: number;
};

const LIVE: Shown = { playhead: null, hop: null, hopAt: 0, hopsOf: 0 };

export class Director {
  hopMode = true;
  paused = false;
  shown: Shown = LIVE;
  private command: CommandRecord | null = null;
  private seenAtMs = 0;
  private plannedTo = 0;
  private hops: Hop[] = [];
  private at = -1;
  private hopMs = HOP_MS_MIN;
  private hopStartedMs = 0;
  private lookingBack = false;
  /** The command has ended and others act on what it asked for. */
  private following = false;
  /** Whether the command asked the API server for something, once it has ended. */
  private asked: boolean | null = null;
  private readonly history: () => History;
  private readonly index: () => TraceIndex;

  constructor(history: () => History, index: () => TraceIndex) {
    this.history = history;
    this.index = index;
  }

  /** The moment that is looked back at: how many events had happened; null in the present and in a replay. */
  get lookingAt(): number | null {
    return this.lookingBack ? this.shown.playhead : null;
  }

  get replaying(): boolean {
    return this.command !== null;
  }

  commandStarted(command: CommandRecord, nowMs: number): void {
    this.lookingBack = false;
    if (!this.hopMode) return;
    this.begin(command, nowMs);
  }

  /** Moves on if it is time to. True when something to be drawn changed. */
  tick(nowMs: number): boolean {
    const command = this.command;
    if (command === null || this.paused || this.lookingBack) return false;
    if (this.at >= 0 && nowMs - this.hopStartedMs < this.hopMs) return false;
    if (this.at + 1 < this.hops.length) return this.show(this.at + 1, nowMs);
    const ended = command.endSeq !== null;
    const complete = ended && this.plannedTo >= (command.endSeq ?? 0);
    if (!complete && (ended || nowMs - this.seenAtMs > PLAN_AFTER_MS) && this.plan(command))
      return this.show(this.at + 1, nowMs);
    if (complete && this.asks(command) && this.hops.length < HOPS_MAX) {
      if (this.follow()) return this.show(this.at + 1, nowMs);
      if (nowMs - Math.max(this.hopStartedMs, this.seenAtMs) < FOLLOW_MS) return false;
    }
    if (complete || this.hops.length >= HOPS_MAX) return this.finish();
    // It still runs and nothing new happened: show the machine as it is, and wait.
    const live = nowMs - this.seenAtMs > PLAN_AFTER_MS && this.shown.playhead !== null;
    if (live) this.shown = LIVE;
    return live;
  }

  /** → : the next hop at once; while following live, nothing to step. */
  next(nowMs: number): boolean {
    if (this.command === null) return false;
    const more = (): boolean =>
      this.plan(this.command as CommandRecord) || (this.asks(this.command as CommandRecord) && this.follow());
    if (this.at + 1 >= this.hops.length && !more()) {
      if (this.command.endSeq !== null) return this.finish();
      // It still runs, or stands at a breakpoint: the replay has caught up, and goes on with what happens next.
      const back = this.shown.playhead !== null;
      this.shown = LIVE;
      return back;
    }
    return this.show(this.at + 1, nowMs);
  }

  /** The replay shows the present of a command that has not ended: there is nothing to step to but what happens next. */
  get caughtUp(): boolean {
    return this.command !== null && this.command.endSeq === null && this.shown.playhead === null;
  }

  previous(nowMs: number): boolean {
    return this.at > 0 && this.show(this.at - 1, nowMs);
  }

  /** Esc: the drawing catches up with the machine. */
  finish(): boolean {
    this.command = null;
    this.hops = [];
    this.at = -1;
    this.lookingBack = false;
    this.shown = LIVE;
    return true;
  }

  /** The machine was stopped: the drawing shows where. What is still to be replayed is passed over, what follows is not. */
  catchUp(): void {
    this.hops.length = this.at + 1;
    this.plannedTo = this.history().length;
    this.lookingBack = false;
    this.shown = LIVE;
  }

  /** From its start, or from a moment within it. */
  replay(command: CommandRecord, nowMs: number, from = command.startSeq): void {
    this.begin(command, nowMs);
    this.plannedTo = from;
    this.shown = { playhead: Math.max(from, command.startSeq + 1), hop: null, hopAt: 0, hopsOf: 0 };
    this.seenAtMs = nowMs - PLAN_AFTER_MS;
  }

  lookAt(seq: number): void {
    this.finish();
    if (seq >= this.history().length) return;
    this.lookingBack = true;
    this.shown = { playhead: seq, hop: null, hopAt: 0, hopsOf: 0 };
  }

  private begin(command: CommandRecord, nowMs: number): void {
    this.command = command;
    this.seenAtMs = nowMs;
    this.plannedTo = command.startSeq;
    this.hops = [];
    this.at = -1;
    this.lookingBack = false;
    this.following = false;
    this.asked = null;
    this.hopMs = HOP_MS_MIN;
    this.shown = { playhead: command.startSeq + 1, hop: null, hopAt: 0, hopsOf: 0 };
  }

  private asks(command: CommandRecord): boolean {
    const { startSeq, endSeq, span } = command;
    if (endSeq === null) return false;
    this.asked ??= asks(this.history().events, startSeq, endSeq + 1, this.index(), span);
    return this.asked;
  }

  /** Plans what has come of the command meanwhile. */
  private follow(): boolean {
    const { events, length } = this.history();
    const left = HOPS_MAX - this.hops.length;
    // What is still to come needs its share.
    const max = changing(this.index()) ? Math.min(CONSEQUENCES_AT_ONCE, left) : left;
    const fresh = planConsequences(events, this.plannedTo, length, this.index(), max);
    if (fresh.length === 0) return false;
    this.following = true;
    this.plannedTo = length;
    this.hops.push(...fresh);
    return true;
  }

  private plan(command: CommandRecord): boolean {
    if (this.following) return false;
    const history = this.history();
    const to = command.endSeq === null ? history.length : command.endSeq + 1;
    const most = this.asks(command) ? OWN_HOPS_MAX : HOPS_MAX;
    const max = Math.max(0, most - this.hops.length);
    const fresh = planHops(history.events, this.plannedTo, to, this.index(), command.span, max);
    this.plannedTo = to;
    this.hops.push(...fresh);
    const expected = most === OWN_HOPS_MAX ? HOPS_MAX : this.hops.length;
    this.hopMs = Math.min(HOP_MS_MAX, Math.max(HOP_MS_MIN, COMMAND_MS_MAX / Math.max(1, expected)));
    return fresh.length > 0;
  }

  private show(at: number, nowMs: number): boolean {
    const hop = this.hops[at];
    if (hop === undefined) return false;
    this.at = at;
    this.hopStartedMs = nowMs;
    this.shown = { playhead: hop.seq + 1, hop, hopAt: at + 1, hopsOf: this.hops.length };
    return true;
  }
}
