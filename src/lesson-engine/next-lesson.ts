/** Which lesson comes next, for somebody who follows no path. */
import type { Lesson } from './lesson.ts';

type Known = Pick<Lesson, 'id' | 'track' | 'requires'>;

/**
 * The next lesson that is not finished and whose prerequisites are: one of the same track first, then in the order of
 * `lessons`, from the one after `id` round to the beginning. Null when all are finished.
 */
export function nextLesson<T extends Known>(
  id: string,
  lessons: readonly T[],
  finished: ReadonlySet<string>,
): T | null {
  const at = lessons.findIndex((lesson) => lesson.id === id);
  const here = lessons[at];
  const there = new Set(lessons.map((lesson) => lesson.id));
  const open = [...lessons.slice(at + 1), ...lessons.slice(0, Math.max(0, at))].filter(
    (lesson) =>
      !finished.has(lesson.id) &&
      lesson.requires.every((required) => required === id || finished.has(required) || !there.has(required)),
  );
  return open.find(({ track }) => track === here?.track) ?? open[0] ?? null;
}
