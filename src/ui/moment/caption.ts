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
  const text = document.querySelector('main .caption span')?.textContent ?? '';
  const which = nodes.length < 2 ? [] : [nodes.find(({ number }) => number === node)?.name];
  return { head: ['cutaway', scenario, ...which, `seed ${seed}`, clockText(timeDrawn())].join(' · '), text };
}
