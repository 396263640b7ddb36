/** The keys of a presenter's remote: what a lecture makes of them. Going on and back in a demo is `demo-channel`'s. */

import { translator } from './messages/catalogue.ts';
import { ui } from './store.ts';

export type RemoteKey = 'next' | 'back' | 'again' | 'black';

/** PageDown and PageUp go on and back, F5 (a remote's "start") begins again, `.` and `b` make the screen black; null is no key of a remote. */
export function remoteKeyOf(
  event: Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'altKey' | 'metaKey' | 'shiftKey'>,
): RemoteKey | null {
  if (event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return null;
  if (event.key === 'PageDown') return 'next';
  if (event.key === 'PageUp') return 'back';
  if (event.key === '.' || event.key === 'b') return 'black';
  return event.key === 'F5' ? 'again' : null;
}

/** Says it to those who do not see it, too. */
export function makeBlack(black: boolean): void {
  const { catalogue, announcement } = ui.getState();
  ui.setState({ black, announcement: black ? announcement : translator(catalogue)('remote.shown') });
}
