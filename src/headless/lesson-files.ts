/** Finds the lessons beside the program and reads them. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { LANGUAGES, type Language, type Lesson, type LessonProblem, type LessonText } from '../lesson-engine/lesson.ts';
import { loadLesson } from '../lesson-engine/load-lesson.ts';
import { loadText } from '../lesson-engine/load-text.ts';
import { isScenario } from '../machine/scenarios/index.ts';

export type LessonFolder = { lesson: Lesson; texts: Map<Language, LessonText>; problems: LessonProblem[] };

/** The folder `lessons` of the nearest folder above this file that has one. */
function lessonsFolder(): string {
  for (let folder = import.meta.dirname; ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'lessons'))) return join(folder, 'lessons');
    if (dirname(folder) === folder) throw new Error('there is no folder "lessons" beside this program');
  }
}

export function readLessons(): LessonFolder[] {
  const root = lessonsFolder();
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.name === 'lesson.yaml')
    .map((entry) => entry.parentPath)
    .sort()
    .map((folder) => readLesson(folder, relative(dirname(root), folder)));
}

function readLesson(folder: string, shown: string): LessonFolder {
  const { lesson, problems } = loadLesson(`${shown}/lesson.yaml`, readFileSync(join(folder, 'lesson.yaml'), 'utf8'));
  const at = (file: string, message: string): void =>
    void problems.push({ file: `${shown}/${file}`, line: 1, message });
  const [id, track] = folder.split(/[\\/]/).reverse();
  if (lesson.id !== id || lesson.track !== track)
    at('lesson.yaml', `id and track must be those of its folder, ${id} and ${track}`);
  if (!isScenario(lesson.scenario)) at('lesson.yaml', `there is no scenario "${lesson.scenario}"`);
  const texts = new Map<Language, LessonText>();
  for (const language of LANGUAGES) {
    const path = join(folder, `${language}.md`);
    if (!existsSync(path)) {
      at(`${language}.md`, 'is missing');
      continue;
    }
    const read = loadText(`${shown}/${language}.md`, readFileSync(path, 'utf8'), lesson);
    texts.set(language, read.text);
    problems.push(...read.problems);
  }
  return { lesson, texts, problems };
}
