/** The messages of markers and branches, fetched with them. */
import type { Locale } from '../messages/catalogue.ts';
import type { MarksMessageKey } from '../messages/marks/en.ts';
import { type TranslateOf, useMessages } from '../use-messages.ts';

export type MarksTranslate = TranslateOf<MarksMessageKey>;

/** Null until they are there. */
export function useMarksMessages(): MarksTranslate | null {
  return useMessages(load);
}

async function load(locale: Locale): Promise<Readonly<Record<MarksMessageKey, string>>> {
  return locale === 'zh-CN'
    ? (await import('../messages/marks/zh-CN.ts')).marksZhCN
    : (await import('../messages/marks/en.ts')).marksEn;
}
