/** The messages of interviews, fetched with them. */
import type { Locale } from '../messages/catalogue.ts';
import type { InterviewMessageKey } from '../messages/interview/en.ts';
import { type TranslateOf, useMessages } from '../use-messages.ts';

export type InterviewTranslate = TranslateOf<InterviewMessageKey>;

/** Null until they are there. */
export function useInterviewMessages(): InterviewTranslate | null {
  return useMessages(load);
}

async function load(locale: Locale): Promise<Readonly<Record<InterviewMessageKey, string>>> {
  return locale === 'zh-CN'
    ? (await import('../messages/interview/zh-CN.ts')).interviewZhCN
    : (await import('../messages/interview/en.ts')).interviewEn;
}
