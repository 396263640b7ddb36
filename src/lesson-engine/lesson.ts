/**
 * What a lesson and a drill are. Their folders hold lesson.yaml or drill.yaml (structure, checks, solution) and one
 * Markdown file a language. lessons/AUTHORING.md tells authors all of it.
 */
import type { Layer } from '../sim/trace.ts';

export type LessonLevel = 'beginner' | 'intermediate' | 'advanced' | 'expert';
export const LESSON_LEVELS: readonly LessonLevel[] = ['beginner', 'intermediate', 'advanced', 'expert'];

export type Language = 'en' | 'zh-CN';
export const LANGUAGES: readonly Language[] = ['en', 'zh-CN'];

/** Layers of the drawing that a step can point at. */
export const HIGHLIGHTS: readonly Layer[] = [
  'control-plane',
  'kubelet',
  'cri',
  'cri-runtime',
  'shim',
  'oci-runtime',
  'workload',
  'kernel',
];

export type LessonCheck = {
  id: string;
  /** CEL over the variables of checks.ts; must give a bool. */
  that: string;
  /** Where it stands in its file, for messages. */
  line: number;
};

/** Command lines that somebody might type instead of a step's solution. */
export type Attempt = { id: string; step: string; lines: readonly string[]; line: number };

export type LessonStep = {
  id: string;
  /** Lines the page offers for typing, in order; a learner may type anything else. */
  commands: readonly string[];
  /** Index of the right option of the step's prediction question; null if it asks none. */
  prediction: number | null;
  /** The right order of the step's ordering exercise, as ids; null if it has none. */
  order: readonly string[] | null;
  highlight: readonly Layer[];
  /** Only looks: what it wants was there before, so that leaving it out changes nothing but the learner. */
  observe: boolean;
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
  /** Lessons that come before it. */
  requires: readonly string[];
  requiresLine: number;
  scenario: string;
  seed: number;
  /** Command lines that make the node what the lesson begins with; no learner's. */
  setup: readonly string[];
  steps: readonly LessonStep[];
  /** Other right ways, and wrong ones, for `cutaway lesson test`. */
  another: readonly Attempt[];
  wrong: readonly Attempt[];
};

export type Prediction = { question: string; options: readonly string[]; why: string };

/** From the lightest to the whole answer. */
export type Hints = { nudge: string; pointer: string; answer: string };

export type StepText = {
  title: string;
  /** Markdown. */
  body: string;
  goal: string;
  prediction: Prediction | null;
  /** The labels of the ordering exercise, by id. */
  order: ReadonlyMap<string, string>;
  /** What a check that does not hold says to the learner, by the check's id. */
  missing: ReadonlyMap<string, string>;
  hints: Hints;
};

export type LessonText = {
  title: string;
  intro: string;
  objectives: readonly string[];
  /** What learners often believe, and what is so. */
  misconception: string;
  steps: ReadonlyMap<string, StepText>;
};

/** What a drill's check belongs to: the fault is gone; nothing else broke; nothing was weakened; it lasts. */
export type DrillAspect = 'fixed' | 'kept' | 'secure' | 'lasting';
export const DRILL_ASPECTS: readonly DrillAspect[] = ['fixed', 'kept', 'secure', 'lasting'];

export type DrillCheck = LessonCheck & { aspect: DrillAspect };

export type DrillVariant = { id: string; setup: readonly string[]; solution: readonly string[] };

export type Drill = {
  id: string;
  stars: number;
  /** The time limit. */
  minutes: number;
  exam: readonly string[];
  scenario: string;
  seed: number;
  setup: readonly string[];
  variants: readonly DrillVariant[];
  /** Holds at the start of every variant: the fault shows. */
  symptom: readonly LessonCheck[];
  checks: readonly DrillCheck[];
  /** What an expert looks at before doing anything: told afterwards, it costs nothing. */
  evidence: readonly LessonCheck[];
  /** What leads away from the fault, told afterwards. */
  turns: readonly LessonCheck[];
  /** Typed by the grader before it looks at what should last. */
  restart: readonly string[];
  /** Must not pass, on any variant. */
  wrong: readonly { id: string; lines: readonly string[]; line: number }[];
};

export type DrillText = {
  title: string;
  /** What the learner is told: the report of somebody who meets the symptom. */
  body: string;
  missing: ReadonlyMap<string, string>;
  evidence: ReadonlyMap<string, string>;
  turns: ReadonlyMap<string, string>;
  hints: Hints;
  /** How an expert goes about it, shown afterwards. */
  debrief: string;
  /** What an interviewer watches for, beyond what the state proves; empty if the drill is in no pack. */
  rubric: readonly string[];
};

/** An author's mistake. */
export type LessonProblem = { file: string; line: number; message: string };

export function formatProblem({ file, line, message }: LessonProblem): string {
  return `${file}:${line}: ${message}`;
}
