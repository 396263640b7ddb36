/** OpenTelemetry's OTLP in its JSON form: one resource for each process, moments as span events. */
import type { CausalNode, CausalTree } from '../causal-tree.ts';

type Attribute = { key: string; value: { stringValue: string } | { intValue: string } };

const SPAN_KIND = { INTERNAL: 1, CLIENT: 3 } as const;
const STATUS = { UNSET: 0, ERROR: 2 } as const;

export function otlpTrace(trees: CausalTree[]): string {
  const resources = new Map<string, { pid: number; spans: Record<string, unknown>[] }>();
  let nextSpan = 1;
  trees.forEach((tree, i) => {
    const traceId = (i + 1).toString(16).padStart(32, '0');
    const last = lastTime(tree.root);
    const wall = (ns: number): string => String(tree.bootWallTime + BigInt(ns));
    const visit = (node: CausalNode, parentSpanId: string): void => {
      const spanId = (nextSpan++).toString(16).padStart(16, '0');
      const name = tree.processNames.get(node.pid) ?? 'process';
      const key = `${name}/${node.pid}`;
      const resource = resources.get(key) ?? { pid: node.pid, spans: [] };
      resources.set(key, resource);
      const events = node.children.filter((child) => child.kind === 'event');
      resource.spans.push({
        traceId,
        spanId,
        ...(parentSpanId === '' ? {} : { parentSpanId }),
        name: node.name,
        kind: node.kind === 'call' ? SPAN_KIND.CLIENT : SPAN_KIND.INTERNAL,
        startTimeUnixNano: wall(node.startNs),
        endTimeUnixNano: wall(node.endNs ?? last),
        attributes: attributesOf({ ...node.attributes, ...(node.layer === null ? {} : { layer: node.layer }) }),
        events: events.map((event) => ({
          timeUnixNano: wall(event.startNs),
          name: event.name,
          attributes: attributesOf(event.attributes),
        })),
        status: node.error === null ? { code: STATUS.UNSET } : { code: STATUS.ERROR, message: node.error },
      });
      for (const child of node.children) if (child.kind !== 'event') visit(child, spanId);
    };
    visit(tree.root, '');
  });
  const resourceSpans = [...resources].map(([key, { pid, spans }]) => ({
    resource: { attributes: attributesOf({ 'service.name': key.slice(0, key.lastIndexOf('/')), 'process.pid': pid }) },
    scopeSpans: [{ scope: { name: 'cutaway' }, spans }],
  }));
  return `${JSON.stringify({ resourceSpans }, null, 1)}\n`;
}

function attributesOf(record: Record<string, string | number>): Attribute[] {
  return Object.entries(record).map(([key, value]) => ({
    key,
    value: typeof value === 'number' ? { intValue: String(value) } : { stringValue: value },
  }));
}

function lastTime(node: CausalNode): number {
  return node.children.reduce((latest, child) => Math.max(latest, lastTime(child)), node.endNs ?? node.startNs);
}
