/** What stands below a picture of the drawing and above a printed one: whose node, when, and what the page says of it. */
import { clockText } from '../format.ts';
import { session } from '../session.ts';
import { ui } from '../store.ts';
import type { PictureCaption } from './picture.ts';

/** Virtual ns of the moment that is drawn. */
export function timeDrawn(): number {
  const { playhead } = session.director.shown;
  return playhead === null ? ui.getState().now : (session.history.events[Math.max(0, playhead - 1)]?.time ?? 0);
}

export function caption(): PictureCaption {
  const { scenario, seed, nodes, node } = ui.getState();
  const said = document.querySelector('main .caption span')?.cloneNode(true) as HTMLElement | undefined;
  const line = said?.querySelector('code');
  line?.remove();
  const command = line?.textContent ?? lineOfHop();
  const which = nodes.length < 2 ? [] : [nodes.find(({ number }) => number === node)?.name];
  return {
    head: ['cutaway', scenario, ...which, `seed ${seed}`, clockText(timeDrawn())].join(' · '),
    command,
    text: said?.textContent?.trim() ?? '',
  };
}

/** While a command is played hop by hop, what is said is of the hop alone. */
function lineOfHop(): string {
  const { hop, playhead } = session.director.shown;
  if (hop === null || playhead === null) return '';
  return session.index.commands.findLast(({ startSeq }) => startSeq <= playhead)?.line.split('\n')[0] ?? '';
}
