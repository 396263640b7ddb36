/** What a lesson is. Its folder holds lesson.yaml (structure, checks, solution) and one Markdown file a language. */

export type LessonLevel = 'beginner' | 'intermediate' | 'advanced' | 'expert';
export const LESSON_LEVELS: readonly LessonLevel[] = ['beginner', 'intermediate', 'advanced', 'expert'];

export type Language = 'en' | 'zh-CN';
export const LANGUAGES: readonly Language[] = ['en', 'zh-CN'];

export type LessonCheck = {
  id: string;
  /** CEL over the variables of checks.ts; must give a bool. */
  that: string;
  /** Where it stands in lesson.yaml, for messages. */
  line: number;
};

export type LessonStep = {
  id: string;
  /** Lines the page offers for typing, in order; a learner may type anything else. */
  commands: readonly string[];
  /** Index of the right option of the step's prediction question; null if it asks none. */
  prediction: number | null;
  checks: readonly LessonCheck[];
  /** Complete command lines after which every check holds. */
  solution: readonly string[];
};

export type Lesson = {
  id: string;
  track: string;
  level: LessonLevel;
  minutes: number;
  /** Exam objectives, as the curriculum names them. */
  exam: readonly string[];
  scenario: string;
  seed: number;
  steps: readonly LessonStep[];
};

export type StepText = {
  title: string;
  /** Markdown. */
  body: string;
  goal: string;
  prediction: { question: string; options: readonly string[]; why: string } | null;
  /** From the lightest to the whole answer. */
  hints: { nudge: string; pointer: string; answer: string };
};

export type LessonText = {
  title: string;
  intro: string;
  objectives: readonly string[];
  /** What learners often believe, and what is so. */
  misconception: string;
  steps: ReadonlyMap<string, StepText>;
};

/** An author's mistake. */
export type LessonProblem = { file: string; line: number; message: string };

export function formatProblem({ file, line, message }: LessonProblem): string {
  return `${file}:${line}: ${message}`;
}
