/** Candidates in columns, sorted down, as readline lists them. */
import { characterWidth } from './width.ts';

const width = (text: string): number => {
  let n = 0;
  for (const c of text) n += characterWidth(c.codePointAt(0) as number);
  return n;
};

export function listCandidates(names: readonly string[], columns: number): string {
  const sorted = [...new Set(names)].sort();
  const cell = Math.max(...sorted.map(width)) + 2;
  const across = Math.max(1, Math.floor(columns / cell));
  const down = Math.ceil(sorted.length / across);
  let out = '';
  for (let row = 0; row < down; row++) {
    let line = '';
    for (let column = 0; column < across; column++) {
      const name = sorted[column * down + row];
      if (name === undefined) break;
      const last = sorted[(column + 1) * down + row] === undefined;
      line += last ? name : name + ' '.repeat(cell - width(name));
    }
    out += `${line}\n`;
  }
  return out;
}
