/**
 * Reads a section of the article: section.yaml, and its text in one language:
 *   # Title              introduction, `### summary`, optionally `### corrections`
 *   ## block-id: Title   body, `### why`
 * Whatever an author got wrong comes back with its file and line.
 */
import {
  type ArticleBlock,
  type ArticleSection,
  BLOCK_KINDS,
  type BlockText,
  type Expectation,
  pattern,
  type SectionText,
} from './article.ts';
import { HIGHLIGHTS, type LessonProblem } from './lesson.ts';
import { identifier, SEED_MAX, unique } from './load-lesson.ts';
import { headedBy, reader, sections, unknownParts } from './load-text.ts';
import { YamlReader, type YamlValue } from './yaml-reader.ts';

const FIELDS = ['id', 'scenario', 'seed', 'highlight', 'blocks'] as const;
const BLOCK_FIELDS = ['id', 'part', 'kind', 'lines', 'shows', 'matches', 'hides'] as const;
const TOP_PARTS = ['summary', 'corrections'];
const BLOCK_PARTS = ['why'];
const EXPECTATIONS = ['shows', 'matches', 'hides'] as const;

export function loadSection(file: string, text: string): { section: ArticleSection; problems: LessonProblem[] } {
  const yaml = new YamlReader(file, text);
  const fields = yaml.root.asRecord(FIELDS);
  const section: ArticleSection = {
    id: fields.id.asString(),
    scenario: fields.scenario.asString(),
    seed: fields.seed.absent ? 1 : fields.seed.asWholeNumber(0, SEED_MAX),
    highlight: fields.highlight.absent ? [] : fields.highlight.asList().map((item) => item.asOneOf(HIGHLIGHTS)),
    blocks: unique(fields.blocks, fields.blocks.asList().map(block)),
  };
  return { section, problems: yaml.problems };
}

function block(value: YamlValue): ArticleBlock & { at: YamlValue } {
  const fields = value.asRecord(BLOCK_FIELDS);
  const expects = EXPECTATIONS.flatMap((kind) => expectations(kind, fields[kind]));
  if (expects.length === 0) value.problem('proves nothing: it needs shows, matches or hides');
  const lines = fields.lines.asStrings();
  if (lines.length === 0) fields.lines.problem('must not be empty');
  return {
    at: value,
    id: identifier(fields.id),
    part: fields.part.asString(),
    kind: fields.kind.asOneOf(BLOCK_KINDS),
    lines,
    expects,
  };
}

function expectations(kind: Expectation['kind'], value: YamlValue): Expectation[] {
  if (value.absent) return [];
  return value.asList().map((item) => {
    const text = item.asString();
    if (kind === 'matches' && pattern(text) === null) item.problem(`is no regular expression: ${JSON.stringify(text)}`);
    return { kind, text, line: item.line };
  });
}

export function loadSectionText(
  file: string,
  text: string,
  section: ArticleSection,
): { text: SectionText; problems: LessonProblem[] } {
  const { problems, report, part } = reader(file, text);
  const [top, ...rest] = sections(text, report);
  const blocks = new Map<string, BlockText>();
  for (const { id, title, from } of headedBy(rest, section.blocks, 'block of section.yaml', report)) {
    unknownParts(from, BLOCK_PARTS, report);
    blocks.set(id, { title, body: from.body, why: part(from, 'why') });
  }
  if (top === undefined) return { text: { title: '', summary: '', intro: '', corrections: '', blocks }, problems };
  unknownParts(top, TOP_PARTS, report);
  return {
    text: {
      title: top.heading,
      summary: part(top, 'summary'),
      intro: top.body,
      corrections: top.parts.get('corrections')?.text ?? '',
      blocks,
    },
    problems,
  };
}
