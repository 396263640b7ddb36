/** Says that a breakpoint has stopped the machine, at what, and how it goes on. */
import { useStore } from 'zustand';
import { useT } from '../hooks.ts';
import './breaks.css';
import { selectionOf } from '../inspector/event-thing.ts';
import { session } from '../session.ts';
import { select } from '../store.ts';
import { breaks, wordsFor } from './armed.ts';
import { ruleText } from './rule-text.ts';
import { useBreaksMessages } from './use-breaks-messages.ts';

export function Stopped() {
  const t = useT();
  const b = useBreaksMessages();
  const { points, stop } = useStore(breaks);
  const event = stop === null ? undefined : session.history.events[stop.seq];
  const rule = points.find(({ id }) => id === stop?.breakpoint)?.rule;
  if (b === null || event === undefined) return null;
  return (
    <section className="banner calm stopped" aria-label={b('title')}>
      <span>
        <strong>{b('stopped', { what: wordsFor(event) })}</strong>
        {rule !== undefined && <small> {b('hitBy', { what: ruleText(rule, b, t) })}</small>}
      </span>
      <button type="button" onClick={() => session.pace({ paused: false })}>
        {b('goOn')}
      </button>
      <button type="button" onClick={() => void session.link?.api.step({ kind: 'event' })}>
        {b('step')}
      </button>
      <button type="button" onClick={() => select(selectionOf(event))}>
        {b('show')}
      </button>
      <button type="button" onClick={() => select({ kind: 'breaks' })}>
        {b('title')}
      </button>
    </section>
  );
}
