/** Reads what a page's address asks for, before its machine starts. */
import { readCatchUpCode } from '../../lesson-engine/catch-up.ts';
import type { Savepoint } from '../../machine/machine.ts';
import type { OpenInterview } from '../interview/aids.ts';
import type { Course } from '../worker/contract.ts';
import type { OpenCourse } from './course.ts';
import { fetchDrill, fetchLesson } from './files.ts';

export type Opened = {
  open: OpenCourse;
  course: Course;
  stand: { scenario: string; seed: number };
  interview?: OpenInterview;
  /** A history to be made again. */
  savepoint?: Savepoint;
};

/** What the page's address asks for; null if there is no such thing. */
export async function openAddress(query: URLSearchParams): Promise<Opened | null> {
  const code = query.get('at');
  if (code !== null) return openCaughtUp(code);
  if (query.has('interview') || query.has('replay')) {
    const { openInterview, openReplay } = await import('../interview/open-interview.ts');
    const pack = query.get('interview');
    return pack === null ? openReplay() : openInterview(pack, query.get('nonce') ?? '');
  }
  return openCourse(query.get('lesson') ?? query.get('drill') ?? '', Number(query.get('variant') ?? 1));
}

/** A lesson with the first steps done, on the class's node; null if the code is mistyped or there is no such lesson. */
async function openCaughtUp(code: string): Promise<Opened | null> {
  const place = readCatchUpCode(code);
  const opened = place === null ? null : await openCourse(place.lesson, 1);
  if (place === null || opened === null) return null;
  const { open, course, stand } = opened;
  return {
    open: { ...open, catchUp: Math.min(place.step, open.lesson?.steps.length ?? 0) },
    course,
    stand: { ...stand, seed: place.seed },
  };
}

/** `variant` counts from 1, as people do. */
export async function openCourse(id: string, variant: number): Promise<Opened | null> {
  const lesson = (await fetchLesson(id))?.lesson ?? null;
  if (lesson !== null) {
    return {
      open: { kind: 'lesson', id, lesson, drill: null, variant: 0, catchUp: 0 },
      course: { setup: lesson.setup, lesson, drill: null },
      stand: lesson,
    };
  }
  const drill = (await fetchDrill(id))?.drill ?? null;
  const at = drill === null ? 0 : (Math.max(1, variant) - 1) % drill.variants.length;
  const chosen = drill?.variants[at];
  if (drill === null || chosen === undefined) return null;
  return {
    open: { kind: 'drill', id, lesson: null, drill, variant: at, catchUp: 0 },
    course: { setup: [...drill.setup, ...chosen.setup], lesson: null, drill },
    stand: drill,
  };
}
