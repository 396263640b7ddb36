/** The stations of a field, one below the other; each leads to its moment and opens what it was written in. */
import { Fragment } from 'react';
import type { Station, Target } from '../../projections/follow-field/follow-field.ts';
import { NUMERALS } from '../../projections/layers.ts';
import { nameOf } from '../../projections/roles.ts';
import { clockText } from '../format.ts';
import { useNodeView } from '../hooks.ts';
import { session } from '../session.ts';
import { select, showFiles } from '../store.ts';
import type { FollowTranslate } from './use-follow-messages.ts';

const LINES_SHOWN_MAX = 12;
const ZERO = '{}';

export function FieldLadder({
  t,
  field,
  stations,
  whole,
  end,
}: {
  t: FollowTranslate;
  field: string;
  stations: readonly Station[];
  /** False while files have not been read yet. */
  whole: boolean;
  /** How many events there are at the moment shown; null for the present. */
  end: number | null;
}) {
  const { view } = useNodeView();
  const who = (pid: number, seq: number): string => {
    const process = view.processes.get(pid) ?? session.history.live.processes.get(pid);
    const name = process === undefined ? nameThen(pid, seq) : nameOf(process);
    return name === null ? String(pid) : `${name} ${pid}`;
  };
  return (
    <ol className="ladder" aria-label={t('ladder', { field })}>
      {stations.map((station, i) => {
        const { kind, stratum, where, lines, missing, seq, pid, target } = station;
        const later = end !== null && seq !== null && seq >= end;
        const time = seq === null ? null : (session.history.events[seq]?.time ?? null);
        return (
          <li
            // biome-ignore lint/suspicious/noArrayIndexKey: a station is its place
            key={`${i} ${kind}`}
            className={later ? 'later' : ''}
            style={{ '--layer': `var(--${stratum})` } as React.CSSProperties}
          >
            <h3>
              <span className="numeral">{NUMERALS[stratum]}</span> {t(`station.${kind}`)}
            </h3>
            <p className="soft">
              {time === null ? (missing === null ? t('now') : '') : clockText(time)}
              {pid !== null && ` · ${t('by', { who: who(pid, seq ?? session.history.length) })}`}
              {later && ` · ${t('later')}`}
            </p>
            {target === null ? (
              <code className="where">
                <Breaking text={where} />
              </code>
            ) : (
              <button
                type="button"
                className="link mono where"
                onClick={() => open(target, seq)}
                title={t('open', { where })}
              >
                <Breaking text={where} />
              </button>
            )}
            {lines.length > 0 && (
              <dl>
                {lines.slice(0, LINES_SHOWN_MAX).map(({ path, value }) => (
                  <div key={`${path} ${value}`}>
                    {path !== '' && (
                      <dt>
                        <Breaking text={path} />
                      </dt>
                    )}
                    <dd>
                      {value}
                      {value === ZERO && <small>{t('zero')}</small>}
                    </dd>
                  </div>
                ))}
              </dl>
            )}
            {lines.length > LINES_SHOWN_MAX && (
              <p className="soft">{t('more', { count: lines.length - LINES_SHOWN_MAX })}</p>
            )}
            {missing !== null && (
              <p className="missing">
                {missing.path !== '' && <code>{missing.path}</code>}{' '}
                {missing.why === 'gone' && !whole ? t('reading') : t(`missing.${missing.why}`)}
              </p>
            )}
          </li>
        );
      })}
    </ol>
  );
}

/** What has ended long ago is in no view any more: what it had been started as. */
function nameThen(pid: number, seq: number): string | null {
  const { events } = session.history;
  for (let at = Math.min(seq, events.length - 1); at >= 0; at--) {
    const event = events[at];
    if (event?.kind === 'process.exec' && event.pid === pid) return event.path.split('/').at(-1) || event.comm;
    if (event?.kind === 'process.fork' && event.child === pid) return event.comm;
  }
  return null;
}

/** Paths break at their joints before they break anywhere. */
function Breaking({ text }: { text: string }) {
  return text.split(/(?<=[./])/).map((part, i) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: a part is its place
    <Fragment key={i}>
      {i > 0 && <wbr />}
      {part}
    </Fragment>
  ));
}

function open(target: Target, seq: number | null): void {
  if (seq !== null) session.lookAt(seq + 1);
  switch (target.kind) {
    case 'file': {
      const { pid, path } = target;
      const directory = path.slice(0, path.lastIndexOf('/')) || '/';
      return showFiles({
        kind: 'files',
        title: path.slice(path.lastIndexOf('/') + 1),
        pid,
        path: directory,
        overlay: null,
        open: path,
      });
    }
    case 'call':
      // What two other machines said to each other is an event and no more.
      return select(session.index.calls.has(target.call) || seq === null ? target : { kind: 'event', seq });
    default:
      return select(target);
  }
}
