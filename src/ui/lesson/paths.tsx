/** Class plans and sprints: what comes when, what is cut first, what is still to come. */
import { useEffect, useState } from 'react';
import { type LearningPath, loadPaths, type PathItem } from '../../lesson-engine/load-paths.ts';
import { useUi } from '../hooks.ts';
import { addressOf } from './address.ts';
import { drillIds, lessonIds } from './files.ts';
import type { LessonTranslate } from './use-lesson-messages.ts';

const FILES = import.meta.glob<string>('../../../lessons/paths.yaml', { query: '?raw', import: 'default' });

async function fetchPaths(): Promise<LearningPath[]> {
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
  return paths.map((path) => (
    <details key={path.id} className="path" open={kind === 'class'}>
      <summary>
        {path.title[locale]} · {t('home.minutes', { count: path.items.reduce((sum, { minutes }) => sum + minutes, 0) })}
      </summary>
      <p>{path.about[locale]}</p>
      {path.assumes.length > 0 && <p>{t('path.assumes', { list: path.assumes.join(', ') })}</p>}
      <ol>
        {path.items.map((item) => (
          <li key={item.id}>
            <Name item={item} titles={titles} t={t} />
            <span className="soft">
              {' · '}
              {t('home.minutes', { count: item.minutes })}
              {item.steps !== null && ` · ${t('path.steps', { count: item.steps })}`}
              {item.cut !== null && ` · ${t('path.cut', { n: item.cut })}`}
            </span>
          </li>
        ))}
      </ol>
    </details>
  ));
}

function Name({ item: { kind, id }, titles, t }: { item: PathItem; titles: Titles; t: LessonTranslate }) {
  const there = kind === 'lesson' ? lessonIds().includes(id) : kind === 'drill' && drillIds().includes(id);
  if (there && kind !== 'demo')
    return (
      <a href={addressOf(kind, id)}>
        {id} {titles.get(id)}
      </a>
    );
  const name = kind === 'demo' ? t('path.demo', { name: id }) : id;
  return <span className={kind === 'demo' ? '' : 'soft'}>{kind === 'demo' ? name : t('path.coming', { name })}</span>;
}
