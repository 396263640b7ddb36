import { expect, it } from 'vitest';
import type { Savepoint } from '../machine.ts';
import { BRANCHES_MAX, type Branch, MARKERS_MAX, type Marks } from './marks.ts';
import type { Moment } from './moment.ts';
import { momentFile, readMomentFile } from './moment-file.ts';
import { packMarks, readMarks } from './read-marks.ts';

const savepoint: Savepoint = {
  format: 1,
  scenario: 'bare',
  seed: 7,
  files: {},
  inputs: [
    { kind: 'open-terminal', columns: 120, rows: 12, step: 5, time: 1000 },
    { kind: 'keys', channel: 0, text: 'ps\r', step: 9, time: 400_000 },
  ],
  time: 900_000,
};
const branch: Branch = {
  id: 1,
  parent: null,
  at: 0,
  time: 0,
  name: 'before the fault',
  line: 'ps',
  last: 'ps',
  commands: 1,
  markers: [{ id: 1, at: 20, time: 500_000, name: 'here' }],
  savepoint,
};
const present: Branch = { ...branch, id: 2, parent: 1, at: 9, time: 3000, name: null, markers: [], savepoint: null };
const marks: Marks = { markers: [{ id: 3, at: 4, time: 2000, name: '标记' }], branches: [branch, present] };
const wire = (): Record<string, unknown> => JSON.parse(JSON.stringify(packMarks(marks)));
const moment: Moment = { savepoint, at: 3, live: false, play: false, node: 0, course: null, check: '' };

it('gives back what was kept; a session without any has none', () => {
  expect(readMarks(wire(), savepoint)).toEqual(marks);
  expect(readMarks(undefined, savepoint)).toEqual({ markers: [], branches: [] });
});

it('lies in a file beside its moment, and an older file has none', () => {
  const breakpoints = [{ id: 1, on: true, rule: { kind: 'call', method: 'RunPodSandbox', failed: false } }];
  const file = momentFile(moment, marks, breakpoints);
  expect(readMomentFile(file)).toEqual({ moment, marks, breakpoints });
  expect(JSON.parse(file).format).toBe('cutaway-moment-1');
  const older = readMomentFile(JSON.stringify({ format: 'cutaway-moment-1', moment }));
  expect(older).toEqual({ moment, marks: { markers: [], branches: [] } });
  expect(readMomentFile(file.replace('"id":2,"parent":1', '"id":2,"parent":2'))).toBe('malformed');
});

type Wire = { markers: Record<string, unknown>[]; branches: Record<string, unknown>[] };

it.each<[string, (wire: Wire) => void, string, string?]>([
  ['no lists', (w) => Object.assign(w, { branches: {} }), 'malformed', 'marks.branches'],
  [
    'a name with an escape',
    (w) => Object.assign(w.markers[0] as object, { name: '\u001b[2J' }),
    'malformed',
    'marks.markers[0]',
  ],
  [
    'a name without end',
    (w) => Object.assign(w.branches[0] as object, { name: 'x'.repeat(61) }),
    'malformed',
    'marks.branches[0].name',
  ],
  ['a marker nowhere', (w) => Object.assign(w.markers[0] as object, { at: -1 }), 'malformed', 'marks.markers[0]'],
  ['two presents', (w) => Object.assign(w.branches[0] as object, { savepoint: null }), 'malformed', 'marks.branches'],
  ['two roots', (w) => Object.assign(w.branches[1] as object, { parent: null }), 'malformed', 'marks.branches'],
  ['a branch of itself', (w) => Object.assign(w.branches[0] as object, { parent: 2 }), 'malformed', 'marks.branches'],
  [
    'a log that is cut off',
    (w) => Object.assign(w.branches[0] as object, { savepoint: '1.AA' }),
    'malformed',
    'marks.branches[0].savepoint',
  ],
  ['a log of a newer page', (w) => Object.assign(w.branches[0] as object, { savepoint: '9.AA' }), 'newer'],
  ['too many branches', (w) => (w.branches = new Array(BRANCHES_MAX + 2).fill(w.branches[0])), 'tooLarge'],
  [
    'too many markers',
    (w) => (w.markers = new Array(MARKERS_MAX + 1).fill(w.markers[0])),
    'malformed',
    'marks.markers',
  ],
])('%s: a problem, not an error', (_, change, problem, place) => {
  const changed = wire();
  change(changed as unknown as Wire);
  let told: unknown;
  expect(readMarks(changed, savepoint, (at) => void (told = at))).toBe(problem);
  expect(told).toBe(place);
});

it('are of the node that goes on, and of no other', () => {
  expect(readMarks(wire(), { scenario: 'bare', seed: 8 })).toBe('malformed');
  expect(readMarks(wire(), { scenario: 'crio', seed: 7 })).toBe('malformed');
});
