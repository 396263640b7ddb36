/**
 * The terminal, without React: it must be usable before the drawing's code has arrived. It lives in an element of its
 * own that the page moves to its place. The pty keeps at least 100 columns; a narrower page pans over it, so tables
 * are never wrapped.
 */
import { FitAddon } from '@xterm/addon-fit';
import { Terminal as Xterm } from '@xterm/xterm';
import '@xterm/xterm/css/xterm.css';
import { later } from '../later.ts';
import { session } from '../session.ts';
import { showError, ui } from '../store.ts';
import { THEMES } from '../theme/tokens.ts';

const COLUMNS_MIN = 100;
const SCROLLBACK_LINES = 5000;
/** xterm measures its cells on the frame after an option changed. */
const REMEASURE_MS = 50;
const FONT_PX = 13;
const FONT_PROJECTOR_PX = 22;
/** Half of the pty's columns are then in view on the narrowest phone. */
const FONT_PHONE_PX = 11;
const PHONE_WIDTH_MAX = 699;
const FONTS = '"JetBrains Mono", ui-monospace, Menlo, Consolas, monospace';
/** Another name for the same fonts: it makes xterm measure again once they are there. */
const FONTS_LOADED = '"JetBrains Mono", ui-monospace, monospace';

let term: Xterm | null = null;
let fitter: FitAddon | null = null;
/** The moment that is looked back at, as the terminal shows it; null is the present. */
let shownAt: number | null = null;
/** What was printed before is being written. */
let showingAgain = false;
/** RIS, as a write: what is still waiting to be written comes before it. */
const RESET = '\u001bc';
/** What a terminal answers by itself when a program asks for its kind or its cursor's place. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: such answers begin with an escape
const REPORT = /^\u001b(\[[?>]?[\d;]*[Rcny]|\]|P)/;
let pane: HTMLElement | null = null;
let host: HTMLElement | null = null;

/** Opens the terminal in the element that index.html has for it. It is made in one task and laid out in another. */
export async function openTerminal(element: HTMLElement): Promise<void> {
  pane = element;
  host = document.createElement('div');
  host.className = 'terminal-host';
  element.append(host);
  term = new Xterm({
    fontFamily: FONTS,
    fontSize: fontSize(),
    lineHeight: 1.2,
    scrollback: SCROLLBACK_LINES,
    cursorBlink: false,
    screenReaderMode: ui.getState().screenReader,
    // Binary output is the learner's business, not an error of the page.
    logLevel: 'off',
    theme: colours(),
  });
  await later();
  fitter = new FitAddon();
  term.loadAddon(fitter);
  term.open(host);
  // No shell asks for Shift-Tab; whoever has no mouse leaves by it.
  term.attachCustomKeyEventHandler((event) => !(event.key === 'Tab' && event.shiftKey));
  term.onData((data) => {
    // What is shown again was answered when it was new.
    if (showingAgain && REPORT.test(data)) return;
    session.type(data);
  });
  term.onCursorMove(pan);
  term.onBinary((data) => session.type(data));
  session.onOutput((bytes) => {
    if (shownAt === null) term?.write(bytes);
  });
  ui.subscribe(followDrawing);
  session.onReset(() => {
    shownAt = null;
    term?.write(RESET);
  });
  void import('./error-links.ts').then(({ linkErrors }) => term !== null && linkErrors(term));
  ui.subscribe((state, before) => {
    if (term === null) return;
    if (state.screenReader !== before.screenReader) term.options.screenReaderMode = state.screenReader;
    if (state.theme === before.theme && state.projector === before.projector) return;
    term.options.theme = colours();
    term.options.fontSize = fontSize();
    setTimeout(fit, REMEASURE_MS);
  });
  scrollByTouch(host);
  new ResizeObserver(fit).observe(element);
  void document.fonts.load(`${FONT_PX}px "JetBrains Mono"`).then(() => {
    if (term !== null) term.options.fontFamily = FONTS_LOADED;
    setTimeout(fit, REMEASURE_MS);
  });
  // Each needs a layout of its own, and none is in a hurry.
  setTimeout(() => {
    fit();
    // The page around a frame keeps its focus until somebody clicks.
    if (!ui.getState().embedded) focusTerminal();
  });
}

/** Whoever looks back sees the terminal as it was then, too. What is dragged over while it is written is left out. */
function followDrawing(): void {
  const at = session.director.lookingAt;
  if (term === null || showingAgain || at === shownAt) return;
  shownAt = at;
  showingAgain = true;
  term.write(RESET);
  for (const bytes of session.printedUntil(at)) term.write(bytes);
  term.write('', () => {
    showingAgain = false;
    followDrawing();
  });
}

function fontSize(): number {
  if (ui.getState().projector) return FONT_PROJECTOR_PX;
  return innerWidth <= PHONE_WIDTH_MAX ? FONT_PHONE_PX : FONT_PX;
}

/** Moves the terminal to where the page wants it; whoever was typing goes on typing. */
export function placeTerminal(parent: HTMLElement, label: string, description: string): void {
  if (pane === null) return;
  pane.setAttribute('aria-label', label);
  term?.textarea?.setAttribute('aria-label', label);
  term?.textarea?.setAttribute('aria-description', description);
  if (pane.parentElement === parent) return;
  move(pane, parent);
  setTimeout(fit);
  if (ui.getState().embedded) return;
  if (document.activeElement === null || document.activeElement === document.body) term?.focus();
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
  term?.scrollToBottom();
  term?.focus();
}

/** Whose words the last error on the terminal is made of. */
export async function showLastError(): Promise<void> {
  const { lastErrorLine } = await import('./error-links.ts');
  showError((term === null ? null : lastErrorLine(term)) ?? '');
}

/** What the terminal shows now, for scripts. */
export function screenText(): string {
  if (term === null) return '';
  const buffer = term.buffer.active;
  const lines: string[] = [];
  for (let i = 0; i < term.rows; i++) lines.push(buffer.getLine(buffer.viewportY + i)?.translateToString(true) ?? '');
  return lines.join('\n').replace(/\n+$/, '');
}

/** A page narrower than the pty shows the line's beginning as long as the cursor is in view with it. */
function pan(): void {
  if (term === null || pane === null || host === null || host.clientWidth <= pane.clientWidth) return;
  const cursor = (term.buffer.active.cursorX + 2) * (host.clientWidth / (term.cols + 3));
  pane.scrollLeft = Math.max(0, cursor - pane.clientWidth);
}

/** xterm scrolls by wheel only. Sideways the browser pans (`touch-action`). */
function scrollByTouch(element: HTMLElement): void {
  let lastY = 0;
  element.addEventListener('pointerdown', (event) => {
    lastY = event.clientY;
  });
  element.addEventListener('pointermove', (event) => {
    if (term === null || event.pointerType !== 'touch') return;
    const cellHeight = element.clientHeight / term.rows;
    const lines = Math.trunc((lastY - event.clientY) / cellHeight);
    if (lines === 0) return;
    lastY -= lines * cellHeight;
    term.scrollLines(lines);
  });
}

function fit(): void {
  // On paper it has no place; the window that it is typed in stays as it is.
  if (matchMedia('print').matches) return;
  const wanted = fitter?.proposeDimensions();
  if (term === null || pane === null || host === null || wanted === undefined) return;
  if (Number.isNaN(wanted.cols) || Number.isNaN(wanted.rows)) return;
  const cellWidth = host.clientWidth / Math.max(1, wanted.cols);
  const columns = Math.max(COLUMNS_MIN, Math.floor(pane.clientWidth / cellWidth) - 2);
  const pans = columns > wanted.cols || pane.clientWidth < COLUMNS_MIN * cellWidth;
  host.style.width = pans ? `${Math.ceil((columns + 3) * cellWidth)}px` : '100%';
  const rows = Math.max(3, wanted.rows);
  if (columns === term.cols && rows === term.rows) return;
  term.resize(columns, rows);
  session.link?.setSize(columns, rows);
}

function colours() {
  const tokens = THEMES[ui.getState().theme];
  return {
    background: tokens['term-paper'],
    foreground: tokens['term-ink'],
    cursor: tokens['term-ink'],
    selectionBackground: '#4a6a9d',
    blue: '#7fb0ff',
    brightBlue: '#9cc3ff',
    green: '#7ddc8f',
    red: '#ff8a80',
    yellow: '#f2c14e',
    cyan: '#4fd1c5',
    magenta: '#d8a6ff',
  };
}
