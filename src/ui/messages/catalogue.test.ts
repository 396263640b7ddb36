import { expect, it } from 'vitest';
import { breaksEn } from './breaks/en.ts';
import { breaksZhCN } from './breaks/zh-CN.ts';
import { preferredLocale, translator } from './catalogue.ts';
import { compareEn } from './compare/en.ts';
import { compareZhCN } from './compare/zh-CN.ts';
import { en } from './en.ts';
import { interviewEn } from './interview/en.ts';
import { interviewZhCN } from './interview/zh-CN.ts';
import { lessonEn } from './lessons/en.ts';
import { lessonZhCN } from './lessons/zh-CN.ts';
import { zhCN } from './zh-CN.ts';

it('every message has the same holes in both languages', () => {
  const holes = (text: string): string[] => [...text.matchAll(/\{\w+\}/g)].map((m) => m[0]).sort();
  const catalogues: [Record<string, string>, Record<string, string>][] = [
    [en, zhCN],
    [lessonEn, lessonZhCN],
    [interviewEn, interviewZhCN],
    [compareEn, compareZhCN],
    [breaksEn, breaksZhCN],
  ];
  for (const [ours, other] of catalogues)
    for (const [key, text] of Object.entries(ours)) expect(holes(other[key] ?? ''), key).toEqual(holes(text));
});

it('fills holes and leaves unknown ones', () => {
  expect(translator(en)('stage.images', { count: 3 })).toBe('images: 3');
  expect(translator(en)('stage.images')).toBe('images: {count}');
});

it('prefers what the browser prefers', () => {
  expect(preferredLocale(['zh-TW', 'en'])).toBe('zh-CN');
  expect(preferredLocale(['de', 'zh'])).toBe('en');
});
