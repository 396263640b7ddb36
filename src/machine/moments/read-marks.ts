/** Markers and branches as they are kept and handed on. They may come from anybody: nothing is used before it was read here. */
import type { Savepoint } from '../machine.ts';
import {
  BRANCHES_MAX,
  type Branch,
  LINE_LENGTH_MAX,
  MARKERS_MAX,
  type Marker,
  type Marks,
  NAME_LENGTH_MAX,
  oneLine,
} from './marks.ts';
import type { MomentProblem, WrongAt, WrongPlace } from './moment.ts';
import { linkText, readLinkText } from './moment-link.ts';

/** As it is kept: a branch's history as the text of a moment. */
export type PackedMarks = {
  readonly markers: readonly Marker[];
  readonly branches: readonly (Omit<Branch, 'savepoint'> & { readonly savepoint: string | null })[];
};

const packed = new WeakMap<Savepoint, string>();

/** Null when a history holds what a page's cannot: nothing of it could be read again. */
export function packMarks({ markers, branches }: Marks): PackedMarks | null {
  const out: PackedMarks['branches'][number][] = [];
  for (const branch of branches) {
    const text = branch.savepoint === null ? null : textOf(branch.savepoint);
    if (text === null && branch.savepoint !== null) return null;
    out.push({ ...branch, savepoint: text });
  }
  return { markers, branches: out };
}

/** A history that was left changes no more: its text is made once. */
function textOf(savepoint: Savepoint): string | null {
  const known = packed.get(savepoint);
  if (known !== undefined) return known;
  const text = linkText({ savepoint, at: 0, live: true, play: false, node: 0, course: null, check: '' });
  if (text !== null) packed.set(savepoint, text);
  return text;
}

/** Takes from a value of any kind the marks of a session on the node `of`; an absent one has none. */
export function readMarks(
  value: unknown,
  of: { scenario: string; seed: number },
  wrongAt: WrongAt = () => {},
): Marks | MomentProblem {
  if (value === undefined || value === null) return { markers: [], branches: [] };
  const wrong = (field: string): 'malformed' => {
    wrongAt(`marks${field}`);
    return 'malformed';
  };
  const read = plain(value);
  const markers = readMarkers(read?.markers, (field) => wrong(`.markers${field}`));
  if (typeof markers === 'string') return markers;
  if (!Array.isArray(read?.branches)) return wrong('.branches');
  if (read.branches.length > BRANCHES_MAX + 1) return 'tooLarge';
  const branches: Branch[] = [];
  for (const each of read.branches as unknown[]) {
    const branch = readBranch(each, of, (field) => wrong(`.branches[${branches.length}]${field}`));
    if (typeof branch === 'string') return branch;
    branches.push(branch);
  }
  return isTree(branches) ? { markers, branches } : wrong('.branches');
}

type Wrong = (field: string) => 'malformed';

function readBranch(value: unknown, of: { scenario: string; seed: number }, wrong: Wrong): Branch | MomentProblem {
  const { id, parent, at, time, name, line, last, commands, markers, savepoint } = plain(value) ?? {};
  for (const [field, count] of Object.entries({ id, at, time, commands }))
    if (!isCount(count)) return wrong(`.${field}`);
  const placed = readMarkers(markers, (field) => wrong(`.markers${field}`));
  if (typeof placed === 'string') return placed;
  if (parent !== null && !isCount(parent)) return wrong('.parent');
  const named = name === null ? null : textIn(name, NAME_LENGTH_MAX);
  if (name !== null && named === null) return wrong('.name');
  const [first, final] = [textIn(line, LINE_LENGTH_MAX), textIn(last, LINE_LENGTH_MAX)];
  if (first === null) return wrong('.line');
  if (final === null) return wrong('.last');
  const [numbers, texts] = [{ id, at, time, commands } as Counts, { name: named, line: first, last: final }];
  const rest = { ...numbers, parent, ...texts, markers: placed };
  if (savepoint === null) return { ...rest, savepoint: null };
  if (typeof savepoint !== 'string') return wrong('.savepoint');
  let inside: WrongPlace = '';
  const moment = readLinkText(savepoint, (place) => {
    inside = place;
  });
  if (moment === 'malformed')
    return wrong(`.savepoint${typeof inside === 'string' && inside !== '' ? `: ${inside}` : ''}`);
  if (typeof moment === 'string') return moment;
  // Branches of another node than the one that goes on are none of its.
  const same = moment.savepoint.scenario === of.scenario && moment.savepoint.seed === of.seed;
  return same ? { ...rest, savepoint: moment.savepoint } : wrong('.savepoint');
}

type Counts = Pick<Branch, 'id' | 'at' | 'time' | 'commands'>;

function readMarkers(value: unknown, wrong: Wrong): Marker[] | 'malformed' {
  if (!Array.isArray(value) || value.length > MARKERS_MAX) return wrong('');
  const markers: Marker[] = [];
  for (const each of value as unknown[]) {
    const { id, at, time, name } = plain(each) ?? {};
    const text = textIn(name, NAME_LENGTH_MAX);
    const known = markers.some((marker) => marker.id === id);
    if (known || !isCount(id) || !isCount(at) || !isCount(time) || text === null) return wrong(`[${markers.length}]`);
    markers.push({ id, at, time, name: text });
  }
  return markers;
}

/** One present, one root that all the others lead to, no number twice. */
function isTree(branches: readonly Branch[]): boolean {
  if (branches.length === 0) return true;
  const of = new Map(branches.map((branch) => [branch.id, branch]));
  if (of.size !== branches.length || branches.filter(({ savepoint }) => savepoint === null).length !== 1) return false;
  if (branches.filter(({ parent }) => parent === null).length !== 1) return false;
  return branches.every((branch) => {
    let above: Branch | undefined = branch;
    for (let depth = 0; above !== undefined && depth <= branches.length; depth++) {
      if (above.parent === null) return true;
      above = of.get(above.parent);
    }
    return false;
  });
}

function textIn(value: unknown, max: number): string | null {
  return typeof value === 'string' && value.length <= max && oneLine(value, max) === value ? value : null;
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function plain(value: unknown): Readonly<Record<string, unknown>> | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : null;
}
