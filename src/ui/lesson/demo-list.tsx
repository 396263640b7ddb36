/// <reference path="./virtual.d.ts" />
/** The classroom demos, for the teacher's door. */
import contents from 'virtual:contents';
import { useUi } from '../hooks.ts';
import { addressOf } from './address.ts';
import { Line } from './markdown-view.tsx';
import type { LessonTranslate } from './use-lesson-messages.ts';

export function DemoList({ t }: { t: LessonTranslate }) {
  const locale = useUi((state) => state.locale);
  return (
    <>
      <h2>{t('demo.demos')}</h2>
      <p className="measure">{t('demo.intro')}</p>
      <ul className="cards">
        {contents.demos.map((demo) => (
          <li key={demo.id}>
            <a href={addressOf('demo', demo.id, { projector: '1' })}>
              <b>{demo.title[locale]}</b>
              <span>
                {demo.id} · {t('home.minutes', { count: demo.minutes })}
              </span>
              <span>
                <Line text={demo.intro[locale]} />
              </span>
            </a>
          </li>
        ))}
      </ul>
    </>
  );
}
