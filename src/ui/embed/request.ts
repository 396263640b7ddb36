/** Requests of an embedding page: what is well formed, and what may be asked. */
import type { CutawayApi } from '../scripting.ts';

export type EmbedRequest =
  | { readonly id: string | number; readonly call: keyof CutawayApi; readonly args: readonly unknown[] }
  | { readonly id: string | number; readonly problem: string };

type Kind = 'text' | 'number' | 'query';

/** Everything of `window.cutaway`, with what each takes; what is in brackets there may be left out. */
const CALLS: Readonly<Record<keyof CutawayApi, { readonly takes: readonly Kind[]; readonly optional?: boolean }>> = {
  run: { takes: ['text'] },
  type: { takes: ['text'] },
  screen: { takes: [] },
  terminal: { takes: ['number'], optional: true },
  idle: { takes: [] },
  pause: { takes: [] },
  resume: { takes: [] },
  step: { takes: ['text'], optional: true },
  speed: { takes: ['number'] },
  rewind: { takes: ['number'] },
  branch: { takes: [] },
  branches: { takes: [] },
  marker: { takes: ['text'], optional: true },
  undo: { takes: [] },
  state: { takes: ['query'], optional: true },
  trace: { takes: ['query'], optional: true },
  savepoint: { takes: [] },
};

const TEXT_LENGTH_MAX = 1_000_000;

/** Null: no request at all, which gets no answer. */
export function readRequest(data: unknown): EmbedRequest | null {
  if (typeof data !== 'object' || data === null) return null;
  const { cutaway, id, call, args = [] } = data as Record<string, unknown>;
  if (cutaway !== 1 || (typeof id !== 'string' && typeof id !== 'number')) return null;
  if (typeof call !== 'string' || !Object.hasOwn(CALLS, call)) return { id, problem: 'there is no such call' };
  const name = call as keyof CutawayApi;
  const { takes, optional } = CALLS[name];
  if (!Array.isArray(args)) return { id, problem: 'args is no list' };
  const enough = args.length === takes.length || (optional === true && args.length === 0);
  if (!enough || !args.every((arg, i) => isOf(takes[i] as Kind, arg)))
    return { id, problem: `${name} takes: ${takes.join(', ') || 'nothing'}` };
  return { id, call: name, args };
}

function isOf(kind: Kind, value: unknown): boolean {
  if (kind === 'text') return typeof value === 'string' && value.length <= TEXT_LENGTH_MAX;
  if (kind === 'number') return typeof value === 'number' && Number.isFinite(value);
  return typeof value === 'object' && value !== null;
}
