/** What a container's upper layer holds against its image, and of a file what has changed in it. */
import { useState } from 'react';
import type { FileChange } from '../../machine/look-at-changes.ts';
import { ContentDiff, sizeText } from './content-diff.tsx';
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

function Pair({ t, overlay, path, instant }: { t: FilesTranslate; overlay: Place; path: string; instant: Instant }) {
  const pair = useLook({ kind: 'pair', place: overlay, path }, instant);
  if (pair === undefined) return <p role="status">…</p>;
  if (pair === null) return <p>{t('noFile')}</p>;
  const { below, now } = pair;
  return <ContentDiff t={t} before={below} after={now} binary="binaryDiff" />;
}
