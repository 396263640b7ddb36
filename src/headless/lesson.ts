/** `cutaway lesson|drill|demo|article list|test|lint [--quick] [ID]…`, and `lesson pack ID`. */
import { rehearseDrill } from '../lesson-engine/grade-drill.ts';
import { formatProblem, type LessonProblem } from '../lesson-engine/lesson.ts';
import { type RehearsalResult, rehearse } from '../lesson-engine/rehearse.ts';
import { rehearseSection } from '../lesson-engine/rehearse-article.ts';
import { rehearseDemo } from '../lesson-engine/rehearse-demo.ts';
import { parseFlags, UsageError } from './arguments.ts';
import { readInterviewFiles } from './interview-files.ts';
import {
  type DemoFolder,
  type DrillFolder,
  type LessonFolder,
  readArticle,
  readDemos,
  readDrills,
  readLessons,
  type SectionFolder,
} from './lesson-files.ts';
import { packLesson } from './pack-lesson.ts';

type Folder = {
  id: string;
  summary: string;
  problems: LessonProblem[];
  test(quick: boolean): Promise<RehearsalResult[]>;
};

export function lesson(args: string[]): Promise<number> {
  if (args[0] === 'pack') return packLesson(args.slice(1));
  return act('lesson', args, () => readLessons().map(lessonFolder), [besides]);
}

/** What belongs to no lesson: question cards, packs, paths. Only to be linted. */
const besides: Folder = {
  id: '',
  summary: '',
  get problems() {
    return readInterviewFiles().problems;
  },
  test: async () => [],
};

export function drill(args: string[]): Promise<number> {
  return act('drill', args, () => readDrills().map(drillFolder));
}

export function demo(args: string[]): Promise<number> {
  return act('demo', args, () => readDemos().map(demoFolder));
}

export function article(args: string[]): Promise<number> {
  return act('section', args, () => readArticle().map(sectionFolder));
}

function demoFolder({ demo: read, texts, problems }: DemoFolder): Folder {
  const summary = `${String(read.minutes).padStart(3)} min  ${titles(texts)}`;
  return { id: read.id, summary, problems, test: () => rehearseDemo(read) };
}

function sectionFolder({ section, texts, problems }: SectionFolder): Folder {
  const summary = `${section.scenario.padEnd(11)} ${titles(texts)}`;
  return { id: section.id, summary, problems, test: () => rehearseSection(section) };
}

function lessonFolder({ lesson: read, texts, problems }: LessonFolder): Folder {
  const { id, level, minutes } = read;
  const missing = (step: string, check: string): string => texts.get('en')?.steps.get(step)?.missing.get(check) ?? '';
  return {
    id,
    summary: `${level.padEnd(13)} ${String(minutes).padStart(3)} min  ${titles(texts)}`,
    problems,
    test: (quick) => rehearse(read, missing, { quick }),
  };
}

function drillFolder({ drill: read, texts, problems }: DrillFolder): Folder {
  const { id, stars, minutes, variants } = read;
  return {
    id,
    summary: `${'★'.repeat(stars).padEnd(5)} ${String(minutes).padStart(3)} min  ${titles(texts)}`,
    problems,
    // One variant, another one for each drill: all of them take minutes.
    test: (quick) =>
      rehearseDrill(read, quick ? variants.slice(Number(id.slice(1)) % variants.length).slice(0, 1) : variants),
  };
}

function titles(texts: ReadonlyMap<string, { title: string }>): string {
  return [...texts.values()].map((text) => text.title).join(' / ');
}

async function act(
  kind: string,
  args: string[],
  read: () => Folder[],
  linted: readonly Folder[] = [],
): Promise<number> {
  const { values, positionals } = parseFlags(args, { quick: { type: 'boolean' } }, true);
  const [name = '', ...ids] = positionals;
  const action = Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined;
  if (action === undefined) throw new UsageError(`wants ${Object.keys(ACTIONS).join(', ')}, not "${name}"`);
  const all = read();
  const unknown = ids.find((id) => !all.some((folder) => folder.id === id));
  if (unknown !== undefined) throw new UsageError(`there is no ${kind} "${unknown}"`);
  const whole = action === lint ? [...all, ...linted] : all;
  return action(ids.length === 0 ? whole : all.filter((folder) => ids.includes(folder.id)), values.quick === true);
}

type Action = (folders: Folder[], quick: boolean) => Promise<number>;
const ACTIONS: Readonly<Record<string, Action>> = { list, test, lint };

async function list(folders: Folder[]): Promise<number> {
  for (const { id, summary } of folders) process.stdout.write(`${id.padEnd(5)} ${summary}\n`);
  return 0;
}

async function lint(folders: Folder[]): Promise<number> {
  const problems = folders.flatMap((folder) => folder.problems);
  for (const problem of problems) process.stdout.write(`${formatProblem(problem)}\n`);
  return problems.length === 0 ? 0 : 1;
}

async function test(folders: Folder[], quick: boolean): Promise<number> {
  let passed = 0;
  let failed = 0;
  for (const { id, problems, test: run } of folders) {
    if (problems.length > 0) {
      for (const problem of problems) process.stdout.write(`FAIL ${formatProblem(problem)}\n`);
      failed += problems.length;
      continue;
    }
    for (const result of await run(quick)) {
      if (result.passed) passed++;
      else failed++;
      process.stdout.write(`${result.passed ? 'ok  ' : 'FAIL'} ${id} ${result.name}\n`);
      if (result.detail !== '') process.stdout.write(result.detail.replace(/^(?=.)/gm, '       '));
    }
  }
  process.stdout.write(`${passed} passed, ${failed} failed\n`);
  return failed === 0 ? 0 : 1;
}
