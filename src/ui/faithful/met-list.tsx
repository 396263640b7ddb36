/** What this learner met as not simulated, with a way to take it along. */
import { useStore } from 'zustand';
import { useUi } from '../hooks.ts';
import { download } from '../lesson/kept-progress.ts';
import type { LessonTranslate } from '../lesson/use-lesson-messages.ts';
import { forgetMet, met, metJson, metText } from './met.ts';

export function MetList({ t }: { t: LessonTranslate }) {
  const list = useStore(met, (state) => state.list);
  const locale = useUi((state) => state.locale);
  return (
    <section className="met" aria-label={t('met.title')}>
      <h2>{t('met.title')}</h2>
      <p className="soft">{t(list.length === 0 ? 'met.none' : 'met.intro')}</p>
      {list.length > 0 && (
        <>
          <ul>
            {list.map(({ what, line, scenario, count, at }) => (
              <li key={what}>
                <code lang="en">{line}</code> ×{count}{' '}
                <span className="soft">
                  {new Date(at).toLocaleString(locale)} · {scenario}
                </span>
                <br />
                <span lang="en">{what}</span>
              </li>
            ))}
          </ul>
          <p>
            <button type="button" onClick={() => download('cutaway-not-simulated.txt', metText(list))}>
              {t('met.text')}
            </button>{' '}
            <button type="button" onClick={() => download('cutaway-not-simulated.json', metJson(list))}>
              {t('met.json')}
            </button>{' '}
            <button type="button" onClick={forgetMet}>
              {t('met.forget')}
            </button>
          </p>
        </>
      )}
    </section>
  );
}
