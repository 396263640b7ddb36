/** One file with who, which lesson, how far, and everything that was typed, for `cutaway grade`. */
import { useState } from 'react';
import { classSeed } from '../../lesson-engine/class-seed.ts';
import { HAND_IN_FORMAT } from '../../lesson-engine/hand-in.ts';
import type { Lesson } from '../../lesson-engine/lesson.ts';
import { useUi } from '../hooks.ts';
import { session } from '../session.ts';
import { addressOf } from './address.ts';
import { download } from './kept-progress.ts';
import type { LessonTranslate } from './use-lesson-messages.ts';

export function HandIn({ lesson, done, t }: { lesson: Lesson; done: number; t: LessonTranslate }) {
  const asked = new URLSearchParams(location.search);
  const [code, setCode] = useState(asked.get('class') ?? '');
  const [number, setNumber] = useState(asked.get('number') ?? '');
  const [name, setName] = useState('');
  const seed = useUi((state) => state.seed);
  const classed = code.trim() !== '' && number.trim() !== '';
  const onOwnNode = !classed || seed === classSeed(code, number);
  const handIn = async (): Promise<void> => {
    const savepoint = await session.link?.api.savepoint();
    if (savepoint === undefined || savepoint === null) return;
    const file = {
      format: HAND_IN_FORMAT,
      ...(classed ? { class: code } : {}),
      number,
      name,
      lesson: lesson.id,
      steps: done,
      savepoint,
    };
    const safe = (text: string): string => text.trim().replace(/[\\/:*?"<>|\s]+/g, '_') || '-';
    download(`${safe(number)}-${safe(name)}-${lesson.id}.cutaway`, JSON.stringify(file));
  };
  return (
    <details className="hand-in">
      <summary>{t('lesson.handIn')}</summary>
      <label>
        {t('lesson.class')} <input value={code} onChange={(event) => setCode(event.target.value)} />
      </label>
      <label>
        {t('lesson.number')} <input value={number} onChange={(event) => setNumber(event.target.value)} />
      </label>
      <label>
        {t('lesson.name')} <input value={name} onChange={(event) => setName(event.target.value)} />
      </label>
      {!onOwnNode && (
        <p>
          {t('lesson.ownNodeWhat')}{' '}
          <a className="button" href={addressOf('lesson', lesson.id, { class: code.trim(), number: number.trim() })}>
            {t('lesson.ownNode')}
          </a>
        </p>
      )}
      <p>{t('lesson.handInWhat')}</p>
      <button type="button" disabled={number.trim() === '' && name.trim() === ''} onClick={() => void handIn()}>
        {t('lesson.handIn')}
      </button>
    </details>
  );
}
