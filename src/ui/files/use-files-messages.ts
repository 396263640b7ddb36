/** The messages of the file browser, fetched with it. */
import type { Locale } from '../messages/catalogue.ts';
import type { FilesMessageKey } from '../messages/files/en.ts';
import { type TranslateOf, useMessages } from '../use-messages.ts';

export type FilesTranslate = TranslateOf<FilesMessageKey>;

/** Null until they are there. */
export function useFilesMessages(): FilesTranslate | null {
  return useMessages(load);
}

async function load(locale: Locale): Promise<Readonly<Record<FilesMessageKey, string>>> {
  return locale === 'zh-CN'
    ? (await import('../messages/files/zh-CN.ts')).filesZhCN
    : (await import('../messages/files/en.ts')).filesEn;
}
