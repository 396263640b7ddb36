/** Finds the lessons and drills beside the program and reads them. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import type { ArticleSection, SectionText } from '../lesson-engine/article.ts';
import { prerequisiteProblems } from '../lesson-engine/catalogue.ts';
import type { Demo, DemoText } from '../lesson-engine/demo.ts';
import {
  type Drill,
  type DrillText,
  LANGUAGES,
  type Language,
  type Lesson,
  type LessonProblem,
  type LessonText,
} from '../lesson-engine/lesson.ts';
import { loadSection, loadSectionText } from '../lesson-engine/load-article.ts';
import { loadDemo, loadDemoText } from '../lesson-engine/load-demo.ts';
import { loadDrill } from '../lesson-engine/load-drill.ts';
import { loadLesson } from '../lesson-engine/load-lesson.ts';
import { loadDrillText, loadText } from '../lesson-engine/load-text.ts';
import { SCENARIO_NAMES } from '../machine/scenarios/names.ts';

export type LessonFolder = { lesson: Lesson; texts: Map<Language, LessonText>; problems: LessonProblem[] };
export type DemoFolder = { demo: Demo; texts: Map<Language, DemoText>; problems: LessonProblem[] };
export type SectionFolder = { section: ArticleSection; texts: Map<Language, SectionText>; problems: LessonProblem[] };
export type DrillFolder = { drill: Drill; texts: Map<Language, DrillText>; problems: LessonProblem[] };

/** The folder `lessons` of the nearest folder above this file that has one. */
export function lessonsFolder(): string {
  for (let folder = import.meta.dirname; ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'lessons'))) return join(folder, 'lessons');
    if (dirname(folder) === folder) throw new Error('there is no folder "lessons" beside this program');
  }
}

export function readLessons(root = lessonsFolder()): LessonFolder[] {
  const found = foldersWith(root, 'lesson.yaml').map(({ folder, shown }) => {
    const file = `${shown}/lesson.yaml`;
    const { lesson, problems } = loadLesson(file, readFileSync(join(folder, 'lesson.yaml'), 'utf8'));
    const [id, track] = folder.split(/[\\/]/).reverse();
    if (lesson.id !== id || lesson.track !== track)
      problems.push({ file, line: 1, message: `id and track must be those of its folder, ${id} and ${track}` });
    if (!isScenario(lesson.scenario))
      problems.push({ file, line: 1, message: `there is no scenario "${lesson.scenario}"` });
    const texts = readTexts(folder, shown, problems, (name, text) => loadText(name, text, lesson));
    return { file, lesson, texts, problems };
  });
  for (const problem of prerequisiteProblems(found))
    found.find(({ file }) => file === problem.file)?.problems.push(problem);
  return found.sort((a, b) => (a.lesson.id < b.lesson.id ? -1 : 1));
}

export function readDrills(root = lessonsFolder()): DrillFolder[] {
  return foldersWith(root, 'drill.yaml').map(({ folder, shown }) => {
    const file = `${shown}/drill.yaml`;
    const { drill, problems } = loadDrill(file, readFileSync(join(folder, 'drill.yaml'), 'utf8'));
    problems.push(...placeProblems(file, folder, drill));
    const texts = readTexts(folder, shown, problems, (name, text) => loadDrillText(name, text, drill));
    return { drill, texts, problems };
  });
}

/** In the order of the curriculum. */
export function readDemos(root = lessonsFolder()): DemoFolder[] {
  return foldersWith(root, 'demo.yaml').map(({ folder, shown }) => {
    const file = `${shown}/demo.yaml`;
    const { demo, problems } = loadDemo(file, readFileSync(join(folder, 'demo.yaml'), 'utf8'));
    problems.push(...placeProblems(file, folder, demo));
    const texts = readTexts(folder, shown, problems, (name, text) => loadDemoText(name, text, demo));
    return { demo, texts, problems };
  });
}

/** The article, section by section. */
export function readArticle(root = lessonsFolder()): SectionFolder[] {
  return foldersWith(root, 'section.yaml').map(({ folder, shown }) => {
    const file = `${shown}/section.yaml`;
    const { section, problems } = loadSection(file, readFileSync(join(folder, 'section.yaml'), 'utf8'));
    problems.push(...placeProblems(file, folder, section));
    const texts = readTexts(folder, shown, problems, (name, text) => loadSectionText(name, text, section));
    return { section, texts, problems };
  });
}

function placeProblems(file: string, folder: string, item: { id: string; scenario: string }): LessonProblem[] {
  const [id] = folder.split(/[\\/]/).reverse();
  const problems: LessonProblem[] = [];
  if (item.id !== id) problems.push({ file, line: 1, message: `the id must be that of its folder, ${id}` });
  if (!isScenario(item.scenario)) problems.push({ file, line: 1, message: `there is no scenario "${item.scenario}"` });
  return problems;
}

function isScenario(name: string): boolean {
  return (SCENARIO_NAMES as readonly string[]).includes(name);
}

export function foldersWith(root: string, name: string): { folder: string; shown: string }[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.name === name)
    .map((entry) => entry.parentPath)
    .filter((folder) => !folder.includes('template'))
    .sort()
    .map((folder) => ({ folder, shown: relative(dirname(root), folder) }));
}

export function readTexts<T>(
  folder: string,
  shown: string,
  problems: LessonProblem[],
  load: (file: string, text: string) => { text: T; problems: LessonProblem[] },
): Map<Language, T> {
  const texts = new Map<Language, T>();
  for (const language of LANGUAGES) {
    const [path, file] = [join(folder, `${language}.md`), `${shown}/${language}.md`];
    if (!existsSync(path)) {
      problems.push({ file, line: 1, message: 'is missing' });
      continue;
    }
    const read = load(file, readFileSync(path, 'utf8'));
    texts.set(language, read.text);
    problems.push(...read.problems);
  }
  return texts;
}
