/** The messages for following a field, fetched with it. */
import type { Locale } from '../messages/catalogue.ts';
import type { FollowMessageKey } from '../messages/follow/en.ts';
import { type TranslateOf, useMessages } from '../use-messages.ts';

export type FollowTranslate = TranslateOf<FollowMessageKey>;

/** Null until they are there. */
export function useFollowMessages(): FollowTranslate | null {
  return useMessages(loadFollowMessages);
}

export async function loadFollowMessages(locale: Locale): Promise<Readonly<Record<FollowMessageKey, string>>> {
  return locale === 'zh-CN'
    ? (await import('../messages/follow/zh-CN.ts')).followZhCN
    : (await import('../messages/follow/en.ts')).followEn;
}

/** A field's name: `variable COLOR` is one of a family. */
export function fieldName(t: FollowTranslate, id: string): string {
  const at = id.indexOf(' ');
  const [family, key] = at < 0 ? [id, ''] : [id.slice(0, at), id.slice(at + 1)];
  return t(`field.${family}` as FollowMessageKey, { key });
}
