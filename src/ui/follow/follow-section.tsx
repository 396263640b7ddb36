/** In a container's inspector: a field is chosen, and its way down is shown. */
import { useEffect, useId, useMemo, useState } from 'react';
import { type Evidence, gather } from '../../projections/follow-field/evidence.ts';
import { type FollowedField, fieldsOf, follow, type Station } from '../../projections/follow-field/follow-field.ts';
import { trailOf } from '../../projections/follow-field/trail.ts';
import { forgetRecalled, type Instant, useInstant } from '../files/look.ts';
import { session } from '../session.ts';
import { ui } from '../store.ts';
import './follow.css';
import { FieldLadder } from './field-ladder.tsx';
import { readerAt } from './machine-reader.ts';
import { type FollowTranslate, fieldName, useFollowMessages } from './use-follow-messages.ts';

const FIRST = 'memoryLimit';
const LIST_ROWS = 7;

export function FollowSection({ id, field }: { id: string; field: string | null }) {
  const t = useFollowMessages();
  const instant = useInstant();
  const evidence = useEvidence(id, instant);
  const fields = useMemo(() => (evidence == null ? [] : fieldsOf(evidence)), [evidence]);
  // One container has a variable, another has not.
  const chosen = fields.find((each) => each.id === field) ?? fields.find((each) => each.id === FIRST) ?? null;
  const stations = useStations(evidence, chosen, instant);
  useEffect(() => forgetRecalled, []);
  if (t === null || evidence === undefined) return <p role="status">{t?.('reading')}</p>;
  if (evidence === null || chosen === null) return <p className="soft">{t('gone')}</p>;
  const choose = (wanted: string): void => ui.setState({ following: { container: id, field: wanted } });
  return (
    <>
      <FieldChoice t={t} fields={fields} chosen={chosen.id} onChoose={choose} />
      {stations === null ? (
        <p role="status">{t('reading')}</p>
      ) : (
        <FieldLadder t={t} field={fieldName(t, chosen.id)} stations={stations} end={instant.seq} />
      )}
    </>
  );
}

function FieldChoice({
  t,
  fields,
  chosen,
  onChoose,
}: {
  t: FollowTranslate;
  fields: readonly FollowedField[];
  chosen: string;
  onChoose: (id: string) => void;
}) {
  const [text, setText] = useState('');
  const list = useId();
  const words = text.toLowerCase().split(/\s+/);
  const shown = fields.filter(({ id }) => {
    const all = `${fieldName(t, id)} ${id}`.toLowerCase();
    return words.every((word) => all.includes(word));
  });
  const group = (set: boolean): readonly FollowedField[] => shown.filter((each) => each.set === set);
  return (
    <div className="follow-choice">
      <input
        type="search"
        aria-label={t('search')}
        aria-controls={list}
        placeholder={t('search')}
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          const first = (group(true)[0] ?? group(false)[0])?.id;
          if (event.key === 'Enter' && first !== undefined) onChoose(first);
        }}
      />
      <select
        id={list}
        size={LIST_ROWS}
        aria-label={t('fields')}
        value={chosen}
        onChange={(event) => onChoose(event.target.value)}
      >
        {([true, false] as const).map(
          (set) =>
            group(set).length > 0 && (
              <optgroup key={String(set)} label={t(set ? 'set' : 'unset')}>
                {group(set).map(({ id }) => (
                  <option key={id} value={id}>
                    {fieldName(t, id)}
                  </option>
                ))}
              </optgroup>
            ),
        )}
      </select>
    </div>
  );
}

/** Undefined until it is read; null when the container is not known. What was read before stays while more is read. */
function useEvidence(id: string, instant: Instant): Evidence | null | undefined {
  const [held, setHeld] = useState<{ id: string; evidence: Evidence | null }>();
  useEffect(() => {
    let current = true;
    const { history, index } = session;
    const find = (view: typeof history.live) => trailOf(view, index, history.events, id);
    const trail = (instant.seq === null ? null : find(history.at(instant.seq))) ?? find(history.live);
    const set = (evidence: Evidence | null): void => {
      if (current) setHeld({ id, evidence });
    };
    if (trail === null) set(null);
    else void gather(trail, readerAt(instant.seq)).then(set);
    return () => {
      current = false;
    };
  }, [id, instant]);
  return held?.id === id ? held.evidence : undefined;
}

function useStations(
  evidence: Evidence | null | undefined,
  chosen: FollowedField | null,
  instant: Instant,
): readonly Station[] | null {
  const [held, setHeld] = useState<{ field: string; container: string; stations: readonly Station[] }>();
  // biome-ignore lint/correctness/useExhaustiveDependencies: what was read tells of its moment, and the id of the field
  useEffect(() => {
    let current = true;
    if (evidence == null || chosen === null) return;
    const { trail } = evidence;
    void follow(evidence, chosen.field, readerAt(instant.seq)).then((stations) => {
      if (current) setHeld({ field: chosen.id, container: trail.id, stations });
    });
    return () => {
      current = false;
    };
  }, [evidence, chosen?.id]);
  return held?.field === chosen?.id && held?.container === evidence?.trail.id ? (held?.stations ?? null) : null;
}
