/**
 * What the machine is to stop at: rules over single events of the trace. Those over its whole state (`condition`) are
 * evaluated where the state is, and never match here.
 */
import type { TraceEvent } from '../sim/trace.ts';
import { callFailed, isKernelEvent, isOutside, STRATA, type Stratum, shortMethod, stratumOfCall } from './layers.ts';

export type BreakRule =
  | { readonly kind: 'layer'; readonly layer: Stratum }
  /** `method` short or in full, `*` for any text; with `failed` only when the answer is an error. */
  | { readonly kind: 'call'; readonly method: string; readonly failed: boolean }
  /** A program by its comm, its file or what it was started as. */
  | { readonly kind: 'process'; readonly name: string; readonly moment: 'exec' | 'exit' }
  /** Created, written, renamed or removed: this file, anything below it, or what a pattern with `*` says. */
  | { readonly kind: 'file'; readonly path: string }
  /** CEL over the variables of lesson checks; stops when it becomes true. */
  | { readonly kind: 'condition'; readonly expression: string };

export type Breakpoint = { readonly id: number; readonly on: boolean; readonly rule: BreakRule };

/** Why the machine stands still: which breakpoint, at which event. */
export type Stop = { readonly breakpoint: number; readonly seq: number };

const TEXT_LENGTH_MAX = 2000;

/** Names of processes, which an exit does not tell. To be shown every event in order. */
export class ProcessNames {
  private readonly names = new Map<number, readonly string[]>();
  private readonly kubelets = new Set<number>();

  learn(event: TraceEvent): void {
    switch (event.kind) {
      case 'process.fork':
        this.names.set(event.child, [event.comm]);
        return;
      case 'process.exec':
        this.names.set(event.pid, [event.comm, lastPart(event.path), lastPart(event.argv[0] ?? '')]);
        if (event.layer === 'kubelet') this.kubelets.add(event.pid);
        return;
      case 'process.comm':
        this.names.set(event.pid, [...this.of(event.pid), event.comm]);
        return;
      case 'process.reap':
        this.names.delete(event.child);
        this.kubelets.delete(event.child);
        return;
      default:
    }
  }

  of(pid: number): readonly string[] {
    return this.names.get(pid) ?? [];
  }

  isKubelet(pid: number): boolean {
    return this.kubelets.has(pid);
  }
}

/** `names` have learnt the event already. What happens beyond the node stops nothing. */
export function matches(rule: BreakRule, event: TraceEvent, names: ProcessNames): boolean {
  if (isOutside(event.pid)) return false;
  switch (rule.kind) {
    case 'layer':
      return isInLayer(event, rule.layer, names);
    case 'call':
      if (event.kind !== (rule.failed ? 'rpc.response' : 'rpc.request')) return false;
      if (event.kind === 'rpc.response' && !callFailed(event.protocol, event.code)) return false;
      return [event.method, event.method.replace(/^\//, ''), shortMethod(event.method)].some((name) =>
        like(name, rule.method),
      );
    case 'process':
      if (event.kind !== `process.${rule.moment}`) return false;
      return names.of(event.pid).some((name) => like(name, rule.name));
    case 'file':
      if (event.kind === 'file.rename') return isAt(event.path, rule.path) || isAt(event.to, rule.path);
      if (event.kind !== 'file.create' && event.kind !== 'file.write' && event.kind !== 'file.unlink') return false;
      return isAt(event.path, rule.path);
    case 'condition':
      return false;
  }
}

/** Something begins in the layer: a call to it, a piece of its work, a program of it; the kernel does something lasting. */
function isInLayer(event: TraceEvent, layer: Stratum, names: ProcessNames): boolean {
  if (layer === 'kernel') return isKernelEvent(event);
  switch (event.kind) {
    case 'rpc.request':
      // Kubelet has nobody above it who calls: what it does shows in whom it calls.
      if (layer === 'kubelet' && names.isKubelet(event.pid)) return true;
      return stratumOfCall(event.protocol, event.method, event.address) === layer;
    case 'span.start':
    case 'process.exec':
      return event.layer === layer;
    default:
      return false;
  }
}

function isAt(path: string, wanted: string): boolean {
  const below = wanted.endsWith('/') ? wanted : `${wanted}/`;
  return path === wanted || path.startsWith(below) || (wanted.includes('*') && like(path, wanted));
}

/** Capitals aside; `*` stands for any text. */
function like(text: string, pattern: string): boolean {
  const parts = pattern.toLowerCase().split('*');
  const whole = text.toLowerCase();
  const first = parts[0] ?? '';
  const last = parts.at(-1) ?? '';
  if (parts.length === 1) return whole === first;
  if (!whole.startsWith(first)) return false;
  let at = first.length;
  for (const part of parts.slice(1, -1)) {
    const found = whole.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return whole.length - last.length >= at && whole.endsWith(last);
}

function lastPart(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** What was kept, where anybody may have put anything; what makes no sense is left out. */
export function saneBreakpoints(stored: unknown): Breakpoint[] {
  if (!Array.isArray(stored)) return [];
  const out: Breakpoint[] = [];
  for (const entry of stored as { on?: unknown; rule?: unknown }[]) {
    const rule = saneRule(entry?.rule);
    if (rule !== null && out.length < BREAKPOINTS_MAX) out.push({ id: out.length + 1, on: entry.on !== false, rule });
  }
  return out;
}

export const BREAKPOINTS_MAX = 50;

/** Null when it could never match. */
export function saneRule(rule: unknown): BreakRule | null {
  if (typeof rule !== 'object' || rule === null) return null;
  const { kind, layer, method, failed, name, moment, path, expression } = rule as Record<string, unknown>;
  const text = (value: unknown): string | null =>
    typeof value === 'string' && value.trim() !== '' && value.length <= TEXT_LENGTH_MAX ? value.trim() : null;
  if (kind === 'layer') {
    const found = STRATA.find((stratum) => stratum === layer);
    return found === undefined ? null : { kind, layer: found };
  }
  if (kind === 'call') {
    const wanted = text(method);
    return wanted === null ? null : { kind, method: wanted, failed: failed === true };
  }
  if (kind === 'process') {
    const wanted = text(name);
    return wanted === null ? null : { kind, name: wanted, moment: moment === 'exit' ? 'exit' : 'exec' };
  }
  if (kind === 'file') {
    const wanted = text(path);
    return wanted === null ? null : { kind, path: wanted };
  }
  const wanted = kind === 'condition' ? text(expression) : null;
  return wanted === null ? null : { kind: 'condition', expression: wanted };
}
