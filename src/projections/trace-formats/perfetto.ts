/**
 * Chrome's JSON trace events, which ui.perfetto.dev and chrome://tracing open. Each process is a track; nested slices
 * of one process that overlap without nesting are kept apart as asynchronous ones.
 */
import type { CausalNode, CausalTree } from '../causal-tree.ts';

type Entry = Record<string, unknown>;

export function perfettoTrace(trees: CausalTree[]): string {
  const traceEvents: Entry[] = [];
  const named = new Set<number>();
  let id = 0;
  for (const tree of trees) {
    const last = lastTime(tree.root);
    const visit = (node: CausalNode): void => {
      const { pid } = node;
      if (!named.has(pid)) {
        named.add(pid);
        traceEvents.push({
          ph: 'M',
          name: 'process_name',
          pid,
          tid: pid,
          args: { name: tree.processNames.get(pid) ?? 'process' },
        });
      }
      const base = { name: node.name, cat: node.layer ?? node.kind, pid, tid: pid, ts: node.startNs / 1e3 };
      const args = { ...node.attributes, ...(node.error === null ? {} : { error: node.error }) };
      if (node.kind === 'event') traceEvents.push({ ...base, ph: 'i', s: 't', args });
      else {
        const pair = { ...base, id: `0x${(++id).toString(16)}` };
        traceEvents.push({ ...pair, ph: 'b', args }, { ...pair, ph: 'e', ts: (node.endNs ?? last) / 1e3 });
      }
      node.children.forEach(visit);
    };
    visit(tree.root);
  }
  return `${JSON.stringify({ displayTimeUnit: 'ns', traceEvents }, null, 1)}\n`;
}

function lastTime(node: CausalNode): number {
  return node.children.reduce((latest, child) => Math.max(latest, lastTime(child)), node.endNs ?? node.startNs);
}
