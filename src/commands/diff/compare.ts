/** The shortest way from one list of lines to another. @models Myers' O(ND) difference algorithm, as in diffutils 3.10 lib/diffseq.h */

/** A run of lines that differ: [from, to) on each side. */
export type Change = { left: [number, number]; right: [number, number] };

const EDITS_MAX = 4000;

export function changes(left: readonly string[], right: readonly string[]): Change[] {
  let start = 0;
  while (start < left.length && start < right.length && left[start] === right[start]) start++;
  let [endLeft, endRight] = [left.length, right.length];
  while (endLeft > start && endRight > start && left[endLeft - 1] === right[endRight - 1]) {
    endLeft--;
    endRight--;
  }
  const a = left.slice(start, endLeft);
  const b = right.slice(start, endRight);
  const [deleted, inserted] = edits(a, b);
  const out: Change[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (!deleted[i] && !inserted[j] && i < a.length && j < b.length) {
      i++;
      j++;
      continue;
    }
    const [fromI, fromJ] = [i, j];
    while (i < a.length && deleted[i]) i++;
    while (j < b.length && inserted[j]) j++;
    if (i === fromI && j === fromJ) break;
    out.push({ left: [start + fromI, start + i], right: [start + fromJ, start + j] });
  }
  return out.map((change) => shifted(change, left, right));
}

/** Runs of only deleted or only inserted lines are told as late as possible, as diff does. */
function shifted(change: Change, left: readonly string[], right: readonly string[]): Change {
  let { left: l, right: r } = change;
  if (l[0] === l[1])
    while (r[1] < right.length && l[1] < left.length && right[r[0]] === right[r[1]]) {
      r = [r[0] + 1, r[1] + 1];
      l = [l[0] + 1, l[1] + 1];
    }
  else if (r[0] === r[1])
    while (l[1] < left.length && r[1] < right.length && left[l[0]] === left[l[1]]) {
      l = [l[0] + 1, l[1] + 1];
      r = [r[0] + 1, r[1] + 1];
    }
  return { left: l, right: r };
}

function edits(a: readonly string[], b: readonly string[]): [boolean[], boolean[]] {
  const deleted = a.map(() => false);
  const inserted = b.map(() => false);
  if (a.length === 0 || b.length === 0) return [a.map(() => true), b.map(() => true)];
  const most = Math.min(a.length + b.length, EDITS_MAX);
  const offset = most + 1;
  let furthest = new Int32Array(2 * most + 3);
  const history: Int32Array[] = [];
  for (let d = 0; d <= most; d++) {
    history.push(furthest.slice());
    for (let k = -d; k <= d; k += 2) {
      const down = k === -d || (k !== d && (furthest[offset + k - 1] as number) < (furthest[offset + k + 1] as number));
      let x = down ? (furthest[offset + k + 1] as number) : (furthest[offset + k - 1] as number) + 1;
      let y = x - k;
      while (x < a.length && y < b.length && a[x] === b[y]) {
        x++;
        y++;
      }
      furthest[offset + k] = x;
      if (x >= a.length && y >= b.length) return trace(history, offset, a.length, b.length, deleted, inserted);
    }
    furthest = furthest.slice();
  }
  // Too different to be worth a shortest way.
  return [a.map(() => true), b.map(() => true)];
}

function trace(
  history: readonly Int32Array[],
  offset: number,
  endX: number,
  endY: number,
  deleted: boolean[],
  inserted: boolean[],
): [boolean[], boolean[]] {
  let [x, y] = [endX, endY];
  for (let d = history.length - 1; d > 0; d--) {
    const v = history[d] as Int32Array;
    const k = x - y;
    const down = k === -d || (k !== d && (v[offset + k - 1] as number) < (v[offset + k + 1] as number));
    const beforeK = down ? k + 1 : k - 1;
    const beforeX = v[offset + beforeK] as number;
    const beforeY = beforeX - beforeK;
    if (down) inserted[beforeY] = true;
    else deleted[beforeX] = true;
    [x, y] = [beforeX, beforeY];
  }
  return [deleted, inserted];
}
