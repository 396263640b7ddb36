/**
 * Where the time of a command went: each instant belongs to the deepest step that was going on, or was waited for. The
 * parts sum up to the whole.
 */
import { kernelOfPid, type Layer, OUTSIDE_KERNEL, type TraceEvent } from '../../sim/trace.ts';
import type { CausalNode } from '../causal-tree.ts';
import { shortCommand } from '../hops.ts';
import { shortMethod, stratumOfCall } from '../layers.ts';
import { normalised } from './normalise.ts';
import { baseName } from './steps.ts';

export type Part = {
  readonly label: string;
  readonly layer: Layer | null;
  /** Since the command began. */
  readonly startNs: number;
  readonly ns: number;
};

export type Breakdown = {
  readonly totalNs: number;
  /** In order of their first instant; steps of the same name and layer are one. */
  readonly parts: readonly Part[];
  readonly byLayer: readonly { readonly layer: Layer | null; readonly ns: number }[];
  /** One for each stretch of time, in order. */
  readonly stretches: readonly Part[];
};

export function breakdownOf(root: CausalNode, events: readonly TraceEvent[]): Breakdown {
  const end = root.endNs ?? root.startNs;
  const guests = guestPrograms(events, root.startNs, end);
  const kids = new Map<CausalNode, CausalNode[]>();
  placeKids(root, kids);
  const stretches: Part[] = [];
  const add = (label: string, layer: Layer | null, from: number, to: number): void => {
    if (to <= from) return;
    const last = stretches.at(-1);
    if (
      last !== undefined &&
      last.label === label &&
      last.layer === layer &&
      last.startNs + last.ns === from - root.startNs
    )
      stretches[stretches.length - 1] = { ...last, ns: last.ns + to - from };
    else stretches.push({ label, layer, startNs: from - root.startNs, ns: to - from });
  };
  const visit = (node: CausalNode, from: number, to: number, outer: { label: string; layer: Layer | null }): void => {
    const layer = layerOf(node) ?? outer.layer;
    const label = node.kind === 'command' ? outer.label : labelOf(node);
    const children = (kids.get(node) ?? []).filter((child) => child.startNs < to);
    let at = from;
    children.forEach((child, i) => {
      const next = children[i + 1]?.startNs ?? to;
      // One that does not end is waited for until the next thing is done.
      const childEnd = Math.min(to, child.endNs === null || child.endNs > to ? next : child.endNs);
      const start = Math.max(at, child.startNs);
      add(label, layer, at, Math.min(start, to));
      at = Math.max(at, Math.min(start, to));
      if (childEnd <= at) return;
      visit(child, at, childEnd, { label, layer });
      at = childEnd;
    });
    if (node.endNs !== null && node.kind !== 'process') return add(label, layer, at, to);
    // A machine within the machine: what runs in it meanwhile has names of its own.
    const own = guests.get(node.pid) ?? [];
    let current = { label, layer };
    for (const { name, time } of own) {
      if (time <= at || time >= to) continue;
      add(current.label, current.layer, at, time);
      at = time;
      current = { label: name, layer: 'oci-runtime' };
    }
    add(current.label, current.layer, at, to);
  };
  visit(root, root.startNs, end, { label: 'shell', layer: 'client' });
  return { totalNs: end - root.startNs, parts: merged(stretches), byLayer: layers(stretches), stretches };
}

/**
 * Gives each step those below it; what goes on after its end, or in a process that stays, belongs to whoever waits outside.
 * Returns those.
 */
function placeKids(node: CausalNode, kids: Map<CausalNode, CausalNode[]>): CausalNode[] {
  const below: CausalNode[] = [];
  for (const child of node.children) if (child.kind !== 'event') below.push(child, ...placeKids(child, kids));
  below.sort((a, b) => a.startNs - b.startNs || a.seq - b.seq);
  const stays = node.kind === 'process' && node.endNs === null;
  const isOwn = (child: CausalNode): boolean => !stays && (node.endNs === null || child.startNs < node.endNs);
  kids.set(node, below.filter(isOwn));
  return below.filter((child) => !isOwn(child));
}

function labelOf(node: CausalNode): string {
  if (node.kind === 'call') return shortMethod(node.name);
  if (node.kind !== 'process') return normalised(node.name).replace(/ (?:of )?<id>/g, '');
  const words = node.name.split(' ');
  return shortCommand([baseName(words[0] ?? ''), ...words.slice(1)], '');
}

function layerOf(node: CausalNode): Layer | null {
  if (node.kind !== 'call' || node.layer !== null) return node.layer;
  return stratumOfCall(String(node.attributes['protocol']), node.name, String(node.attributes['address']));
}

/** By the process that carries a guest: when its kernel was entered, and which programs it began with. */
function guestPrograms(
  events: readonly TraceEvent[],
  from: number,
  to: number,
): Map<number, { name: string; time: number }[]> {
  const out = new Map<number, { name: string; time: number }[]>();
  const carriers = new Map<number, number>();
  let waiting: number[] = [];
  for (const event of events) {
    if (event.time < from || event.time > to) continue;
    if (event.kind === 'state' && event.component === 'kernel' && event.topic === 'guest' && event.value !== null) {
      out.set(event.pid, [{ name: 'guest kernel', time: event.time }]);
      waiting = [...waiting, event.pid];
    } else if (event.kind === 'process.exec') {
      const kernel = kernelOfPid(event.pid);
      if (kernel <= OUTSIDE_KERNEL) continue;
      const carrier = carriers.get(kernel) ?? waiting.shift();
      if (carrier === undefined) continue;
      carriers.set(kernel, carrier);
      const list = out.get(carrier) ?? [];
      const name = `guest ${baseName(event.path)}`;
      if (!list.some((entry) => entry.name === name)) list.push({ name, time: event.time });
    }
  }
  return out;
}

function merged(stretches: readonly Part[]): Part[] {
  const parts = new Map<string, Part>();
  for (const part of stretches) {
    const key = `${part.layer} ${part.label}`;
    const known = parts.get(key);
    parts.set(key, known === undefined ? part : { ...known, ns: known.ns + part.ns });
  }
  return [...parts.values()];
}

function layers(stretches: readonly Part[]): { layer: Layer | null; ns: number }[] {
  const sums = new Map<Layer | null, number>();
  for (const { layer, ns } of stretches) sums.set(layer, (sums.get(layer) ?? 0) + ns);
  return [...sums].map(([layer, ns]) => ({ layer, ns }));
}

export type Row = { readonly layer: Layer | null; readonly label: string; readonly ns: readonly (number | null)[] };

/** The steps of several machines in one order, with the time of each; null where a machine has no such step. */
export function sideBySide(breakdowns: readonly Breakdown[]): Row[] {
  const rows: { layer: Layer | null; label: string; ns: (number | null)[] }[] = [];
  breakdowns.forEach(({ parts }, machine) => {
    let at = -1;
    for (const { layer, label, ns } of parts) {
      const found = rows.findIndex((row) => row.layer === layer && row.label === label);
      if (found >= 0) {
        (rows[found] as { ns: (number | null)[] }).ns[machine] = ns;
        at = Math.max(at, found);
      } else {
        const times = breakdowns.map((_, i) => (i === machine ? ns : null));
        rows.splice(++at, 0, { layer, label, ns: times });
      }
    }
  });
  return rows;
}
