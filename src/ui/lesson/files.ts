/** The lessons' and drills' files, each a chunk of its own, fetched when it is asked for. */
import type { Drill, DrillText, Lesson, LessonText } from '../../lesson-engine/lesson.ts';
import { loadDrill } from '../../lesson-engine/load-drill.ts';
import { loadLesson } from '../../lesson-engine/load-lesson.ts';
import { loadDrillText, loadText } from '../../lesson-engine/load-text.ts';
import type { Locale } from '../messages/catalogue.ts';

type Files = Readonly<Record<string, () => Promise<string>>>;

const STRUCTURES: Files = import.meta.glob<string>('../../../lessons/*/*/{lesson,drill}.yaml', {
  query: '?raw',
  import: 'default',
});
const TEXTS: Files = import.meta.glob<string>('../../../lessons/*/*/{en,zh-CN}.md', {
  query: '?raw',
  import: 'default',
});

function pathsOf(name: 'lesson' | 'drill'): string[] {
  return Object.keys(STRUCTURES)
    .filter((path) => path.endsWith(`/${name}.yaml`) && !path.includes('/template/'))
    .sort((a, b) => (idOf(a) < idOf(b) ? -1 : 1));
}

function idOf(path: string): string {
  return path.split('/').at(-2) ?? '';
}

export const lessonIds = (): string[] => pathsOf('lesson').map(idOf);
export const drillIds = (): string[] => pathsOf('drill').map(idOf);

async function structure(name: 'lesson' | 'drill', id: string): Promise<{ path: string; text: string } | null> {
  const path = pathsOf(name).find((candidate) => idOf(candidate) === id);
  const read = path === undefined ? undefined : STRUCTURES[path];
  return path === undefined || read === undefined ? null : { path, text: await read() };
}

async function textOf(path: string, locale: Locale): Promise<string> {
  return (await TEXTS[path.replace(/[^/]+$/, `${locale}.md`)]?.()) ?? '';
}

export async function fetchLesson(id: string): Promise<{ path: string; lesson: Lesson } | null> {
  const found = await structure('lesson', id);
  return found === null ? null : { path: found.path, lesson: loadLesson(found.path, found.text).lesson };
}

export async function fetchDrill(id: string): Promise<{ path: string; drill: Drill } | null> {
  const found = await structure('drill', id);
  return found === null ? null : { path: found.path, drill: loadDrill(found.path, found.text).drill };
}

export async function fetchLessonText(path: string, lesson: Lesson, locale: Locale): Promise<LessonText> {
  return loadText(path, await textOf(path, locale), lesson).text;
}

export async function fetchDrillText(path: string, drill: Drill, locale: Locale): Promise<DrillText> {
  return loadDrillText(path, await textOf(path, locale), drill).text;
}
