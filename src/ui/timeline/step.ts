/** One step in time, as far as was chosen: in the past the drawing's, in the present the machine's. */
import { type StepKind, stepFrom, stepInPast } from '../../projections/steps.ts';
import { session } from '../session.ts';
import { ui } from '../store.ts';

export async function stepOnce(kind: StepKind = ui.getState().stepKind): Promise<void> {
  const { director, history, index, link } = session;
  const { playhead } = director.shown;
  // A replay goes from hop to hop.
  if (playhead !== null && director.replaying && kind === 'event') session.next();
  else if (playhead !== null) session.lookAt(stepInPast(kind, history.events, index, playhead));
  else {
    session.pace({ paused: true });
    await link?.api.step(stepFrom(kind, history.events, index, history.length));
  }
}
