/** The lessons' and drills' files, each a chunk of its own, fetched when it is asked for. */
import type { ArticleSection, SectionText } from '../../lesson-engine/article.ts';
import type { Demo, DemoText } from '../../lesson-engine/demo.ts';
import type { Drill, DrillText, Lesson, LessonText } from '../../lesson-engine/lesson.ts';
import { loadSection, loadSectionText } from '../../lesson-engine/load-article.ts';
import { loadDemo, loadDemoText } from '../../lesson-engine/load-demo.ts';
import { loadDrill } from '../../lesson-engine/load-drill.ts';
import { loadLesson } from '../../lesson-engine/load-lesson.ts';
import { loadDrillText, loadText } from '../../lesson-engine/load-text.ts';
import type { Locale } from '../messages/catalogue.ts';

type Files = Readonly<Record<string, () => Promise<string>>>;

const STRUCTURES: Files = import.meta.glob<string>('../../../lessons/*/*/{lesson,drill,section,demo}.yaml', {
  query: '?raw',
  import: 'default',
});
const TEXTS: Files = import.meta.glob<string>('../../../lessons/*/*/{en,zh-CN}.md', {
  query: '?raw',
  import: 'default',
});

type Structure = 'lesson' | 'drill' | 'section' | 'demo';

function pathsOf(name: Structure): string[] {
  return Object.keys(STRUCTURES)
    .filter((path) => path.endsWith(`/${name}.yaml`) && !path.includes('/template/'))
    .sort((a, b) => (idOf(a) < idOf(b) ? -1 : 1));
}

function idOf(path: string): string {
  return path.split('/').at(-2) ?? '';
}

export const lessonIds = (): string[] => pathsOf('lesson').map(idOf);
export const drillIds = (): string[] => pathsOf('drill').map(idOf);
export const sectionIds = (): string[] => pathsOf('section').map(idOf);
export const demoIds = (): string[] => pathsOf('demo').map(idOf);

async function structure(name: Structure, id: string): Promise<{ path: string; text: string } | null> {
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

export async function fetchSection(id: string): Promise<{ path: string; section: ArticleSection } | null> {
  const found = await structure('section', id);
  return found === null ? null : { path: found.path, section: loadSection(found.path, found.text).section };
}

export async function fetchSectionText(path: string, section: ArticleSection, locale: Locale): Promise<SectionText> {
  return loadSectionText(path, await textOf(path, locale), section).text;
}

export async function fetchDemo(id: string): Promise<{ path: string; demo: Demo } | null> {
  const found = await structure('demo', id);
  return found === null ? null : { path: found.path, demo: loadDemo(found.path, found.text).demo };
}

export async function fetchDemoText(path: string, demo: Demo, locale: Locale): Promise<DemoText> {
  return loadDemoText(path, await textOf(path, locale), demo).text;
}
