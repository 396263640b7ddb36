import { expect, it } from 'vitest';
import { preferredLocale, translator } from './catalogue.ts';
import { en } from './en.ts';
import { zhCN } from './zh-CN.ts';

it('every message has the same holes in both languages', () => {
  const holes = (text: string): string[] => [...text.matchAll(/\{\w+\}/g)].map((m) => m[0]).sort();
  for (const key of Object.keys(en) as (keyof typeof en)[]) expect(holes(zhCN[key]), key).toEqual(holes(en[key]));
});

it('fills holes and leaves unknown ones', () => {
  expect(translator(en)('stage.images', { count: 3 })).toBe('images: 3');
  expect(translator(en)('stage.images')).toBe('images: {count}');
});

it('prefers what the browser prefers', () => {
  expect(preferredLocale(['zh-TW', 'en'])).toBe('zh-CN');
  expect(preferredLocale(['de', 'zh'])).toBe('en');
});
