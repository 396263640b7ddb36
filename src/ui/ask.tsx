/** The question where to go on, for whoever does something to the machine while its past is looked at. */
import { useEffect, useRef } from 'react';
import { clockText } from './format.ts';
import { useT, useUi } from './hooks.ts';
import { session } from './session.ts';
import { focusTerminal } from './terminal/terminal-host.ts';

/** Who pressed a letter so shortly before is in the middle of a line. */
const TYPING_MS = 1000;

/** Whoever types, or opens a terminal, while the past is looked at is asked where that should be. */
export function Ask() {
  const t = useT();
  const asking = useUi((state) => state.asking);
  const interview = useUi((state) => state.interview);
  const lastTypedAt = useRef(0);
  useEffect(() => {
    if (asking !== null) lastTypedAt.current = performance.now();
  }, [asking]);
  if (asking === null) return null;
  const time = clockText(session.history.events[Math.max(0, asking.seq - 1)]?.time ?? 0);
  return (
    <div
      className="banner calm"
      role="alertdialog"
      aria-label={t('time.continue')}
      onKeyDown={(event) => {
        if (event.key === 'Escape') {
          event.stopPropagation();
          session.goOn('present');
          focusTerminal();
        } else if (isTyped(event) && (event.key !== ' ' || event.timeStamp - lastTypedAt.current < TYPING_MS)) {
          // Whoever is typing does not look: what comes after the first letter belongs to the line, too.
          event.preventDefault();
          event.stopPropagation();
          lastTypedAt.current = event.timeStamp;
          session.type(event.key);
        }
      }}
    >
      <span>
        {t(interview === null ? 'time.ask' : 'time.askForget', { time })} {asking.opens && t('term.another')}{' '}
        <code>{asking.text}</code>
      </span>
      <button
        type="button"
        // biome-ignore lint/a11y/noAutofocus: the question answers what was just typed
        autoFocus
        onClick={() => {
          session.goOn('past');
          focusTerminal();
        }}
      >
        {t('time.continue')}
      </button>
      <button
        type="button"
        onClick={() => {
          session.goOn('present');
          focusTerminal();
        }}
      >
        {t('time.present')}
      </button>
    </div>
  );
}

/** A letter, not a key that does something. */
function isTyped(event: { key: string; ctrlKey: boolean; metaKey: boolean; altKey: boolean }): boolean {
  return [...event.key].length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey;
}
