/** Plays a lesson on machines of its own and says which checks hold when. */
import { Machine } from '../machine/machine.ts';
import type { Attempt, Lesson, LessonStep } from './lesson.ts';
import { type Prepared, prepare } from './prepare.ts';
import { missingOf } from './progress.ts';
import { Typist } from './typist.ts';

export type RehearsalResult = { name: string; passed: boolean; detail: string };

/** Time that passes before a step: nothing may come true by waiting. */
const WAITED_NS = 60_000_000_000;

/**
 * `missing` says in words what a check wants. For each step: it is not done before, not after a minute's wait either
 * (the checks that lack are named), and done after its solution. Then the attempts: another right way passes, wrong ones do not. Then
 * the same input gives the same trace.
 */
export async function rehearse(
  lesson: Lesson,
  missing: (step: string, check: string) => string,
  options: { quick: boolean },
): Promise<RehearsalResult[]> {
  const results: RehearsalResult[] = [];
  const add = (name: string, passed: boolean, detail = ''): void => void results.push({ name, passed, detail });
  const stand = await Stand.at(lesson);
  if (stand.prepared.complaints.length > 0) add('the set-up works', false, stand.prepared.complaints.join('\n'));
  for (const step of lesson.steps) {
    await stand.wait(WAITED_NS);
    const before = stand.missing(step);
    const named = before.map((id) => `${id} (${missing(step.id, id).replaceAll('\n', ' ')})`).join('; ');
    if (step.observe) add(`${step.id}: only looks; not asked what leaving it out would change`, true);
    else add(`${step.id}: left out, it is not done: ${named || 'nothing is missing'}`, before.length > 0);
    const transcript = await stand.typist.typeAll(step.solution);
    const after = stand.missing(step);
    add(
      `${step.id}: done after its solution`,
      after.length === 0,
      after.length === 0 ? '' : `${transcript}missing: ${after.join(', ')}\n`,
    );
  }
  if (!options.quick) {
    for (const attempt of [...lesson.another, ...lesson.wrong]) {
      const right = lesson.another.includes(attempt);
      const { transcript, missing: left } = await tryOut(lesson, attempt);
      add(
        `${attempt.step}: ${right ? 'another right way passes' : 'a wrong way does not pass'}: ${attempt.id}`,
        (left.length === 0) === right,
        `${transcript}missing: ${left.join(', ') || 'nothing'}\n`,
      );
    }
    const { machine } = stand.prepared;
    // To a moment at which nothing is half done: a replay goes on to the end of its last moment.
    await stand.wait(1_000_000);
    const { machine: again } = await Machine.replay(machine.savepoint());
    add('same seed and input, same trace', again.trace.digest() === machine.trace.digest());
  }
  return results.map((result) => (result.passed ? { ...result, detail: '' } : result));
}

/** The solutions of the steps before, then the attempt's lines. */
async function tryOut(lesson: Lesson, attempt: Attempt): Promise<{ transcript: string; missing: string[] }> {
  const stand = await Stand.at(lesson);
  const at = lesson.steps.findIndex((step) => step.id === attempt.step);
  for (const step of lesson.steps.slice(0, at)) await stand.typist.typeAll(step.solution);
  const transcript = await stand.typist.typeAll(attempt.lines);
  const step = lesson.steps[at];
  return { transcript, missing: step === undefined ? [] : stand.missing(step) };
}

class Stand {
  readonly prepared: Prepared;
  readonly typist: Typist;

  private constructor(prepared: Prepared) {
    this.prepared = prepared;
    this.typist = new Typist(prepared.machine);
  }

  static async at(lesson: Lesson): Promise<Stand> {
    return new Stand(await prepare(lesson));
  }

  missing(step: LessonStep): string[] {
    return missingOf(step.checks, this.prepared.viewer.view());
  }

  wait(ns: number): Promise<unknown> {
    const { machine } = this.prepared;
    return machine.advance({ horizon: machine.now + ns });
  }
}
