/** In a container's inspector: a field is chosen, and its way down is shown. */
import { useEffect, useId, useMemo, useState } from 'react';
import { type Evidence, gather, type Reader } from '../../projections/follow-field/evidence.ts';
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
  const known = useKnown(id, instant);
  const evidence = known?.evidence;
  const fields = useMemo(() => (evidence == null ? [] : fieldsOf(evidence)), [evidence]);
  // One container has a variable, another has not.
  const chosen = fields.find((each) => each.id === field) ?? fields.find((each) => each.id === FIRST) ?? null;
  const shown = useStations(known, chosen);
  useEffect(() => forgetRecalled, []);
  if (t === null || evidence === undefined) return <p role="status">{t?.('reading')}</p>;
  if (evidence === null || chosen === null) return <p className="soft">{t('gone')}</p>;
  const choose = (wanted: string): void => ui.setState({ following: { container: id, field: wanted } });
  return (
    <>
      <FieldChoice t={t} fields={fields} chosen={chosen.id} onChoose={choose} />
      {shown === null ? (
        <p role="status">{t('reading')}</p>
      ) : (
        <FieldLadder
          t={t}
          field={fieldName(t, chosen.id)}
          stations={shown.stations}
          whole={shown.known.whole}
          end={instant.seq}
        />
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

/** What is known so far, with the reader that told it. */
type Known = {
  readonly id: string;
  readonly evidence: Evidence | null;
  readonly reader: Reader;
  readonly whole: boolean;
};

/** Undefined until something is known. What was read before stays while more is read. */
function useKnown(id: string, instant: Instant): Known | undefined {
  const [held, setHeld] = useState<Known>();
  useEffect(() => {
    let current = true;
    const { history, index } = session;
    const find = (view: typeof history.live) => trailOf(view, index, history.events, id);
    const trail = (instant.seq === null ? null : find(history.at(instant.seq))) ?? find(history.live);
    const read = async (reader: Reader, whole: boolean): Promise<void> => {
      const evidence = trail === null ? null : await gather(trail, reader);
      if (current) setHeld({ id, evidence, reader, whole });
    };
    const reader = readerAt(instant.seq);
    void (async () => {
      // The past is made again for its files: what was said is known before.
      if (instant.seq !== null) await read({ ...reader, ...WITHOUT_FILES }, false);
      await read(reader, true);
    })();
    return () => {
      current = false;
    };
  }, [id, instant]);
  return held?.id === id ? held : undefined;
}

const WITHOUT_FILES: Omit<Reader, 'payload'> = {
  file: () => Promise.resolve(null),
  made: () => Promise.resolve(null),
  names: () => Promise.resolve([]),
};

type Shown = { readonly field: string; readonly known: Known; readonly stations: readonly Station[] };

function useStations(known: Known | undefined, chosen: FollowedField | null): Shown | null {
  const [held, setHeld] = useState<Shown>();
  // biome-ignore lint/correctness/useExhaustiveDependencies: a field is told by its id
  useEffect(() => {
    let current = true;
    if (known?.evidence == null || chosen === null) return;
    void follow(known.evidence, chosen.field, known.reader).then((stations) => {
      if (current) setHeld({ field: chosen.id, known, stations });
    });
    return () => {
      current = false;
    };
  }, [known, chosen?.id]);
  return held !== undefined && held.field === chosen?.id && held.known.id === known?.id ? held : null;
}
