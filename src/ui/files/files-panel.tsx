/** Files as a process sees them, and what a container has changed against its image. In the place of the inspector. */
import { useEffect, useState } from 'react';
import { clockText } from '../format.ts';
import { useUi } from '../hooks.ts';
import type { FilesSelection } from '../selection.ts';
import { session } from '../session.ts';
import { ChangesView } from './changes-view.tsx';
import { FileTree } from './file-tree.tsx';
import './files.css';
import { FileView } from './file-view.tsx';
import { forgetRecalled, useInstant } from './look.ts';
import { useFilesMessages } from './use-files-messages.ts';

export function FilesPanel({ selection }: { selection: FilesSelection }) {
  const t = useFilesMessages();
  const { title, pid, path, overlay, open: shown } = selection;
  const [changes, setChanges] = useState(overlay !== null);
  const [open, setOpen] = useState<string | null>(shown ?? null);
  const instant = useInstant();
  const now = useUi((state) => state.now);
  useEffect(() => forgetRecalled, []);
  if (t === null) return null;
  const time = instant.seq === null ? now : (session.received[instant.seq - 1]?.time ?? 0);
  const show = (wanted: boolean): void => {
    setChanges(wanted);
    setOpen(null);
  };
  return (
    <section className="files" aria-label={t('label')}>
      <h2>{t('title', { title })}</h2>
      <p className="soft">{t('asSeen', { time: clockText(time) })}</p>
      {overlay !== null && (
        <div className="files-tabs">
          <button type="button" aria-pressed={changes} onClick={() => show(true)}>
            {t('changed')}
          </button>
          <button type="button" aria-pressed={!changes} onClick={() => show(false)}>
            {t('everything')}
          </button>
        </div>
      )}
      {changes && overlay !== null ? (
        <ChangesView t={t} overlay={overlay} instant={instant} />
      ) : (
        <>
          <FileTree t={t} pid={pid} root={path} instant={instant} onOpen={setOpen} current={open} />
          <p className="soft">{t('hint')}</p>
          {open !== null && <FileView t={t} pid={pid} path={open} instant={instant} />}
        </>
      )}
    </section>
  );
}
