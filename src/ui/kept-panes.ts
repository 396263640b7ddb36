/** Which panes are shown, and how large they are, as this browser last had them. */
import { INSPECTOR_WIDTH_MIN, type Pane, TERMINAL_HEIGHT_MIN, ui } from './store.ts';

const KEY = 'cutaway.panes';
const READER_KEY = 'cutaway.reader';
const PANES: readonly Pane[] = ['drawing', 'timeline', 'terminal'];
/** What is above a terminal in any case, px. */
const ABOVE_MIN = 240;

/** In a frame, an interview or before a class the page looks as it was asked to. Returns what ends it. */
export function keepPanes(): () => void {
  const { embedded, interview, projector } = ui.getState();
  if (!embedded) keepReader();
  if (embedded || interview !== null || projector) return () => {};
  restore();
  return ui.subscribe(
    ({ hidden, terminalFirst, sideBySide, terminalHeight, inspectorWidth, projector: lecture }, before) => {
      if (lecture) return;
      if (
        hidden === before.hidden &&
        terminalFirst === before.terminalFirst &&
        sideBySide === before.sideBySide &&
        terminalHeight === before.terminalHeight &&
        inspectorWidth === before.inspectorWidth
      )
        return;
      try {
        localStorage.setItem(
          KEY,
          JSON.stringify({ hidden, terminalFirst, sideBySide, terminalHeight, inspectorWidth }),
        );
      } catch {
        // Then they are as they always begin.
      }
    },
  );
}

/** Whoever needs it needs it on every page, whatever else that page is for. */
function keepReader(): void {
  try {
    if (localStorage.getItem(READER_KEY) !== null) ui.setState({ screenReader: true });
  } catch {
    return;
  }
  ui.subscribe(({ screenReader }, before) => {
    if (screenReader === before.screenReader) return;
    try {
      if (screenReader) localStorage.setItem(READER_KEY, '1');
      else localStorage.removeItem(READER_KEY);
    } catch {
      // Then it is asked for anew each time.
    }
  });
}

function restore(): void {
  try {
    const kept = JSON.parse(localStorage.getItem(KEY) ?? 'null') as Record<string, unknown> | null;
    if (kept === null) return;
    const hidden = { ...ui.getState().hidden };
    for (const pane of PANES) hidden[pane] = (kept.hidden as Record<string, unknown>)[pane] === true;
    const size = (value: unknown, min: number, max: number, otherwise: number): number =>
      typeof value === 'number' && value >= min && value <= max ? value : otherwise;
    const { terminalHeight, inspectorWidth } = ui.getState();
    ui.setState({
      hidden,
      terminalFirst: kept.terminalFirst === true,
      sideBySide: kept.sideBySide === true,
      terminalHeight: size(kept.terminalHeight, TERMINAL_HEIGHT_MIN, innerHeight - ABOVE_MIN, terminalHeight),
      inspectorWidth: size(kept.inspectorWidth, INSPECTOR_WIDTH_MIN, innerWidth / 2, inspectorWidth),
    });
  } catch {
    // No storage, or nothing that this page has written.
  }
}
