/// <reference path="./virtual.d.ts" />
/** What comes after a lesson or drill: the next of the path that was followed, else the next lesson. */

import contents from 'virtual:contents';
import { useEffect, useState } from 'react';
import type { LearningPath } from '../../lesson-engine/load-paths.ts';
import { nextLesson } from '../../lesson-engine/next-lesson.ts';
import { useUi } from '../hooks.ts';
import type { Locale } from '../messages/catalogue.ts';
import { addressOf } from './address.ts';
import { drillIds, lessonIds } from './files.ts';
import { keptProgress } from './kept-progress.ts';
import { fetchPaths, isThere, progressOf } from './paths.tsx';
import type { LessonTranslate } from './use-lesson-messages.ts';

type Next = { href: string; title: string; kind: 'lesson' | 'drill' };
type Ahead = { next: Next | null; done: number; of: number; path: LearningPath | null };

export function NextUp({ id, t }: { id: string; t: LessonTranslate }) {
  const locale = useUi((state) => state.locale);
  const [ahead, setAhead] = useState<Ahead | null>(null);
  useEffect(() => {
    let current = true;
    void lookAhead(id, locale).then((found) => current && setAhead(found));
    return () => {
      current = false;
    };
  }, [id, locale]);
  if (ahead === null) return null;
  const { next, path, done, of } = ahead;
  return (
    <nav className="next-up" aria-label={t('next.label')}>
      {next === null ? (
        <p>{t('next.none')}</p>
      ) : (
        <p>
          <a className="button primary" href={next.href}>
            {t(next.kind === 'lesson' ? 'lesson.next' : 'next.drill', { title: next.title })}
          </a>
        </p>
      )}
      <p className="lesson-meta">
        {path !== null
          ? t('next.ofPath', { title: path.title[locale], done, of })
          : t(drillIds().includes(id) ? 'next.drillsDone' : 'next.done', { done, of })}
      </p>
    </nav>
  );
}

/** Where somebody begins or goes on who has just come: what was begun, else what is next. */
export function nextToDo(locale: Locale): (Next & { begun: boolean }) | null {
  const kept = keptProgress();
  const begun = lessonIds().find((id) => kept[id] !== undefined && !kept[id]?.finished);
  const last = lessonIds().findLast((id) => kept[id]?.finished);
  const next = begun === undefined ? afterLesson(last ?? '', locale) : called('lesson', begun, locale, {});
  return next === null ? null : { ...next, begun: begun !== undefined || last !== undefined };
}

async function lookAhead(id: string, locale: Locale): Promise<Ahead> {
  const wanted = new URLSearchParams(location.search).get('path');
  const path = (await fetchPaths()).find((each) => each.id === wanted) ?? null;
  const at = path?.items.findIndex((item) => item.id === id) ?? -1;
  if (path !== null && at >= 0) {
    const item = path.items.slice(at + 1).find((each) => each.kind !== 'demo' && isThere(each));
    const kind = item?.kind === 'drill' ? 'drill' : 'lesson';
    const next = item === undefined ? null : called(kind, item.id, locale, { path: path.id });
    return { next, path, ...progressOf(path) };
  }
  const finished = keptProgress();
  if (drillIds().includes(id)) {
    const drills = drillIds();
    const at = drills.indexOf(id);
    const left = [...drills.slice(at + 1), ...drills.slice(0, at)].find((each) => !finished[each]?.finished);
    const next = left === undefined ? null : called('drill', left, locale, {});
    return { next, path: null, done: drills.filter((each) => finished[each]?.finished).length, of: drills.length };
  }
  const done = lessonIds().filter((each) => finished[each]?.finished).length;
  return { next: afterLesson(id, locale), path: null, done, of: lessonIds().length };
}

function afterLesson(id: string, locale: Locale): Next | null {
  const finished = new Set(Object.entries(keptProgress()).flatMap(([each, kept]) => (kept.finished ? [each] : [])));
  const next = nextLesson(id, contents.lessons, finished);
  return next === null ? null : called('lesson', next.id, locale, {});
}

function called(kind: Next['kind'], id: string, locale: Locale, more: Readonly<Record<string, string>>): Next | null {
  const found = contents[`${kind}s`].find((each) => each.id === id);
  return found === undefined ? null : { href: addressOf(kind, id, more), title: `${id} ${found.title[locale]}`, kind };
}
