/**
 * Opens the page at a moment that its address holds: the history is made again, then the drawing is taken there. Whatever
 * is wrong with it is said, and the page goes on with a fresh node.
 */
import type { Marks } from '../../machine/moments/marks.ts';
import { checkOf, type Moment, type MomentProblem, type WrongPlace } from '../../machine/moments/moment.ts';
import { readLinkText } from '../../machine/moments/moment-link.ts';
import { readMarks } from '../../machine/moments/read-marks.ts';
import { type Opened, openCourse } from '../lesson/open-course.ts';
import { putMarks } from '../marks/marks-store.ts';
import { session } from '../session.ts';
import { ui } from '../store.ts';
import { stepAfter, walkOf } from '../walk/walk.ts';
import { type BootOptions, EVENTS_IN_FRAME_MAX, type Frame } from '../worker/contract.ts';
import { KEPT, kept } from './kept.ts';

export type OpenMoment =
  /** `until`: virtual ns at which it is done. */
  | { phase: 'making'; until: number }
  /** After so many events, at virtual ns `time`. */
  | { phase: 'shown'; how: 'held' | 'past' | 'playing'; seq: number; time: number; differs: boolean }
  /** `fresh`: the node is a new one; otherwise that which was there goes on. */
  | {
      phase: 'problem';
      problem: MomentProblem | 'course' | 'replay' | 'interview' | 'storage' | 'storageFull';
      /** Of what is malformed, where; absent if that cannot be said. `file`: the name of the one that it is in. */
      place?: WrongPlace;
      file?: string;
      fresh: boolean;
    };

/** Beyond every walk: nothing is offered, nothing is typed at the prompt. */
const AFTER_THE_WALK = 1000;

let fresh: BootOptions = { scenario: '', seed: 0, columns: 120, rows: 12 };

/** `scenario` and `seed` are for the node that takes its place if it cannot be shown. */
export async function openMoment(scenario: string, seed: number): Promise<void> {
  let place: WrongPlace | null = null;
  const wrongAt = (at: WrongPlace): void => {
    place = at;
  };
  const moment = location.hash === KEPT ? keptMoment() : readLinkText(location.hash.slice('#at='.length), wrongAt);
  const opened = typeof moment === 'string' ? null : await courseOf(moment);
  if (typeof moment === 'string' || opened === 'course') {
    const problem = typeof moment === 'string' ? moment : 'course';
    ui.setState({ moment: { phase: 'problem', problem, ...(place === null ? {} : { place }), fresh: true } });
    session.start(scenario, seed);
    return;
  }
  const { savepoint } = moment;
  const course = opened === null ? {} : { course: opened.course };
  fresh = { ...fresh, scenario: savepoint.scenario, seed: savepoint.seed, ...course };
  ui.setState({
    scenario: savepoint.scenario,
    seed: savepoint.seed,
    course: opened?.open ?? null,
    walkStep: AFTER_THE_WALK,
    moment: { phase: 'making', until: savepoint.time },
  });
  if (location.hash === KEPT) putMarks(keptMarks(savepoint));
  session.arriving = (frame) => arrive(moment, frame);
  const stop = ui.subscribe(({ bootError, moment: now }) => {
    if (now?.phase !== 'making') stop();
    else if (bootError !== null) {
      stop();
      console.warn(bootError);
      giveUp('replay');
    }
  });
  session.start(savepoint.scenario, savepoint.seed, { ...course, savepoint, paused: true });
}

/** The node as it was in the beginning, in place of what is being made. */
export function giveUp(problem: 'replay' | null): void {
  ui.setState({
    bootError: null,
    crash: null,
    walkStep: 0,
    moment: problem === null ? null : { phase: 'problem', problem, fresh: true },
  });
  session.begin(fresh);
}

/** The drawing plays on from the moment that was shown, if it is in the midst of a command. */
export function playOn(seq: number): void {
  if (!session.playFrom(seq)) session.skip();
}

function arrive(moment: Moment, frame: Frame): void {
  if (frame.running || frame.events.length >= EVENTS_IN_FRAME_MAX) return;
  session.arriving = null;
  const { received } = session;
  const differs = moment.check !== '' && (received.length < moment.at || checkOf(received, moment.at) !== moment.check);
  const known = ui.getState().nodes.some(({ number }) => number === moment.node);
  if (known) session.lookFrom(moment.node);
  performance.mark('cutaway:prompt');
  const stays = moment.live || differs;
  session.pace({ paused: stays });
  void session.link?.remember();
  const seq = stays ? received.length : moment.at;
  const playing = !stays && moment.play && session.playFrom(seq);
  if (!stays && !playing) session.lookAt(seq);
  const time = stays ? frame.now : (received[seq - 1]?.time ?? 0);
  const how = stays ? 'held' : playing ? 'playing' : 'past';
  const walkStep = walkedTo(moment.savepoint.scenario);
  ui.setState({ prompted: true, now: frame.now, walkStep, moment: { phase: 'shown', how, seq, time, differs } });
}

/** The step of the first run that is next after what was typed. */
function walkedTo(scenario: string): number {
  const done = session.index.commands.filter(({ exitCode }) => exitCode === 0);
  return done.reduce((step, { line }) => stepAfter(walkOf(scenario), step, line), 0);
}

async function courseOf({ course, savepoint }: Moment): Promise<Opened | null | 'course'> {
  if (course === null) return null;
  const opened = await openCourse(course.id, course.variant);
  return opened === null || opened.stand.scenario !== savepoint.scenario ? 'course' : opened;
}

function keptMoment(): Moment | MomentProblem {
  try {
    return readLinkText(kept().text);
  } catch {
    return 'malformed';
  }
}

/** Null: there are none, or none that make sense; the session is opened without them. */
function keptMarks(of: Moment['savepoint']): Marks | null {
  try {
    const marks = readMarks(JSON.parse(kept().marks ?? 'null'), of);
    return typeof marks === 'string' ? null : marks;
  } catch {
    return null;
  }
}
