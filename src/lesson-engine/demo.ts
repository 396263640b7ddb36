/**
 * A classroom demo: slides that a presenter goes through. A slide may ask for a prediction, then types its lines, then
 * its claims are proved by the state of the node. A demo is a folder with demo.yaml and a text a language.
 */
import type { Layer } from '../sim/trace.ts';
import type { Lesson, LessonCheck, Prediction } from './lesson.ts';

export type DemoSlide = {
  id: string;
  /** Complete command lines, typed when the presenter goes on. */
  lines: readonly string[];
  /** Index of the right option of the slide's question; null if it asks none. */
  prediction: number | null;
  highlight: readonly Layer[];
  /** Only looks: its claims may hold before. */
  observe: boolean;
  claims: readonly LessonCheck[];
};

export type Demo = {
  id: string;
  minutes: number;
  scenario: string;
  seed: number;
  setup: readonly string[];
  slides: readonly DemoSlide[];
};

export type SlideText = {
  title: string;
  body: string;
  prediction: Prediction | null;
  /** What a claim says, by its id. */
  claims: ReadonlyMap<string, string>;
  /** For the presenter alone. */
  notes: string;
};

export type DemoText = { title: string; intro: string; notes: string; slides: ReadonlyMap<string, SlideText> };

/** One stop of the presenter: a slide as it opens, its question, or its lines typed. */
export type Beat = { slide: number; show: 'open' | 'ask' | 'run' };

export function beatsOf(demo: Demo): Beat[] {
  return demo.slides.flatMap(({ prediction, lines }, slide): Beat[] => [
    { slide, show: prediction === null ? 'open' : 'ask' },
    ...(lines.length > 0 ? [{ slide, show: 'run' } as const] : []),
  ]);
}

/** The slides that claim something as a lesson's steps, so that the same eye watches the state. */
export function asLesson({ id, minutes, scenario, seed, setup, slides }: Demo): Lesson {
  return {
    id,
    track: 'demos',
    level: 'beginner',
    minutes,
    exam: [],
    requires: [],
    requiresLine: 1,
    scenario,
    seed,
    setup,
    steps: slides
      .filter(({ claims }) => claims.length > 0)
      .map((slide) => ({
        id: slide.id,
        commands: [],
        prediction: null,
        order: null,
        highlight: slide.highlight,
        observe: slide.observe,
        checks: slide.claims,
        solution: slide.lines,
      })),
    another: [],
    wrong: [],
  };
}
