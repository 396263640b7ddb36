/**
 * Pods that share a column: those of the node itself always, others when there are too many to stand side by side.
 * What is in a group is counted in its title, so nothing alive is missing from the drawing.
 */
import type { PodRoom } from '../../projections/rooms.ts';
import type { SceneBuilder } from './scene-builder.ts';

const SYSTEM = 'kube-system';
const ROW = 17;
const HEAD = 24;

export type PodGroup = { readonly key: string; readonly pods: readonly PodRoom[] };

export function arrange(
  pods: readonly PodRoom[],
  width: number,
  columnWidthMin: number,
): { groups: PodGroup[]; shown: PodRoom[] } {
  const system = pods.filter((pod) => pod.kubeNamespace === SYSTEM);
  const own = pods.filter((pod) => pod.kubeNamespace !== SYSTEM);
  const groups: PodGroup[] = system.length === 0 ? [] : [{ key: SYSTEM, pods: system }];
  const fit = Math.max(1, Math.floor(width / columnWidthMin) - groups.length);
  if (own.length <= fit) return { groups, shown: own };
  const shown = own.slice(-Math.max(1, fit - 1));
  groups.push({ key: 'others', pods: own.slice(0, own.length - shown.length) });
  return { groups, shown };
}

export function drawGroup(
  builder: SceneBuilder,
  group: PodGroup,
  box: { x: number; y: number; w: number; h: number },
): void {
  const { t } = builder;
  const { key, pods } = group;
  const name = key === SYSTEM ? SYSTEM : t('stage.otherPods');
  const id = `group:${key}`;
  builder.add({
    id,
    kind: 'pod',
    stratum: 'workload',
    ...box,
    level: 1,
    texts: [
      {
        text: t('stage.podGroup', { name, count: pods.length, ready: pods.filter((p) => p.ready).length }),
        soft: true,
      },
    ],
  });
  const room = builder.detail === 'lecture' ? 0 : Math.max(0, Math.floor((box.h - HEAD) / ROW));
  const listed = pods.length <= room ? pods : pods.slice(pods.length - Math.max(0, room - 1));
  for (const pod of pods)
    for (const container of pod.containers)
      for (const process of container.processes) builder.nodeOfPid.set(process.pid, id);
  for (const [i, pod] of listed.entries()) {
    const row = `pod:${pod.id}`;
    for (const container of pod.containers)
      for (const process of container.processes) builder.nodeOfPid.set(process.pid, row);
    builder.add({
      id: row,
      kind: 'row',
      stratum: 'workload',
      x: box.x + 6,
      y: box.y + HEAD + i * ROW,
      w: box.w - 12,
      h: ROW - 2,
      level: 2,
      dashed: !pod.ready,
      texts: [{ text: pod.name === '' ? pod.id.slice(0, 13) : pod.name, mono: true }],
      select: { kind: 'pod', id: pod.id },
    });
  }
  if (listed.length < pods.length && room > 0)
    builder.add({
      id: `note:${key}`,
      kind: 'note',
      stratum: 'workload',
      x: box.x + 6,
      y: box.y + HEAD + (room - 1) * ROW - 4,
      w: box.w - 12,
      h: ROW,
      level: 2,
      texts: [{ text: t('stage.more', { count: pods.length - listed.length }), soft: true }],
    });
}
