/** Class plans, sprints and the week before an interview: what comes when, what is done, what is still to come. */
import { Fragment, useEffect, useState } from 'react';
import { type LearningPath, loadPaths, type PathItem } from '../../lesson-engine/load-paths.ts';
import { useUi } from '../hooks.ts';
import { addressOf } from './address.ts';
import { demoIds, drillIds, lessonIds } from './files.ts';
import { keptProgress } from './kept-progress.ts';
import type { LessonTranslate } from './use-lesson-messages.ts';

const FILES = import.meta.glob<string>('../../../lessons/paths.yaml', { query: '?raw', import: 'default' });

export async function fetchPaths(): Promise<LearningPath[]> {
  const [path = ''] = Object.keys(FILES);
  return loadPaths('paths.yaml', (await FILES[path]?.()) ?? '').paths;
}

type Titles = ReadonlyMap<string, string>;
type Props = { kind: LearningPath['kind']; titles: Titles; t: LessonTranslate };

export function PathList({ kind, titles, t }: Props) {
  const locale = useUi((state) => state.locale);
  const [paths, setPaths] = useState<readonly LearningPath[]>([]);
  useEffect(() => {
    let current = true;
    void fetchPaths().then((read) => current && setPaths(read.filter((path) => path.kind === kind)));
    return () => {
      current = false;
    };
  }, [kind]);
  const questions = useQuestions(kind === 'week');
  return paths.map((path) => (
    <details key={path.id} className="path" open={kind === 'class'}>
      <summary>
        {path.title[locale]} · {t('home.minutes', { count: path.items.reduce((sum, { minutes }) => sum + minutes, 0) })}
      </summary>
      <p>{path.about[locale]}</p>
      {path.assumes.length > 0 && <p>{t('path.assumes', { list: path.assumes.join(', ') })}</p>}
      {kind !== 'class' && <p>{t('path.done', progressOf(path))}</p>}
      {daysOf(path.items).map((items) => (
        <Fragment key={items[0]?.id}>
          {items[0]?.day != null && <h3>{t('path.day', { n: items[0].day })}</h3>}
          <ol start={1 + path.items.indexOf(items[0] as PathItem)}>
            {items.map((item) => (
              <li key={item.id}>
                <Name item={item} path={path} titles={titles} t={t} />
                <span className="soft">
                  {' · '}
                  {t('home.minutes', { count: item.minutes })}
                  {item.steps !== null && ` · ${t('path.steps', { count: item.steps })}`}
                  {item.cut !== null && ` · ${t('path.cut', { n: item.cut })}`}
                  {questions.has(item.id) &&
                    ` · ${t('path.questions', { list: questions.get(item.id)?.join(', ') ?? '' })}`}
                </span>
              </li>
            ))}
          </ol>
        </Fragment>
      ))}
    </details>
  ));
}

/** What belongs together: the items of a day, or all. */
function daysOf(items: readonly PathItem[]): PathItem[][] {
  const days: PathItem[][] = [];
  for (const item of items) {
    if (item.day !== null || days.length === 0) days.push([]);
    days.at(-1)?.push(item);
  }
  return days;
}

/** Numbers of the question cards that a lesson or drill answers by doing. */
function useQuestions(wanted: boolean): ReadonlyMap<string, readonly number[]> {
  const [questions, setQuestions] = useState<ReadonlyMap<string, readonly number[]>>(new Map());
  useEffect(() => {
    let current = true;
    const read = async (): Promise<void> => {
      const { fetchCards } = await import('../interview/files.ts');
      const found = new Map<string, number[]>();
      for (const { card } of await fetchCards('en'))
        for (const id of card.see) found.set(id, [...(found.get(id) ?? []), Number(card.id.slice(1))]);
      if (current) setQuestions(found);
    };
    if (wanted) void read();
    return () => {
      current = false;
    };
  }, [wanted]);
  return questions;
}

/** What there is of an item: a path may name what is still to come. */
export function isThere({ kind, id }: PathItem): boolean {
  return { lesson: lessonIds, drill: drillIds, demo: demoIds }[kind]().includes(id);
}

/** Of what is there and is kept: demos are only looked at. */
export function progressOf(path: LearningPath): { done: number; of: number } {
  const kept = keptProgress();
  const items = path.items.filter((item) => item.kind !== 'demo' && isThere(item));
  return { done: items.filter(({ id }) => kept[id]?.finished).length, of: items.length };
}

function Name({ item, path, titles, t }: { item: PathItem; path: LearningPath; titles: Titles; t: LessonTranslate }) {
  const { kind, id } = item;
  if (!isThere(item)) return <span className="soft">{t('path.coming', { name: id })}</span>;
  const done = path.kind !== 'class' && keptProgress()[id]?.finished === true;
  return (
    <a
      href={addressOf(kind, id, kind === 'demo' ? { projector: '1' } : path.kind === 'class' ? {} : { path: path.id })}
    >
      {kind === 'demo' ? t('path.demo', { name: titles.get(id) ?? id }) : `${id} ${titles.get(id) ?? ''}`}
      {done && ` ✓`}
    </a>
  );
}
