/** Which steps of a lesson the state has proved. Steps are proved in order, each when all its checks hold at once. */
import { type CompiledCheck, compileCheck } from './checks.ts';
import type { Lesson, LessonCheck } from './lesson.ts';
import type { StateView } from './state-view.ts';

/** Plain data, so that it can cross to a page. */
export type ProgressReport = {
  /** The step that is being worked on; the number of steps when all are done. */
  step: number;
  /** Checks of that step that do not hold, by id. */
  missing: readonly string[];
};

export class Progress {
  private readonly compiled: readonly (readonly [LessonCheck, CompiledCheck])[][];
  private step: number;

  constructor(lesson: Lesson, step = 0) {
    this.compiled = lesson.steps.map((s) => s.checks.map((check) => [check, compileCheck(check.that)] as const));
    this.step = step;
  }

  /** A look may prove several steps: whoever was ahead is not asked to do it again. */
  update(view: StateView): ProgressReport {
    const checks = this.compiled[this.step] ?? [];
    const missing = checks.filter(([, compiled]) => !compiled.holds(view)).map(([check]) => check.id);
    if (checks.length > 0 && missing.length === 0) {
      this.step++;
      return this.update(view);
    }
    return { step: this.step, missing };
  }
}

/** Ids of checks that do not hold. */
export function missingOf(checks: readonly LessonCheck[], view: StateView): string[] {
  return checks.filter((check) => !compileCheck(check.that).holds(view)).map((check) => check.id);
}
