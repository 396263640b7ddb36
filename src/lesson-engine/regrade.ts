/** Runs a learner's input log again and says which steps the state proves. What the file claims is not believed. */
import { Machine, type Savepoint } from '../machine/machine.ts';
import type { Lesson } from './lesson.ts';
import { prepare } from './prepare.ts';
import { Progress, type ProgressReport } from './progress.ts';
import { StateViewer } from './state-view.ts';

export type Regrade = { steps: number; commands: number; missing: readonly string[] };

/** Null with a reason if the log is not one of this lesson. */
export async function regrade(lesson: Lesson, savepoint: Savepoint): Promise<Regrade | string> {
  if (savepoint.scenario !== lesson.scenario || savepoint.seed !== lesson.seed) return 'another scenario or seed';
  if (Object.keys(savepoint.files).length > 0) return 'files were added to the node';
  const { machine: fresh } = await prepare(lesson);
  const setup = JSON.stringify(fresh.inputs);
  if (JSON.stringify(savepoint.inputs.slice(0, fresh.inputs.length)) !== setup) return 'another set-up';
  const progress = new Progress(lesson);
  let viewer: StateViewer | null = null;
  let ended = 0;
  let report: ProgressReport = { step: 0, missing: [] };
  const look = (): void => {
    if (viewer === null) return;
    ended = viewer.ended;
    report = progress.update(viewer.view());
  };
  await Machine.replay(savepoint, {
    onTerminal: (_port, machine) => {
      viewer ??= new StateViewer(machine);
    },
    onInput: () => {
      if (viewer !== null && viewer.ended > ended) look();
    },
  });
  look();
  return { steps: report.step, commands: ended, missing: report.missing };
}
