/** Six characters that take whoever comes late to where the class is. */
import { type FormEvent, useState } from 'react';
import { readCatchUpCode } from '../../lesson-engine/catch-up.ts';
import { addressOf } from './address.ts';
import { lessonIds } from './files.ts';
import type { LessonTranslate } from './use-lesson-messages.ts';

export function CatchUpForm({ t }: { t: LessonTranslate }) {
  const [code, setCode] = useState('');
  const [wrong, setWrong] = useState(false);
  const go = (event: FormEvent): void => {
    event.preventDefault();
    const place = readCatchUpCode(code);
    if (place === null || !lessonIds().includes(place.lesson)) setWrong(true);
    else location.assign(addressOf('at', code.trim()));
  };
  return (
    <form className="catch-up" onSubmit={go}>
      <label>
        {t('catchUp.label')}{' '}
        <input
          value={code}
          size={8}
          autoComplete="off"
          spellCheck={false}
          aria-invalid={wrong}
          aria-describedby="catch-up-what"
          onChange={(event) => {
            setCode(event.target.value);
            setWrong(false);
          }}
        />
      </label>{' '}
      <button type="submit">{t('catchUp.go')}</button>
      <span role="status">{wrong ? t('catchUp.wrong') : ''}</span>
      <p id="catch-up-what" className="soft">
        {t('catchUp.what')}
      </p>
    </form>
  );
}
