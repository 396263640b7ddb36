/** The messages of breakpoints, fetched with them. */
import type { BreaksMessageKey } from '../messages/breaks/en.ts';
import { type TranslateOf, useMessages } from '../use-messages.ts';
import { breaksMessages } from './armed.ts';

export type BreaksTranslate = TranslateOf<BreaksMessageKey>;

/** Null until they are there. */
export function useBreaksMessages(): BreaksTranslate | null {
  return useMessages(breaksMessages);
}
