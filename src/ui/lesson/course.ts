/** What is known of the open lesson or drill without its texts; these are fetched for the language in use. */
import type { ArticleSection } from '../../lesson-engine/article.ts';
import type { Demo } from '../../lesson-engine/demo.ts';
import type { Drill, Lesson } from '../../lesson-engine/lesson.ts';

export type OpenCourse =
  /** `catchUp`: steps that are typed for whoever came late. */
  | { kind: 'lesson'; id: string; lesson: Lesson; catchUp: number }
  /** Which of the variants, from 0. */
  | { kind: 'drill'; id: string; drill: Drill; variant: number }
  | { kind: 'article'; id: string; section: ArticleSection }
  | { kind: 'demo'; id: string; demo: Demo };

export type CourseKind = OpenCourse['kind'];
export const COURSE_KINDS: readonly CourseKind[] = ['lesson', 'drill', 'article', 'demo'];
