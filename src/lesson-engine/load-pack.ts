/** Reads an interview's pack.yaml and its texts. Whatever an author got wrong comes back with its file and line. */
import { AID_RULES, AIDS, type Aid, type AidRule, type Pack, type PackDrill, type PackText } from './interview.ts';
import type { Drill, DrillText, Language, LessonProblem } from './lesson.ts';
import { MINUTES_MAX, unique } from './load-lesson.ts';
import { reader, sections, unknownParts } from './load-text.ts';
import { YamlReader, type YamlValue } from './yaml-reader.ts';

const FIELDS = ['id', 'minutes', 'aids', 'drills'] as const;
const RUBRIC_MIN = 3;

export function loadPack(file: string, text: string): { pack: Pack; problems: LessonProblem[] } {
  const read = new YamlReader(file, text);
  const fields = read.root.asRecord(FIELDS);
  const aids = fields.aids.asRecord(AIDS);
  const pack: Pack = {
    id: fields.id.asString(),
    minutes: fields.minutes.asWholeNumber(1, MINUTES_MAX),
    aids: Object.fromEntries(AIDS.map((aid) => [aid, aids[aid].asOneOf(AID_RULES)])) as Record<Aid, AidRule>,
    drills: unique(fields.drills, fields.drills.asList().map(packDrill)),
  };
  const sum = pack.drills.reduce((total, { minutes }) => total + minutes, 0);
  if (sum > pack.minutes) fields.minutes.problem(`the drills take ${sum} minutes, which is more`);
  return { pack, problems: read.problems };
}

function packDrill(value: YamlValue): PackDrill & { at: YamlValue } {
  const fields = value.asRecord(['id', 'minutes'] as const);
  return {
    at: value,
    id: fields.id.asString(),
    minutes: fields.minutes.asWholeNumber(1, MINUTES_MAX),
    line: value.line,
  };
}

/** `# Title` with what the candidate is told, then `### interviewer`. */
export function loadPackText(file: string, text: string): { text: PackText; problems: LessonProblem[] } {
  const { problems, report, part } = reader(file, text);
  const [top, ...rest] = sections(text, report);
  for (const section of rest) report(section.line, 'a pack has no steps');
  const section = top ?? { heading: '', line: 1, body: '', parts: new Map() };
  unknownParts(section, ['interviewer'], report);
  if (section.body === '') report(section.line, 'there is no text below the title');
  return { text: { title: section.heading, body: section.body, interviewer: part(section, 'interviewer') }, problems };
}

/** A pack's drills must be there, fit into their time, and say in every language what to watch for. */
export function packProblems(
  file: string,
  pack: Pack,
  drills: readonly { drill: Drill; texts: ReadonlyMap<Language, DrillText> }[],
): LessonProblem[] {
  const problems: LessonProblem[] = [];
  for (const { id, minutes, line } of pack.drills) {
    const report = (message: string): void => void problems.push({ file, line, message });
    const found = drills.find(({ drill }) => drill.id === id);
    if (found === undefined) {
      report(`there is no drill "${id}"`);
      continue;
    }
    if (minutes < found.drill.minutes) report(`${id} wants ${found.drill.minutes} minutes, not ${minutes}`);
    const lengths = new Set([...found.texts.values()].map(({ rubric }) => rubric.length));
    if (lengths.size !== 1 || Math.min(...lengths) < RUBRIC_MIN)
      report(`${id} needs a "### rubric" of at least ${RUBRIC_MIN} items, the same number in every language`);
  }
  return problems;
}
