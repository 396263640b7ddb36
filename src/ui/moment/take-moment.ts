/** Takes the moment that the drawing shows, with the log that leads there and on to the end of its command. */

import type { Savepoint } from '../../machine/machine.ts';
import { checkOf, type Moment } from '../../machine/moments/moment.ts';
import { cutAt } from '../../machine/moments/moment-link.ts';
import { session } from '../session.ts';
import { ui } from '../store.ts';

/** What may still come of a command after its end. */
const AFTERWARDS_NS = 30_000_000_000;

/** Null while the node is not there. `whole` has the log up to the present, whatever moment is meant. */
export async function takeMoment(play: boolean): Promise<{ moment: Moment; whole: Savepoint } | null> {
  const { received, director } = session;
  const { course, node } = ui.getState();
  const { playhead } = director.shown;
  const at = playhead ?? received.length;
  const check = checkOf(received, at);
  const savepoint = (await session.link?.api.savepoint()) ?? null;
  if (savepoint === null) return null;
  const moment: Moment = {
    savepoint: playhead === null ? savepoint : cutAt(savepoint, endOf(playhead)),
    at,
    live: playhead === null,
    play: play && playhead !== null,
    node,
    course: course === null ? null : { id: course.id, variant: course.kind === 'drill' ? course.variant + 1 : 1 },
    check,
  };
  return { moment, whole: savepoint };
}

/** Virtual ns at which something else was typed than the command that the moment is in. */
function endOf(seq: number): number {
  const { received, index } = session;
  const command = index.commands.findLast(({ startSeq }) => startSeq <= seq);
  const last = command?.endSeq === null ? received.length : Math.max(seq, command?.endSeq ?? 0);
  const time = received[Math.min(last, received.length) - 1]?.time ?? 0;
  const typed = received
    .slice(last)
    .find((event) => event.kind === 'input' && event.source === 'keys' && event.time > time);
  if (command?.endSeq === null) return Number.POSITIVE_INFINITY;
  return Math.min(typed?.time ?? Number.POSITIVE_INFINITY, time + AFTERWARDS_NS);
}
