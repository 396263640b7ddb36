/** Opens a `.cutaway` file: the page is loaded again for its moment, which waits in this tab meanwhile. */
import type { WrongPlace } from '../../machine/moments/moment.ts';
import { FILE_LENGTH_MAX, readMomentFile } from '../../machine/moments/moment-file.ts';
import { linkText } from '../../machine/moments/moment-link.ts';
import { packMarks } from '../../machine/moments/read-marks.ts';
import { isFull } from '../autosave/is-full.ts';
import { ui } from '../store.ts';
import { KEPT, keep } from './kept.ts';

export async function openFile(file: File): Promise<void> {
  let place: WrongPlace | null = null;
  const wrongAt = (at: WrongPlace): void => {
    place = at;
  };
  const read = file.size > FILE_LENGTH_MAX ? 'tooLarge' : readMomentFile(await file.text(), wrongAt);
  if (typeof read === 'string') {
    const where = place === null ? {} : { place, file: file.name };
    ui.setState({ moment: { phase: 'problem', problem: read, ...where, fresh: false }, sharing: false });
    return;
  }
  try {
    // What was read has only what a link can hold.
    keep(linkText(read.moment) ?? '', JSON.stringify(packMarks(read.marks)), JSON.stringify(read.breakpoints ?? []));
  } catch (error) {
    const problem = isFull(error) ? 'storageFull' : 'storage';
    ui.setState({ moment: { phase: 'problem', problem, fresh: false }, sharing: false });
    return;
  }
  history.replaceState(null, '', KEPT);
  location.reload();
}
