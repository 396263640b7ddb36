/** Opens a `.cutaway` file: the page is loaded again for its moment, which waits in this tab meanwhile. */
import { FILE_LENGTH_MAX, readMomentFile } from '../../machine/moments/moment-file.ts';
import { linkText } from '../../machine/moments/moment-link.ts';
import { ui } from '../store.ts';
import { KEPT, KEPT_KEY } from './kept.ts';

export async function openFile(file: File): Promise<void> {
  const moment = file.size > FILE_LENGTH_MAX ? 'tooLarge' : readMomentFile(await file.text());
  if (typeof moment === 'string') {
    ui.setState({ moment: { phase: 'problem', problem: moment, fresh: false }, sharing: false });
    return;
  }
  try {
    // What was read has only what a link can hold.
    sessionStorage.setItem(KEPT_KEY, linkText(moment) ?? '');
  } catch {
    ui.setState({ moment: { phase: 'problem', problem: 'storage', fresh: false }, sharing: false });
    return;
  }
  history.replaceState(null, '', KEPT);
  location.reload();
}
