/** The nodes on which nothing is asked: one card a scenario, with a line to begin with. */
import { SCENARIO_NAMES } from '../../machine/scenarios/names.ts';
import { useUi } from '../hooks.ts';
import { Line } from './markdown-view.tsx';
import type { LessonTranslate } from './use-lesson-messages.ts';

export function ScenarioGallery({ t }: { t: LessonTranslate }) {
  const locale = useUi((state) => state.locale);
  const theme = useUi((state) => state.theme);
  return (
    <>
      <h2>{t('home.nodes')}</h2>
      <ul className="cards">
        {SCENARIO_NAMES.map((name) => (
          <li key={name}>
            <a href={`?${new URLSearchParams({ scenario: name, lang: locale, theme })}`}>
              <b>{name}</b>
              <span>
                <Line text={t(`node.${name}`)} />
              </span>
            </a>
          </li>
        ))}
      </ul>
    </>
  );
}
