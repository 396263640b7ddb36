/** The messages of shared moments, fetched with them. */
import type { Locale } from '../messages/catalogue.ts';
import type { MomentMessageKey } from '../messages/moment/en.ts';
import { type TranslateOf, useMessages } from '../use-messages.ts';

/** Null until they are there. */
export function useMomentMessages(): TranslateOf<MomentMessageKey> | null {
  return useMessages(load);
}

async function load(locale: Locale): Promise<Readonly<Record<MomentMessageKey, string>>> {
  return locale === 'zh-CN'
    ? (await import('../messages/moment/zh-CN.ts')).momentZhCN
    : (await import('../messages/moment/en.ts')).momentEn;
}
