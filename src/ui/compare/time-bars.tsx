/** Where the time of the command went on each machine: bars to one scale, and the same as a table. */
import { type Breakdown, sideBySide } from '../../projections/comparison/breakdown.ts';
import { NUMERALS, type Stratum } from '../../projections/layers.ts';
import type { Layer } from '../../sim/trace.ts';
import type { CompareRun } from './compare-run.ts';
import type { CompareTranslate } from './use-compare-messages.ts';

/** A narrower stretch has no room for its numeral. */
const NUMERAL_SHARE_MIN = 0.018;
const ROW_SHARE_MIN = 0.005;

function colourOf(layer: Layer | null): string {
  return layer === null || layer === 'client' ? 'var(--soft)' : `var(--${layer})`;
}

function numeralOf(layer: Layer | null): string {
  return layer === null || layer === 'client' ? '' : NUMERALS[layer as Stratum];
}

function ms(ns: number): string {
  return `${(ns / 1e6).toFixed(ns < 1e7 ? 2 : 1)} ms`;
}

export function TimeBars({ run, t }: { run: CompareRun; t: CompareTranslate }) {
  const measured = run.nodes.flatMap((node, i) => {
    const breakdown = run.breakdownOf(i);
    return breakdown === null ? [] : [{ name: node.plan.name, breakdown, machine: i }];
  });
  if (measured.length === 0) return null;
  const longest = Math.max(1, ...measured.map(({ breakdown }) => breakdown.totalNs));
  return (
    <section className="bars" aria-label={t('bars')}>
      <h3>{t('bars')}</h3>
      {measured.map(({ name, breakdown, machine }) => (
        <Bar key={name} name={name} breakdown={breakdown} longest={longest} moment={momentOf(run, machine)} />
      ))}
      <details>
        <summary>{t('step')}</summary>
        <StepTable measured={measured} t={t} />
      </details>
    </section>
  );
}

function momentOf(run: CompareRun, machine: number): number | null {
  const side = run.pair.indexOf(machine);
  return side < 0 ? null : (run.moments[side as 0 | 1] ?? null);
}

function Bar(props: { name: string; breakdown: Breakdown; longest: number; moment: number | null }) {
  const { name, breakdown, longest, moment } = props;
  const share = (ns: number): string => `${(ns / longest) * 100}%`;
  return (
    <div className="bar">
      <span>{name}</span>
      <div aria-hidden="true">
        {breakdown.stretches.map((part) => (
          <i
            key={part.startNs}
            title={`${numeralOf(part.layer)} ${part.label} ${ms(part.ns)}`}
            style={{ left: share(part.startNs), width: share(part.ns), background: colourOf(part.layer) }}
          >
            {part.ns >= longest * NUMERAL_SHARE_MIN ? numeralOf(part.layer) : ''}
          </i>
        ))}
        {moment !== null && <b style={{ left: share(Math.min(moment, longest)) }} />}
      </div>
      <span className="mono">{ms(breakdown.totalNs)}</span>
    </div>
  );
}

function StepTable({ measured, t }: { measured: { name: string; breakdown: Breakdown }[]; t: CompareTranslate }) {
  const breakdowns = measured.map(({ breakdown }) => breakdown);
  const isLarge = (ns: number | null, i: number): boolean =>
    ns !== null && ns >= (breakdowns[i]?.totalNs ?? 0) * ROW_SHARE_MIN;
  const rows = sideBySide(breakdowns).filter((row) => row.ns.some(isLarge));
  return (
    <div className="scroll">
      <table>
        <thead>
          <tr>
            <th scope="col">{t('layer')}</th>
            <th scope="col">{t('step')}</th>
            {measured.map(({ name }) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          <tr>
            <td />
            <th scope="row">{t('whole')}</th>
            {measured.map(({ name, breakdown }) => (
              <td key={name}>{ms(breakdown.totalNs)}</td>
            ))}
          </tr>
          {rows.map((row) => (
            <tr key={`${row.layer} ${row.label}`}>
              <td style={{ color: colourOf(row.layer) }}>{`${numeralOf(row.layer)} ${row.layer ?? ''}`}</td>
              <th scope="row" className="mono">
                {row.label}
              </th>
              {measured.map(({ name }, i) => {
                const ns = row.ns[i] ?? null;
                return <td key={name}>{ns === null ? '' : ms(ns)}</td>;
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
