/** Where vi's motions lead. @models vim 9.1 src/textobject.c, search.c @fidelity partial: words, lines, paragraphs, f t ; , and % */
export type Place = { row: number; column: number };

/** `lines`: whole lines are meant; `inclusive`: the character at the place too. */
export type Motion = { to: Place; lines: boolean; inclusive: boolean };

const kind = (c: string | undefined, big: boolean): number =>
  c === undefined || /\s/.test(c) ? 0 : big || /[\p{L}\p{N}_]/u.test(c) ? 1 : 2;

export function nextWord(lines: readonly string[], from: Place, big: boolean): Place {
  let { row, column } = from;
  const line = lines[row] ?? '';
  const start = kind(line[column], big);
  while (column < line.length && start !== 0 && kind(line[column], big) === start) column++;
  for (;;) {
    const text = lines[row] ?? '';
    while (column < text.length && kind(text[column], big) === 0) column++;
    if (column < text.length) return { row, column };
    if (row >= lines.length - 1) return { row, column: Math.max(0, text.length) };
    row++;
    column = 0;
    if (lines[row] === '') return { row, column };
  }
}

export function wordEnd(lines: readonly string[], from: Place, big: boolean): Place {
  let { row, column } = from;
  column++;
  for (;;) {
    const text = lines[row] ?? '';
    while (column < text.length && kind(text[column], big) === 0) column++;
    if (column < text.length) {
      const inside = kind(text[column], big);
      while (column + 1 < text.length && kind(text[column + 1], big) === inside) column++;
      return { row, column };
    }
    if (row >= lines.length - 1) return { row, column: Math.max(0, text.length - 1) };
    row++;
    column = 0;
  }
}

export function previousWord(lines: readonly string[], from: Place, big: boolean): Place {
  let { row, column } = from;
  column--;
  for (;;) {
    const text = lines[row] ?? '';
    while (column >= 0 && kind(text[column], big) === 0) column--;
    if (column >= 0) {
      const inside = kind(text[column], big);
      while (column > 0 && kind(text[column - 1], big) === inside) column--;
      return { row, column };
    }
    if (row === 0) return { row: 0, column: 0 };
    row--;
    column = (lines[row] ?? '').length - 1;
    if (lines[row] === '') return { row, column: 0 };
  }
}

export function paragraph(lines: readonly string[], from: Place, step: 1 | -1): Place {
  let row = from.row + step;
  while (row > 0 && row < lines.length - 1 && !(lines[row] === '' && lines[row - step] !== '')) row += step;
  row = Math.max(0, Math.min(lines.length - 1, row));
  return { row, column: step === 1 && row === lines.length - 1 ? (lines[row] ?? '').length : 0 };
}

const PAIRS: Record<string, [string, 1 | -1]> = {
  '(': [')', 1],
  '[': [']', 1],
  '{': ['}', 1],
  ')': ['(', -1],
  ']': ['[', -1],
  '}': ['{', -1],
};

export function matching(lines: readonly string[], from: Place): Place | null {
  let { row, column } = from;
  while (column < (lines[row] ?? '').length && PAIRS[(lines[row] as string)[column] as string] === undefined) column++;
  const open = (lines[row] ?? '')[column] ?? '';
  const pair = PAIRS[open];
  if (pair === undefined) return null;
  let depth = 0;
  for (;;) {
    const c = (lines[row] ?? '')[column];
    if (c === open) depth++;
    else if (c === pair[0] && --depth === 0) return { row, column };
    column += pair[1];
    while (column < 0 || column >= (lines[row] ?? '').length) {
      row += pair[1];
      if (row < 0 || row >= lines.length) return null;
      column = pair[1] === 1 ? 0 : (lines[row] as string).length - 1;
      if ((lines[row] as string) !== '') break;
    }
  }
}

/** f F t T: the place of the count'th `target` on the line. */
export function find(line: string, column: number, letter: string, target: string, count: number): number | null {
  const forward = letter === 'f' || letter === 't';
  let at = column;
  for (let i = 0; i < count; i++) {
    at = forward ? line.indexOf(target, at + 1) : at === 0 ? -1 : line.lastIndexOf(target, at - 1);
    if (at < 0) return null;
  }
  return letter === 't' ? at - 1 : letter === 'T' ? at + 1 : at;
}

/** iw and aw: [from, to) on the line. */
export function wordObject(line: string, column: number, around: boolean): [number, number] {
  const inside = kind(line[column], false);
  let [from, to] = [column, column + 1];
  while (from > 0 && kind(line[from - 1], false) === inside) from--;
  while (to < line.length && kind(line[to], false) === inside) to++;
  if (around) {
    const before = to;
    while (to < line.length && kind(line[to], false) === 0) to++;
    if (to === before) while (from > 0 && kind(line[from - 1], false) === 0) from--;
  }
  return [from, to];
}

/** Where the text of a line begins. */
export function indentOf(line: string): number {
  const at = line.search(/\S/);
  return at < 0 ? Math.max(0, line.length - 1) : at;
}
