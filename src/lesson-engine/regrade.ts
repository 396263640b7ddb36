/** Runs a learner's log again and says which steps the state proves. What the file claims is not believed. */
import type { Savepoint } from '../machine/machine.ts';
import type { Lesson } from './lesson.ts';
import { Progress } from './progress.ts';
import { rerun } from './rerun.ts';

export type Regrade = { steps: number; commands: number; missing: readonly string[] };

/** A reason instead if the log is not one of this lesson. */
export async function regrade(lesson: Lesson, savepoint: Savepoint): Promise<Regrade | string> {
  const progress = new Progress(lesson);
  const result = await rerun(lesson, savepoint, (viewer) => void progress.update(viewer.view()));
  if (typeof result === 'string') return result;
  const report = progress.update(result.viewer.view());
  return { steps: report.step, commands: result.viewer.ended, missing: report.missing };
}
