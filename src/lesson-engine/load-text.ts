/**
 * Reads a lesson's text in one language. The headings are the structure, the same in every language:
 *   # Title                    introduction, then `### objectives` (a list) and `### misconception`
 *   ## step-id: Step title     body, then `### goal`, `### predict` (a question and a list), `### why`,
 *                              `### nudge`, `### pointer`, `### answer`
 */
import type { Lesson, LessonProblem, LessonText, StepText } from './lesson.ts';

type Section = { heading: string; line: number; body: string; parts: Map<string, { text: string; line: number }> };

const LESSON_PARTS = ['objectives', 'misconception'];
const STEP_PARTS = ['goal', 'predict', 'why', 'nudge', 'pointer', 'answer'];

export function loadText(file: string, text: string, lesson: Lesson): { text: LessonText; problems: LessonProblem[] } {
  const problems: LessonProblem[] = [];
  const report = (line: number, message: string): void => void problems.push({ file, line, message });
  const [top, ...rest] = sections(text, report);
  const part = (section: Section, name: string): string => {
    const found = section.parts.get(name);
    if (found === undefined || found.text === '')
      report(found?.line ?? section.line, `"### ${name}" is missing or empty`);
    return found?.text ?? '';
  };
  const steps = new Map<string, StepText>();
  for (const section of rest) {
    const [, id = '', title = ''] = /^([a-z0-9-]+):\s*(.+)$/.exec(section.heading) ?? [];
    const step = lesson.steps.find((s) => s.id === id);
    if (step === undefined) {
      report(section.line, `"## ${section.heading}" names no step of lesson.yaml; write "## step-id: Title"`);
      continue;
    }
    unknownParts(section, STEP_PARTS, report);
    steps.set(id, {
      title,
      body: section.body,
      goal: part(section, 'goal'),
      prediction: step.prediction === null ? null : prediction(part(section, 'predict'), part(section, 'why')),
      hints: { nudge: part(section, 'nudge'), pointer: part(section, 'pointer'), answer: part(section, 'answer') },
    });
    const options = steps.get(id)?.prediction?.options.length ?? 0;
    if (step.prediction !== null && step.prediction >= options) {
      report(section.line, `option ${step.prediction} is the right one, but there are ${options}`);
    }
  }
  for (const { id } of lesson.steps) if (!steps.has(id)) report(1, `the step "${id}" has no section`);
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

function sections(text: string, report: (line: number, message: string) => void): Section[] {
  const found: Section[] = [];
  let lines: string[] = [];
  let part: { text: string; line: number } | null = null;
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

function unknownParts(
  section: Section,
  known: readonly string[],
  report: (line: number, message: string) => void,
): void {
  for (const [name, { line }] of section.parts) {
    if (!known.includes(name)) report(line, `"### ${name}" is not known here; there are ${known.join(', ')}`);
  }
}

function items(text: string): string[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('- '))
    .map((line) => line.slice(2).trim());
}

function prediction(text: string, why: string): NonNullable<StepText['prediction']> {
  const question = text
    .split('\n')
    .filter((line) => !line.startsWith('- '))
    .join('\n')
    .trim();
  return { question, options: items(text), why };
}
