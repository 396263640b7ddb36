/** A causal tree as the rows of a waterfall: what is open, what a filter leaves, and where each bar lies. */
import type { CausalNode } from './causal-tree.ts';
import type { Stratum } from './layers.ts';

export type CauseRow = {
  readonly node: CausalNode;
  /** From the root, each the place among its parent's children: `0.3.1`. */
  readonly path: string;
  readonly depth: number;
  readonly hasChildren: boolean;
  readonly open: boolean;
  /** Place and width of the bar, as parts of the root's time. */
  readonly left: number;
  readonly width: number;
};

/** What is seen at first: calls and processes, without the moments in them. */
const OPEN_DEPTH = 7;

export type CauseFilter = { readonly strata: ReadonlySet<Stratum>; readonly text: string };

/**
 * @param toggled paths that are not as they would be at first
 * @param now ns since boot, for what has not ended
 */
export function causeRows(
  root: CausalNode,
  toggled: ReadonlySet<string>,
  filter: CauseFilter,
  now: number,
  max: number,
): { rows: CauseRow[]; left: number } {
  const rows: CauseRow[] = [];
  const end = Math.max(root.startNs + 1, lastTime(root, now));
  const total = end - root.startNs;
  const narrowed = filter.strata.size > 0 || filter.text !== '';
  const shown = narrowed ? matches(root, filter) : null;
  let left = 0;
  const visit = (node: CausalNode, path: string, depth: number): void => {
    if (shown !== null && !shown.has(node)) return;
    const children = shown === null ? node.children : node.children.filter((child) => shown.has(child));
    const atFirst = narrowed || (depth < OPEN_DEPTH && children.some((child) => child.kind !== 'event'));
    const open = children.length > 0 && atFirst !== toggled.has(path);
    if (rows.length >= max) left++;
    else
      rows.push({
        node,
        path,
        depth,
        hasChildren: children.length > 0,
        open,
        left: (node.startNs - root.startNs) / total,
        width: (Math.max(node.startNs, node.endNs ?? end) - node.startNs) / total,
      });
    if (open) children.forEach((child, i) => visit(child, `${path}.${i}`, depth + 1));
  };
  visit(root, '0', 0);
  return { rows, left };
}

function lastTime(node: CausalNode, now: number): number {
  let last = node.endNs ?? now;
  for (const child of node.children) last = Math.max(last, child.endNs ?? child.startNs);
  return last;
}

/** What passes the filter, and what leads to it. */
function matches(root: CausalNode, { strata, text }: CauseFilter): Set<CausalNode> {
  const wanted = text.toLowerCase();
  const found = new Set<CausalNode>();
  const visit = (node: CausalNode): boolean => {
    const inStrata = strata.size === 0 || (node.layer !== null && strata.has(node.layer as Stratum));
    const passes = inStrata && (wanted === '' || `${node.name} ${node.error ?? ''}`.toLowerCase().includes(wanted));
    let any = passes;
    for (const child of node.children) any = visit(child) || any;
    if (any) found.add(node);
    return any;
  };
  if (!visit(root)) found.add(root);
  return found;
}
