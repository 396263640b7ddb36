/** Two contents of one file, line by line. */
import { changes as changedRuns } from '../../commands/diff/compare.ts';
import type { SeenContent } from '../../machine/look-at-files.ts';
import { bytesText } from '../format.ts';
import { textOf } from './file-view.tsx';
import type { FilesTranslate } from './use-files-messages.ts';

const LINES_MAX = 4000;
const CONTEXT = 3;

export function sizeText(bytes: number | null): string {
  return bytes === null ? '—' : bytesText(bytes);
}

/** Null where there was no file. `binary` says what is no text. */
export function ContentDiff({
  t,
  before,
  after,
  binary,
}: {
  t: FilesTranslate;
  before: SeenContent | null;
  after: SeenContent | null;
  binary: 'binaryDiff' | 'binaryChange';
}) {
  if ((before?.bytes ?? null) === null && (after?.bytes ?? null) === null)
    return <p className="soft">{t('noContent')}</p>;
  const [was, is] = [linesOf(before), linesOf(after)];
  if (was === null || is === null)
    return <p>{t(binary, { below: sizeText(before?.size ?? null), now: sizeText(after?.size ?? null) })}</p>;
  if (was.length + is.length > LINES_MAX || isCut(before) || isCut(after)) return <p>{t('diffTooLarge')}</p>;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
    <pre className="diff" aria-label={t('diff')} role="group" tabIndex={0}>
      {diffLines(was, is).map(({ key, mark, text }) => (
        <span key={key} className={mark === '+' ? 'plus' : mark === '-' ? 'minus' : ''}>
          {mark}
          {text}
          {'\n'}
        </span>
      ))}
    </pre>
  );
}

function isCut(content: SeenContent | null): boolean {
  return content !== null && content.bytes !== null && content.bytes.length < content.size;
}

/** None where there is no file; null where it is no text. */
function linesOf(content: SeenContent | null): string[] | null {
  if (content === null) return [];
  const text = content.bytes === null ? null : textOf(content.bytes);
  if (text === null) return null;
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

export type DiffLine = { readonly key: string; readonly mark: ' ' | '+' | '-' | '@'; readonly text: string };

/** Changed lines with some around them; `@` stands for those that are left out. */
export function diffLines(before: readonly string[], after: readonly string[]): DiffLine[] {
  const out: DiffLine[] = [];
  let told = 0;
  const same = (from: number, to: number): void => {
    for (let i = from; i < to; i++) out.push({ key: `b${i}`, mark: ' ', text: before[i] ?? '' });
  };
  for (const { left, right } of changedRuns(before, after)) {
    const from = Math.max(told, left[0] - CONTEXT);
    if (out.length > 0 && from - told > CONTEXT) {
      same(told, told + CONTEXT);
      out.push({ key: `@${from}`, mark: '@', text: ` ${from + 1}` });
      same(from, left[0]);
    } else same(out.length > 0 ? told : from, left[0]);
    for (let i = left[0]; i < left[1]; i++) out.push({ key: `b${i}`, mark: '-', text: before[i] ?? '' });
    for (let i = right[0]; i < right[1]; i++) out.push({ key: `a${i}`, mark: '+', text: after[i] ?? '' });
    told = left[1];
  }
  if (out.length > 0) same(told, Math.min(before.length, told + CONTEXT));
  else same(0, before.length);
  return out;
}
