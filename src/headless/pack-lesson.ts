/** `cutaway lesson pack [--lang LANGUAGE] [--out FILE] ID`: a lesson with the page it runs on, for a school's system. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LANGUAGES } from '../lesson-engine/lesson.ts';
import { lmsPackage } from '../lesson-engine/lms-package.ts';
import { parseFlags, UsageError } from './arguments.ts';
import { builtPage } from './host.ts';
import { readLessons } from './lesson-files.ts';

const flags = { lang: { type: 'string' }, out: { type: 'string' } } as const;

export async function packLesson(args: string[]): Promise<number> {
  const { values, positionals } = parseFlags(args, flags, true);
  const [id, ...more] = positionals;
  if (id === undefined || more.length > 0) throw new UsageError('pack wants the ID of one lesson');
  const language = LANGUAGES.find((one) => one === (values.lang ?? 'en'));
  if (language === undefined) throw new UsageError(`--lang wants ${LANGUAGES.join(' or ')}, not "${values.lang}"`);
  const title = readLessons()
    .find(({ lesson }) => lesson.id === id)
    ?.texts.get(language)?.title;
  if (title === undefined) throw new UsageError(`there is no lesson "${id}"`);
  const out = values.out ?? `cutaway-${id}-${language}.zip`;
  const bytes = lmsPackage({ id, title, language }, pageFiles(builtPage()));
  try {
    writeFileSync(out, bytes);
  } catch (error) {
    process.stderr.write(`cutaway lesson: cannot write ${out}: ${error instanceof Error ? error.message : error}\n`);
    return 1;
  }
  process.stdout.write(`${out}: ${title}, SCORM 2004 4th Edition, ${(bytes.length / 1e6).toFixed(1)} MB\n`);
  return 0;
}

/** Without the command line, which lies in a folder of the page. */
function pageFiles(root: string): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  const collect = (folder: string): void => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory() && path !== 'headless') collect(path);
      else if (entry.isFile()) files.set(path, readFileSync(join(root, path)));
    }
  };
  collect('');
  return files;
}
