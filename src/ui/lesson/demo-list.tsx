/** The classroom demos, for the teacher's door. */
import { useEffect, useState } from 'react';
import type { Demo, DemoText } from '../../lesson-engine/demo.ts';
import { useUi } from '../hooks.ts';
import type { Locale } from '../messages/catalogue.ts';
import { addressOf } from './address.ts';
import { demoIds, fetchDemo, fetchDemoText } from './files.ts';
import { Line } from './markdown-view.tsx';
import type { LessonTranslate } from './use-lesson-messages.ts';

export function DemoList({ t }: { t: LessonTranslate }) {
  const locale = useUi((state) => state.locale);
  const [demos, setDemos] = useState<{ demo: Demo; text: DemoText }[]>([]);
  useEffect(() => {
    let current = true;
    void readDemos(locale).then((read) => current && setDemos(read));
    return () => {
      current = false;
    };
  }, [locale]);
  return (
    <>
      <h2>{t('demo.demos')}</h2>
      <p className="measure">{t('demo.intro')}</p>
      <ul className="cards">
        {demos.map(({ demo, text }) => (
          <li key={demo.id}>
            <a href={addressOf('demo', demo.id, { projector: '1' })}>
              <b>{text.title}</b>
              <span>
                {demo.id} · {t('home.minutes', { count: demo.minutes })}
              </span>
              <span>
                <Line text={text.intro} />
              </span>
            </a>
          </li>
        ))}
      </ul>
    </>
  );
}

async function readDemos(locale: Locale): Promise<{ demo: Demo; text: DemoText }[]> {
  const demos = await Promise.all(
    demoIds().map(async (id) => {
      const found = await fetchDemo(id);
      return found === null ? null : { demo: found.demo, text: await fetchDemoText(found.path, found.demo, locale) };
    }),
  );
  return demos.filter((entry) => entry !== null);
}
