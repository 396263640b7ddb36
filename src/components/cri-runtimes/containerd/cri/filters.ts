/** What the filters of list calls have in common. */
import { Failure } from '../../shared/errors.ts';
import type { IdStore } from './id-store.ts';

/** The id that a unique prefix stands for; anything else is compared as it is. */
export function fullIdOf(store: IdStore<{ readonly id: string }>, prefix: string): string {
  if (prefix === '') return '';
  try {
    return store.get(prefix).id;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return prefix;
  }
}

export function labelsMatch(selector: Record<string, string>, labels: Record<string, string>): boolean {
  for (const key in selector) if (labels[key] !== selector[key]) return false;
  return true;
}
