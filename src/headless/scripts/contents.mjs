/** The table of contents that the page shows before anybody opens a lesson: made when the page is built. */
import { readDemos, readDrills, readLessons } from '../lesson-files.ts';

/** @returns {import('../../lesson-engine/contents.ts').Contents} in the order of their ids; what cannot be read has empty titles */
export function collectContents() {
  const said = (texts, field) => ({ en: texts.get('en')?.[field] ?? '', 'zh-CN': texts.get('zh-CN')?.[field] ?? '' });
  const byId = (a, b) => (a.id < b.id ? -1 : 1);
  return {
    lessons: readLessons()
      .map(({ lesson: { id, track, level, minutes, exam, requires }, texts }) => ({
        ...{ id, track, level, minutes, exam, requires },
        title: said(texts, 'title'),
      }))
      .sort(byId),
    drills: readDrills()
      .map(({ drill: { id, stars, minutes, variants }, texts }) => ({
        ...{ id, stars, minutes, variants: variants.map((variant) => variant.id) },
        title: said(texts, 'title'),
      }))
      .sort(byId),
    demos: readDemos()
      .map(({ demo: { id, minutes }, texts }) => ({
        ...{ id, minutes },
        title: said(texts, 'title'),
        intro: said(texts, 'intro'),
      }))
      .sort(byId),
  };
}
