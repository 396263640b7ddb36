/** Reads what a page's address asks for, before its machine starts. */
import { catchUpCode, readCatchUpCode } from '../../lesson-engine/catch-up.ts';
import { classSeed } from '../../lesson-engine/class-seed.ts';
import { asLesson } from '../../lesson-engine/demo.ts';
import type { Savepoint } from '../../machine/machine.ts';
import type { OpenInterview } from '../interview/aids.ts';
import type { Course } from '../worker/contract.ts';
import { COURSE_KINDS, type OpenCourse } from './course.ts';
import { fetchDemo, fetchDrill, fetchLesson, fetchSection } from './files.ts';
import { enterLms } from './lms.ts';

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
  // A school's system may know where this learner stopped.
  const kept = query.has('lesson') ? readCatchUpCode(enterLms()) : null;
  const code = kept !== null && kept.lesson === query.get('lesson') ? catchUpCode(kept) : query.get('at');
  if (code !== null) return openCaughtUp(code);
  if (query.has('interview') || query.has('replay')) {
    const { openInterview, openReplay } = await import('../interview/open-interview.ts');
    const pack = query.get('interview');
    return pack === null ? openReplay() : openInterview(pack, query.get('nonce') ?? '');
  }
  const id = COURSE_KINDS.map((kind) => query.get(kind)).find((given) => given !== null) ?? '';
  const opened = await openCourse(id, Number(query.get('variant') ?? 1));
  const group = query.get('class') ?? '';
  const number = query.get('number') ?? '';
  if (opened?.open.kind !== 'lesson' || group === '' || number === '') return opened;
  return { ...opened, stand: { ...opened.stand, seed: classSeed(group, number) } };
}

/** A lesson with the first steps done, on the class's node; null if the code is mistyped or there is no such lesson. */
async function openCaughtUp(code: string): Promise<Opened | null> {
  const place = readCatchUpCode(code);
  const opened = place === null ? null : await openCourse(place.lesson, 1);
  if (place === null || opened?.open.kind !== 'lesson') return null;
  const { open, course, stand } = opened;
  return {
    open: { ...open, catchUp: Math.min(place.step, open.lesson.steps.length) },
    course,
    stand: { ...stand, seed: place.seed },
  };
}

/** `variant` counts from 1, as people do. */
export async function openCourse(id: string, variant: number): Promise<Opened | null> {
  const lesson = (await fetchLesson(id))?.lesson;
  if (lesson !== undefined)
    return {
      open: { kind: 'lesson', id, lesson, catchUp: 0 },
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
