/** Every variant of every drill, every other and every wrong way of every lesson: what `npm test` has no time for. */
import { expect, test } from 'vitest';
import { readDrills, readLessons } from '../../headless/lesson-files.ts';
import { rehearseDrill } from '../../lesson-engine/grade-drill.ts';
import { rehearse } from '../../lesson-engine/rehearse.ts';

const MINUTES_MAX = 30;

for (const { lesson } of readLessons()) {
  test(`lesson ${lesson.id}`, { timeout: MINUTES_MAX * 60_000 }, async () => {
    const results = await rehearse(lesson, (_step, check) => check, { quick: false });
    expect(results.filter(({ passed }) => !passed)).toEqual([]);
  });
}

for (const { drill } of readDrills()) {
  test(`drill ${drill.id}`, { timeout: MINUTES_MAX * 60_000 }, async () => {
    const results = await rehearseDrill(drill, drill.variants);
    expect(results.filter(({ passed }) => !passed)).toEqual([]);
  });
}
