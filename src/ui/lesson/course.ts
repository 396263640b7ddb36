/** What is known of the open lesson or drill without its texts; these are fetched for the language in use. */
import type { Drill, Lesson } from '../../lesson-engine/lesson.ts';

export type OpenCourse = {
  kind: 'lesson' | 'drill';
  id: string;
  lesson: Lesson | null;
  drill: Drill | null;
  /** Which of a drill's variants, from 0. */
  variant: number;
  /** Steps that are typed for whoever came late. */
  catchUp: number;
};
