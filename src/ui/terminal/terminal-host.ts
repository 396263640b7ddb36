/**
 * The terminals, without React: one must be usable before the drawing's code has arrived. They live in an element of their
 * own that the page moves to its place. All have one size.
 */
import { session } from '../session.ts';
import { showError, ui } from '../store.ts';
import { type Size, TerminalView } from './terminal-view.ts';

/** xterm measures its cells on the frame after an option changed. */
const REMEASURE_MS = 50;

let views: TerminalView[] = [];
let pane: HTMLElement | null = null;
let size: Size = { columns: 80, rows: 24 };
/** As the page calls them. */
let names: { label: (number: number) => string; description: string } | null = null;

/** Opens the first terminal in the element that index.html has for it. */
export async function openTerminal(element: HTMLElement): Promise<void> {
  pane = element;
  await show();
  ui.subscribe((state, before) => {
    if (
      state.terminals !== before.terminals ||
      state.terminal !== before.terminal ||
      state.sideBySide !== before.sideBySide
    )
      void show();
    if (
      state.screenReader === before.screenReader &&
      state.theme === before.theme &&
      state.projector === before.projector
    )
      return;
    for (const view of views) view.restyle();
    setTimeout(fit, REMEASURE_MS);
  });
  new ResizeObserver(fit).observe(element);
  void document.fonts.load('13px "JetBrains Mono"').then(() => {
    for (const view of views) view.fontsAreThere();
    setTimeout(fit, REMEASURE_MS);
  });
  // Each needs a layout of its own, and none is in a hurry.
  setTimeout(() => {
    fit();
    // The page around a frame keeps its focus until somebody clicks.
    if (!ui.getState().embedded) focusTerminal();
  });
}

/** Makes the views those of the terminals that there are; the last one stays when its session has ended. */
async function show(): Promise<void> {
  const { terminals, terminal, sideBySide } = ui.getState();
  const wanted = new Set([...terminals.map(({ number }) => number), terminal]);
  const typing = views.some((view) => view.slot.contains(document.activeElement));
  const opened: TerminalView[] = [];
  for (const number of wanted) if (!views.some((view) => view.number === number)) opened.push(new TerminalView(number));
  for (const view of views) if (!wanted.has(view.number)) view.end();
  views = [...views.filter((view) => wanted.has(view.number)), ...opened].sort((a, b) => a.number - b.number);
  for (const view of opened) pane?.append(view.slot);
  for (const { slot, number } of views) {
    slot.hidden = number !== terminal && !sideBySide;
    slot.role = views.length > 1 ? 'tabpanel' : null;
    slot.classList.toggle('typed-in', number === terminal && sideBySide && views.length > 1);
  }
  for (const view of opened) await view.open();
  if (opened.length > 0) {
    if (document.fonts.check('13px "JetBrains Mono"')) for (const view of opened) view.fontsAreThere();
    name();
  }
  setTimeout(fit);
  if (typing || (opened.length > 0 && views.length > 1)) active()?.focus();
}

function active(): TerminalView | undefined {
  return views.find((view) => view.number === ui.getState().terminal);
}

/** Moves the terminals to where the page wants them; whoever was typing goes on typing. */
export function placeTerminal(
  parent: HTMLElement,
  title: string,
  label: (number: number) => string,
  description: string,
): void {
  if (pane === null) return;
  names = { label, description };
  pane.setAttribute('aria-label', title);
  name();
  if (pane.parentElement === parent) return;
  move(pane, parent);
  setTimeout(fit);
  if (ui.getState().embedded) return;
  if (document.activeElement === null || document.activeElement === document.body) active()?.term.focus();
}

function name(): void {
  if (names !== null) for (const view of views) view.name(names.label(view.number), names.description);
}

/** To the front of `parent`: in one step where the browser can, so that the focus stays and nothing is laid out for it. */
function move(
  element: HTMLElement,
  parent: HTMLElement & { moveBefore?: (node: Node, before: Node | null) => void },
): void {
  if (parent.isConnected && element.isConnected && parent.moveBefore !== undefined)
    parent.moveBefore(element, parent.firstChild);
  else parent.prepend(element);
}

/** Whoever goes there to type, or has something typed, wants to see the prompt. */
export function focusTerminal(): void {
  active()?.focus();
}

/** Whose words the last error on the terminal is made of. */
export async function showLastError(): Promise<void> {
  const { lastErrorLine } = await import('./error-links.ts');
  const view = active();
  showError((view === undefined ? null : lastErrorLine(view.term)) ?? '');
}

/** What the terminal that is typed in shows now, for scripts. */
export function screenText(): string {
  return active()?.text() ?? '';
}

function fit(): void {
  // On paper they have no place; the window that is typed in stays as it is.
  if (matchMedia('print').matches) return;
  const fitting = views.map((view) => view.fits()).filter((each) => each !== null);
  if (fitting.length === 0) return;
  const columns = Math.min(...fitting.map((each) => each.columns));
  const rows = Math.min(...fitting.map((each) => each.rows));
  const changed = columns !== size.columns || rows !== size.rows;
  size = { columns, rows };
  for (const view of views) view.resize(size);
  if (changed) session.link?.setSize(columns, rows);
}
