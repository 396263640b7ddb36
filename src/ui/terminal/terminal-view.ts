/**
 * One terminal as xterm shows it, in an element of its own. The pty keeps at least 100 columns; a narrower page pans over
 * it, so tables are never wrapped.
 */
import { FitAddon } from '@xterm/addon-fit';
import { Terminal as Xterm } from '@xterm/xterm';
import '@xterm/xterm/css/xterm.css';
import { later } from '../later.ts';
import { session } from '../session.ts';
import { ui } from '../store.ts';
import { THEMES } from '../theme/tokens.ts';

export type Size = { readonly columns: number; readonly rows: number };

const COLUMNS_MIN = 100;
const ROWS_MIN = 3;
const SCROLLBACK_LINES = 5000;
const FONT_PX = 13;
const FONT_PROJECTOR_PX = 22;
/** Half of the pty's columns are then in view on the narrowest phone. */
const FONT_PHONE_PX = 11;
const PHONE_WIDTH_MAX = 699;
const FONTS = '"JetBrains Mono", ui-monospace, Menlo, Consolas, monospace';
/** Another name for the same fonts: it makes xterm measure again once they are there. */
const FONTS_LOADED = '"JetBrains Mono", ui-monospace, monospace';
/** RIS, as a write: what is still waiting to be written comes before it. */
const RESET = '\u001bc';
/** What a terminal answers by itself when a program asks for its kind or its cursor's place. */
const REPORT = /^\u001b(\[[?>]?[\d;]*[Rcny]|\]|P)/;

export class TerminalView {
  readonly number: number;
  /** What pans; `host` is as wide as the pty. */
  readonly slot = document.createElement('div');
  readonly term: Xterm;
  private readonly host = document.createElement('div');
  private readonly fitter = new FitAddon();
  private readonly ends: (() => void)[] = [];
  /** The moment that is looked back at, as it is shown; null is the present. */
  private shownAt: number | null = null;
  /** What was printed before is being written. */
  private showingAgain = false;
  private ended = false;

  constructor(number: number) {
    this.number = number;
    this.slot.className = 'terminal-slot';
    this.slot.id = `terminal-${number}`;
    this.host.className = 'terminal-host';
    this.slot.append(this.host);
    this.term = new Xterm({
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
  }

  /** In a task of its own: made in one, laid out in another. */
  async open(): Promise<void> {
    const { term } = this;
    await later();
    if (this.ended) return;
    term.loadAddon(this.fitter);
    term.open(this.host);
    // No shell asks for Shift-Tab; whoever has no mouse leaves by it.
    term.attachCustomKeyEventHandler((event) => !(event.key === 'Tab' && event.shiftKey));
    term.onData((data) => {
      // What is shown again was answered when it was new.
      if (this.showingAgain && REPORT.test(data)) return;
      this.typed(data);
    });
    term.onBinary((data) => this.typed(data));
    term.onCursorMove(() => this.pan());
    for (const bytes of session.printedUntil(null, this.number)) term.write(bytes);
    this.ends.push(
      session.onOutput((bytes, number) => {
        if (number === this.number && this.shownAt === null) term.write(bytes);
      }),
      ui.subscribe(() => this.followDrawing()),
      session.onReset(() => {
        this.shownAt = null;
        term.write(RESET);
      }),
    );
    // Whoever clicks into one goes on typing there.
    this.host.addEventListener('focusin', () => {
      if (ui.getState().terminal !== this.number) ui.setState({ terminal: this.number });
    });
    void import('./error-links.ts').then(({ linkErrors }) => linkErrors(term));
    this.scrollByTouch();
  }

  end(): void {
    this.ended = true;
    for (const end of this.ends) end();
    this.term.dispose();
    this.slot.remove();
  }

  private typed(data: string): void {
    // What a program asked a terminal is answered there, whichever is typed in.
    if (REPORT.test(data) && session.director.lookingAt === null) session.answer(data, this.number);
    else session.type(data);
  }

  /** Whoever looks back sees the terminal as it was then, too. What is dragged over while it is written is left out. */
  private followDrawing(): void {
    const { term } = this;
    const at = session.director.lookingAt;
    if (this.showingAgain || at === this.shownAt) return;
    this.shownAt = at;
    this.showingAgain = true;
    term.write(RESET);
    for (const bytes of session.printedUntil(at, this.number)) term.write(bytes);
    term.write('', () => {
      this.showingAgain = false;
      this.followDrawing();
    });
  }

  restyle(): void {
    this.term.options.screenReaderMode = ui.getState().screenReader;
    this.term.options.theme = colours();
    this.term.options.fontSize = fontSize();
  }

  fontsAreThere(): void {
    this.term.options.fontFamily = FONTS_LOADED;
  }

  name(label: string, description: string): void {
    this.slot.ariaLabel = label;
    this.term.textarea?.setAttribute('aria-label', label);
    this.term.textarea?.setAttribute('aria-description', description);
  }

  /** What has room in its slot; null if that is not in view. Makes the host as wide as that needs. */
  fits(): Size | null {
    const { slot, host } = this;
    const wanted = slot.clientWidth === 0 ? undefined : this.fitter.proposeDimensions();
    if (wanted === undefined || Number.isNaN(wanted.cols) || Number.isNaN(wanted.rows)) return null;
    const cellWidth = host.clientWidth / Math.max(1, wanted.cols);
    const columns = Math.max(COLUMNS_MIN, Math.floor(slot.clientWidth / cellWidth) - 2);
    const pans = columns > wanted.cols || slot.clientWidth < COLUMNS_MIN * cellWidth;
    host.style.width = pans ? `${Math.ceil((columns + 3) * cellWidth)}px` : '100%';
    return { columns, rows: Math.max(ROWS_MIN, wanted.rows) };
  }

  resize({ columns, rows }: Size): void {
    if (columns !== this.term.cols || rows !== this.term.rows) this.term.resize(columns, rows);
  }

  focus(): void {
    this.term.scrollToBottom();
    this.term.focus();
  }

  text(): string {
    const { term } = this;
    const buffer = term.buffer.active;
    const lines: string[] = [];
    for (let i = 0; i < term.rows; i++) lines.push(buffer.getLine(buffer.viewportY + i)?.translateToString(true) ?? '');
    return lines.join('\n').replace(/\n+$/, '');
  }

  /** A page narrower than the pty shows the line's beginning as long as the cursor is in view with it. */
  private pan(): void {
    const { slot, host, term } = this;
    if (host.clientWidth <= slot.clientWidth) return;
    const cursor = (term.buffer.active.cursorX + 2) * (host.clientWidth / (term.cols + 3));
    slot.scrollLeft = Math.max(0, cursor - slot.clientWidth);
  }

  /** xterm scrolls by wheel only. Sideways the browser pans (`touch-action`). */
  private scrollByTouch(): void {
    const { host, term } = this;
    let lastY = 0;
    host.addEventListener('pointerdown', (event) => {
      lastY = event.clientY;
    });
    host.addEventListener('pointermove', (event) => {
      if (event.pointerType !== 'touch') return;
      const cellHeight = host.clientHeight / term.rows;
      const lines = Math.trunc((lastY - event.clientY) / cellHeight);
      if (lines === 0) return;
      lastY -= lines * cellHeight;
      term.scrollLines(lines);
    });
  }
}

function fontSize(): number {
  if (ui.getState().projector) return FONT_PROJECTOR_PX;
  return innerWidth <= PHONE_WIDTH_MAX ? FONT_PHONE_PX : FONT_PX;
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
