/**
 * Whose words a message is made of: each hop puts its own before those it was given. Nothing is known of any program
 * here: what a piece of work failed with is in the trace, and what it was given is what the work below it failed with.
 *
 *   errorWords(index, 'starting the container: rpc error: code = Unknown desc = failed to …', seq)
 *     → [{ before: 'starting the container: rpc error: code = Unknown desc = ', span: null, … }, { before: 'failed to …', … }]
 */
import type { SpanId } from '../sim/trace.ts';
import type { SpanRecord, TraceIndex } from './trace-index.ts';

export type Words = {
  /** What was added before and after the words of the next hop; the innermost has all in `before`. */
  readonly before: string;
  readonly after: string;
  /** The work that failed with these words; null for what stands around them where the message was read. */
  readonly span: SpanRecord | null;
  /** gRPC's own way to write a status down, which the client's library puts before the server's words. */
  readonly isStatus: boolean;
};

const STATUS = /rpc error: code = \w+ desc = $/;

/** Shorter ones ("not found") are in too many lines to tell where they come from. */
const WORDS_LENGTH_MIN = 12;
const HOPS_MAX = 40;

/**
 * Outermost first; empty if nothing that failed before event `until` said what is in `line`.
 * @param line as it was printed; quoted as logs quote, once or twice, it is understood as well
 */
export function errorWords(index: TraceIndex, line: string, until: number): Words[] {
  const best = bestReading(index, line, until);
  if (best === null) return [];
  const hops: Words[] = [];
  let rest = best.text;
  let next: SpanRecord | null = best.outer;
  let span: SpanRecord | null = null;
  while (next !== null && hops.length < HOPS_MAX) {
    const said = wordsOf(next);
    const at = rest.lastIndexOf(said);
    if (said.length < rest.length) hops.push(...added(rest.slice(0, at), rest.slice(at + said.length), span));
    rest = said;
    span = authorOf(index, next);
    next = given(index, span);
  }
  hops.push({ before: rest, after: '', span, isStatus: false });
  return hops;
}

function added(before: string, after: string, span: SpanRecord | null): Words[] {
  const at = STATUS.exec(before)?.index;
  if (at === undefined) return [{ before, after, span, isStatus: false }];
  const status = { before: before.slice(at), after: '', span, isStatus: true };
  return at === 0 && after === '' ? [status] : [{ before: before.slice(0, at), after, span, isStatus: false }, status];
}

/** Has something failed with words that are in the line? */
export function saysError(index: TraceIndex, line: string): boolean {
  return bestReading(index, line, Number.POSITIVE_INFINITY) !== null;
}

/** The reading of the line that has the longest message in it, and the newest that failed with that. */
function bestReading(index: TraceIndex, line: string, until: number): { text: string; outer: SpanRecord } | null {
  let best: { text: string; outer: SpanRecord } | null = null;
  for (const text of readings(line)) {
    const outer = outermost(index, text, until);
    if (outer !== null && (best === null || wordsOf(outer).length > wordsOf(best.outer).length)) best = { text, outer };
  }
  return best;
}

function wordsOf({ error }: SpanRecord): string {
  return (error ?? '').trim();
}

/** The line as it stands and, while it has quoted quotes, without a level of quoting. */
function readings(line: string): string[] {
  const out = [line.trim()];
  for (let i = 0; i < 2; i++) {
    const text = (out[i] as string).replace(/\\(["\\])/g, '$1');
    if (text === out[i]) break;
    out.push(text);
  }
  return out;
}

/** The newest of those that failed with the most of the line. */
function outermost(index: TraceIndex, text: string, until: number): SpanRecord | null {
  let found: SpanRecord | null = null;
  for (let i = index.failed.length - 1; i >= 0; i--) {
    const span = index.failed[i] as SpanRecord;
    const said = wordsOf(span);
    if (said.length < WORDS_LENGTH_MIN || said.length <= (found === null ? 0 : wordsOf(found).length)) continue;
    if ((span.endSeq ?? 0) < until && text.includes(said)) found = span;
  }
  return found;
}

/** Whoever passes words on adds none: they are those of the deepest that failed with them. */
function authorOf(index: TraceIndex, span: SpanRecord): SpanRecord {
  let at = span;
  for (let depth = 0; depth < HOPS_MAX; depth++) {
    const deeper = failedBelow(index, at, (said) => said === wordsOf(at));
    if (deeper === null) return at;
    at = deeper;
  }
  return at;
}

/** What failed below it with a part of its words: those that it was given. */
function given(index: TraceIndex, span: SpanRecord): SpanRecord | null {
  const own = wordsOf(span);
  return failedBelow(index, span, (said) => said.length < own.length && said.length > 0 && own.includes(said));
}

/** Of the nearest below that failed so, the one with the most words; of equals the last, which is the one that counted. */
function failedBelow(index: TraceIndex, root: SpanRecord, wanted: (said: string) => boolean): SpanRecord | null {
  let found: SpanRecord | null = null;
  const visit = (id: SpanId, depth: number): void => {
    const span = index.spans.get(id);
    if (span === undefined || depth > HOPS_MAX) return;
    if (span.error !== null && wanted(wordsOf(span))) {
      if (found === null || wordsOf(span).length >= wordsOf(found).length) found = span;
      return;
    }
    for (const child of span.children) visit(child, depth + 1);
  };
  for (const child of root.children) visit(child, 0);
  return found;
}
