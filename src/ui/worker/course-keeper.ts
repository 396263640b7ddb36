/** Looks after a lesson or drill beside the machine: loaded by the worker only when the page was opened for one. */
export { compileCheck } from '../../lesson-engine/checks.ts';
export { StateViewer } from '../../lesson-engine/state-view.ts';

import { type DrillGrade, gradeDrill } from '../../lesson-engine/grade-drill.ts';
import { prepare } from '../../lesson-engine/prepare.ts';
import { Progress, type ProgressReport } from '../../lesson-engine/progress.ts';
import { StateViewer } from '../../lesson-engine/state-view.ts';
import type { Machine } from '../../machine/machine.ts';
import type { TraceEvent } from '../../sim/trace.ts';
import type { Course } from './contract.ts';

/** What comes true by itself (a Pod gets ready) is noticed this late at most. */
const LOOK_MS = 500;

export class CourseKeeper {
  private readonly machine: Machine;
  private readonly course: Course;
  private readonly viewer: StateViewer;
  private readonly progress: Progress | null;
  private readonly from: number;
  private caughtUp = 0;
  private reported = '';
  private dirty = false;
  private lookedAt = 0;

  constructor(machine: Machine, course: Course, viewer = new StateViewer(machine)) {
    this.machine = machine;
    this.course = course;
    this.viewer = viewer;
    this.from = machine.trace.nextSeq;
    this.progress = course.lesson === null ? null : new Progress(course.lesson);
  }

  /** What set-up was typed is not told to the page: it would give a drill's fault away, and it is nobody's command. */
  veil(events: TraceEvent[]): TraceEvent[] {
    return events.map((event) => {
      if (event.seq >= this.from || (event.kind !== 'command.start' && event.kind !== 'command.end')) return event;
      const { seq, time, span, pid } = event;
      return { seq, time, span, pid, kind: 'input', source: 'session', length: 0 };
    });
  }

  /** Where the lesson stands, when that is news. */
  look(events: readonly TraceEvent[]): ProgressReport | null {
    if (this.progress === null) return null;
    this.dirty ||= events.length > 0;
    const ended = events.some((event) => event.kind === 'command.end');
    const now = performance.now();
    if (this.reported !== '' && (!this.dirty || (!ended && now - this.lookedAt < LOOK_MS))) return null;
    this.dirty = false;
    this.lookedAt = now;
    const report = this.progress.update(this.viewer.view());
    const text = JSON.stringify(report);
    if (text === this.reported) return null;
    this.reported = text;
    return report;
  }

  /** The next look tells where the lesson stands, news or not: a history was made again. */
  lookAgain(): void {
    this.reported = '';
  }

  /** What each line of a history that is made again has proved, and a later one may undo. */
  catchUp(): void {
    const { ended } = this.viewer;
    if (ended <= this.caughtUp) return;
    this.caughtUp = ended;
    this.progress?.update(this.viewer.view());
  }

  async grade(): Promise<DrillGrade | null> {
    const { drill } = this.course;
    if (drill === null) return null;
    return gradeDrill(drill, { machine: this.machine, viewer: this.viewer, complaints: [] });
  }
}

export async function prepareCourse(
  scenario: string,
  seed: number,
  course: Course,
): Promise<{ machine: Machine; keeper: CourseKeeper }> {
  const { machine, viewer } = await prepare({ scenario, seed, setup: course.setup });
  return { machine, keeper: new CourseKeeper(machine, course, viewer) };
}
