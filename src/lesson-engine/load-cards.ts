/**
 * Reads the question cards: cards.yaml says which there are and which lessons and drills they belong to; en.md and
 * zh-CN.md have `## Q01: question`, an answer in a sentence or two, and a list of key points.
 */
import { LESSON_LEVELS, type LessonLevel, type LessonProblem } from './lesson.ts';
import { items, reader, sections } from './load-text.ts';
import { YamlReader, type YamlValue } from './yaml-reader.ts';

export type Card = {
  /** `Q01`. */
  id: string;
  level: LessonLevel;
  /** Lessons and drills that show it. */
  see: readonly string[];
  line: number;
};

export type CardText = { question: string; points: readonly string[] };

export const CARDS_COUNT = 60;
const POINTS_MIN = 2;

export function loadCards(file: string, text: string): { cards: Card[]; problems: LessonProblem[] } {
  const read = new YamlReader(file, text);
  const list = read.root.asRecord(['cards'] as const).cards;
  const seen = new Set<string>();
  const cards = list.asList().map((value) => {
    const found = card(value);
    if (!/^Q\d\d$/.test(found.id)) value.problem(`the id must be as Q01, not ${JSON.stringify(found.id)}`);
    if (seen.has(found.id)) value.problem(`the id ${JSON.stringify(found.id)} is used twice`);
    seen.add(found.id);
    return found;
  });
  if (cards.length !== CARDS_COUNT) list.problem(`there are ${cards.length} cards, not ${CARDS_COUNT}`);
  return { cards, problems: read.problems };
}

function card(value: YamlValue): Card {
  const fields = value.asRecord(['id', 'level', 'see'] as const);
  return {
    id: fields.id.asString(),
    level: fields.level.asOneOf(LESSON_LEVELS),
    see: fields.see.absent ? [] : fields.see.asStrings(),
    line: value.line,
  };
}

/** By id, in the order of the file. */
export function loadCardTexts(
  file: string,
  text: string,
  cards: readonly Card[],
): { texts: Map<string, CardText>; problems: LessonProblem[] } {
  const { problems, report } = reader(file, text);
  const [, ...rest] = sections(text, report);
  const texts = new Map<string, CardText>();
  for (const { heading, line, body, parts } of rest) {
    const [, id = '', question = ''] = /^(Q\d\d):\s*(.+)$/.exec(heading) ?? [];
    if (!cards.some((known) => known.id === id)) report(line, `"## ${heading}" is no card; write "## Q01: question"`);
    else if (texts.has(id)) report(line, `"## ${id}" comes twice`);
    if (parts.size > 0) report(line, `"## ${id}" has parts; a card is a question and a list`);
    const points = items(body);
    if (points.length < POINTS_MIN) report(line, `"## ${id}" needs a list of at least ${POINTS_MIN} key points`);
    texts.set(id, { question, points });
  }
  for (const { id } of cards) if (!texts.has(id)) report(1, `there is no "## ${id}"`);
  return { texts, problems };
}
