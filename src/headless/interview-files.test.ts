import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { formatProblem } from '../lesson-engine/lesson.ts';
import { nextLesson } from '../lesson-engine/next-lesson.ts';
import { readInterviewFiles } from './interview-files.ts';
import { lessonsFolder, readLessons } from './lesson-files.ts';

const folder = mkdtempSync(join(tmpdir(), 'cutaway-lessons-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** What lint says of the lessons with one text of one file changed. */
function withChange(name: string, from: string, to: string): string[] {
  const root = join(folder, 'lessons');
  rmSync(root, { recursive: true, force: true });
  cpSync(lessonsFolder(), root, { recursive: true });
  const text = readFileSync(join(root, name), 'utf8');
  expect(text).toContain(from);
  writeFileSync(join(root, name), text.replace(from, to));
  return readInterviewFiles(root).problems.map(formatProblem);
}

test('sixty cards in both languages, two packs, five paths, and nothing wrong with them', () => {
  const { cards, cardTexts, packs, paths, problems } = readInterviewFiles();
  expect(problems.map(formatProblem)).toEqual([]);
  expect(new Set(cards.map(({ id }) => id)).size).toBe(60);
  for (const texts of cardTexts.values()) expect(texts.size).toBe(60);
  expect(packs.map(({ pack }) => [pack.id, pack.minutes])).toEqual([
    ['P30', 30],
    ['P45', 45],
  ]);
  expect(paths.map(({ id }) => id)).toEqual(['class-45', 'class-90', 'cka-sprint', 'cks-sprint', 'interview-week']);
});

test('a path that comes before its prerequisite, or names what is not there, is refused with its line', () => {
  expect(withChange('paths.yaml', 'assumes: [L04]', 'assumes: []')).toEqual([
    expect.stringMatching(/^lessons\/paths\.yaml:\d+: class-45: L10 comes before L04, which it requires$/),
  ]);
  expect(withChange('paths.yaml', '{ lesson: L09,', '{ lesson: L99,')).toEqual([
    expect.stringMatching(/^lessons\/paths\.yaml:\d+: cka-sprint: there is no lesson "L99"/),
  ]);
  expect(withChange('paths.yaml', '      - { lesson: L02, minutes: 15 }\n', '')).toEqual([
    expect.stringMatching(/interview-week: L04 comes before L02, which it requires$/),
    expect.stringMatching(/^lessons\/paths\.yaml:\d+: a question card points to L02, which the week leaves out$/),
  ]);
  expect(withChange('paths.yaml', 'minutes: 20, day: 4', 'minutes: 20, day: 5')[0]).toMatch(
    /^lessons\/paths\.yaml:\d+: day 4 should begin here, not 5$/,
  );
  expect(withChange('paths.yaml', 'minutes: 45', 'minutes: 30')).toEqual([
    expect.stringMatching(/^lessons\/paths\.yaml:\d+: paths\[0\]\.minutes: its items take 41 minutes/),
  ]);
});

test('a card that is missing, doubled or untranslated is refused with its line', () => {
  expect(withChange('questions/cards.yaml', 'id: Q02', 'id: Q01').join('\n')).toMatch(/cards\.yaml:\d+: .*used twice/);
  expect(withChange('questions/zh-CN.md', '## Q60:', '## Q61:').join('\n')).toMatch(
    /zh-CN\.md:\d+: "## Q61.*\n.*zh-CN\.md:1: there is no "## Q60"/,
  );
  expect(withChange('questions/en.md', '# Question cards', '# <img src=x>').join('\n')).toMatch(/en\.md:1: raw HTML/);
});

test("a pack's drill must exist, fit into its minutes and have a rubric", () => {
  expect(withChange('packs/P30/pack.yaml', 'id: R02, minutes: 4', 'id: R02, minutes: 3')).toEqual([
    expect.stringMatching(/pack\.yaml:\d+: R02 wants 4 minutes, not 3$/),
  ]);
  expect(withChange('packs/P45/pack.yaml', 'id: R07', 'id: R77').join('\n')).toMatch(/there is no drill "R77"/);
  expect(withChange('drills/R02/zh-CN.md', '### rubric', '### debrief').join('\n')).toMatch(/R02 needs a "### rubric"/);
  expect(withChange('packs/P30/pack.yaml', 'undo: off', 'undo: perhaps').join('\n')).toMatch(/one of on, off, locked/);
});

test('from the first lesson each leads to another until none is left, and never before what it requires', () => {
  const lessons = readLessons()
    .map(({ lesson }) => lesson)
    .sort((a, b) => (a.id < b.id ? -1 : 1));
  const walked = ['L01'];
  for (;;) {
    const next = nextLesson(walked.at(-1) ?? '', lessons, new Set(walked));
    if (next === null) break;
    for (const required of next.requires) expect(walked).toContain(required);
    walked.push(next.id);
  }
  expect(walked).toHaveLength(lessons.length);
});
