/** `cutaway lesson list|test|lint [ID]…`. */
import { formatProblem } from '../lesson-engine/lesson.ts';
import { rehearse } from '../lesson-engine/rehearse.ts';
import { parseFlags, UsageError } from './arguments.ts';
import { type LessonFolder, readLessons } from './lesson-files.ts';

const ACTIONS: Readonly<Record<string, (lessons: LessonFolder[]) => Promise<number>>> = { list, test, lint };

export async function lesson(args: string[]): Promise<number> {
  const [name = '', ...ids] = parseFlags(args, {}, true).positionals;
  const action = Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined;
  if (action === undefined) throw new UsageError(`wants ${Object.keys(ACTIONS).join(', ')}, not "${name}"`);
  const all = readLessons();
  const unknown = ids.find((id) => !all.some((folder) => folder.lesson.id === id));
  if (unknown !== undefined) throw new UsageError(`there is no lesson "${unknown}"`);
  return action(ids.length === 0 ? all : all.filter((folder) => ids.includes(folder.lesson.id)));
}

async function list(lessons: LessonFolder[]): Promise<number> {
  for (const {
    lesson: { id, level, minutes },
    texts,
  } of lessons) {
    const titles = [...texts.values()].map((text) => text.title).join(' / ');
    process.stdout.write(`${id.padEnd(5)} ${level.padEnd(13)} ${String(minutes).padStart(3)} min  ${titles}\n`);
  }
  return 0;
}

async function lint(lessons: LessonFolder[]): Promise<number> {
  const problems = lessons.flatMap((folder) => folder.problems);
  for (const problem of problems) process.stdout.write(`${formatProblem(problem)}\n`);
  return problems.length === 0 ? 0 : 1;
}

const WORDS = {
  before: 'does not hold before its step',
  after: 'holds after the solution',
  without: 'does not hold without the solution',
} as const;

async function test(lessons: LessonFolder[]): Promise<number> {
  let passed = 0;
  let failed = 0;
  for (const { lesson, problems } of lessons) {
    if (problems.length > 0) {
      for (const problem of problems) process.stdout.write(`FAIL ${formatProblem(problem)}\n`);
      failed += problems.length;
      continue;
    }
    for (const result of await rehearse(lesson)) {
      if (result.passed) passed++;
      else failed++;
      process.stdout.write(
        `${result.passed ? 'ok  ' : 'FAIL'} ${lesson.id} ${result.step}: ${result.check} ${WORDS[result.what]}\n`,
      );
      if (result.detail !== '') process.stdout.write(result.detail.replace(/^(?=.)/gm, '       '));
    }
  }
  process.stdout.write(`${passed} passed, ${failed} failed\n`);
  return failed === 0 ? 0 : 1;
}
