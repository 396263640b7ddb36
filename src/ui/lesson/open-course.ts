/** Reads what a page's address asks for, before its machine starts. */
import { asLesson } from '../../lesson-engine/demo.ts';
import type { Course } from '../worker/contract.ts';
import type { OpenCourse } from './course.ts';
import { fetchDemo, fetchDrill, fetchLesson, fetchSection } from './files.ts';

export type Opened = { open: OpenCourse; course: Course; stand: { scenario: string; seed: number } };

/** `variant` counts from 1, as people do. */
export async function openCourse(id: string, variant: number): Promise<Opened | null> {
  const lesson = (await fetchLesson(id))?.lesson;
  if (lesson !== undefined)
    return {
      open: { kind: 'lesson', id, lesson },
      course: { setup: lesson.setup, lesson, drill: null },
      stand: lesson,
    };
  const section = (await fetchSection(id))?.section;
  if (section !== undefined)
    return { open: { kind: 'article', id, section }, course: { setup: [], lesson: null, drill: null }, stand: section };
  const demo = (await fetchDemo(id))?.demo;
  if (demo !== undefined)
    return {
      open: { kind: 'demo', id, demo },
      course: { setup: demo.setup, lesson: asLesson(demo), drill: null },
      stand: demo,
    };
  const drill = (await fetchDrill(id))?.drill ?? null;
  const at = drill === null ? 0 : (Math.max(1, variant) - 1) % drill.variants.length;
  const chosen = drill?.variants[at];
  if (drill === null || chosen === undefined) return null;
  return {
    open: { kind: 'drill', id, drill, variant: at },
    course: { setup: [...drill.setup, ...chosen.setup], lesson: null, drill },
    stand: drill,
  };
}
