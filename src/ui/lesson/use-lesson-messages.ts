/** The messages of lessons and of the home, fetched with them. */
import type { Locale } from '../messages/catalogue.ts';
import type { LessonMessageKey } from '../messages/lessons/en.ts';
import { type TranslateOf, useMessages } from '../use-messages.ts';

export type LessonTranslate = TranslateOf<LessonMessageKey>;

/** Null until they are there. */
export function useLessonMessages(): LessonTranslate | null {
  return useMessages(load);
}

async function load(locale: Locale): Promise<Readonly<Record<LessonMessageKey, string>>> {
  return locale === 'zh-CN'
    ? (await import('../messages/lessons/zh-CN.ts')).lessonZhCN
    : (await import('../messages/lessons/en.ts')).lessonEn;
}
