/** What of a session's markers and branches a browser has room for. */
import type { Branch, Marks } from '../../machine/moments/marks.ts';
import { packMarks } from '../../machine/moments/read-marks.ts';
import { without } from '../marks/branch-tree.ts';

/**
 * `PackedMarks` as JSON, of at most `lengthMax` characters: the oldest branches are left out until it is, and named. The
 * text is null if nothing of it can be kept; all of it is left out then.
 */
export function fitMarks(
  { markers, branches }: Marks,
  lengthMax: number,
): { text: string | null; leftOut: readonly Branch[] } {
  const all = branches.filter(({ savepoint }) => savepoint !== null);
  const leftOut: Branch[] = [];
  for (let left = branches; ; ) {
    const packed = packMarks({ markers, branches: left });
    if (packed === null) return { text: null, leftOut: all };
    const text = JSON.stringify(packed);
    if (text.length <= lengthMax) return { text, leftOut };
    const oldest = left.find(({ savepoint }) => savepoint !== null);
    if (oldest === undefined) return { text: null, leftOut: all };
    leftOut.push(oldest);
    left = without(left, oldest.id);
  }
}
