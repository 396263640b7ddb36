/** On a phone: eight numbered bars that light while a command runs; one opens as a list. */
import { isStanding, NUMERALS, STRATA, type Stratum } from '../../projections/layers.ts';
import { useNodeView, useT, useUi } from '../hooks.ts';
import { session } from '../session.ts';
import { Caption } from '../stage/caption.tsx';
import { buildScene } from '../stage/scene.ts';
import { select, ui } from '../store.ts';
import { countsOf, LivingList, livingRows } from './living-list.tsx';

export function Strip() {
  const t = useT();
  const { view } = useNodeView();
  const open = useUi((state) => state.phoneLayer);
  const hop = useUi((state) => state.shown.hop);
  const watched = useUi((state) => state.watched);
  const lit = new Set<Stratum | null>([hop?.stratum ?? null]);
  // A watch or a wait is nothing that happens.
  const startedAt = (seq: number): number => session.history.events[seq]?.time ?? 0;
  for (const { layer, name, startSeq } of view.spans.values()) {
    if (layer === null || layer === 'client') continue;
    if (!isStanding({ method: name, startedAt: startedAt(startSeq) }, view.time)) lit.add(layer);
  }
  const rows = livingRows(view, t);
  const counts = countsOf(view, rows);
  const scene =
    open === null ? null : buildScene(view, t, { width: 900, height: 600, detail: 'full', selection: null });
  return (
    <>
      <nav className="strip" aria-label={t('phone.strip')}>
        {STRATA.map((stratum) => (
          <button
            key={stratum}
            type="button"
            aria-pressed={open === stratum}
            aria-label={t('phone.open', {
              numeral: NUMERALS[stratum],
              name: t(`strata.${stratum}`),
              count: counts[stratum],
            })}
            className={`${counts[stratum] === 0 ? 'empty ' : ''}${lit.has(stratum) ? 'lit' : ''} ${watched.includes(stratum) ? 'watched' : ''}`}
            style={{ '--stroke': `var(--${stratum})` } as React.CSSProperties}
            onClick={() => ui.setState({ phoneLayer: open === stratum ? null : stratum })}
          >
            <b>{NUMERALS[stratum]}</b>
            <span>{t(`phone.word.${stratum}`)}</span>
            <span>{counts[stratum] === 0 ? '–' : counts[stratum]}</span>
          </button>
        ))}
      </nav>
      <Caption />
      {scene === null && <LivingList rows={rows} />}
      {scene !== null && open !== null && (
        <section
          className="layer-sheet"
          aria-label={t('stage.inLayer', { numeral: NUMERALS[open as Stratum], name: t(`strata.${open as Stratum}`) })}
        >
          <h2 style={{ color: `var(--${open})` }}>
            {NUMERALS[open as Stratum]} {t(`strata.${open as Stratum}`)}
          </h2>
          <ul>
            {scene.nodes
              .filter((node) => node.stratum === open && node.kind !== 'note' && node.label !== '')
              .map((node) => (
                <li key={node.id}>
                  <button type="button" disabled={node.select === null} onClick={() => select(node.select)}>
                    {node.label}
                  </button>
                </li>
              ))}
          </ul>
          {!scene.nodes.some((node) => node.stratum === open && node.kind !== 'note') && (
            <p className="soft">{t('stage.nothing')}</p>
          )}
        </section>
      )}
    </>
  );
}
