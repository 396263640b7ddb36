/** `cutaway grade FILE.cutaway…`: runs each learner's log again and prints a table that Excel opens as it is. */
import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { classSeed } from '../lesson-engine/class-seed.ts';
import { type InterviewHandIn, readInterviewHandIn, taskSeed, taskVariant } from '../lesson-engine/interview.ts';
import type { Drill } from '../lesson-engine/lesson.ts';
import { regrade } from '../lesson-engine/regrade.ts';
import { regradeDrill } from '../lesson-engine/regrade-drill.ts';
import type { LoggedInput, Savepoint } from '../machine/machine.ts';
import { hostFile, parseFlags, UsageError } from './arguments.ts';
import { readDrills, readLessons } from './lesson-files.ts';

const FORMAT = 'cutaway-hand-in-1';
const COLUMNS = [
  'file',
  'number',
  'name',
  'lesson',
  'done',
  'of',
  'finished',
  'commands',
  'missing',
  'same keys as',
  'problem',
];
/** Excel takes a table for UTF-8 only if it begins with this. */
const BYTE_ORDER_MARK = '\ufeff';

type HandIn = {
  format: string;
  class?: string;
  number: string;
  name: string;
  lesson: string;
  savepoint: Savepoint;
};

export async function grade(args: string[]): Promise<number> {
  const { positionals: paths } = parseFlags(args, {}, true);
  if (paths.length === 0) throw new UsageError('wants files, as `cutaway grade *.cutaway`');
  const lessons = new Map(readLessons().map(({ lesson }) => [lesson.id, lesson]));
  const drills = new Map(readDrills().map(({ drill }) => [drill.id, drill]));
  const sameKeys = new Map<string, string>();
  const rows: string[][] = [COLUMNS];
  let problems = 0;
  for (const path of paths) {
    const file = basename(path);
    const text = new TextDecoder().decode(hostFile(path));
    const interview = readInterviewHandIn(text);
    if (interview !== null) {
      const keys = digestOfKeys(interview.tasks.flatMap(({ savepoint }) => savepoint.inputs));
      const twin = sameKeys.get(keys) ?? '';
      sameKeys.set(keys, twin === '' ? file : twin);
      const graded = await gradeInterview(interview, drills, { file, twin });
      rows.push(...graded.rows);
      problems += graded.problems;
      continue;
    }
    const read = handInOf(text);
    const lesson = read === null ? undefined : lessons.get(read.lesson);
    if (read === null || lesson === undefined) {
      rows.push([file, '', '', '', '0', '', '', '', '', '', read === null ? 'no hand-in file' : 'no such lesson']);
      problems++;
      continue;
    }
    const seed = read.class === undefined ? lesson.seed : classSeed(read.class, read.number);
    const result = await regrade({ ...lesson, seed }, read.savepoint).catch((error: unknown) => String(error));
    const keys = digestOfKeys(read.savepoint.inputs);
    const twin = sameKeys.get(keys) ?? '';
    sameKeys.set(keys, twin === '' ? file : twin);
    const failed = typeof result === 'string';
    if (failed) problems++;
    rows.push([
      file,
      read.number,
      read.name,
      read.lesson,
      failed ? '0' : String(result.steps),
      String(lesson.steps.length),
      !failed && result.steps >= lesson.steps.length ? 'yes' : 'no',
      failed ? '' : String(result.commands),
      failed ? '' : result.missing.join(' '),
      twin,
      failed ? result : '',
    ]);
  }
  process.stdout.write(`${BYTE_ORDER_MARK}${rows.map((row) => row.map(cell).join(',')).join('\r\n')}\r\n`);
  return problems === 0 ? 0 : 1;
}

/** A row for each task: its score of 100 in place of steps. What the file says of scores is not read. */
async function gradeInterview(
  { name, nonce, tasks }: InterviewHandIn,
  drills: ReadonlyMap<string, Drill>,
  { file, twin }: { file: string; twin: string },
): Promise<{ rows: string[][]; problems: number }> {
  const rows: string[][] = [];
  let problems = 0;
  for (const { drill: id, savepoint } of tasks) {
    const drill = drills.get(id);
    const [variant, seed] = [taskVariant(nonce, id, drill?.variants.length ?? 1), taskSeed(nonce, id)];
    const result =
      drill === undefined
        ? 'no such drill'
        : await regradeDrill(drill, variant, seed, savepoint).catch((error: unknown) => String(error));
    if (typeof result === 'string') {
      problems++;
      rows.push([file, nonce, name, id, '0', '100', 'no', '', '', twin, result]);
    } else {
      const { score, commands, missing } = result;
      const solved = score === 100 ? 'yes' : 'no';
      rows.push([file, nonce, name, id, `${score}`, '100', solved, `${commands.length}`, missing.join(' '), twin, '']);
    }
  }
  return { rows, problems };
}

function handInOf(text: string): HandIn | null {
  try {
    const read = JSON.parse(text) as Partial<HandIn>;
    const { format, number, name, lesson, savepoint } = read;
    if (format !== FORMAT || typeof lesson !== 'string' || savepoint?.format !== 1 || !Array.isArray(savepoint.inputs))
      return null;
    const classed = read.class === undefined ? {} : { class: String(read.class) };
    return { format, ...classed, number: String(number ?? ''), name: String(name ?? ''), lesson, savepoint };
  } catch {
    return null;
  }
}

/** Two people may type the same commands, but hardly the same keys with the same pauses. */
function digestOfKeys(inputs: readonly LoggedInput[]): string {
  const keys = inputs.filter((input) => input.kind === 'keys');
  return createHash('sha256').update(JSON.stringify(keys)).digest('hex');
}

/** What begins like a formula is no formula. */
function cell(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
