/// <reference path="./virtual.d.ts" />
/** What is modelled, after what, and what is left out: read from the code's own comments when the page was built. */
import units from 'virtual:fidelity';
import { useDeferredValue, useState } from 'react';
import type { LessonTranslate } from '../lesson/use-lesson-messages.ts';
import { MetList } from './met-list.tsx';

type Unit = (typeof units)[number];

/** Large parts are shown by what lies in them; what is too small for a line of its own stays with its part. */
const DIVIDED = ['components', 'commands', 'protocols'];
const OWN_LINE_MIN = 5;
/** From the ground up, as the layers import each other; the rest follows. */
const ORDER = ['linux', 'components', 'protocols', 'go', 'shell', 'machine', 'commands'];

function partsOf(all: readonly Unit[]): (readonly [string, readonly Unit[]])[] {
  const inner = group(all, innerPart);
  const parts = group(all, (unit) => {
    const own = innerPart(unit);
    return (inner.get(own)?.length ?? 0) < OWN_LINE_MIN ? topPart(unit) : own;
  });
  const rank = (part: string): number => {
    const at = ORDER.indexOf(part.split('/')[0] ?? '');
    return at < 0 ? ORDER.length : at;
  };
  return [...parts].sort(([a], [b]) => rank(a) - rank(b) || (a < b ? -1 : 1));
}

function topPart({ path }: Unit): string {
  return path.split('/')[1] ?? '';
}

function innerPart(unit: Unit): string {
  const [, part = '', inner = ''] = unit.path.split('/');
  return DIVIDED.includes(part) && !inner.includes('.') ? `${part}/${inner}` : part;
}

function group(all: readonly Unit[], keyOf: (unit: Unit) => string): Map<string, Unit[]> {
  const groups = new Map<string, Unit[]>();
  for (const unit of all) {
    const key = keyOf(unit);
    const list = groups.get(key);
    if (list === undefined) groups.set(key, [unit]);
    else list.push(unit);
  }
  return groups;
}

const PARTS = partsOf(units);

export function Faithful({ t }: { t: LessonTranslate }) {
  const [wanted, setWanted] = useState('');
  const words = useDeferredValue(wanted).toLowerCase().split(/\s+/).filter(Boolean);
  const matches = ({ path, what, models, leftOut }: Unit): boolean => {
    const text = `${path} ${what} ${models} ${leftOut}`.toLowerCase();
    return words.every((word) => text.includes(word));
  };
  const parts = PARTS.map(([part, all]) => ({ part, found: all.filter(matches) })).filter(
    ({ found }) => found.length > 0,
  );
  const count = parts.reduce((sum, { found }) => sum + found.length, 0);
  return (
    <div className="faithful">
      <p>{t('faithful.intro')}</p>
      <MetList t={t} />
      <p>
        <label>
          {t('faithful.find')}{' '}
          <input type="search" value={wanted} onChange={(event) => setWanted(event.target.value)} />
        </label>{' '}
        <span role="status">{t('faithful.count', { count, of: units.length })}</span>
      </p>
      <div className="parts">
        {parts.map(({ part, found }) => (
          <details key={part} open={words.length > 0}>
            <summary>
              <code lang="en">{part}</code> <span className="soft">{found.length}</span>
            </summary>
            <ul lang="en">
              {found.map((unit) => (
                <li key={unit.path + unit.what}>
                  {unit.what} <b className={`degree ${unit.degree}`}>{t(degreeKey(unit))}</b>
                  <br />
                  <span className="soft">
                    {unit.models} · <code>{unit.path}</code>
                  </span>
                  {unit.leftOut !== '' && (
                    <>
                      <br />
                      {unit.leftOut}
                    </>
                  )}
                </li>
              ))}
            </ul>
          </details>
        ))}
      </div>
    </div>
  );
}

function degreeKey({ degree }: Unit): 'faithful.full' | 'faithful.partial' | 'faithful.none' | 'faithful.unsaid' {
  if (degree === 'full') return 'faithful.full';
  if (degree === 'partial') return 'faithful.partial';
  return degree === 'none' ? 'faithful.none' : 'faithful.unsaid';
}
