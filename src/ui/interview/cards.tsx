/** Question cards: the question; the key points only when they are asked for. */
import { useEffect, useState } from 'react';
import { LESSON_LEVELS, type LessonLevel } from '../../lesson-engine/lesson.ts';
import type { Card, CardText } from '../../lesson-engine/load-cards.ts';
import { useUi } from '../hooks.ts';
import { addressOf } from '../lesson/address.ts';
import { drillIds, lessonIds } from '../lesson/files.ts';
import { Line } from '../lesson/markdown-view.tsx';
import { useLessonMessages } from '../lesson/use-lesson-messages.ts';
import { fetchCards } from './files.ts';
import type { InterviewTranslate } from './use-interview-messages.ts';

export function Cards({ t }: { t: InterviewTranslate }) {
  const locale = useUi((state) => state.locale);
  const levels = useLessonMessages();
  const [cards, setCards] = useState<readonly { card: Card; text: CardText }[]>([]);
  const [level, setLevel] = useState<LessonLevel | ''>('');
  useEffect(() => {
    let current = true;
    void fetchCards(locale).then((read) => current && setCards(read));
    return () => {
      current = false;
    };
  }, [locale]);
  const shown = cards.filter(({ card }) => level === '' || card.level === level);
  const [lessons, drills] = [new Set(lessonIds()), new Set(drillIds())];
  return (
    <>
      <p>{t('cards.intro')}</p>
      <p>
        <label>
          {t('cards.level')}{' '}
          <select value={level} onChange={(event) => setLevel(event.target.value as LessonLevel | '')}>
            <option value="">{t('cards.all')}</option>
            {LESSON_LEVELS.map((each) => (
              <option key={each} value={each}>
                {levels?.(`level.${each}`)}
              </option>
            ))}
          </select>
        </label>{' '}
        <span role="status">{t('cards.count', { count: shown.length })}</span>
      </p>
      <ol className="question-cards">
        {shown.map(({ card, text }) => (
          <li key={card.id} value={Number(card.id.slice(1))}>
            <details>
              <summary>
                <Line text={text.question} />
              </summary>
              <ul>
                {text.points.map((point) => (
                  <li key={point}>
                    <Line text={point} />
                  </li>
                ))}
              </ul>
              {card.see.some((id) => lessons.has(id) || drills.has(id)) && (
                <p>
                  {t('cards.see')}{' '}
                  {card.see.map((id) =>
                    lessons.has(id) || drills.has(id) ? (
                      <a key={id} href={addressOf(lessons.has(id) ? 'lesson' : 'drill', id)}>
                        {id}
                      </a>
                    ) : null,
                  )}
                </p>
              )}
            </details>
          </li>
        ))}
      </ol>
    </>
  );
}
