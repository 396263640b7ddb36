/** Reads drill.yaml. Whatever an author got wrong comes back with its file and line. */
import { DRILL_ASPECTS, type Drill, type DrillCheck, type DrillVariant, type LessonProblem } from './lesson.ts';
import { check, checkOf, identifier, MINUTES_MAX, optionalStrings, SEED_MAX, unique } from './load-lesson.ts';
import { YamlReader, type YamlValue } from './yaml-reader.ts';

const STARS_MAX = 4;
const VARIANTS_MIN = 5;
const FIELDS = [
  'id',
  'stars',
  'minutes',
  'exam',
  'scenario',
  'seed',
  'setup',
  'variants',
  'symptom',
  'checks',
  'evidence',
  'turns',
  'restart',
  'wrong',
] as const;

export function loadDrill(file: string, text: string): { drill: Drill; problems: LessonProblem[] } {
  const reader = new YamlReader(file, text);
  const fields = reader.root.asRecord(FIELDS);
  const drill: Drill = {
    id: fields.id.asString(),
    stars: fields.stars.asWholeNumber(1, STARS_MAX),
    minutes: fields.minutes.asWholeNumber(1, MINUTES_MAX),
    exam: fields.exam.asStrings(),
    scenario: fields.scenario.asString(),
    seed: fields.seed.absent ? 1 : fields.seed.asWholeNumber(0, SEED_MAX),
    setup: optionalStrings(fields.setup),
    variants: unique(fields.variants, fields.variants.asList().map(variant)),
    symptom: unique(fields.symptom, fields.symptom.asList().map(check)),
    checks: unique(fields.checks, fields.checks.asList().map(graded)),
    evidence: fields.evidence.absent ? [] : unique(fields.evidence, fields.evidence.asList().map(check)),
    turns: fields.turns.absent ? [] : unique(fields.turns, fields.turns.asList().map(check)),
    restart: fields.restart.asStrings(),
    wrong: unique(fields.wrong, fields.wrong.asList().map(attempt)),
  };
  if (drill.variants.length < VARIANTS_MIN) fields.variants.problem(`must be at least ${VARIANTS_MIN}`);
  if (!drill.checks.some(({ aspect }) => aspect === 'fixed')) fields.checks.problem('none tells whether it is fixed');
  return { drill, problems: reader.problems };
}

function variant(value: YamlValue): DrillVariant & { at: YamlValue } {
  const fields = value.asRecord(['id', 'setup', 'solution'] as const);
  return {
    at: value,
    id: identifier(fields.id),
    setup: fields.setup.asStrings(),
    solution: fields.solution.asStrings(),
  };
}

function graded(value: YamlValue): DrillCheck & { at: YamlValue } {
  const fields = value.asRecord(['id', 'that', 'aspect'] as const);
  return { ...checkOf(value, fields), aspect: fields.aspect.asOneOf(DRILL_ASPECTS) };
}

function attempt(value: YamlValue): { at: YamlValue; id: string; lines: string[]; line: number } {
  const fields = value.asRecord(['id', 'lines'] as const);
  return { at: value, id: identifier(fields.id), lines: fields.lines.asStrings(), line: value.line };
}
