/** Reads what stands beside lessons and drills: question cards, interviews' packs, and paths. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Pack, PackText } from '../lesson-engine/interview.ts';
import { LANGUAGES, type Language, type LessonProblem } from '../lesson-engine/lesson.ts';
import { type Card, type CardText, loadCards, loadCardTexts } from '../lesson-engine/load-cards.ts';
import { loadPack, loadPackText, packProblems } from '../lesson-engine/load-pack.ts';
import { type LearningPath, loadPaths, pathProblems } from '../lesson-engine/load-paths.ts';
import { foldersWith, lessonsFolder, readDrills, readLessons, readTexts } from './lesson-files.ts';

export type InterviewFiles = {
  cards: Card[];
  cardTexts: Map<Language, Map<string, CardText>>;
  packs: { pack: Pack; texts: Map<Language, PackText> }[];
  paths: LearningPath[];
  problems: LessonProblem[];
};

export function readInterviewFiles(root = lessonsFolder()): InterviewFiles {
  const [lessons, drills] = [readLessons(root).map(({ lesson }) => lesson), readDrills(root)];
  const problems: LessonProblem[] = [];
  const read = (name: string): string => {
    if (existsSync(join(root, name))) return readFileSync(join(root, name), 'utf8');
    problems.push({ file: `lessons/${name}`, line: 1, message: 'is missing' });
    return '';
  };
  const demos = existsSync(join(root, 'demos')) ? readdirSync(join(root, 'demos')) : [];
  const others = new Set([...drills.map(({ drill }) => drill.id), ...demos]);

  const file = 'lessons/questions/cards.yaml';
  const { cards, problems: cardProblems } = loadCards(file, read('questions/cards.yaml'));
  problems.push(...cardProblems);
  const asked = new Set(cards.flatMap(({ see }) => see));
  const paths = loadPaths('lessons/paths.yaml', read('paths.yaml'));
  problems.push(...paths.problems, ...pathProblems('lessons/paths.yaml', paths, lessons, others, asked));
  const known = new Set([...lessons.map(({ id }) => id), ...others, ...paths.coming]);
  for (const { id, see, line } of cards)
    for (const other of see)
      if (!known.has(other)) problems.push({ file, line, message: `${id}: there is no "${other}"` });
  const cardTexts = new Map(
    LANGUAGES.map((language) => {
      const name = `questions/${language}.md`;
      const { texts, problems: found } = loadCardTexts(`lessons/${name}`, read(name), cards);
      problems.push(...found);
      return [language, texts] as const;
    }),
  );
  for (const { id } of cards) {
    const counts = new Set([...cardTexts.values()].map((texts) => texts.get(id)?.points.length));
    if (counts.size > 1)
      problems.push({ file, line: 1, message: `${id}: not the same number of key points everywhere` });
  }

  const packs = foldersWith(root, 'pack.yaml').map(({ folder, shown }) => {
    const { pack, problems: found } = loadPack(`${shown}/pack.yaml`, readFileSync(join(folder, 'pack.yaml'), 'utf8'));
    problems.push(...found, ...packProblems(`${shown}/pack.yaml`, pack, drills));
    const id = folder.split(/[\\/]/).at(-1);
    if (pack.id !== id)
      problems.push({ file: `${shown}/pack.yaml`, line: 1, message: `the id must be that of its folder, ${id}` });
    return { pack, texts: readTexts(folder, shown, problems, loadPackText) };
  });
  return { cards, cardTexts, packs, paths: paths.paths, problems };
}
