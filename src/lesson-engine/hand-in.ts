/** What learners hand in of a lesson, and the table that is made of it: the same on the command line and in the page. */
import type { LoggedInput, Savepoint } from '../machine/machine.ts';
import { classSeed } from './class-seed.ts';
import type { Lesson } from './lesson.ts';
import type { Regrade } from './regrade.ts';

export const HAND_IN_FORMAT = 'cutaway-hand-in-1';
export const GRADE_COLUMNS = [
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
] as const;
/** Excel takes a table for UTF-8 only if it begins with this. */
const BYTE_ORDER_MARK = '\ufeff';

export type HandIn = {
  class?: string;
  number: string;
  name: string;
  lesson: string;
  savepoint: Savepoint;
};

/** Null if the text is no hand-in of a lesson. */
export function readHandIn(text: string): HandIn | null {
  try {
    const read = JSON.parse(text) as Partial<HandIn> & { format?: unknown };
    const { format, number, name, lesson, savepoint } = read;
    if (format !== HAND_IN_FORMAT || typeof lesson !== 'string') return null;
    if (savepoint?.format !== 1 || !Array.isArray(savepoint.inputs)) return null;
    const classed = read.class === undefined ? {} : { class: String(read.class) };
    return { ...classed, number: String(number ?? ''), name: String(name ?? ''), lesson, savepoint };
  } catch {
    return null;
  }
}

/** The seed of the node that the work must have been done on. */
export function seedOf(handIn: HandIn, lesson: Lesson): number {
  return handIn.class === undefined ? lesson.seed : classSeed(handIn.class, handIn.number);
}

/** Two people may type the same commands, but hardly the same keys with the same pauses. Tells the first with these. */
export class Twins {
  private readonly known = new Map<string, string>();

  of(file: string, inputs: readonly LoggedInput[]): string {
    const keys = JSON.stringify(inputs.filter((input) => input.kind === 'keys'));
    const twin = this.known.get(keys) ?? '';
    if (twin === '') this.known.set(keys, file);
    return twin;
  }
}

/** `result` is a reason where the log could not be run again. */
export function gradeRow(
  file: string,
  { number, name }: HandIn,
  lesson: Lesson,
  result: Regrade | string,
  twin: string,
): string[] {
  const failed = typeof result === 'string';
  return [
    file,
    number,
    name,
    lesson.id,
    failed ? '0' : String(result.steps),
    String(lesson.steps.length),
    !failed && result.steps >= lesson.steps.length ? 'yes' : 'no',
    failed ? '' : String(result.commands),
    failed ? '' : result.missing.join(' '),
    twin,
    failed ? result : '',
  ];
}

export function refusedRow(file: string, reason: string): string[] {
  return [file, '', '', '', '0', '', '', '', '', '', reason];
}

/** A table that Excel opens as it is, in any language. */
export function gradeTable(rows: readonly (readonly string[])[]): string {
  const lines = [GRADE_COLUMNS, ...rows].map((row) => row.map(cell).join(','));
  return `${BYTE_ORDER_MARK}${lines.join('\r\n')}\r\n`;
}

/** What begins like a formula is no formula. */
function cell(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
