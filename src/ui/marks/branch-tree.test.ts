import { expect, it } from 'vitest';
import { BRANCHES_MAX, type Branch } from '../../machine/moments/marks.ts';
import { asides, capped, fork, goTo, type Left, presentOf, shared, without } from './branch-tree.ts';

const left = (line: string): Left => ({
  line,
  last: line,
  commands: 1,
  markers: [],
  savepoint: { format: 1, scenario: 'bare', seed: 1, files: {}, inputs: [], time: 0 },
});
const parting = (at: number) => ({ at, time: at * 10 });
const ids = (branches: readonly Branch[]) => branches.map(({ id }) => id);

/** 1 is left after 50 events for 2, that after 80 for 3, that after 20, which is before both, for 4. */
const three = fork(fork(fork([], parting(50), left('one')), parting(80), left('two')), parting(20), left('three'));

it('says what any two histories share, whichever of them goes on', () => {
  expect(three.map(({ id, parent, at, line }) => [id, parent, at, line])).toEqual([
    [1, null, 0, 'one'],
    [2, 1, 50, 'two'],
    [3, 2, 80, 'three'],
    [4, 1, 20, ''],
  ]);
  expect(presentOf(three).id).toBe(4);
  const what = (one: number, other: number) => [shared(three, one, other).at, shared(three, other, one).at];
  expect(what(1, 2)).toEqual([50, 50]);
  expect(what(2, 3)).toEqual([80, 80]);
  expect(what(1, 3)).toEqual([50, 50]);
  expect(what(4, 3)).toEqual([20, 20]);
  expect(shared(three, 4, 1)).toEqual(parting(20));
});

it('goes to one that was left, and keeps the one that it leaves', () => {
  const gone = goTo(three, 2, left('four'));
  expect(presentOf(gone).id).toBe(2);
  expect(ids(asides(gone))).toEqual([1, 3, 4]);
  expect(shared(gone, 2, 3).at).toBe(80);
  // Nothing was typed in it: it is no branch.
  expect(ids(goTo(three, 2, null))).toEqual([1, 3, 2]);
});

it('undone one by one, commands are kept once: the longest history has all of them', () => {
  const once = fork([], parting(90), left('third'));
  const again = fork(once, parting(60), null);
  const more = fork(again, parting(30), null);
  expect(asides(more).map(({ line }) => line)).toEqual(['third']);
  expect(shared(more, presentOf(more).id, 1)).toEqual(parting(30));
});

it('what shared most of one that is removed takes its place', () => {
  const rest = without(three, 1);
  expect(rest.map(({ id, parent, at }) => [id, parent, at])).toEqual([
    [2, null, 0],
    [3, 2, 80],
    [4, 2, 20],
  ]);
  expect(shared(rest, 4, 3)).toEqual(parting(20));
  expect(without(without(rest, 2), 3)).toEqual([]);
});

it('beyond so many the oldest without a name makes room', () => {
  let branches: readonly Branch[] = [];
  for (let i = 1; i <= BRANCHES_MAX + 2; i++) {
    branches = fork(branches, parting(i), left(`line ${i}`));
    if (i === 1) branches = branches.map((each) => ({ ...each, name: each.id === 1 ? 'first' : null }));
  }
  const { branches: kept, dropped } = capped(branches);
  expect(dropped.map(({ line }) => line)).toEqual(['line 2', 'line 3']);
  expect(asides(kept)).toHaveLength(BRANCHES_MAX);
  expect(asides(kept)[0]?.name).toBe('first');
  expect(shared(kept, presentOf(kept).id, 1).at).toBe(1);
});
