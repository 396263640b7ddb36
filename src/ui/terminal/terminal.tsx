/** The terminal. The pty keeps at least 100 columns; a narrower page pans over it, so tables are never wrapped. */
import { FitAddon } from '@xterm/addon-fit';
import { Terminal as Xterm } from '@xterm/xterm';
import '@xterm/xterm/css/xterm.css';
import { useEffect, useRef } from 'react';
import { useT } from '../hooks.ts';
import { session } from '../session.ts';
import { useUi } from '../store.ts';
import { THEMES } from '../theme/tokens.ts';

const COLUMNS_MIN = 100;
const SCROLLBACK_LINES = 5000;
/** xterm measures its cells on the frame after an option changed. */
const REMEASURE_MS = 50;

let current: Xterm | null = null;
let refit: () => void = () => {};

export function focusTerminal(): void {
  current?.focus();
}

/** What the terminal shows now, for scripts. */
export function screenText(): string {
  if (current === null) return '';
  const buffer = current.buffer.active;
  const lines: string[] = [];
  for (let i = 0; i < current.rows; i++)
    lines.push(buffer.getLine(buffer.viewportY + i)?.translateToString(true) ?? '');
  return lines.join('\n').replace(/\n+$/, '');
}

export function Terminal() {
  const t = useT();
  const host = useRef<HTMLDivElement>(null);
  const pan = useRef<HTMLDivElement>(null);
  const theme = useUi((state) => state.theme);
  const projector = useUi((state) => state.projector);

  useEffect(() => {
    const element = host.current;
    const outer = pan.current;
    if (element === null || outer === null) return;
    const term = new Xterm({
      fontFamily: '"JetBrains Mono", ui-monospace, Menlo, Consolas, monospace',
      fontSize: 13,
      lineHeight: 1.2,
      scrollback: SCROLLBACK_LINES,
      screenReaderMode: false,
      cursorBlink: false,
      // Binary output is the learner's business, not an error of the page.
      logLevel: 'off',
      theme: colours(),
    });
    const fitter = new FitAddon();
    term.loadAddon(fitter);
    term.open(element);
    term.textarea?.setAttribute('aria-label', t('term.label'));
    current = term;
    const resize = (): void => {
      const wanted = fitter.proposeDimensions();
      if (wanted === undefined || Number.isNaN(wanted.cols) || Number.isNaN(wanted.rows)) return;
      const cellWidth = element.clientWidth / Math.max(1, wanted.cols);
      const columns = Math.max(COLUMNS_MIN, Math.floor(outer.clientWidth / cellWidth) - 2);
      element.style.width =
        columns > wanted.cols || outer.clientWidth < COLUMNS_MIN * cellWidth
          ? `${Math.ceil((columns + 3) * cellWidth)}px`
          : '100%';
      const rows = Math.max(3, wanted.rows);
      if (columns !== term.cols || rows !== term.rows) {
        term.resize(columns, rows);
        session.link?.setSize(columns, rows);
      }
    };
    const observer = new ResizeObserver(resize);
    observer.observe(outer);
    refit = resize;
    void document.fonts.load('13px "JetBrains Mono"').then(() => {
      // Another name for the same fonts: it makes xterm measure again now that they are there.
      term.options.fontFamily = '"JetBrains Mono", ui-monospace, monospace';
      setTimeout(resize, REMEASURE_MS);
    });
    const input = term.onData((data) => session.type(data));
    const binary = term.onBinary((data) => session.type(data));
    const output = session.onOutput((bytes) => term.write(bytes));
    const reset = session.onReset(() => term.reset());
    term.focus();
    return () => {
      observer.disconnect();
      input.dispose();
      binary.dispose();
      output();
      reset();
      current = null;
      term.dispose();
    };
  }, [t]);

  useEffect(() => {
    if (current === null) return;
    void theme;
    current.options.theme = colours();
    current.options.fontSize = projector ? 22 : 13;
    const timer = setTimeout(() => refit(), REMEASURE_MS);
    return () => clearTimeout(timer);
  }, [theme, projector]);

  return (
    <section className="terminal" aria-label={t('term.label')} ref={pan}>
      <div className="terminal-host" ref={host} />
    </section>
  );
}

function colours() {
  const tokens = THEMES[useUi.getState().theme];
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
