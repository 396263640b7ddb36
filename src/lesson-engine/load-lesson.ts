/** Reads lesson.yaml. Whatever an author got wrong comes back with its file and line. */
import { compileCheck } from './checks.ts';
import {
  type Attempt,
  HIGHLIGHTS,
  LESSON_LEVELS,
  type Lesson,
  type LessonCheck,
  type LessonProblem,
  type LessonStep,
} from './lesson.ts';
import { YamlReader, type YamlValue } from './yaml-reader.ts';

export const MINUTES_MAX = 120;
export const SEED_MAX = 2 ** 31;
export const OPTIONS_MAX = 8;
const ID = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;
const FIELDS = [
  'id',
  'track',
  'level',
  'minutes',
  'exam',
  'requires',
  'scenario',
  'seed',
  'setup',
  'steps',
  'another',
  'wrong',
] as const;
const STEP_FIELDS = ['id', 'commands', 'prediction', 'order', 'highlight', 'observe', 'checks', 'solution'] as const;
const CHECK_FIELDS = ['id', 'that'] as const;
const ATTEMPT_FIELDS = ['id', 'step', 'lines'] as const;

export function loadLesson(file: string, text: string): { lesson: Lesson; problems: LessonProblem[] } {
  const reader = new YamlReader(file, text);
  const fields = reader.root.asRecord(FIELDS);
  const steps = unique(fields.steps, fields.steps.asList().map(step));
  const attempts = (value: YamlValue): Attempt[] =>
    value.absent
      ? []
      : unique(
          value,
          value.asList().map((item) => attempt(item, steps)),
        );
  const lesson: Lesson = {
    id: fields.id.asString(),
    track: fields.track.asString(),
    level: fields.level.asOneOf(LESSON_LEVELS),
    minutes: fields.minutes.asWholeNumber(1, MINUTES_MAX),
    exam: fields.exam.asStrings(),
    requires: optionalStrings(fields.requires),
    requiresLine: fields.requires.line,
    scenario: fields.scenario.asString(),
    seed: fields.seed.absent ? 1 : fields.seed.asWholeNumber(0, SEED_MAX),
    setup: optionalStrings(fields.setup),
    steps,
    another: attempts(fields.another),
    wrong: attempts(fields.wrong),
  };
  return { lesson, problems: reader.problems };
}

function step(value: YamlValue): LessonStep & { at: YamlValue } {
  const fields = value.asRecord(STEP_FIELDS);
  return {
    at: value,
    id: identifier(fields.id),
    commands: optionalStrings(fields.commands),
    prediction: fields.prediction.absent ? null : fields.prediction.asWholeNumber(0, OPTIONS_MAX - 1),
    order: fields.order.absent ? null : fields.order.asList().map(identifier),
    highlight: fields.highlight.absent ? [] : fields.highlight.asList().map((item) => item.asOneOf(HIGHLIGHTS)),
    observe: fields.observe.absent ? false : fields.observe.asBoolean(),
    checks: unique(fields.checks, fields.checks.asList().map(check)),
    solution: fields.solution.asStrings(),
  };
}

export function check(value: YamlValue): LessonCheck & { at: YamlValue } {
  return checkOf(value, value.asRecord(CHECK_FIELDS));
}

export function checkOf(
  value: YamlValue,
  fields: Record<(typeof CHECK_FIELDS)[number], YamlValue>,
): LessonCheck & { at: YamlValue } {
  const that = fields.that.asString();
  const problem = that === '' ? null : compileCheck(that).problem;
  if (problem !== null) fields.that.problem(problem);
  return { at: value, id: identifier(fields.id), that, line: fields.that.line };
}

function attempt(value: YamlValue, steps: readonly LessonStep[]): Attempt & { at: YamlValue } {
  const fields = value.asRecord(ATTEMPT_FIELDS);
  const name = fields.step.asString();
  if (name !== '' && !steps.some((s) => s.id === name)) fields.step.problem(`there is no step ${JSON.stringify(name)}`);
  return { at: value, id: identifier(fields.id), step: name, lines: fields.lines.asStrings(), line: value.line };
}

export function optionalStrings(value: YamlValue): string[] {
  return value.absent ? [] : value.asStrings();
}

export function identifier(value: YamlValue): string {
  const id = value.asString();
  if (id !== '' && !ID.test(id)) value.problem(`must be lower-case words joined by hyphens, not ${JSON.stringify(id)}`);
  return id;
}

/** A list that has something in it, and no id twice. */
export function unique<T extends { id: string; at: YamlValue }>(list: YamlValue, items: T[]): Omit<T, 'at'>[] {
  if (items.length === 0 && !list.absent) list.problem('must not be empty');
  const seen = new Set<string>();
  return items.map(({ at, ...item }) => {
    if (seen.has(item.id)) at.problem(`the id ${JSON.stringify(item.id)} is used twice`);
    seen.add(item.id);
    return item;
  });
}
