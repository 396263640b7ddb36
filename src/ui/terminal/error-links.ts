/** Lines of the terminal that say what something failed with open whose words they are made of. */
import type { ILink, Terminal as Xterm } from '@xterm/xterm';
import { saysError } from '../../projections/error-words.ts';
import { session } from '../session.ts';
import { showError } from '../store.ts';

/** How far up the terminal the last error is looked for. */
const LINES_SEARCHED_MAX = 500;

type Line = { readonly text: string; readonly first: number; readonly last: number };

export function linkErrors(term: Xterm): void {
  term.registerLinkProvider({
    provideLinks(y, answer) {
      const line = lineAt(term, y - 1);
      answer(saysError(session.index, line.text) ? [linkOf(term, line)] : undefined);
    },
  });
}

function linkOf(term: Xterm, { text, first, last }: Line): ILink {
  return {
    text,
    range: { start: { x: 1, y: first + 1 }, end: { x: term.cols, y: last + 1 } },
    activate: () => showError(text),
  };
}

/** The last line that says what something failed with; null if there is none. */
export function lastErrorLine(term: Xterm): string | null {
  const { baseY, cursorY } = term.buffer.active;
  const end = baseY + cursorY;
  for (let y = end; y >= Math.max(0, end - LINES_SEARCHED_MAX); y--) {
    const line = lineAt(term, y);
    if (saysError(session.index, line.text)) return line.text;
    y = line.first;
  }
  return null;
}

/** A line as it was written: the terminal breaks what is longer than it is wide. */
function lineAt(term: Xterm, y: number): Line {
  const { active } = term.buffer;
  let first = y;
  while (first > 0 && active.getLine(first)?.isWrapped === true) first--;
  let last = y;
  while (active.getLine(last + 1)?.isWrapped === true) last++;
  let text = '';
  for (let at = first; at <= last; at++) text += active.getLine(at)?.translateToString(at === last) ?? '';
  return { text, first, last };
}
