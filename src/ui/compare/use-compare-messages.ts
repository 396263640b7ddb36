/** The messages of the comparison, fetched with it. */
import type { Locale } from '../messages/catalogue.ts';
import type { CompareMessageKey } from '../messages/compare/en.ts';
import { type TranslateOf, useMessages } from '../use-messages.ts';

export type CompareTranslate = TranslateOf<CompareMessageKey>;

/** Null until they are there. */
export function useCompareMessages(): CompareTranslate | null {
  return useMessages(load);
}

async function load(locale: Locale): Promise<Readonly<Record<CompareMessageKey, string>>> {
  return locale === 'zh-CN'
    ? (await import('../messages/compare/zh-CN.ts')).compareZhCN
    : (await import('../messages/compare/en.ts')).compareEn;
}
