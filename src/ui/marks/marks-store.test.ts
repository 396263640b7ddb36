import { beforeEach, expect, it } from 'vitest';
import { MARKERS_MAX } from '../../machine/moments/marks.ts';
import { addMarker, marks, noteFork, noteGone, putMarks, renameBranch, renameMarker } from './marks-store.ts';

const savepoint = { format: 1 as const, scenario: 'bare' as const, seed: 1, files: {}, inputs: [], time: 0 };
const left = (line: string) => ({ line, last: line, commands: 1, savepoint });
const names = () => marks.getState().markers.map(({ name }) => name);

beforeEach(() => putMarks(null));

it('markers stay in order, and with the history that they are of', () => {
  addMarker({ at: 80, time: 8 }, 'late');
  addMarker({ at: 20, time: 2 }, ' early\u001b[2J ');
  expect(names()).toEqual(['early [2J', 'late']);
  noteFork({ at: 50, time: 5 }, left('ls'));
  expect(names()).toEqual(['early [2J']);
  addMarker({ at: 60, time: 6 }, 'here only');
  noteGone(1, left('ps'));
  expect(names()).toEqual(['early [2J', 'late']);
  noteGone(2, left('ls'));
  expect(names()).toEqual(['early [2J', 'here only']);
  expect(new Set(marks.getState().markers.map(({ id }) => id)).size).toBe(2);
});

it('names are one line; an empty one changes no marker, and takes a branch its own', () => {
  const marker = addMarker({ at: 1, time: 1 }, 'a');
  renameMarker(marker?.id ?? 0, 'b\nc');
  renameMarker(marker?.id ?? 0, ' ');
  expect(names()).toEqual(['b c']);
  noteFork({ at: 5, time: 5 }, left('ls'));
  renameBranch(1, 'with the fault');
  expect(marks.getState().branches[0]?.name).toBe('with the fault');
  renameBranch(1, '');
  expect(marks.getState().branches[0]?.name).toBeNull();
});

it('has so many markers and no more', () => {
  for (let i = 0; i < MARKERS_MAX; i++) addMarker({ at: i, time: i }, 'm');
  expect(addMarker({ at: 99, time: 99 }, 'm')).toBeNull();
  expect(names()).toHaveLength(MARKERS_MAX);
});
