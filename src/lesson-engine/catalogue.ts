/** What is wrong with the lessons as a whole: prerequisites that are not there or go in a circle. */
import type { Lesson, LessonProblem } from './lesson.ts';

export function prerequisiteProblems(lessons: readonly { file: string; lesson: Lesson }[]): LessonProblem[] {
  const byId = new Map(lessons.map(({ lesson }) => [lesson.id, lesson]));
  const problems: LessonProblem[] = [];
  for (const { file, lesson } of lessons) {
    const report = (message: string): void => void problems.push({ file, line: lesson.requiresLine, message });
    for (const id of lesson.requires) if (!byId.has(id)) report(`requires: there is no lesson "${id}"`);
    const circle = circleFrom(lesson.id, byId);
    if (circle !== null) report(`requires: goes in a circle: ${circle.join(' → ')}`);
  }
  return problems;
}

/** The way from a lesson through its prerequisites back to itself. */
function circleFrom(start: string, byId: ReadonlyMap<string, Lesson>): string[] | null {
  const seen = new Set<string>();
  const visit = (id: string, path: readonly string[]): string[] | null => {
    for (const next of byId.get(id)?.requires ?? []) {
      if (next === start) return [...path, next];
      if (seen.has(next)) continue;
      seen.add(next);
      const found = visit(next, [...path, next]);
      if (found !== null) return found;
    }
    return null;
  };
  return visit(start, [start]);
}
