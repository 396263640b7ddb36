/** Shares the moment on the screen: as a link, or as a file when it is too long for one. */
import { useEffect, useRef, useState } from 'react';
import type { Savepoint } from '../../machine/machine.ts';
import type { Moment } from '../../machine/moments/moment.ts';
import { FILE_LENGTH_MAX, momentFile } from '../../machine/moments/moment-file.ts';
import { LINK_LENGTH_MAX, linkText } from '../../machine/moments/moment-link.ts';
import { packMarks } from '../../machine/moments/read-marks.ts';
import { breaks } from '../breaks/armed.ts';
import { clockText } from '../format.ts';
import { download } from '../lesson/kept-progress.ts';
import { marks } from '../marks/marks-store.ts';
import type { MomentMessageKey } from '../messages/moment/en.ts';
import { session } from '../session.ts';
import { ui } from '../store.ts';
import { focusTerminal } from '../terminal/terminal-host.ts';
import { openFile } from './open-file.ts';
import { takeMoment } from './take-moment.ts';
import { TakePictures } from './take-pictures.tsx';
import { useMomentMessages } from './use-moment-messages.ts';
import './moment.css';

type Said = { key: MomentMessageKey; values?: Record<string, string | number> };

export function SharePanel() {
  const t = useMomentMessages();
  const [moment, setMoment] = useState<Moment | null | 'none'>(null);
  const [whole, setWhole] = useState<Savepoint | null>(null);
  const marked = marks.getState();
  const { points } = breaks.getState();
  const hasMarks = marked.markers.length > 0 || marked.branches.length > 0 || points.length > 0;
  const [withMarks, setWithMarks] = useState(hasMarks);
  const [play, setPlay] = useState(() => session.director.replaying);
  const [said, setSaid] = useState<Said | null>(null);
  const field = useRef<HTMLInputElement>(null);
  const panel = useRef<HTMLDivElement>(null);
  useEffect(() => {
    // What plays on would not be the moment that was asked for any more.
    void takeMoment(true).then((taken) => {
      setMoment(taken?.moment ?? 'none');
      setWhole(taken?.whole ?? null);
    });
  }, []);
  const ready = t !== null && moment !== null;
  useEffect(() => {
    if (ready) (field.current ?? panel.current)?.focus();
    field.current?.select();
  }, [ready]);
  if (t === null || moment === null) return null;
  const close = (): void => {
    ui.setState({ sharing: false });
    focusTerminal();
  };
  const chosen = moment === 'none' ? null : { ...moment, play: play && moment.play };
  const text = chosen === null ? '' : linkText(chosen);
  const link = `${location.origin}${location.pathname}#at=${text ?? ''}`;
  const fits = link.length <= LINK_LENGTH_MAX;
  const copy = async (): Promise<void> => {
    setSaid({ key: (await copied(link, field.current)) ? 'copied' : 'notCopied', values: { count: link.length } });
  };
  const save = (): void => {
    if (chosen === null) return;
    const { scenario, time } = chosen.savepoint;
    const name = `${chosen.course?.id ?? scenario}-${clockText(time).replace(/[^\d.]+/g, '-')}.cutaway`;
    // The branches are of the whole history: they need all of it.
    const all =
      withMarks && whole !== null ? momentFile({ ...chosen, savepoint: whole }, marked, points) : momentFile(chosen);
    if (all.length > FILE_LENGTH_MAX) {
      setSaid({ key: 'fileTooLarge', values: { count: all.length, max: FILE_LENGTH_MAX } });
      return;
    }
    download(name, all);
    const lost = hasMarks && withMarks && packMarks(marked) === null;
    setSaid({ key: lost ? 'savedWithoutMarks' : 'saved', values: { name } });
  };
  return (
    <div
      className="palette share"
      role="dialog"
      aria-label={t('title')}
      ref={panel}
      tabIndex={-1}
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return;
        event.stopPropagation();
        close();
      }}
    >
      <h2>{t('title')}</h2>
      {chosen === null || text === null ? (
        <p>{t(chosen === null ? 'nothing' : 'input')}</p>
      ) : (
        <>
          <p>
            {t('what')} {t('holds', { keys: keysOf(chosen) })}
          </p>
          {moment !== 'none' && moment.play && (
            <label>
              <input type="checkbox" checked={play} onChange={() => setPlay(!play)} /> {t('play')}
            </label>
          )}
          {hasMarks && (
            <label>
              <input type="checkbox" checked={withMarks} onChange={() => setWithMarks(!withMarks)} /> {t('marks')}
            </label>
          )}
          {fits ? (
            <input
              ref={field}
              className="mono"
              readOnly
              aria-label={t('link')}
              value={link}
              onFocus={(event) => event.currentTarget.select()}
            />
          ) : (
            <p>{t('tooLong', { count: link.length, max: LINK_LENGTH_MAX })}</p>
          )}
        </>
      )}
      <div className="buttons">
        {text !== null && text !== '' && fits && (
          <button type="button" onClick={() => void copy()}>
            {t('copy')}
          </button>
        )}
        {chosen !== null && text !== null && (
          <button type="button" onClick={save}>
            {t('save')}
          </button>
        )}
        {chosen !== null && <TakePictures t={t} say={setSaid} />}
        <label className="button">
          {t('open')}
          <input
            type="file"
            accept=".cutaway"
            className="sr-only"
            onChange={(event) => {
              const file = event.currentTarget.files?.[0];
              if (file !== undefined) void openFile(file);
            }}
          />
        </label>
        <button type="button" onClick={close}>
          {t('close')}
        </button>
      </div>
      <output>{said !== null && t(said.key, said.values)}</output>
    </div>
  );
}

function keysOf({ savepoint }: Moment): number {
  return savepoint.inputs.reduce((sum, input) => sum + (input.kind === 'keys' ? input.text.length : 0), 0);
}

/** Over plain HTTP there is no clipboard: the older way may do. */
async function copied(text: string, field: HTMLInputElement | null): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    field?.focus();
    field?.select();
    return document.execCommand('copy');
  }
}
