/** The lesson or the drill beside drawing and terminal. */
import { lazy, Suspense, useEffect, useState } from 'react';
import './lesson.css';
import type { DrillText, LessonText } from '../../lesson-engine/lesson.ts';
import { useUi } from '../hooks.ts';
import type { Locale } from '../messages/catalogue.ts';
import type { OpenCourse } from './course.ts';
import { DrillView } from './drill-view.tsx';
import { fetchDrill, fetchDrillText, fetchLesson, fetchLessonText } from './files.ts';
import { LessonView } from './lesson-view.tsx';
import { useLessonMessages } from './use-lesson-messages.ts';

const InterviewView = lazy(() => import('../interview/interview-view.tsx').then((m) => ({ default: m.InterviewView })));

export function CoursePanel() {
  const course = useUi((state) => state.course);
  const interview = useUi((state) => state.interview);
  const locale = useUi((state) => state.locale);
  const t = useLessonMessages();
  const [text, setText] = useState<{ lesson: LessonText | null; drill: DrillText | null } | null>(null);
  useEffect(() => {
    let current = true;
    if (course !== null) void readText(course, locale).then((read) => current && setText(read));
    return () => {
      current = false;
    };
  }, [course, locale]);
  if (course === null || t === null || text === null) return <aside className="lesson" aria-busy="true" />;
  if (course.lesson !== null && text.lesson !== null)
    return <LessonView lesson={course.lesson} text={text.lesson} catchUp={course.catchUp} t={t} />;
  if (interview !== null && course.drill !== null && text.drill !== null)
    return (
      <Suspense fallback={<aside className="lesson" aria-busy="true" />}>
        <InterviewView interview={interview} drill={course.drill} text={text.drill} lessonT={t} />
      </Suspense>
    );
  if (course.drill !== null && text.drill !== null)
    return <DrillView drill={course.drill} variant={course.variant} text={text.drill} t={t} />;
  return null;
}

async function readText(
  course: OpenCourse,
  locale: Locale,
): Promise<{ lesson: LessonText | null; drill: DrillText | null }> {
  if (course.kind === 'lesson') {
    const found = await fetchLesson(course.id);
    return { lesson: found === null ? null : await fetchLessonText(found.path, found.lesson, locale), drill: null };
  }
  const found = await fetchDrill(course.id);
  return { lesson: null, drill: found === null ? null : await fetchDrillText(found.path, found.drill, locale) };
}
