import type { LessonLevel } from './lesson.ts';

type InBoth = { readonly en: string; readonly 'zh-CN': string };

/** What the lists of lessons, drills and demos show of each. Minutes are the author's estimate. */
export type Contents = {
  readonly lessons: readonly {
    readonly id: string;
    readonly track: string;
    readonly level: LessonLevel;
    readonly minutes: number;
    readonly exam: readonly string[];
    readonly requires: readonly string[];
    readonly title: InBoth;
  }[];
  readonly drills: readonly {
    readonly id: string;
    readonly stars: number;
    readonly minutes: number;
    readonly variants: readonly string[];
    readonly title: InBoth;
  }[];
  readonly demos: readonly {
    readonly id: string;
    readonly minutes: number;
    readonly title: InBoth;
    readonly intro: InBoth;
  }[];
};
