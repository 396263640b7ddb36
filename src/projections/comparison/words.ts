/** A difference as sentences, in whatever language the phrases are. */
import type { Act, Comparison, Difference } from './first-difference.ts';
import { normalised, shortened } from './normalise.ts';
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
  const [a, b] = [side(left, leftFailure), side(right, rightFailure)];
  if (left === null || right === null || seen(a) !== seen(b)) return { where, left: a, right: b };
  const [one, other] = differingParts(fully(left), fully(right));
  return {
    where,
    left: phrase('act.apart', { said: a, part: one }),
    right: phrase('act.apart', { said: b, part: other }),
  };
}

/** As it looks: nobody tells two spaces from one, nor whether a line ends in some. */
function seen(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

/** Everything that is known of it, what says most first. */
function fully({ what, error, effects, next, exact }: Act): readonly string[] {
  return [what, error ?? '', effects.join('; '), next.join(', '), ...exact];
}

const PART_LENGTH_MAX = 60;
const BEFORE_LENGTH = 20;

/** Of the first two texts that differ what stands around the place; told apart by quotes if only the eye takes them for the same. */
function differingParts(left: readonly string[], right: readonly string[]): [string, string] {
  // Ids and times that differ anyhow are told only where nothing else does.
  const [plain, others] = [left.map(normalised), right.map(normalised)];
  const told = plain.findIndex((text, i) => text !== others[i]);
  const at = told < 0 ? left.findIndex((text, i) => text !== right[i]) : told;
  const [a, b] = told < 0 ? [left[at] ?? '', right[at] ?? ''] : [plain[at] ?? '', others[at] ?? ''];
  let same = 0;
  while (same < a.length && a[same] === b[same]) same++;
  const from = Math.max(0, same - BEFORE_LENGTH);
  const part = (text: string): string => {
    const end = from + PART_LENGTH_MAX;
    return `${from > 0 ? '…' : ''}${text.slice(from, end)}${text.length > end ? '…' : ''}`;
  };
  const [one, other] = [part(a), part(b)];
  return seen(one) === seen(other) ? [JSON.stringify(one), JSON.stringify(other)] : [one, other];
}

function actWords(act: Act, phrase: Phrase): string {
  const what = cut(shortened(act.what));
  const verb = act.verb === 'write' && act.what.trim() === '' ? 'writeEmpty' : act.verb;
  const said = phrase(`act.${verb}`, { who: act.who, what: act.verb === 'end' ? endWords(act, phrase) : what });
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
  for (const { path, left: a, right: b } of setUp) {
    // In YAML the spaces before a line say where it belongs.
    const [one, other] =
      a !== null && b !== null && seen(a) === seen(b) ? [JSON.stringify(a), JSON.stringify(b)] : [a, b];
    out.push(`${phrase('setUp.file', { path })}\n${pair(orNothing(one), orNothing(other))}`);
  }
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
