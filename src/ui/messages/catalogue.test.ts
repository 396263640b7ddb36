import { expect, it } from 'vitest';
import { FAULTS } from '../../machine/faults.ts';
import { breaksEn } from './breaks/en.ts';
import { breaksZhCN } from './breaks/zh-CN.ts';
import { bringEn } from './bring/en.ts';
import { bringZhCN } from './bring/zh-CN.ts';
import { preferredLocale, translator } from './catalogue.ts';
import { compareEn } from './compare/en.ts';
import { compareZhCN } from './compare/zh-CN.ts';
import { en } from './en.ts';
import { faultsEn } from './faults/en.ts';
import { faultsZhCN } from './faults/zh-CN.ts';
import { filesEn } from './files/en.ts';
import { filesZhCN } from './files/zh-CN.ts';
import { followEn } from './follow/en.ts';
import { followZhCN } from './follow/zh-CN.ts';
import { interviewEn } from './interview/en.ts';
import { interviewZhCN } from './interview/zh-CN.ts';
import { keysEn } from './keys/en.ts';
import { keysZhCN } from './keys/zh-CN.ts';
import { lessonEn } from './lessons/en.ts';
import { lessonZhCN } from './lessons/zh-CN.ts';
import { marksEn } from './marks/en.ts';
import { marksZhCN } from './marks/zh-CN.ts';
import { momentEn } from './moment/en.ts';
import { momentZhCN } from './moment/zh-CN.ts';
import { zhCN } from './zh-CN.ts';

it('every message has the same holes in both languages', () => {
  const holes = (text: string): string[] => [...text.matchAll(/\{\w+\}/g)].map((m) => m[0]).sort();
  const catalogues: [Record<string, string>, Record<string, string>][] = [
    [en, zhCN],
    [lessonEn, lessonZhCN],
    [interviewEn, interviewZhCN],
    [compareEn, compareZhCN],
    [bringEn, bringZhCN],
    [momentEn, momentZhCN],
    [marksEn, marksZhCN],
    [breaksEn, breaksZhCN],
    [faultsEn, faultsZhCN],
    [filesEn, filesZhCN],
    [followEn, followZhCN],
    [keysEn, keysZhCN],
  ];
  for (const [ours, other] of catalogues)
    for (const [key, text] of Object.entries(ours)) expect(holes(other[key] ?? ''), key).toEqual(holes(text));
});

it('every fault of the model has its words', () => {
  const keys = FAULTS.flatMap(({ catalogue, argument }) => [
    catalogue.name,
    catalogue.symptom,
    ...(argument === null ? [] : [argument.catalogue]),
  ]);
  const own = Object.keys(faultsEn).filter((key) => key.split('.').length === 3);
  expect(own.sort()).toEqual(keys.sort());
});

it('fills holes and leaves unknown ones', () => {
  expect(translator(en)('stage.images', { count: 3 })).toBe('images: 3');
  expect(translator(en)('stage.images')).toBe('images: {count}');
});

it('prefers what the browser prefers', () => {
  expect(preferredLocale(['zh-TW', 'en'])).toBe('zh-CN');
  expect(preferredLocale(['de', 'zh'])).toBe('en');
});
