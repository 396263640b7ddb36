/** What the lines of the drawing mean. Its samples are drawn by the drawing's own rules; on paper it stands below the drawing. */
import { useEffect, useState } from 'react';
import { useT, useUi } from '../hooks.ts';
import type { MessageKey } from '../messages/catalogue.ts';

type Sample = { readonly key: MessageKey; readonly shape: React.ReactNode };

const W = 46;
const H = 24;

const box = <rect className="body" x={2} y={3} width={W - 4} height={H - 6} />;

function node(classes: string, stratum: string, shape: React.ReactNode = box): React.ReactNode {
  return (
    <g className={`node ${classes}`} style={{ '--stroke': `var(--${stratum})` } as React.CSSProperties}>
      {shape}
    </g>
  );
}

const SAMPLES: readonly Sample[] = [
  { key: 'legend.gone', shape: node('ghost', 'oci-runtime') },
  { key: 'legend.idle', shape: node('dashed', 'workload') },
  { key: 'legend.shared', shape: node('frame', 'kernel') },
  { key: 'legend.room', shape: node('container', 'workload') },
  {
    key: 'legend.floor',
    shape: node('floor', 'kernel', <rect className="body" x={2} y={7} width={W - 4} height={H - 13} />),
  },
  {
    key: 'legend.vm',
    shape: node(
      'vm',
      'oci-runtime',
      <>
        {box}
        <rect x={2} y={3} width={W - 4} height={H - 6} fill="url(#hatch)" />
        <rect className="inside" x={7} y={7} width={W - 14} height={H - 14} />
      </>,
    ),
  },
  {
    key: 'legend.sentry',
    shape: node(
      'sentry',
      'oci-runtime',
      <>
        <rect className="body" x={2} y={4} width={W - 4} height={9} />
        <path className="stilt" d={`M9 13v8M${W / 2} 13v8M${W - 9} 13v8`} />
      </>,
    ),
  },
  {
    key: 'legend.pids',
    shape: (
      <text className="mono" x={2} y={H / 2 + 4}>
        396 (1)
      </text>
    ),
  },
  {
    key: 'legend.layers',
    shape: (
      <g className="blocks">
        <rect className="upper" x={3} y={4} width={W - 6} height={4} />
        <rect x={3} y={10} width={W - 6} height={4} />
        <rect x={3} y={16} width={W - 6} height={4} />
      </g>
    ),
  },
  {
    key: 'legend.wire',
    shape: (
      <g className="lines">
        <path className="wire" d={`M2 ${H / 2}H${W - 2}`} />
      </g>
    ),
  },
  {
    key: 'legend.line',
    shape: (
      <g className="lines">
        <path d={`M2 ${H / 2}H${W - 2}`} />
      </g>
    ),
  },
];

/** `?` of whoever types nowhere. */
export function Legend() {
  const t = useT();
  const embedded = useUi((state) => state.embedded);
  const [open, setOpen] = useState(false);
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const { target } = event;
      if (target instanceof Element && target.closest('input, textarea, select, .xterm') !== null) return;
      if (event.key === '?') setOpen((was) => !was);
      else if (event.key === 'Escape') setOpen(false);
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);
  return (
    <>
      <button type="button" className="find" aria-expanded={open} title="?" onClick={() => setOpen(!open)}>
        {t('legend.button')}
      </button>
      <section className={open ? 'legend open' : 'legend'} aria-label={t('legend.title')}>
        <ul>
          {SAMPLES.map(({ key, shape }) => (
            <li key={key}>
              <svg width={W} height={H} aria-hidden="true">
                {shape}
              </svg>
              {t(key)}
            </li>
          ))}
        </ul>
        <p>
          {t('legend.strata')} {!embedded && <a href="#keys">{t('app.keys')}</a>}
        </p>
      </section>
    </>
  );
}
