/// <reference path="./virtual.d.ts" />
/** Three doors: learn, teach, interview. The sandbox lies behind them, untouched. */
import { type ChangeEvent, lazy, Suspense, useEffect, useRef, useState } from 'react';
import './lesson.css';
import contents from 'virtual:contents';
import { useUi } from '../hooks.ts';
import type { Locale } from '../messages/catalogue.ts';
import type { LessonMessageKey } from '../messages/lessons/en.ts';
import { addressOf } from './address.ts';
import { ArticleHome } from './article-home.tsx';
import { CatchUpForm } from './catch-up.tsx';
import { DemoList } from './demo-list.tsx';
import { GradeFiles } from './grade-files.tsx';
import { exportProgress, importProgress, type Kept, keptProgress, replaceProgress } from './kept-progress.ts';
import { Line } from './markdown-view.tsx';
import { nextToDo } from './next-up.tsx';
import { PathList } from './paths.tsx';
import { ScenarioGallery } from './scenario-gallery.tsx';
import { type LessonTranslate, useLessonMessages } from './use-lesson-messages.ts';

const Rooms = lazy(() => import('../interview/rooms.tsx').then((m) => ({ default: m.Rooms })));

const Faithful = lazy(() => import('../faithful/faithful.tsx').then((m) => ({ default: m.Faithful })));

const FaultsPanel = lazy(() => import('../faults/faults-panel.tsx').then((m) => ({ default: m.FaultsPanel })));

const Keys = lazy(() => import('../keys/keys.tsx').then((m) => ({ default: m.Keys })));

const Browse = lazy(() => import('../browse/browse.tsx').then((m) => ({ default: m.Browse })));

const DOORS = ['learn', 'teach', 'interview'] as const;
const TRACKS = ['foundations', 'images', 'cri', 'containerd', 'isolation', 'registries', 'operations'] as const;

export function Home({ place }: { place: string }) {
  const t = useLessonMessages();
  const interview = useUi((state) => state.interview);
  const top = useRef<HTMLElement>(null);
  const ready = t !== null;
  useEffect(() => {
    if (ready) top.current?.focus();
  }, [ready]);
  if (t === null) return null;
  return (
    <section
      className="home"
      aria-label={t('home.label')}
      ref={top}
      tabIndex={-1}
      onKeyDown={(event) => {
        if (event.key === 'Escape') location.hash = '';
      }}
    >
      <nav aria-label={t('home.label')}>
        {DOORS.map((door) => (
          <a
            key={door}
            href={`#${door}`}
            aria-current={
              door === place.split('-')[0] ? 'page' : door === 'learn' && place === 'article' ? 'true' : undefined
            }
          >
            {t(`home.${door}`)}
          </a>
        ))}
        <a href="#compare">{t('home.compare')}</a>
        {interview === null && (
          <a href="#faults" aria-current={place === 'faults' ? 'page' : undefined}>
            {t('home.faults')}
          </a>
        )}
        <a href="#browse" aria-current={place === 'browse' ? 'page' : undefined}>
          {t('home.browse')}
        </a>
        <span className="space" />
        <a href="#keys" aria-current={place === 'keys' ? 'page' : undefined}>
          {t('home.keys')}
        </a>
        <a href="#faithful" aria-current={place === 'faithful' ? 'page' : undefined}>
          {t('home.faithful')}
        </a>
        <a href="#sandbox">{t('home.sandbox')}</a>
      </nav>
      {place === 'learn' && <Learn t={t} />}
      {place === 'article' && <ArticleHome t={t} />}
      {place === 'teach' && <Teach t={t} />}
      {place === 'faults' && interview === null && (
        <Suspense fallback={<p>{t('home.loading')}</p>}>
          <FaultsPanel />
        </Suspense>
      )}
      {place === 'browse' && (
        <Suspense fallback={<p>{t('home.loading')}</p>}>
          <Browse t={t} />
        </Suspense>
      )}
      {place === 'keys' && (
        <Suspense fallback={<p>{t('home.loading')}</p>}>
          <Keys />
        </Suspense>
      )}
      {place === 'faithful' && (
        <Suspense fallback={<p>{t('home.loading')}</p>}>
          <Faithful t={t} />
        </Suspense>
      )}
      {place.startsWith('interview') && (
        <Suspense fallback={<p>{t('home.loading')}</p>}>
          <Rooms place={place} drills={<Interview t={t} />} />
        </Suspense>
      )}
    </section>
  );
}

function Learn({ t }: { t: LessonTranslate }) {
  const locale = useUi((state) => state.locale);
  const [kept, setKept] = useState(keptProgress);
  const [notice, setNotice] = useState('');
  const load = async (event: ChangeEvent<HTMLInputElement>): Promise<void> => {
    const file = event.target.files?.[0];
    if (file === undefined) return;
    setNotice((await importProgress(file)) ? t('home.imported') : t('home.notImported'));
    setKept(keptProgress());
  };
  const status = (id: string): string => {
    const entry = kept[id];
    if (entry === undefined) return '';
    return entry.finished ? `✓ ${t('home.done')}` : t('home.begun', { done: entry.done, of: entry.of });
  };
  return (
    <>
      <p>{t('home.learnIntro')}</p>
      <Begin t={t} />
      {TRACKS.map((track) => {
        const lessons = contents.lessons.filter((lesson) => lesson.track === track);
        if (lessons.length === 0) return null;
        return (
          <section key={track}>
            <h2>{t(`track.${track}` as LessonMessageKey)}</h2>
            <ul className="cards">
              {lessons.map((lesson) => (
                <li key={lesson.id}>
                  <a href={addressOf('lesson', lesson.id)}>
                    <b>{lesson.title[locale]}</b>
                    <span>
                      {lesson.id} · {t(`level.${lesson.level}`)} · {t('home.minutes', { count: lesson.minutes })}
                    </span>
                    {lesson.exam.length > 0 && <span>{lesson.exam.join('; ')}</span>}
                    {status(lesson.id) !== '' && <span className="status">{status(lesson.id)}</span>}
                  </a>
                </li>
              ))}
            </ul>
          </section>
        );
      })}
      <h2>{t('article.label')}</h2>
      <ul className="cards">
        <li>
          {/* Not `#article` alone: below the fold axe takes that for a skip link. */}
          <a href={`${location.pathname}${location.search}#article`}>
            <b>{t('article.title')}</b>
            <span>{t('article.card')}</span>
          </a>
        </li>
      </ul>
      <ScenarioGallery t={t} />
      <h2>{t('path.sprints')}</h2>
      <PathList kind="sprint" titles={titlesIn(locale)} t={t} />
      <CatchUpForm t={t} />
      <p className="lesson-foot">
        <span>{t('home.private')}</span>
        <button type="button" onClick={exportProgress}>
          {t('home.export')}
        </button>
        <label className="button">
          {t('home.import')}
          <input type="file" accept=".json" className="sr-only" onChange={(event) => void load(event)} />
        </label>
        <Forget onChange={() => setKept(keptProgress())} t={t} />
        <span role="status">{notice}</span>
      </p>
    </>
  );
}

/** Everything begins again; until the page is left it can be taken back. */
function Forget({ onChange, t }: { onChange: () => void; t: LessonTranslate }) {
  const [gone, setGone] = useState<Kept | null>(null);
  const change = (to: Kept, before: Kept | null): void => {
    replaceProgress(to);
    setGone(before);
    onChange();
  };
  if (gone === null)
    return (
      <button type="button" onClick={() => change({}, keptProgress())}>
        {t('home.forget')}
      </button>
    );
  return (
    <span role="status">
      {t('home.forgotten')}{' '}
      <button type="button" onClick={() => change(gone, null)}>
        {t('lesson.takeBack')}
      </button>
    </span>
  );
}

/** One link for whoever does not want to choose. */
function Begin({ t }: { t: LessonTranslate }) {
  const locale = useUi((state) => state.locale);
  const next = nextToDo(locale);
  if (next === null) return null;
  return (
    <p>
      <a className="button primary" href={next.href}>
        {t(next.begun ? 'next.goOn' : 'next.begin', { title: next.title })}
      </a>
    </p>
  );
}

function titlesIn(locale: Locale): ReadonlyMap<string, string> {
  const { lessons, drills, demos } = contents;
  return new Map([...lessons, ...drills, ...demos].map(({ id, title }) => [id, title[locale]]));
}

function Teach({ t }: { t: LessonTranslate }) {
  const locale = useUi((state) => state.locale);
  return (
    <>
      <p>{t('home.teachIntro')}</p>
      <h2>{t('home.teachPlans')}</h2>
      <PathList kind="class" titles={titlesIn(locale)} t={t} />
      <DemoList t={t} />
      <CatchUpForm t={t} />
      <h2>{t('home.teachRoom')}</h2>
      <ul>
        {(['home.teachHost', 'home.teachProjector', 'home.teachHandIn'] as const).map((key) => (
          <li key={key}>
            <Line text={t(key)} />
          </li>
        ))}
      </ul>
      <GradeFiles t={t} />
    </>
  );
}

function Interview({ t }: { t: LessonTranslate }) {
  const locale = useUi((state) => state.locale);
  const kept = keptProgress();
  return (
    <>
      <p>{t('home.interviewIntro')}</p>
      <p>{t('home.interviewNot')}</p>
      <ul className="cards">
        {contents.drills.map((drill) => (
          <li key={drill.id}>
            <a href={addressOf('drill', drill.id)}>
              <b>{drill.title[locale]}</b>
              <span>
                {drill.id} · {'★'.repeat(drill.stars)} · {t('home.minutes', { count: drill.minutes })}
              </span>
              {kept[drill.id] !== undefined && (
                <span className="status">{t('home.score', { done: kept[drill.id]?.done ?? 0 })}</span>
              )}
            </a>
            <p className="variants">
              {drill.variants.map((variant, i) => (
                <a
                  key={variant}
                  href={`${addressOf('drill', drill.id)}&variant=${i + 1}`}
                  aria-label={`${drill.title[locale]}: ${t('home.variant', { n: i + 1 })}`}
                >
                  {i + 1}
                </a>
              ))}
            </p>
          </li>
        ))}
      </ul>
      <h2>{t('path.weeks')}</h2>
      <PathList kind="week" titles={titlesIn(locale)} t={t} />
    </>
  );
}
