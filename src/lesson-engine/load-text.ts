/**
 * Reads a lesson's or a drill's text in one language. The headings are the structure, the same in every language:
 *   # Title                    introduction, then `### objectives` (a list) and `### misconception`
 *   ## step-id: Step title     body, then `### goal`, `### predict` (a question and a list), `### why`,
 *                              `### order` and `### checks` (lists of `- id: text`),
 *                              `### nudge`, `### pointer`, `### answer`
 * A drill has no steps: `# Title`, body, `### checks`, `### nudge`, `### pointer`, `### answer`, `### debrief`,
 * `### evidence` and `### turns` (lists of `- id: text`), and `### rubric` (a list) if it is in an interview's pack.
 */
import type { Drill, DrillText, Hints, Lesson, LessonProblem, LessonText, StepText } from './lesson.ts';
import { markdownProblems } from './markdown.ts';

type Part = { text: string; line: number };
type Section = { heading: string; line: number; body: string; parts: Map<string, Part> };
type Report = (line: number, message: string) => void;

const LESSON_PARTS = ['objectives', 'misconception'];
const STEP_PARTS = ['goal', 'predict', 'why', 'order', 'checks', 'nudge', 'pointer', 'answer'];
const DRILL_PARTS = ['checks', 'nudge', 'pointer', 'answer', 'debrief', 'evidence', 'turns', 'rubric'];

export function loadText(file: string, text: string, lesson: Lesson): { text: LessonText; problems: LessonProblem[] } {
  const { problems, report, part } = reader(file, text);
  const [top, ...rest] = sections(text, report);
  const steps = new Map<string, StepText>();
  for (const { id, title, from: section, item: step } of headedBy(rest, lesson.steps, 'step of lesson.yaml', report)) {
    unknownParts(section, STEP_PARTS, report);
    const read: StepText = {
      title,
      body: section.body,
      goal: part(section, 'goal'),
      prediction: step.prediction === null ? null : prediction(part(section, 'predict'), part(section, 'why')),
      order: step.order === null ? new Map() : named(section, 'order', step.order, report),
      missing: named(
        section,
        'checks',
        step.checks.map((check) => check.id),
        report,
      ),
      hints: hints(section, part),
    };
    steps.set(id, read);
    const options = read.prediction?.options.length ?? 0;
    if (step.prediction !== null && step.prediction >= options) {
      report(section.line, `option ${step.prediction} is the right one, but there are ${options}`);
    }
  }
  if (top === undefined) return { text: { title: '', intro: '', objectives: [], misconception: '', steps }, problems };
  unknownParts(top, LESSON_PARTS, report);
  return {
    text: {
      title: top.heading,
      intro: top.body,
      objectives: items(part(top, 'objectives')),
      misconception: part(top, 'misconception'),
      steps,
    },
    problems,
  };
}

export function loadDrillText(
  file: string,
  text: string,
  drill: Drill,
): { text: DrillText; problems: LessonProblem[] } {
  const { problems, report, part } = reader(file, text);
  const [top, ...rest] = sections(text, report);
  for (const section of rest) report(section.line, 'a drill has no steps');
  const section = top ?? { heading: '', line: 1, body: '', parts: new Map() };
  unknownParts(section, DRILL_PARTS, report);
  if (section.body === '') report(section.line, 'there is no text below the title');
  const idsOf = (checks: readonly { id: string }[]): string[] => checks.map(({ id }) => id);
  const ids = idsOf(drill.checks);
  return {
    text: {
      title: section.heading,
      body: section.body,
      missing: named(section, 'checks', ids, report),
      evidence: named(section, 'evidence', idsOf(drill.evidence), report),
      turns: named(section, 'turns', idsOf(drill.turns), report),
      hints: hints(section, part),
      debrief: part(section, 'debrief'),
      rubric: items(section.parts.get('rubric')?.text ?? ''),
    },
    problems,
  };
}

type PartOf = (section: Section, name: string) => string;

export function reader(file: string, text: string): { problems: LessonProblem[]; report: Report; part: PartOf } {
  const problems: LessonProblem[] = markdownProblems(text).map((problem) => ({ file, ...problem }));
  const report: Report = (line, message) => void problems.push({ file, line, message });
  const part: PartOf = (section, name) => {
    const found = section.parts.get(name);
    if (found === undefined || found.text === '')
      report(found?.line ?? section.line, `"### ${name}" is missing or empty`);
    return found?.text ?? '';
  };
  return { problems, report, part };
}

function hints(section: Section, part: PartOf): Hints {
  return { nudge: part(section, 'nudge'), pointer: part(section, 'pointer'), answer: part(section, 'answer') };
}

/** Sections `## id: Title`, each with what it is the text of; `what` names these for messages. */
export function headedBy<T extends { id: string }>(
  found: readonly Section[],
  wanted: readonly T[],
  what: string,
  report: Report,
): { id: string; title: string; from: Section; item: T }[] {
  const headed: { id: string; title: string; from: Section; item: T }[] = [];
  const noun = what.split(' ')[0] ?? what;
  for (const from of found) {
    const [, id = '', title = ''] = /^([a-z0-9-]+):\s*(.+)$/.exec(from.heading) ?? [];
    const item = wanted.find((candidate) => candidate.id === id);
    if (item === undefined) report(from.line, `"## ${from.heading}" names no ${what}; write "## ${noun}-id: Title"`);
    else headed.push({ id, title, from, item });
  }
  for (const { id } of wanted)
    if (!headed.some((head) => head.id === id)) report(1, `the ${noun} "${id}" has no section`);
  return headed;
}

/** A list of `- id: text`, one for each id. */
export function named(section: Section, name: string, ids: readonly string[], report: Report): Map<string, string> {
  const found = new Map<string, string>();
  const part = section.parts.get(name);
  const line = part?.line ?? section.line;
  for (const item of items(part?.text ?? '')) {
    const [, id = '', text = ''] = /^([a-z0-9-]+):\s*([\s\S]+)$/.exec(item) ?? [];
    if (ids.includes(id)) found.set(id, text);
    else report(line, `"### ${name}": "- ${item}" names none of ${ids.join(', ')}; write "- id: text"`);
  }
  for (const id of ids) if (!found.has(id)) report(line, `"### ${name}" says nothing of "${id}"`);
  return found;
}

export function sections(text: string, report: Report): Section[] {
  const found: Section[] = [];
  let lines: string[] = [];
  let part: Part | null = null;
  const flush = (): void => {
    const body = lines.join('\n').trim();
    lines = [];
    const section = found.at(-1);
    if (part !== null) part.text = body;
    else if (section !== undefined) section.body = body;
    else if (body !== '') report(1, 'text before the "# Title"');
  };
  let fenced = false;
  text.split('\n').forEach((line, i) => {
    if (line.startsWith('```')) fenced = !fenced;
    const [, marks = '', heading = ''] = fenced ? [] : (/^(#{1,3}) +(.+?)\s*$/.exec(line) ?? []);
    if (marks === '') {
      lines.push(line);
      return;
    }
    flush();
    part = null;
    if (marks !== '###') {
      if ((marks === '#') !== (found.length === 0))
        report(i + 1, 'one "# Title" comes first, then "## step-id: Title"');
      found.push({ heading, line: i + 1, body: '', parts: new Map() });
      return;
    }
    part = { text: '', line: i + 1 };
    const section = found.at(-1);
    if (section?.parts.has(heading)) report(i + 1, `"### ${heading}" comes twice`);
    section?.parts.set(heading, part);
  });
  flush();
  if (found.length === 0) report(1, 'the file has no "# Title"');
  return found;
}

export function unknownParts(section: Section, known: readonly string[], report: Report): void {
  for (const [name, { line }] of section.parts) {
    if (!known.includes(name)) report(line, `"### ${name}" is not known here; there are ${known.join(', ')}`);
  }
}

/** The items of a list; a line that continues one belongs to it. */
export function items(text: string): string[] {
  const found: string[] = [];
  for (const line of text.split('\n')) {
    if (line.startsWith('- ')) found.push(line.slice(2).trim());
    else if (found.length > 0 && line.trim() !== '') found.push(`${found.pop()}\n${line.trim()}`);
  }
  return found;
}

export function prediction(text: string, why: string): NonNullable<StepText['prediction']> {
  const question = text.split(/^- /m)[0]?.trim() ?? '';
  return { question, options: items(text), why };
}
