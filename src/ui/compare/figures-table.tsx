/** The lab's figures: each measured from its machine, beside what was measured of the real ones, with sources. */
import { EXPOSURE, REAL_FIGURES } from '../../projections/comparison/lab.ts';
import { LAB_CALLS, LAB_START } from '../../projections/comparison/lab-script.ts';
import type { CompareRun } from './compare-run.ts';
import type { ComparedNode } from './compared-node.ts';
import type { CompareTranslate } from './use-compare-messages.ts';

export function FiguresTable({ run, t }: { run: CompareRun; t: CompareTranslate }) {
  const measured = run.nodes.flatMap((node, i) => {
    const figures = run.figures.get(i);
    return figures === undefined ? [] : [{ node, figures }];
  });
  const rows: [string, (at: (typeof measured)[number]) => React.ReactNode][] = [
    [t('figures.start'), ({ node }) => startOf(node)],
    [
      t('figures.real'),
      ({ node }) =>
        (REAL_FIGURES[handlerOf(node)] ?? []).map(({ what, ms, source }) => (
          <p key={what}>
            {what} <b>{ms === null ? '' : `${ms} ms`}</b> <small className="soft">{t(source)}</small>
          </p>
        )),
    ],
    [
      t('figures.memory'),
      ({ figures }) => (
        <>
          <p>
            {t('figures.processes', {
              count: figures.added.length,
              memory: (figures.memoryBytes / 1048576).toFixed(1),
            })}
          </p>
          <small className="soft mono">{counted(figures.added.map((process) => process.name))}</small>
        </>
      ),
    ],
    [
      t('figures.path'),
      ({ figures }) => (
        <ol>
          {figures.path.map((step) => (
            <li key={`${step.kind} ${step.name}`}>
              {t(`lab.path.${step.kind}`, { name: step.name, pid: step.pid ?? '', ns: step.ns ?? '' })}
            </li>
          ))}
        </ol>
      ),
    ],
    [
      t('figures.calls'),
      ({ node, figures }) => (
        <>
          <p>
            {t(`lab.calls.${figures.kernel}`, {
              allowed: allowedOf(node) ?? '?',
              count: EXPOSURE[figures.kernel].calls,
            })}
          </p>
          <small className="soft">{t(EXPOSURE[figures.kernel].source)}</small>
        </>
      ),
    ],
    [t('figures.reach'), ({ figures }) => t(`lab.reach.${figures.kernel}`)],
  ];
  return (
    <section className="figures" aria-label={t('figures')}>
      <h3>{t('figures')}</h3>
      <div className="scroll">
        <table>
          <thead>
            <tr>
              <td />
              {measured.map(({ node }) => (
                <th key={node.plan.name} scope="col">
                  {node.plan.name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map(([title, cell]) => (
              <tr key={title}>
                <th scope="row">{title}</th>
                {measured.map((at) => (
                  <td key={at.node.plan.name}>{cell(at)}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

/** `a, b × 3`. */
function counted(names: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].map(([name, count]) => (count === 1 ? name : `${name} × ${count}`)).join(', ');
}

/** The handler that the machine was told to use: its first own line sets it. */
function handlerOf(node: ComparedNode): string {
  return node.plan.own[0]?.split('=')[1] ?? '';
}

function startOf(node: ComparedNode): string {
  const commands = node.commands.slice(node.sharedFrom, node.sharedFrom + LAB_START);
  const times = commands.map(({ startTime, endTime }) => ((endTime ?? startTime) - startTime) / 1e6);
  const sum = times.reduce((total, ms) => total + ms, 0);
  return `${sum.toFixed(0)} ms (${times.map((ms) => ms.toFixed(0)).join(' + ')})`;
}

/** What the last line of the lab wrote. */
function allowedOf(node: ComparedNode): string | null {
  return node.wrote(node.sharedFrom + LAB_CALLS);
}
