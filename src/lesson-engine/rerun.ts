/** Runs a learner's input log again on the node that the exercise begins with. */
import { Machine, type Savepoint } from '../machine/machine.ts';
import { type Prepared, prepare, type Stand } from './prepare.ts';
import { StateViewer } from './state-view.ts';

/** A reason if the log is not one of this exercise. `onCommand` is called after each command line has ended. */
export async function rerun(
  stand: Stand,
  savepoint: Savepoint,
  onCommand: (viewer: StateViewer) => void = () => {},
): Promise<Prepared | string> {
  if (savepoint.scenario !== stand.scenario || savepoint.seed !== stand.seed) return 'another scenario or seed';
  if (Object.keys(savepoint.files).length > 0) return 'files were added to the node';
  const { machine: fresh } = await prepare(stand);
  const setup = JSON.stringify(fresh.inputs);
  if (JSON.stringify(savepoint.inputs.slice(0, fresh.inputs.length)) !== setup) return 'another set-up';
  let viewer: StateViewer | null = null;
  let ended = 0;
  const { machine } = await Machine.replay(savepoint, {
    onTerminal: (_port, replaying) => {
      viewer ??= new StateViewer(replaying);
    },
    onInput: () => {
      if (viewer === null || viewer.ended <= ended) return;
      ended = viewer.ended;
      onCommand(viewer);
    },
  });
  return { machine, viewer: viewer ?? new StateViewer(machine), complaints: [] };
}
