/** Where vi's keys lead: motions, and the search. @models vim 9.1 src/normal.c */
import { searchRegex } from './ex.ts';
import {
  find,
  indentOf,
  type Motion,
  matching,
  nextWord,
  type Place,
  paragraph,
  previousWord,
  wordEnd,
  wordObject,
} from './motions.ts';
import type { Vi } from './vi.ts';

/** Where a key leads, null if it is no motion or leads nowhere. */
export async function motion(vi: Vi, key: string, given: number | null): Promise<Motion | null> {
  const count = given ?? 1;
  const { row, column, lines } = vi;
  const on = (r: number): Motion => ({
    to: { row: Math.max(0, Math.min(lines.length - 1, r)), column: vi.column },
    lines: true,
    inclusive: false,
  });
  const at = (to: Place, inclusive = false): Motion => ({ to, lines: false, inclusive });
  const times = (step: (from: Place) => Place): Place => {
    let place = { row, column };
    for (let i = 0; i < count; i++) place = step(place);
    return place;
  };
  const indented = (r: number): Motion => {
    const target = Math.max(0, Math.min(lines.length - 1, r));
    return { to: { row: target, column: indentOf(lines[target] ?? '') }, lines: true, inclusive: false };
  };
  const half = Math.floor((vi.screen.rows - 1) / 2);
  switch (key) {
    case 'h':
    case 'left':
    case '\x7f':
    case '\b':
      return at({ row, column: Math.max(0, column - count) });
    case 'l':
    case 'right':
    case ' ':
      return at({ row, column: Math.min(vi.line.length, column + count) });
    case 'j':
    case 'down':
      return row === lines.length - 1 ? null : on(row + count);
    case 'k':
    case 'up':
      return row === 0 ? null : on(row - count);
    case '\r':
    case '\n':
    case '+':
      return indented(row + count);
    case '-':
      return indented(row - count);
    case '0':
    case 'home':
      return at({ row, column: 0 });
    case '^':
      return at({ row, column: indentOf(vi.line) });
    case '$':
    case 'end': {
      const target = Math.min(lines.length - 1, row + count - 1);
      return at({ row: target, column: Math.max(0, (lines[target] ?? '').length - 1) }, vi.line !== '');
    }
    case 'w':
    case 'W':
      return at(times((from) => nextWord(lines, from, key === 'W')));
    case 'e':
    case 'E':
      return at(
        times((from) => wordEnd(lines, from, key === 'E')),
        true,
      );
    case 'b':
    case 'B':
      return at(times((from) => previousWord(lines, from, key === 'B')));
    case '{':
    case '}':
      return at(times((from) => paragraph(lines, from, key === '}' ? 1 : -1)));
    case 'G':
      return indented(given === null ? lines.length - 1 : given - 1);
    case 'g': {
      const second = await vi.next();
      return second === 'g' ? indented(given === null ? 0 : given - 1) : null;
    }
    case 'H':
      return indented(vi.top);
    case '\x04':
      return indented(row + half);
    case '\x15':
      return indented(row - half);
    case '\x06':
    case 'page-down':
      return indented(row + 2 * half);
    case '\x02':
    case 'page-up':
      return indented(row - 2 * half);
    case '%': {
      const pair = matching(lines, { row, column });
      return pair === null ? null : at(pair, true);
    }
    case 'f':
    case 'F':
    case 't':
    case 'T': {
      const target = await vi.next();
      if (target === null || target === '\x1b') return null;
      vi.lastFind = { letter: key, target };
      return found(vi, key, target, count);
    }
    case ';':
    case ',': {
      if (vi.lastFind === null) return null;
      const { letter, target } = vi.lastFind;
      const turned = letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase();
      return found(vi, key === ';' ? letter : turned, target, count);
    }
    case '/':
    case '?': {
      const source = await vi.ask(key);
      if (source === null) return null;
      vi.pattern = { source: source === '' ? (vi.pattern?.source ?? '') : source, forward: key === '/' };
      return search(vi, true, count);
    }
    case 'n':
    case 'N':
      return search(vi, key === 'n', count);
    case '*': {
      const [from, to] = wordObject(vi.line, column, false);
      vi.pattern = { source: `\\<${vi.line.slice(from, to)}\\>`, forward: true };
      return search(vi, true, count);
    }
  }
  return null;
}

function found(vi: Vi, letter: string, target: string, count: number): Motion | null {
  const column = find(vi.line, vi.column, letter, target, count);
  return column === null ? null : { to: { row: vi.row, column }, lines: false, inclusive: /[ft]/.test(letter) };
}

function search(vi: Vi, same: boolean, count: number): Motion | null {
  if (vi.pattern === null || vi.pattern.source === '') {
    vi.message = 'E35: No previous regular expression';
    return null;
  }
  const forward = vi.pattern.forward === same;
  const regex = searchRegex(vi, vi.pattern.source, 'g');
  if (regex === null) return null;
  let place: Place = { row: vi.row, column: vi.column };
  for (let i = 0; i < count; i++) {
    const next = searchOnce(vi, regex, place, forward);
    if (next === null) {
      vi.message = `E486: Pattern not found: ${vi.pattern.source}`;
      return null;
    }
    place = next;
  }
  vi.message ||= `${forward ? '/' : '?'}${vi.pattern.source}`;
  return { to: place, lines: false, inclusive: false };
}

function searchOnce(vi: Vi, regex: RegExp, from: Place, forward: boolean): Place | null {
  const total = vi.lines.length;
  for (let i = 0; i <= total; i++) {
    const row = (((from.row + (forward ? i : -i)) % total) + total) % total;
    const hits = [...(vi.lines[row] ?? '').matchAll(regex)].map((m) => m.index);
    const fit = hits.filter((h) => i > 0 || (forward ? h > from.column : h < from.column));
    const hit = i === total ? hits[forward ? 0 : hits.length - 1] : fit[forward ? 0 : fit.length - 1];
    if (hit === undefined) continue;
    if (forward ? row < from.row || (row === from.row && i > 0) : row > from.row || (row === from.row && i > 0))
      vi.message = forward ? 'search hit BOTTOM, continuing at TOP' : 'search hit TOP, continuing at BOTTOM';
    return { row, column: hit };
  }
  return null;
}
