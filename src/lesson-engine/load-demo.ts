/**
 * Reads a demo: demo.yaml, and its text in one language:
 *   # Title              introduction, `### notes` for the presenter before the class comes
 *   ## slide-id: Title   body, `### predict` (a question and a list), `### why`, `### claims` (a list of
 *                        `- id: text`), `### notes`
 * Whatever an author got wrong comes back with its file and line.
 */
import type { Demo, DemoSlide, DemoText, SlideText } from './demo.ts';
import { HIGHLIGHTS, type LessonProblem } from './lesson.ts';
import { check, identifier, MINUTES_MAX, OPTIONS_MAX, optionalStrings, SEED_MAX, unique } from './load-lesson.ts';
import { headedBy, named, prediction, reader, sections, unknownParts } from './load-text.ts';
import { YamlReader, type YamlValue } from './yaml-reader.ts';

const FIELDS = ['id', 'minutes', 'scenario', 'seed', 'setup', 'slides'] as const;
const SLIDE_FIELDS = ['id', 'lines', 'prediction', 'highlight', 'observe', 'claims'] as const;
const TOP_PARTS = ['notes'];
const SLIDE_PARTS = ['predict', 'why', 'claims', 'notes'];

export function loadDemo(file: string, text: string): { demo: Demo; problems: LessonProblem[] } {
  const yaml = new YamlReader(file, text);
  const fields = yaml.root.asRecord(FIELDS);
  const demo: Demo = {
    id: fields.id.asString(),
    minutes: fields.minutes.asWholeNumber(1, MINUTES_MAX),
    scenario: fields.scenario.asString(),
    seed: fields.seed.absent ? 1 : fields.seed.asWholeNumber(0, SEED_MAX),
    setup: optionalStrings(fields.setup),
    slides: unique(fields.slides, fields.slides.asList().map(slide)),
  };
  return { demo, problems: yaml.problems };
}

function slide(value: YamlValue): DemoSlide & { at: YamlValue } {
  const fields = value.asRecord(SLIDE_FIELDS);
  const lines = optionalStrings(fields.lines);
  const claims = fields.claims.absent ? [] : unique(fields.claims, fields.claims.asList().map(check));
  if (claims.length > 0 && lines.length === 0) fields.claims.problem('a slide that types nothing proves nothing');
  return {
    at: value,
    id: identifier(fields.id),
    lines,
    prediction: fields.prediction.absent ? null : fields.prediction.asWholeNumber(0, OPTIONS_MAX - 1),
    highlight: fields.highlight.absent ? [] : fields.highlight.asList().map((item) => item.asOneOf(HIGHLIGHTS)),
    observe: fields.observe.absent ? false : fields.observe.asBoolean(),
    claims,
  };
}

export function loadDemoText(file: string, text: string, demo: Demo): { text: DemoText; problems: LessonProblem[] } {
  const { problems, report, part } = reader(file, text);
  const [top, ...rest] = sections(text, report);
  const slides = new Map<string, SlideText>();
  for (const { id, title, from, item } of headedBy(rest, demo.slides, 'slide of demo.yaml', report)) {
    unknownParts(from, SLIDE_PARTS, report);
    const asked = item.prediction === null ? null : prediction(part(from, 'predict'), part(from, 'why'));
    if (asked !== null && (item.prediction ?? 0) >= asked.options.length)
      report(from.line, `option ${item.prediction} is the right one, but there are ${asked.options.length}`);
    const ids = item.claims.map((claim) => claim.id);
    slides.set(id, {
      title,
      body: from.body,
      prediction: asked,
      claims: named(from, 'claims', ids, report),
      notes: part(from, 'notes'),
    });
  }
  if (top === undefined) return { text: { title: '', intro: '', notes: '', slides }, problems };
  unknownParts(top, TOP_PARTS, report);
  return { text: { title: top.heading, intro: top.body, notes: part(top, 'notes'), slides }, problems };
}
