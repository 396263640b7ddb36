/** `cutaway grade FILE.cutaway…`: runs each learner's log again and prints a table that Excel opens as it is. */
import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { regrade } from '../lesson-engine/regrade.ts';
import type { LoggedInput, Savepoint } from '../machine/machine.ts';
import { hostFile, parseFlags, UsageError } from './arguments.ts';
import { readLessons } from './lesson-files.ts';

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

type HandIn = { format: string; number: string; name: string; lesson: string; savepoint: Savepoint };

export async function grade(args: string[]): Promise<number> {
  const { positionals: paths } = parseFlags(args, {}, true);
  if (paths.length === 0) throw new UsageError('wants files, as `cutaway grade *.cutaway`');
  const lessons = new Map(readLessons().map(({ lesson }) => [lesson.id, lesson]));
  const sameKeys = new Map<string, string>();
  const rows: string[][] = [COLUMNS];
  let problems = 0;
  for (const path of paths) {
    const file = basename(path);
    const read = handInOf(new TextDecoder().decode(hostFile(path)));
    const lesson = read === null ? undefined : lessons.get(read.lesson);
    if (read === null || lesson === undefined) {
      rows.push([file, '', '', '', '0', '', '', '', '', '', read === null ? 'no hand-in file' : 'no such lesson']);
      problems++;
      continue;
    }
    const result = await regrade(lesson, read.savepoint).catch((error: unknown) => String(error));
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

function handInOf(text: string): HandIn | null {
  try {
    const read = JSON.parse(text) as Partial<HandIn>;
    const { format, number, name, lesson, savepoint } = read;
    if (format !== FORMAT || typeof lesson !== 'string' || savepoint?.format !== 1 || !Array.isArray(savepoint.inputs))
      return null;
    return { format, number: String(number ?? ''), name: String(name ?? ''), lesson, savepoint };
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
