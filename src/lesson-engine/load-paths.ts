/** Reads paths.yaml: class plans, sprints and a week before an interview, each a list of lessons, drills and demos in an order that makes sense. */
import { LANGUAGES, type Language, type Lesson, type LessonProblem } from './lesson.ts';
import { identifier, optionalStrings, unique } from './load-lesson.ts';
import { YamlReader, type YamlValue } from './yaml-reader.ts';

const PATH_MINUTES_MAX = 1200;
const DAYS_MAX = 7;
const KINDS = ['class', 'sprint', 'week'] as const;
const ITEM_FIELDS = ['lesson', 'drill', 'demo', 'minutes', 'cut', 'steps', 'day'] as const;

export type PathItem = {
  kind: 'lesson' | 'drill' | 'demo';
  id: string;
  minutes: number;
  /** What goes first when time is short is 1; null stays. */
  cut: number | null;
  /** Only the first steps of it; null for the whole. */
  steps: number | null;
  /** In a week: the day that it begins, from 1. */
  day: number | null;
  line: number;
};

export type LearningPath = {
  id: string;
  /** `class` for a lesson in a classroom, `sprint` for somebody alone, `week` for the days before an interview. */
  kind: (typeof KINDS)[number];
  /** What there is. */
  minutes: number;
  title: Readonly<Record<Language, string>>;
  about: Readonly<Record<Language, string>>;
  /** Lessons that its learners must know beforehand. */
  assumes: readonly string[];
  items: readonly PathItem[];
  line: number;
};

export type Paths = { paths: LearningPath[]; coming: readonly string[] };

export function loadPaths(file: string, text: string): Paths & { problems: LessonProblem[] } {
  const reader = new YamlReader(file, text);
  const fields = reader.root.asRecord(['coming', 'paths'] as const);
  const paths = unique(fields.paths, fields.paths.asList().map(path));
  return { paths, coming: optionalStrings(fields.coming), problems: reader.problems };
}

function path(value: YamlValue): LearningPath & { at: YamlValue } {
  const fields = value.asRecord(['id', 'kind', 'minutes', 'title', 'about', 'assumes', 'items'] as const);
  const items = fields.items.asList().map(item);
  const minutes = fields.minutes.asWholeNumber(1, PATH_MINUTES_MAX);
  const sum = items.reduce((total, each) => total + each.minutes, 0);
  if (sum > minutes) fields.minutes.problem(`its items take ${sum} minutes, which is more`);
  return {
    at: value,
    id: identifier(fields.id),
    kind: fields.kind.asOneOf(KINDS),
    minutes,
    title: bothLanguages(fields.title),
    about: bothLanguages(fields.about),
    assumes: optionalStrings(fields.assumes),
    items,
    line: value.line,
  };
}

function item(value: YamlValue): PathItem {
  const fields = value.asRecord(ITEM_FIELDS);
  const kinds = (['lesson', 'drill', 'demo'] as const).filter((kind) => !fields[kind].absent);
  const [kind = 'lesson'] = kinds;
  if (kinds.length !== 1) value.problem('must be one lesson, drill or demo');
  return {
    kind,
    id: kinds.length === 0 ? '' : fields[kind].asString(),
    minutes: fields.minutes.asWholeNumber(1, PATH_MINUTES_MAX),
    cut: fields.cut.absent ? null : fields.cut.asWholeNumber(1, 20),
    steps: fields.steps.absent ? null : fields.steps.asWholeNumber(1, 20),
    day: fields.day.absent ? null : fields.day.asWholeNumber(1, DAYS_MAX),
    line: value.line,
  };
}

function bothLanguages(value: YamlValue): Record<Language, string> {
  const fields = value.asRecord(LANGUAGES);
  return { en: fields.en.asString(), 'zh-CN': fields['zh-CN'].asString() };
}

/**
 * What is not there and not marked as coming, and lessons that come before what they require. A lesson that is not
 * there yet requires nothing.
 */
export function pathProblems(
  file: string,
  { paths, coming }: Paths,
  lessons: readonly Lesson[],
  others: ReadonlySet<string>,
  /** What question cards point to. */
  asked: ReadonlySet<string>,
): LessonProblem[] {
  const problems: LessonProblem[] = [];
  const byId = new Map(lessons.map((lesson) => [lesson.id, lesson]));
  const known = (id: string): boolean => byId.has(id) || others.has(id) || coming.includes(id);
  for (const { id: pathId, kind, items, assumes, line } of paths) {
    for (const id of assumes)
      if (!known(id)) problems.push({ file, line, message: `${pathId}: assumes "${id}", which is not there` });
    const before = new Set(assumes);
    for (const each of items) {
      const report = (message: string): void => void problems.push({ file, line: each.line, message });
      if (!known(each.id))
        report(`${pathId}: there is no ${each.kind} "${each.id}"; mark it under "coming" if it will be`);
      const lesson = byId.get(each.id);
      for (const required of lesson?.requires ?? [])
        if (!before.has(required)) report(`${pathId}: ${each.id} comes before ${required}, which it requires`);
      if (lesson !== undefined && each.steps !== null && each.steps > lesson.steps.length)
        report(`${pathId}: ${each.id} has only ${lesson.steps.length} steps`);
      before.add(each.id);
    }
    if (kind === 'week') problems.push(...weekProblems(file, items, byId, others, asked, line));
  }
  return problems;
}

/** A week has all that the question cards point to, and its days come in order, beginning with the first. */
function weekProblems(
  file: string,
  items: readonly PathItem[],
  lessons: ReadonlyMap<string, Lesson>,
  others: ReadonlySet<string>,
  asked: ReadonlySet<string>,
  line: number,
): LessonProblem[] {
  const problems: LessonProblem[] = [];
  let day = 0;
  for (const each of items) {
    if (each.day === null && day > 0) continue;
    if (each.day !== day + 1)
      problems.push({ file, line: each.line, message: `day ${day + 1} should begin here, not ${each.day ?? 'none'}` });
    day = each.day ?? 1;
  }
  const there = new Set(items.map(({ id }) => id));
  for (const id of asked)
    if ((lessons.has(id) || others.has(id)) && !there.has(id))
      problems.push({ file, line, message: `a question card points to ${id}, which the week leaves out` });
  return problems;
}
