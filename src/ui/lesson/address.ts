/** Addresses of what can be opened: what was chosen for the page stays, the node is the lesson's. */
import { COURSE_KINDS, type CourseKind } from './course.ts';

const OF_ONE_PAGE = [
  ...COURSE_KINDS,
  'variant',
  'scenario',
  'seed',
  'class',
  'number',
  'at',
  'interview',
  'nonce',
  'replay',
  'notes',
  'path',
];

export function addressOf(
  kind: CourseKind | 'at' | 'replay',
  id: string,
  more: Readonly<Record<string, string>> = {},
): string {
  const query = new URLSearchParams(location.search);
  for (const name of OF_ONE_PAGE) query.delete(name);
  query.set('lang', document.documentElement.lang);
  query.set(kind, id);
  for (const [name, value] of Object.entries(more)) query.set(name, value);
  return `?${query}`;
}
