/** Chooses two branches to be set side by side. */
import { useId, useState } from 'react';
import type { Branch } from '../../machine/moments/marks.ts';
import { nameOf } from './branch-names.ts';
import { asides, presentOf } from './branch-tree.ts';
import { marks } from './marks-store.ts';
import type { MarksTranslate } from './use-marks-messages.ts';

export function BranchPicker({ m, branches }: { m: MarksTranslate; branches: readonly Branch[] }) {
  const id = useId();
  const [chosen, setChosen] = useState<readonly [number | null, number | null]>([null, null]);
  const present = presentOf(branches).id;
  const there = (branch: number | null): number | null => (branches.some((each) => each.id === branch) ? branch : null);
  const left = there(chosen[0]) ?? asides(branches).at(-1)?.id ?? present;
  const right = there(chosen[1]) ?? present;
  return (
    <form
      aria-labelledby={id}
      onSubmit={(event) => {
        event.preventDefault();
        marks.setState({ comparing: [left, right] });
        location.hash = '#compare';
      }}
    >
      <h3 id={id}>{m('compareTitle')}</h3>
      {([m('left'), m('right')] as const).map((label, side) => (
        <label key={label}>
          <span>{label}</span>
          <select
            value={side === 0 ? left : right}
            onChange={(event) => {
              const id = Number(event.target.value);
              setChosen(side === 0 ? [id, right] : [left, id]);
            }}
          >
            {branches.map((branch) => (
              <option key={branch.id} value={branch.id}>
                {nameOf(branch, m)}
                {branch.id === present && ` (${m('here')})`}
              </option>
            ))}
          </select>
        </label>
      ))}
      <button type="submit" disabled={left === right}>
        {m('compare')}
      </button>
    </form>
  );
}
