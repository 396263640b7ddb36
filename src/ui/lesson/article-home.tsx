/** The article's table of contents: nine sections, each with a node of its own. */
import { useEffect, useState } from 'react';
import type { ArticleSection, SectionText } from '../../lesson-engine/article.ts';
import { useT, useUi } from '../hooks.ts';
import type { Locale } from '../messages/catalogue.ts';
import { addressOf } from './address.ts';
import { fetchSection, fetchSectionText, sectionIds } from './files.ts';
import { Line } from './markdown-view.tsx';
import type { LessonTranslate } from './use-lesson-messages.ts';

type Entry = { section: ArticleSection; text: SectionText };

export function ArticleHome({ t }: { t: LessonTranslate }) {
  const page = useT();
  const locale = useUi((state) => state.locale);
  const [entries, setEntries] = useState<Entry[] | null>(null);
  useEffect(() => {
    let current = true;
    void readSections(locale).then((read) => current && setEntries(read));
    return () => {
      current = false;
    };
  }, [locale]);
  return (
    <>
      <h2>{t('article.title')}</h2>
      <p className="measure">{t('article.intro')}</p>
      <p className="measure">{t('article.how')}</p>
      {entries === null ? (
        <p>{t('home.loading')}</p>
      ) : (
        <ol className="cards contents">
          {entries.map(({ section, text }, i) => (
            <li key={section.id}>
              <a href={addressOf('article', section.id)}>
                <b>
                  {i + 1} · {text.title}
                </b>
                <span>
                  <Line text={text.summary} />
                </span>
                <span>
                  {page('app.scenario', { name: section.scenario })} ·{' '}
                  {t('article.blocks', { count: section.blocks.length })}
                </span>
              </a>
            </li>
          ))}
        </ol>
      )}
    </>
  );
}

async function readSections(locale: Locale): Promise<Entry[]> {
  const entries = await Promise.all(
    sectionIds().map(async (id): Promise<Entry | null> => {
      const found = await fetchSection(id);
      if (found === null) return null;
      return { section: found.section, text: await fetchSectionText(found.path, found.section, locale) };
    }),
  );
  return entries.filter((entry) => entry !== null);
}
