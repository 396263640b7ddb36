/** One catalogue at a time, loaded when it is asked for. */
import type { en } from './en.ts';

export type MessageKey = keyof typeof en;
export type Catalogue = Readonly<Record<MessageKey, string>>;
export type Locale = 'en' | 'zh-CN';
export type Translate = (key: MessageKey, values?: Readonly<Record<string, string | number>>) => string;

export async function loadCatalogue(locale: Locale): Promise<Catalogue> {
  if (locale === 'zh-CN') return (await import('./zh-CN.ts')).zhCN;
  return (await import('./en.ts')).en;
}

export function translator(catalogue: Catalogue): Translate {
  return (key, values) => {
    const text = catalogue[key];
    if (values === undefined) return text;
    return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
  };
}

export function preferredLocale(languages: readonly string[]): Locale {
  return languages[0]?.toLowerCase().startsWith('zh') ? 'zh-CN' : 'en';
}
