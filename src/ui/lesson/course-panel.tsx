/** The lesson, the drill, the article's section or the demo beside drawing and terminal. */
import { lazy, Suspense, useEffect, useState } from 'react';
import './lesson.css';
import type { SectionText } from '../../lesson-engine/article.ts';
import type { DemoText } from '../../lesson-engine/demo.ts';
import type { DrillText, LessonText } from '../../lesson-engine/lesson.ts';
import { useUi } from '../hooks.ts';
import type { Locale } from '../messages/catalogue.ts';
import { ArticleView } from './article-view.tsx';
import type { OpenCourse } from './course.ts';
import { DemoView } from './demo-view.tsx';
import { DrillView } from './drill-view.tsx';
import {
  fetchDemo,
  fetchDemoText,
  fetchDrill,
  fetchDrillText,
  fetchLesson,
  fetchLessonText,
  fetchSection,
  fetchSectionText,
} from './files.ts';
import { LessonView } from './lesson-view.tsx';
import { useLessonMessages } from './use-lesson-messages.ts';

const InterviewView = lazy(() => import('../interview/interview-view.tsx').then((m) => ({ default: m.InterviewView })));

type Texts = {
  lesson?: LessonText | undefined;
  drill?: DrillText | undefined;
  article?: SectionText | undefined;
  demo?: DemoText | undefined;
};

export function CoursePanel() {
  const course = useUi((state) => state.course);
  const interview = useUi((state) => state.interview);
  const locale = useUi((state) => state.locale);
  const t = useLessonMessages();
  const [texts, setTexts] = useState<Texts | null>(null);
  useEffect(() => {
    let current = true;
    if (course !== null) void readTexts(course, locale).then((read) => current && setTexts(read));
    return () => {
      current = false;
    };
  }, [course, locale]);
  if (course === null || t === null || texts === null) return <aside className="lesson" aria-busy="true" />;
  if (course.kind === 'lesson' && texts.lesson !== undefined)
    return <LessonView lesson={course.lesson} text={texts.lesson} catchUp={course.catchUp} t={t} />;
  if (interview !== null && course.kind === 'drill' && texts.drill !== undefined)
    return (
      <Suspense fallback={<aside className="lesson" aria-busy="true" />}>
        <InterviewView interview={interview} drill={course.drill} text={texts.drill} lessonT={t} />
      </Suspense>
    );
  if (course.kind === 'drill' && texts.drill !== undefined)
    return <DrillView drill={course.drill} variant={course.variant} text={texts.drill} t={t} />;
  if (course.kind === 'article' && texts.article !== undefined)
    return <ArticleView section={course.section} text={texts.article} t={t} />;
  if (course.kind === 'demo' && texts.demo !== undefined)
    return <DemoView demo={course.demo} text={texts.demo} t={t} />;
  return null;
}

async function readTexts({ kind, id }: OpenCourse, locale: Locale): Promise<Texts> {
  if (kind === 'lesson') {
    const found = await fetchLesson(id);
    return found === null ? {} : { lesson: await fetchLessonText(found.path, found.lesson, locale) };
  }
  if (kind === 'drill') {
    const found = await fetchDrill(id);
    return found === null ? {} : { drill: await fetchDrillText(found.path, found.drill, locale) };
  }
  if (kind === 'article') {
    const found = await fetchSection(id);
    return found === null ? {} : { article: await fetchSectionText(found.path, found.section, locale) };
  }
  const found = await fetchDemo(id);
  return found === null ? {} : { demo: await fetchDemoText(found.path, found.demo, locale) };
}
