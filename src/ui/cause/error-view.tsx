/** Whose words an error message is made of: outermost first, each with the moment in which it was said. */
import { errorWords, type Words } from '../../projections/error-words.ts';
import { NUMERALS, shortMethod } from '../../projections/layers.ts';
import { clockText } from '../format.ts';
import { useT } from '../hooks.ts';
import { session } from '../session.ts';

export function ErrorView({ line, until }: { line: string; until: number }) {
  const t = useT();
  const words = errorWords(session.index, line, until);
  if (words.length === 0) return <p className="soft">{t('error.none')}</p>;
  return (
    <>
      <h2>{t('error.title')}</h2>
      <p className="mono said">
        {words.map((part, i) => (
          <span key={keyOf(part, i)} style={{ color: colourOf(part) }}>
            {part.before}
          </span>
        ))}
        {words.toReversed().map((part, i) => (
          <span key={keyOf(part, i)} style={{ color: colourOf(part) }}>
            {part.after}
          </span>
        ))}
      </p>
      <ol className="words">
        {words.map((part, i) => (
          <Hop key={keyOf(part, i)} part={part} />
        ))}
      </ol>
      <p className="soft">{t('error.hint')}</p>
    </>
  );
}

function keyOf({ span, isStatus }: Words, i: number): string {
  return `${i} ${span?.id ?? ''}${isStatus ? 'status' : ''}`;
}

function colourOf({ span }: Words): string {
  return span?.layer == null || span.layer === 'client' ? 'var(--soft)' : `var(--${span.layer})`;
}

function Hop({ part }: { part: Words }) {
  const t = useT();
  const { span, isStatus, before, after } = part;
  const said = after === '' ? before : `${before}…${after}`;
  const colour = colourOf(part);
  if (span === null)
    return (
      <li style={{ borderColor: colour }}>
        <span className="soft">{t(isStatus ? 'error.status' : 'error.around')}</span>
        <q className="mono">{said}</q>
      </li>
    );
  const { live } = session.history;
  // Who has ended by now is known from when it failed.
  const view = live.processes.has(span.pid) ? live : session.history.at(span.endSeq ?? 0);
  const numeral = span.layer === null || span.layer === 'client' ? '' : `${NUMERALS[span.layer]} `;
  return (
    <li style={{ borderColor: colour }}>
      <button type="button" className="link" onClick={() => session.lookAt((span.endSeq ?? 0) + 1)}>
        <span style={{ color: colour }}>
          {numeral}
          {view.processes.get(span.pid)?.comm ?? ''} {span.pid}
        </span>{' '}
        <span className="mono">{shortMethod(span.name)}</span>{' '}
        <span className="soft mono">{clockText(span.endTime ?? 0)}</span>
      </button>
      <q className="mono">{said}</q>
    </li>
  );
}
