/** The messages of lessons and of the home, fetched with them. */
import { useEffect, useState } from 'react';
import { useUi } from '../hooks.ts';
import type { LessonMessageKey } from '../messages/lessons/en.ts';

type Catalogue = Readonly<Record<LessonMessageKey, string>>;
export type LessonTranslate = (key: LessonMessageKey, values?: Readonly<Record<string, string | number>>) => string;

/** Null until they are there. */
export function useLessonMessages(): LessonTranslate | null {
  const locale = useUi((state) => state.locale);
  const [loaded, setLoaded] = useState<Catalogue | null>(null);
  useEffect(() => {
    let current = true;
    const load = async (): Promise<Catalogue> =>
      locale === 'zh-CN'
        ? (await import('../messages/lessons/zh-CN.ts')).lessonZhCN
        : (await import('../messages/lessons/en.ts')).lessonEn;
    void load().then((catalogue) => current && setLoaded(catalogue));
    return () => {
      current = false;
    };
  }, [locale]);
  if (loaded === null) return null;
  return (key, values) => loaded[key].replace(/\{(\w+)\}/g, (whole, name: string) => String(values?.[name] ?? whole));
}
