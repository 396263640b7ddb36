/** Reads what a page's address asks for, before its machine starts. */
import type { Course } from '../worker/contract.ts';
import type { OpenCourse } from './course.ts';
import { fetchDrill, fetchLesson } from './files.ts';

export type Opened = { open: OpenCourse; course: Course; stand: { scenario: string; seed: number } };

/** `variant` counts from 1, as people do. */
export async function openCourse(id: string, variant: number): Promise<Opened | null> {
  const lesson = (await fetchLesson(id))?.lesson ?? null;
  if (lesson !== null) {
    return {
      open: { kind: 'lesson', id, lesson, drill: null, variant: 0 },
      course: { setup: lesson.setup, lesson, drill: null },
      stand: lesson,
    };
  }
  const drill = (await fetchDrill(id))?.drill ?? null;
  const at = drill === null ? 0 : (Math.max(1, variant) - 1) % drill.variants.length;
  const chosen = drill?.variants[at];
  if (drill === null || chosen === undefined) return null;
  return {
    open: { kind: 'drill', id, lesson: null, drill, variant: at },
    course: { setup: [...drill.setup, ...chosen.setup], lesson: null, drill },
    stand: drill,
  };
}
