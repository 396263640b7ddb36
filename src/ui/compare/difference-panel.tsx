/** The first difference of the two that are drawn, in words. */

import type { Difference } from '../../projections/comparison/first-difference.ts';
import { differenceWords } from '../../projections/comparison/words.ts';
import type { CompareRun } from './compare-run.ts';
import type { CompareTranslate } from './use-compare-messages.ts';

const LATER_MAX = 8;

export function DifferencePanel({ run, t }: { run: CompareRun; t: CompareTranslate }) {
  const { comparison, pair, nodes } = run;
  const [left, right] = pair.map((machine) => nodes[machine]?.plan.name ?? '') as [string, string];
  const show = (difference: Difference): void => {
    const begun = pair.map((machine) => {
      const node = nodes[machine];
      return node?.commands[node.sharedFrom + difference.command]?.startTime ?? 0;
    });
    const after = (act: Difference['left'], side: 0 | 1): number =>
      act === null ? difference.afterNs : act.time - (begun[side] ?? 0);
    run.look({ chosen: difference.command, moments: [after(difference.left, 0), after(difference.right, 1)] });
  };
  const first = comparison?.first ?? null;
  return (
    <section className="difference" aria-label={t('difference')} aria-live="polite">
      <h3>{t('difference')}</h3>
      {comparison === null ? (
        <p className="soft">{t('differenceWait')}</p>
      ) : (
        <>
          {comparison.typed.map(([a, b]) => (
            <Pair key={`${a}\n${b}`} where={t('typed.words')} names={[left, right]} texts={[a, b]} />
          ))}
          {comparison.counterparts.map(([a, b]) => (
            <p key={a}>{t('counterparts', { left, a, right, b })}</p>
          ))}
          {first === null ? (
            <p>
              <b>{t('none')}</b>
            </p>
          ) : (
            <>
              <Sides difference={first} names={[left, right]} t={t} />
              <button type="button" onClick={() => show(first)}>
                {t('show')}
              </button>
            </>
          )}
          {comparison.differences.length > 1 && (
            <details>
              <summary>{t('later')}</summary>
              {comparison.differences.slice(1, 1 + LATER_MAX).map((difference) => (
                <Sides
                  key={`${difference.left?.seq} ${difference.right?.seq} ${difference.path.join()}`}
                  difference={difference}
                  names={[left, right]}
                  t={t}
                />
              ))}
            </details>
          )}
        </>
      )}
    </section>
  );
}

function Sides({ difference, names, t }: { difference: Difference; names: [string, string]; t: CompareTranslate }) {
  const { where, left, right } = differenceWords(difference, t);
  return <Pair where={where} names={names} texts={[left, right]} />;
}

function Pair({ where, names, texts }: { where: string; names: [string, string]; texts: [string, string] }) {
  return (
    <div className="sides">
      <p>{where}</p>
      <dl>
        <dt>{names[0]}</dt>
        <dd>
          <mark>{texts[0]}</mark>
        </dd>
        <dt>{names[1]}</dt>
        <dd>
          <mark>{texts[1]}</mark>
        </dd>
      </dl>
    </div>
  );
}
