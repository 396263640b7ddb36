/** `cutaway grade FILE.cutaway…`: runs each learner's log again and prints a table that Excel opens as it is. */
import { basename } from 'node:path';
import { gradeRow, gradeTable, readHandIn, refusedRow, seedOf, Twins } from '../lesson-engine/hand-in.ts';
import { type InterviewHandIn, readInterviewHandIn, taskSeed, taskVariant } from '../lesson-engine/interview.ts';
import type { Drill } from '../lesson-engine/lesson.ts';
import { regrade } from '../lesson-engine/regrade.ts';
import { regradeDrill } from '../lesson-engine/regrade-drill.ts';
import { hostFile, parseFlags, UsageError } from './arguments.ts';
import { readDrills, readLessons } from './lesson-files.ts';

export async function grade(args: string[]): Promise<number> {
  const { positionals: paths } = parseFlags(args, {}, true);
  if (paths.length === 0) throw new UsageError('wants files, as `cutaway grade *.cutaway`');
  const lessons = new Map(readLessons().map(({ lesson }) => [lesson.id, lesson]));
  const drills = new Map(readDrills().map(({ drill }) => [drill.id, drill]));
  const twins = new Twins();
  const rows: string[][] = [];
  let problems = 0;
  for (const path of paths) {
    const file = basename(path);
    const text = new TextDecoder().decode(hostFile(path));
    const interview = readInterviewHandIn(text);
    if (interview !== null) {
      const twin = twins.of(
        file,
        interview.tasks.flatMap(({ savepoint }) => savepoint.inputs),
      );
      const graded = await gradeInterview(interview, drills, { file, twin });
      rows.push(...graded.rows);
      problems += graded.problems;
      continue;
    }
    const read = readHandIn(text);
    const lesson = read === null ? undefined : lessons.get(read.lesson);
    if (read === null || lesson === undefined) {
      rows.push(refusedRow(file, read === null ? 'no hand-in file' : 'no such lesson'));
      problems++;
      continue;
    }
    const seed = seedOf(read, lesson);
    const result = await regrade({ ...lesson, seed }, read.savepoint).catch((error: unknown) => String(error));
    if (typeof result === 'string') problems++;
    rows.push(gradeRow(file, read, lesson, result, twins.of(file, read.savepoint.inputs)));
  }
  process.stdout.write(gradeTable(rows));
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
