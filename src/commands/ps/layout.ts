/** How ps lays out lines and trees. @models procps-ng 4.0.4 src/ps/output.c (show_one_proc), display.c (show_tree) */
import type { ProcessInfo } from '../common/processes.ts';

export type Cell = { text: string; width: number; right: boolean };

/**
 * One line. A cell that is too wide pushes what follows to the right, and the padding of later columns is used up to
 * get back to where they belong.
 */
export function layOut(cells: readonly Cell[], columnsMax: number): string {
  let line = '';
  let correct = 0;
  let needSpace = 0;
  for (const [i, { text, width, right }] of cells.entries()) {
    const last = i === cells.length - 1;
    const shown =
      last && columnsMax !== Infinity ? text.slice(0, Math.max(0, columnsMax - Math.max(correct, line.length))) : text;
    const space = correct - line.length + (right ? Math.max(0, width - shown.length) : 0);
    line += ' '.repeat(space < 1 ? needSpace : space) + shown;
    correct += width + 1;
    needSpace = 1;
  }
  return `${line.slice(0, columnsMax)}\n`;
}

export type Row = { process: ProcessInfo; art: string };

/** The trees, the one whose root started last first; siblings in the order they started. `indent` for -H. */
export function forest(processes: readonly ProcessInfo[], indent: boolean): Row[] {
  const sorted = [...processes].sort((a, b) => a.ppid - b.ppid || a.startTicks - b.startTicks || a.pid - b.pid);
  const present = new Set(sorted.map((p) => p.pid));
  const children = new Map<number, ProcessInfo[]>();
  for (const p of sorted) {
    const siblings = children.get(p.ppid);
    if (siblings === undefined) children.set(p.ppid, [p]);
    else siblings.push(p);
  }
  const rows: Row[] = [];
  /** `below` goes before the art of the children. */
  const visit = (process: ProcessInfo, art: string, below: string): void => {
    rows.push({ process, art });
    const kids = (children.get(process.pid) ?? []).filter((kid) => kid !== process);
    kids.forEach((kid, i) => {
      if (indent) visit(kid, `${art}  `, '');
      else visit(kid, `${below} \\_ `, below + (i < kids.length - 1 ? ' |  ' : '    '));
    });
  };
  for (const p of sorted.reverse()) if (!present.has(p.ppid) || p.ppid === p.pid) visit(p, '', '');
  return rows;
}
