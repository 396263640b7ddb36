/** The keys of markers and of steps, outside of the terminal and of every field. */
import { stepOnce } from '../timeline/step.ts';
import { goToMarker, markHere, mayMark } from './marks.ts';

/** True when the key was one of them. A bracket may take AltGr, or come as the full-width one that a Chinese layout has. */
export function takeMarksKey(event: KeyboardEvent): boolean {
  const { target } = event;
  // A tree in the inspector has keys of its own; the drawing's has none of these.
  const field =
    target instanceof Element && target.closest('input, textarea, select, [contenteditable], .inspector [role="tree"]');
  if (field || event.metaKey) return false;
  if ((event.ctrlKey || event.altKey) && !event.getModifierState('AltGraph')) return false;
  if (event.key === '[' || event.key === '【') goToMarker('previous');
  else if (event.key === ']' || event.key === '】') goToMarker('next');
  else if (event.key === 'm' && mayMark()) markHere();
  else if (event.key === 's') void stepOnce();
  else return false;
  return true;
}
