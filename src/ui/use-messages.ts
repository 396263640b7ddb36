/** A catalogue of messages that is fetched with the part of the page that needs it. */
import { useEffect, useState } from 'react';
import { useUi } from './hooks.ts';
import type { Locale } from './messages/catalogue.ts';

export type TranslateOf<K extends string> = (key: K, values?: Readonly<Record<string, string | number>>) => string;

/** Null until they are there. `load` must be the same function each time. */
export function useMessages<K extends string>(
  load: (locale: Locale) => Promise<Readonly<Record<K, string>>>,
): TranslateOf<K> | null {
  const locale = useUi((state) => state.locale);
  const [loaded, setLoaded] = useState<Readonly<Record<K, string>> | null>(null);
  useEffect(() => {
    let current = true;
    void load(locale).then((catalogue) => current && setLoaded(catalogue));
    return () => {
      current = false;
    };
  }, [load, locale]);
  return loaded === null ? null : translateWith(loaded);
}

export function translateWith<K extends string>(loaded: Readonly<Record<K, string>>): TranslateOf<K> {
  return (key, values) => loaded[key].replace(/\{(\w+)\}/g, (whole, name: string) => String(values?.[name] ?? whole));
}
