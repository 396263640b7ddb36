/** Where a section does not fit: everything that lives, by layer and name; the workload by the kernel that it stands on. */
import { kernelsOf } from '../../projections/kernels.ts';
import { isOnNode, NUMERALS, STRATA, type Stratum } from '../../projections/layers.ts';
import type { NodeView, ProcessView } from '../../projections/node-view.ts';
import { placeOf } from '../../projections/roles.ts';
import { type PodRoom, podsOf, restartsOf } from '../../projections/rooms.ts';
import { NODE_KERNEL } from '../../sim/trace.ts';
import { useT } from '../hooks.ts';
import type { Translate } from '../messages/catalogue.ts';
import { byName, isAlive } from '../stage/living.ts';
import { criSockets } from '../stage/scene-clients.ts';

export type LivingRow = {
  readonly key: string;
  readonly stratum: Stratum | null;
  /** The floor that they stand on; empty where there is only one. */
  readonly where: string;
  readonly processes: readonly ProcessView[];
  /** Those that are named: a Sentry is no process of its own kernel. */
  readonly named: readonly ProcessView[];
  /** Of its pods that were begun again, how often. */
  readonly restarts: readonly string[];
};

/** Every living process of the node is in one row. */
export function livingRows(view: NodeView, t: Translate): LivingRow[] {
  const kernels = kernelsOf(view);
  const release = kernels.get(NODE_KERNEL)?.release;
  const host = release === undefined ? '' : t('phone.hostFloor', { release });
  const restarts = (pods: readonly PodRoom[]): string[] =>
    pods
      .filter((pod) => restartsOf(pod) > 0)
      .map((pod) => `${pod.name}: ${t('stage.restarts', { count: restartsOf(pod) })}`);
  const onHost = podsOf(view).filter((pod) => pod.guest === null);
  const rows: LivingRow[] = [];
  const placed = new Set<number>();
  const guests: LivingRow[] = [];
  for (const pod of podsOf(view)) {
    if (pod.guest === null) continue;
    const inside = [...pod.containers.flatMap(({ processes }) => processes), ...pod.guestProcesses];
    const processes = inside.filter((process) => isAlive(process) && !isOnNode(process.pid));
    if (processes.length === 0) continue;
    for (const { pid } of processes) placed.add(pid);
    const { kind } = pod.guest;
    const kernel = t(kind === 'vm' ? 'stage.guestKernel' : 'stage.sentry', { release: pod.guest.release });
    const named = kind === 'vm' ? processes : processes.filter((process) => !pod.guestProcesses.includes(process));
    guests.push({
      key: pod.id,
      stratum: 'workload',
      where: `${pod.name}, ${kernel}`,
      processes,
      named,
      restarts: restarts([pod]),
    });
  }
  const left = [...view.processes.values()].filter((p) => p.pid !== 0 && isAlive(p) && !placed.has(p.pid));
  left.sort((a, b) => a.startSeq - b.startSeq);
  for (const stratum of STRATA) {
    const processes = left.filter((process) => placeOf(process).stratum === stratum);
    if (processes.length > 0)
      rows.push({
        key: stratum,
        stratum,
        where: stratum === 'workload' ? host : '',
        processes,
        named: processes,
        restarts: stratum === 'workload' ? restarts(onHost) : [],
      });
    if (stratum === 'workload') rows.push(...guests);
  }
  const others = left.filter((process) => !STRATA.some((stratum) => placeOf(process).stratum === stratum));
  if (others.length > 0)
    rows.push({ key: 'others', stratum: null, where: '', processes: others, named: others, restarts: [] });
  return rows;
}

/** How much there is of each layer: processes, of the CRI its sockets, and of the kernel how many there are of it. */
export function countsOf(view: NodeView, rows: readonly LivingRow[]): Record<Stratum, number> {
  const counts = Object.fromEntries(STRATA.map((stratum) => [stratum, 0])) as Record<Stratum, number>;
  for (const { stratum, processes } of rows) if (stratum !== null) counts[stratum] += processes.length;
  counts.cri = criSockets(view).length;
  counts.kernel = kernelsOf(view).size;
  return counts;
}

export function LivingList({ rows }: { rows: readonly LivingRow[] }) {
  const t = useT();
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so a keyboard must reach it
    <section className="living" aria-label={t('phone.living')} tabIndex={0}>
      <ul>
        {rows.map(({ key, stratum, where, processes, named, restarts }) => (
          <li key={key} data-pids={processes.map(({ pid }) => pid).join(' ')}>
            <b style={stratum === null ? undefined : { color: `var(--${stratum})` }}>
              {stratum === null ? '–' : NUMERALS[stratum]}
            </b>{' '}
            {where !== '' && <i>{where}: </i>}
            {byName(named)
              .map(({ text }) => text)
              .join(' · ')}
            {restarts.length > 0 && <em> ({restarts.join(' · ')})</em>}
          </li>
        ))}
      </ul>
    </section>
  );
}
