/** Beneath an inspected thing: a breakpoint on what it is about. */
import { useStore } from 'zustand';
import type { BreakRule } from '../../projections/breakpoints.ts';
import { useT } from '../hooks.ts';
import { select } from '../store.ts';
import { add, breaks } from './armed.ts';
import { ruleText } from './rule-text.ts';
import { useBreaksMessages } from './use-breaks-messages.ts';

export function BreakHere({ rules }: { rules: readonly BreakRule[] }) {
  const t = useT();
  const b = useBreaksMessages();
  const { points } = useStore(breaks);
  if (b === null) return null;
  return (
    <ul className="parts">
      {rules.map((rule) => {
        const key = JSON.stringify(rule);
        const there = points.some((point) => point.on && JSON.stringify(point.rule) === key);
        const what = ruleText(rule, b, t);
        return (
          <li key={key}>
            <button
              type="button"
              className="link"
              aria-pressed={there}
              onClick={() => {
                if (there) select({ kind: 'breaks' });
                else add(rule);
              }}
            >
              {there ? `● ${b('breaksAlready', { what })}` : `○ ${b('break', { what })}`}
            </button>
          </li>
        );
      })}
    </ul>
  );
}
