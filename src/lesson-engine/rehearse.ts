/** Plays a lesson's solution on a machine of its own and says which checks hold when. */
import { Machine, type SessionEvent } from '../machine/machine.ts';
import { isScenario } from '../machine/scenarios/index.ts';
import { compileCheck } from './checks.ts';
import type { Lesson, LessonStep } from './lesson.ts';
import { stateView } from './state-view.ts';

export type RehearsalResult = {
  step: string;
  check: string;
  what: 'before' | 'after' | 'without';
  passed: boolean;
  detail: string;
};

/** Time that passes instead of the step: nothing may come true by waiting. */
const SKIPPED_STEP_NS = 60_000_000_000;
const COMMAND_NS_MAX = 600_000_000_000;

/**
 * Three things for each check: it does not hold before its step, it holds after it, and it does not hold at the end of
 * its step if the step's solution was left out.
 */
export async function rehearse(lesson: Lesson): Promise<RehearsalResult[]> {
  const results: RehearsalResult[] = [];
  const player = await Player.start(lesson);
  for (const step of lesson.steps) {
    for (const check of step.checks) {
      results.push({ step: step.id, check: check.id, what: 'before', passed: !player.holds(check.that), detail: '' });
    }
    const transcript = await player.play(step);
    for (const check of step.checks) {
      const passed = player.holds(check.that);
      results.push({ step: step.id, check: check.id, what: 'after', passed, detail: passed ? '' : transcript });
    }
  }
  for (const left of lesson.steps) {
    const other = await Player.start(lesson);
    for (const step of lesson.steps.slice(0, lesson.steps.indexOf(left))) await other.play(step);
    await other.wait(SKIPPED_STEP_NS);
    for (const check of left.checks) {
      results.push({ step: left.id, check: check.id, what: 'without', passed: !other.holds(check.that), detail: '' });
    }
  }
  return results;
}

class Player {
  private readonly machine: Machine;
  private readonly session;
  private ended: Extract<SessionEvent, { event: 'end' }> | null = null;
  private output = '';

  private constructor(machine: Machine) {
    this.machine = machine;
    this.session = machine.openSession();
    const decoder = new TextDecoder();
    const append = (bytes: Uint8Array): void => {
      this.output += decoder.decode(bytes, { stream: true });
    };
    this.session.onStdout(append);
    this.session.onStderr(append);
    this.session.onEvent((event) => {
      if (event.event === 'end') this.ended = event;
    });
  }

  static async start(lesson: Lesson): Promise<Player> {
    const { scenario, seed, id } = lesson;
    if (!isScenario(scenario)) throw new Error(`lesson ${id}: there is no scenario "${scenario}"`);
    return new Player(await Machine.boot({ scenario, seed }));
  }

  holds(expression: string): boolean {
    return compileCheck(expression).holds(stateView(this.machine));
  }

  wait(ns: number): Promise<unknown> {
    return this.machine.advance({ horizon: this.machine.now + ns });
  }

  /** What the terminal shows of it. */
  async play(step: LessonStep): Promise<string> {
    let transcript = '';
    for (const line of step.solution) {
      this.ended = null;
      this.output = '';
      this.session.write(`${line}\n`);
      const stopWhen = (): boolean => this.ended !== null || this.session.closed;
      await this.machine.advance({ horizon: this.machine.now + COMMAND_NS_MAX, stopWhen });
      const [defect] = this.machine.defects;
      if (defect !== undefined) throw defect.error;
      const { exitCode } = (this.ended as { exitCode: number } | null) ?? { exitCode: -1 };
      transcript += `$ ${line}\n${this.output}${exitCode === 0 ? '' : `(exit code ${exitCode})\n`}`;
      if (this.ended === null) break;
    }
    return transcript;
  }
}
