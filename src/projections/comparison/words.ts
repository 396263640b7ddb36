/** A difference as sentences, in whatever language the phrases are. */
import type { Act, Comparison, Difference } from './first-difference.ts';
import { shortened } from './normalise.ts';
import type { PhraseKey } from './phrases.ts';

export type Phrase = (key: PhraseKey, values?: Readonly<Record<string, string | number>>) => string;

const WHAT_LENGTH_MAX = 140;

/** Where it lies, and what either machine does there. */
export type DifferenceWords = { where: string; left: string; right: string };

export function differenceWords(difference: Difference, phrase: Phrase): DifferenceWords {
  const { kind, line, path, left, right, leftFailure, rightFailure } = difference;
  const side = (act: Act | null, failure: string | null): string => {
    if (act !== null) return actWords(act, phrase);
    if (kind === 'typed') return phrase('act.notTyped');
    return failure === null ? phrase('act.none') : phrase('act.noneFails', { error: shortened(failure) });
  };
  const steps = path.map((step) => shortened(step)).join(' › ');
  const where =
    line === null
      ? steps === ''
        ? phrase('where.ownAccord')
        : phrase('where.ownAccordIn', { steps })
      : steps === ''
        ? phrase('where.line', { line })
        : phrase('where.in', { line, steps });
  return { where, left: side(left, leftFailure), right: side(right, rightFailure) };
}

function actWords(act: Act, phrase: Phrase): string {
  const what = cut(shortened(act.what));
  const said = phrase(`act.${act.verb}`, { who: act.who, what: act.verb === 'end' ? endWords(act, phrase) : what });
  const effects = act.effects.map((effect) => cut(shortened(effect)));
  const done = effects.length === 0 ? said : phrase('act.effects', { said, effects: effects.join('; ') });
  const next = act.next.map((step) => cut(shortened(step))).join(', ');
  const then = next === '' ? done : phrase('act.next', { said: done, next });
  return act.error === null || act.verb === 'end'
    ? then
    : phrase('act.fails', { said: then, error: shortened(act.error) });
}

function endWords(act: Act, phrase: Phrase): string {
  if (act.what === '') return phrase('end.well');
  return /^\d+$/.test(act.what) ? phrase('end.code', { code: act.what }) : shortened(act.what);
}

function cut(text: string): string {
  return text.length > WHAT_LENGTH_MAX ? `${text.slice(0, WHAT_LENGTH_MAX)}…` : text;
}

/** Everything about two machines as paragraphs of plain text. */
export function comparisonWords(
  comparison: Comparison,
  names: readonly [left: string, right: string],
  phrase: Phrase,
  more = 4,
): string[] {
  const { first, differences, counterparts, typed, setUp } = comparison;
  const [left, right] = names;
  const pair = (a: string, b: string): string => `  ${left}: ${a}\n  ${right}: ${b}`;
  const out: string[] = [];
  const orNothing = (text: string | null): string => (text === null ? phrase('setUp.nothing') : text);
  for (const { path, left: a, right: b } of setUp)
    out.push(`${phrase('setUp.file', { path })}\n${pair(orNothing(a), orNothing(b))}`);
  for (const [a, b] of typed) out.push(`${phrase('typed.words')}\n${pair(a, b)}`);
  for (const [a, b] of counterparts) out.push(phrase('counterparts', { left, a, right, b }));
  if (first === null) return [...out, phrase('none')];
  differences.slice(0, more + 1).forEach((difference, i) => {
    const words = differenceWords(difference, phrase);
    out.push(`${phrase(i === 0 ? 'first' : 'next')} ${words.where}\n${pair(words.left, words.right)}`);
  });
  const untold = differences.length - more - 1;
  if (untold > 0) out.push(phrase('more', { count: untold }));
  return out;
}
