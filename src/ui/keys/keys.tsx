/** The page of all keys. */
import { Fragment } from 'react';
import type { Locale } from '../messages/catalogue.ts';
import type { KeysMessageKey } from '../messages/keys/en.ts';
import { useMessages } from '../use-messages.ts';
import './keys.css';

type Row = readonly [keys: readonly string[], what: KeysMessageKey];
type Group = { readonly title: KeysMessageKey; readonly rows: readonly Row[] };

const GROUPS: readonly Group[] = [
  {
    title: 'everywhere',
    rows: [
      [['Ctrl-K', '⌘K'], 'find'],
      [['F6'], 'between'],
      [['F8', 'Shift-F8'], 'nextTerminal'],
      [['F9'], 'breaks'],
      [['Tab', 'Shift-Tab'], 'tab'],
      [['Esc'], 'escape'],
      [['→', '←'], 'arrowsHops'],
    ],
  },
  {
    title: 'drawing',
    rows: [
      [['↓', '↑', 'Home', 'End'], 'drawingMove'],
      [['Enter', 'Space'], 'drawingOpen'],
      [['/'], 'podFind'],
      [['+', '-', '0'], 'near'],
      [['?'], 'legend'],
    ],
  },
  {
    title: 'time',
    rows: [
      [['m'], 'mark'],
      [['[', ']'], 'marks'],
      [['s'], 'step'],
      [['←', '→', 'Home', 'End'], 'slider'],
    ],
  },
  {
    title: 'causes',
    rows: [
      [['↓', '↑', 'Home', 'End'], 'treeMove'],
      [['→', '←'], 'treeFold'],
      [['Enter', 'Space'], 'treeOpen'],
      [['s'], 'calls'],
      [['d'], 'change'],
      [['w'], 'words'],
    ],
  },
  { title: 'panes', rows: [[['↑', '↓', '←', '→'], 'resize']] },
  {
    title: 'remote',
    rows: [
      [['Page Down', 'Page Up'], 'remoteNext'],
      [['F5'], 'remoteAgain'],
      [['.', 'b'], 'remoteBlack'],
    ],
  },
];

async function load(locale: Locale): Promise<Readonly<Record<KeysMessageKey, string>>> {
  return locale === 'zh-CN'
    ? (await import('../messages/keys/zh-CN.ts')).keysZhCN
    : (await import('../messages/keys/en.ts')).keysEn;
}

export function Keys() {
  const t = useMessages(load);
  if (t === null) return null;
  return (
    <div className="key-map">
      <h2>{t('title')}</h2>
      <p>{t('intro')}</p>
      {GROUPS.map(({ title, rows }) => (
        <section key={title}>
          <h3>{t(title)}</h3>
          <dl>
            {rows.map(([keys, what]) => (
              <Fragment key={what}>
                <dt>
                  {keys.map((key, i) => (
                    <Fragment key={key}>
                      {i > 0 && ' '}
                      <kbd>{key}</kbd>
                    </Fragment>
                  ))}
                </dt>
                <dd>{t(what)}</dd>
              </Fragment>
            ))}
          </dl>
        </section>
      ))}
      <p className="soft">{t('terminal')}</p>
    </div>
  );
}
