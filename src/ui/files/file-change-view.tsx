/** What one write has changed in a file: its content before and after, from the history made again. */
import { useEffect, useState } from 'react';
import type { SeenContent } from '../../machine/look-at-files.ts';
import { lastContent } from '../../projections/file-history.ts';
import { session } from '../session.ts';
import { ContentDiff } from './content-diff.tsx';
import './files.css';
import { forgetRecalled, look } from './look.ts';
import { useFilesMessages } from './use-files-messages.ts';

/** `after` is null where nobody is there any more who sees the file. */
type Both = { before: SeenContent | null; after: SeenContent | null };
const NEITHER: Both = { before: null, after: null };

/** `seq` is the event that says that it was written. */
export function FileChangeView({ pid, path, seq }: { pid: number; path: string; seq: number }) {
  const t = useFilesMessages();
  const [both, setBoth] = useState<Both | null>(null);
  useEffect(() => {
    let current = true;
    const place = { kind: 'file', place: { pid, path } } as const;
    const lookTwice = async (): Promise<Both> => {
      const was = lastContent(session.history.events, seq, pid, path);
      const before = was === null ? null : await look(place, was);
      return { before, after: current ? await look(place, seq + 1) : null };
    };
    void lookTwice()
      .catch(() => NEITHER)
      .then((answer) => {
        if (current) setBoth(answer);
      });
    return () => {
      current = false;
      forgetRecalled();
    };
  }, [pid, path, seq]);
  if (t === null) return null;
  return (
    <>
      <h2>{t('changeTitle')}</h2>
      <p className="mono">{path}</p>
      {both === null ? (
        <p role="status">{t('past')}</p>
      ) : both.after === null ? (
        <p role="status">{t('gone')}</p>
      ) : (
        <>
          {both.before === null && <p className="soft">{t('newFile')}</p>}
          <ContentDiff t={t} {...both} binary="binaryChange" />
        </>
      )}
    </>
  );
}
