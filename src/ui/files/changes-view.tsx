/** What a container's upper layer holds against its image, and of a file what has changed in it. */
import { useState } from 'react';
import { changes as changedRuns } from '../../commands/diff/compare.ts';
import type { FileChange } from '../../machine/look-at-changes.ts';
import type { SeenContent } from '../../machine/look-at-files.ts';
import { bytesText } from '../format.ts';
import { textOf } from './file-view.tsx';
import { type Instant, useLook } from './look.ts';
import type { FilesTranslate } from './use-files-messages.ts';

type Place = { readonly pid: number; readonly path: string };

const MARK: Readonly<Record<FileChange['how'], string>> = {
  added: '+',
  changed: '±',
  touched: '=',
  deleted: '−',
  replaced: '⇄',
};
const LINES_MAX = 4000;
const CONTEXT = 3;

export function ChangesView({ t, overlay, instant }: { t: FilesTranslate; overlay: Place; instant: Instant }) {
  const told = useLook({ kind: 'changes', place: overlay }, instant);
  const [open, setOpen] = useState<string | null>(null);
  if (told === undefined) return <p role="status">{instant.seq === null ? '…' : t('past')}</p>;
  if (told === null) return <p role="status">{t('noOverlay')}</p>;
  const { changes, upper, lower, more } = told;
  return (
    <>
      <p className="soft">{t('upper', { upper: upper ?? '—', count: lower.length })}</p>
      {changes.length === 0 && <p>{t('noChanges')}</p>}
      <ul className="file-changes">
        {changes.map((change) => {
          const { path, how, type, size, sizeBelow } = change;
          const shown = open === path;
          return (
            <li key={path} className={how}>
              <button
                type="button"
                className="link mono"
                aria-expanded={shown}
                onClick={() => setOpen(shown ? null : path)}
              >
                <span className="mark" aria-hidden="true">
                  {MARK[how]}
                </span>{' '}
                {path}
                {type === 'directory' ? '/' : ''}
              </button>{' '}
              <span className="soft">
                {t(`how.${how}`)}
                {type === 'file' &&
                  ` · ${t('sizes', { below: sizeText(how === 'added' ? null : sizeBelow), now: sizeText(how === 'deleted' ? null : size) })}`}
              </span>
              {shown && <Pair t={t} overlay={overlay} path={path} instant={instant} />}
            </li>
          );
        })}
      </ul>
      {more && <p className="soft">{t('more', { count: changes.length })}</p>}
    </>
  );
}

function sizeText(bytes: number | null): string {
  return bytes === null ? '—' : bytesText(bytes);
}

function Pair({ t, overlay, path, instant }: { t: FilesTranslate; overlay: Place; path: string; instant: Instant }) {
  const pair = useLook({ kind: 'pair', place: overlay, path }, instant);
  if (pair === undefined) return <p role="status">…</p>;
  if (pair === null) return <p>{t('noFile')}</p>;
  const { below, now } = pair;
  if ((below?.bytes ?? null) === null && (now?.bytes ?? null) === null) return <p className="soft">{t('noContent')}</p>;
  const [before, after] = [linesOf(below), linesOf(now)];
  if (before === null || after === null)
    return <p>{t('binaryDiff', { below: sizeText(below?.size ?? null), now: sizeText(now?.size ?? null) })}</p>;
  if (before.length + after.length > LINES_MAX || isCut(below) || isCut(now)) return <p>{t('diffTooLarge')}</p>;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
    <pre className="diff" aria-label={t('diff')} role="group" tabIndex={0}>
      {diffLines(before, after).map(({ key, mark, text }) => (
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
