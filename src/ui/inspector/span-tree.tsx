import { spanLines } from '../../projections/causes.ts';
import { NUMERALS } from '../../projections/layers.ts';
import { durationText } from '../format.ts';
import { session } from '../session.ts';

/** What one span caused, with how long each part took in virtual time. */
export function SpanTree({ root }: { root: number }) {
  const lines = spanLines(session.index, root);
  return (
    <ol className="spans mono">
      {lines.map(({ span, depth }) => (
        <li
          key={span.id}
          style={{
            paddingLeft: depth * 12,
            color: span.layer === null || span.layer === 'client' ? undefined : `var(--${span.layer})`,
          }}
        >
          <span>
            {span.layer !== null && span.layer !== 'client' ? `${NUMERALS[span.layer]} ` : ''}
            {span.name.slice(span.name.lastIndexOf('/') + 1)}
            {span.error !== null && <em className="danger"> {span.error}</em>}
          </span>
          <span className="time">{span.endTime === null ? '…' : durationText(span.endTime - span.startTime)}</span>
        </li>
      ))}
    </ol>
  );
}
