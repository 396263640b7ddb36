/** Which two branches of the session are set side by side. */
import { useEffect } from 'react';
import { useStore } from 'zustand';
import { nameOf } from '../marks/branch-names.ts';
import { asides, presentOf } from '../marks/branch-tree.ts';
import { marks } from '../marks/marks-store.ts';
import { useMarksMessages } from '../marks/use-marks-messages.ts';
import type { CompareTranslate } from './use-compare-messages.ts';

/** The one that was left last and the present one, if nobody has chosen. */
export function chosenBranches(): readonly [number, number] | null {
  const { branches, comparing } = marks.getState();
  const last = asides(branches).at(-1);
  if (last === undefined) return null;
  const there = comparing?.every((id) => branches.some((branch) => branch.id === id)) === true;
  return there && comparing !== null ? comparing : [last.id, presentOf(branches).id];
}

export function BranchSelects({ t }: { t: CompareTranslate }) {
  const m = useMarksMessages();
  const { branches } = useStore(marks);
  const chosen = chosenBranches();
  useEffect(() => {
    if (marks.getState().comparing === null) marks.setState({ comparing: chosenBranches() });
  }, []);
  if (m === null || chosen === null) return null;
  return (['leftMachine', 'rightMachine'] as const).map((key, side) => (
    <label key={key}>
      {t(key)}{' '}
      <select
        value={chosen[side]}
        onChange={(event) => {
          const id = Number(event.target.value);
          const other = chosen[1 - side] as number;
          // One beside itself says nothing: they change places.
          const rest = other === id ? (chosen[side] as number) : other;
          marks.setState({ comparing: side === 0 ? [id, rest] : [rest, id] });
        }}
      >
        {branches.map((branch) => (
          <option key={branch.id} value={branch.id}>
            {nameOf(branch, m)}
          </option>
        ))}
      </select>
    </label>
  ));
}
