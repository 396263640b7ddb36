/** Which terminal is typed in, and one more. With a single one there is only the way to another. */
import { type KeyboardEvent, useRef } from 'react';
import { useFields, useT } from '../hooks.ts';
import { session } from '../session.ts';
import { ui } from '../store.ts';
import { OPEN_TERMINALS_MAX } from '../worker/contract.ts';
import { focusTerminal } from './terminal-host.ts';
import './terminal-tabs.css';

const STEPS: Readonly<Record<string, number>> = { ArrowRight: 1, ArrowLeft: -1 };

export function TerminalTabs() {
  const t = useT();
  const { terminals, terminal, sideBySide } = useFields('terminals', 'terminal', 'sideBySide');
  const list = useRef<HTMLDivElement>(null);
  const several = terminals.length > 1;
  const select = (number: number): void => ui.setState({ terminal: number });
  const onKey = (event: KeyboardEvent): void => {
    const at = terminals.findIndex(({ number }) => number === terminal);
    const step = STEPS[event.key];
    const to =
      step !== undefined
        ? terminals.at((at + step) % terminals.length)
        : terminals.at({ Home: 0, End: -1 }[event.key] ?? terminals.length);
    if (event.key === 'Delete') session.closeTerminal(terminal);
    else if (event.key === 'Enter' || event.key === ' ') focusTerminal();
    else if (to === undefined) return;
    else {
      select(to.number);
      list.current?.querySelector<HTMLElement>(`[data-terminal="${to.number}"]`)?.focus();
    }
    event.preventDefault();
  };
  return (
    <div className={`terminal-tabs ${several ? 'several' : ''}`}>
      {several && (
        <>
          <div role="tablist" aria-label={t('term.tabs')} ref={list} onKeyDown={onKey}>
            {terminals.map(({ number, line }) => (
              <button
                type="button"
                role="tab"
                key={number}
                data-terminal={number}
                aria-selected={number === terminal}
                aria-controls={`terminal-${number}`}
                tabIndex={number === terminal ? 0 : -1}
                title={line ?? undefined}
                onClick={() => {
                  select(number);
                  focusTerminal();
                }}
              >
                {number + 1}
                {line !== null && <code>{line}</code>}
              </button>
            ))}
          </div>
          <button
            type="button"
            aria-label={t('term.close', { number: terminal + 1 })}
            title={t('term.close', { number: terminal + 1 })}
            onClick={() => session.closeTerminal(terminal)}
          >
            ×
          </button>
          <button
            type="button"
            className="wide-only"
            aria-label={t('term.sideBySide')}
            title={t('term.sideBySide')}
            aria-pressed={sideBySide}
            onClick={() => {
              ui.setState({ sideBySide: !sideBySide });
              focusTerminal();
            }}
          >
            ◫
          </button>
        </>
      )}
      <button
        type="button"
        aria-label={t('term.another')}
        title={`${t('term.another')} (Shift-F8)`}
        disabled={terminals.length >= OPEN_TERMINALS_MAX}
        onClick={() => void session.anotherTerminal()}
      >
        +
      </button>
    </div>
  );
}
