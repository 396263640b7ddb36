/** What does not fit into an address, as a `.cutaway` file; and what such files from elsewhere hold. */
import type { Marks } from './marks.ts';
import { type Moment, type MomentProblem, readMoment, type WrongAt } from './moment.ts';
import { jsonPlace } from './moment-link.ts';
import { packMarks, readMarks } from './read-marks.ts';

/** In UTF-16 units. */
export const FILE_LENGTH_MAX = 64 << 20;
const FORMAT = /^cutaway-(moment|hand-in|interview)-(\d+)$/;
const VERSION = 1;

/**
 * A page that knows of no marks opens it as well, and leaves them out. `breakpoints` are the page's own: here they are
 * carried, and whoever takes them reads them.
 */
export function momentFile(moment: Moment, marks?: Marks, breakpoints: readonly unknown[] = []): string {
  const packed = marks === undefined ? null : packMarks(marks);
  return JSON.stringify({
    format: `cutaway-moment-${VERSION}`,
    moment,
    ...(packed === null ? {} : { marks: packed }),
    ...(breakpoints.length === 0 ? {} : { breakpoints }),
  });
}

/** A learner's hand-in is opened where it ends; an interview's has several nodes, and a page of its own. */
export function readMomentFile(
  text: string,
  wrongAt: WrongAt = () => {},
): { moment: Moment; marks: Marks; breakpoints: unknown } | MomentProblem | 'interview' {
  if (text.length > FILE_LENGTH_MAX) return 'tooLarge';
  let read: Record<string, unknown> | null;
  try {
    read = JSON.parse(text) as Record<string, unknown> | null;
  } catch (error) {
    wrongAt(jsonPlace(error));
    return 'malformed';
  }
  const [, kind, version] = FORMAT.exec(String(read?.format)) ?? [];
  if (read === null || kind === undefined) {
    wrongAt('format');
    return 'malformed';
  }
  if (Number(version) !== VERSION) return Number(version) > VERSION ? 'newer' : 'older';
  if (kind === 'interview') return 'interview';
  const moment = kind === 'moment' ? readMoment(read.moment, wrongAt) : handIn(read, wrongAt);
  if (typeof moment === 'string') return moment;
  const marks = readMarks(kind === 'moment' ? read.marks : null, moment.savepoint, wrongAt);
  return typeof marks === 'string' ? marks : { moment, marks, breakpoints: read.breakpoints };
}

function handIn({ savepoint, lesson }: Readonly<Record<string, unknown>>, wrongAt: WrongAt): Moment | MomentProblem {
  const course = { id: lesson, variant: 1 };
  return readMoment({ savepoint, at: 0, live: true, play: false, node: 0, course, check: '' }, wrongAt);
}
