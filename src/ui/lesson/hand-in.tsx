/** One file with who, which lesson, how far, and everything that was typed, for `cutaway grade`. */
import { useState } from 'react';
import type { Lesson } from '../../lesson-engine/lesson.ts';
import { session } from '../session.ts';
import { download } from './kept-progress.ts';
import type { LessonTranslate } from './use-lesson-messages.ts';

export function HandIn({ lesson, done, t }: { lesson: Lesson; done: number; t: LessonTranslate }) {
  const [number, setNumber] = useState('');
  const [name, setName] = useState('');
  const handIn = async (): Promise<void> => {
    const savepoint = await session.link?.api.savepoint();
    if (savepoint === undefined || savepoint === null) return;
    const file = { format: 'cutaway-hand-in-1', number, name, lesson: lesson.id, steps: done, savepoint };
    const safe = (text: string): string => text.trim().replace(/[\\/:*?"<>|\s]+/g, '_') || '-';
    download(`${safe(number)}-${safe(name)}-${lesson.id}.cutaway`, JSON.stringify(file));
  };
  return (
    <details className="hand-in">
      <summary>{t('lesson.handIn')}</summary>
      <label>
        {t('lesson.number')} <input value={number} onChange={(event) => setNumber(event.target.value)} />
      </label>
      <label>
        {t('lesson.name')} <input value={name} onChange={(event) => setName(event.target.value)} />
      </label>
      <p>{t('lesson.handInWhat')}</p>
      <button type="button" disabled={number.trim() === '' && name.trim() === ''} onClick={() => void handIn()}>
        {t('lesson.handIn')}
      </button>
    </details>
  );
}
